//! Seeded chance. A seed names one workload for ever, on every machine and with every version of
//! every library: so the generator stands here (SplitMix64, Steele, Lea and Flood 2014) and is not
//! borrowed from a crate that may change its streams.

/// One independent stream of a seed.
#[derive(Clone, Debug)]
pub struct Dice {
    state: u64,
}

impl Dice {
    /// The stream called `stream` of `seed`; two names give unrelated streams.
    #[must_use]
    pub fn new(seed: u64, stream: &str) -> Self {
        // FNV-1a, 64 bit.
        let name = stream
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            });
        let mut dice = Self { state: seed ^ name };
        dice.next_u64();
        dice
    }

    /// 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number from 0 up to and without `end`; 0 for `end` 0.
    pub fn below(&mut self, end: u64) -> u64 {
        let wide = u128::from(self.next_u64()) * u128::from(end);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// True `per_mille` times in a thousand.
    pub fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1_000) < per_mille
    }

    /// One of the choices, each as likely as its weight.
    pub fn weighted<T: Copy>(&mut self, choices: &[(u64, T)], otherwise: T) -> T {
        let total = choices.iter().map(|(weight, _)| weight).sum();
        let mut left = self.below(total);
        for (weight, choice) in choices {
            match left.checked_sub(*weight) {
                None => return *choice,
                Some(rest) => left = rest,
            }
        }
        otherwise
    }

    /// So many decimal digits.
    pub fn digits(&mut self, count: usize) -> String {
        (0..count)
            .map(|_| {
                char::from_digit(u32::try_from(self.below(10)).unwrap_or(0), 10).unwrap_or('0')
            })
            .collect()
    }

    /// So many random bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count + 8);
        while bytes.len() < count {
            bytes.extend_from_slice(&self.next_u64().to_be_bytes());
        }
        bytes.truncate(count);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_the_same_for_ever_and_differs_by_name() {
        // The published first number of SplitMix64 for this state.
        let mut published = Dice { state: 1_234_567 };
        assert_eq!(published.next_u64(), 6_457_827_717_110_365_317);
        assert_eq!(
            Dice::new(1, "arrivals").next_u64(),
            1_203_520_642_040_756_978
        );
        assert_ne!(
            Dice::new(1, "cards").next_u64(),
            Dice::new(1, "arrivals").next_u64()
        );
    }

    #[test]
    fn choices_come_about_as_often_as_their_weights() {
        let mut dice = Dice::new(7, "test");
        let heads = (0..10_000)
            .filter(|_| dice.weighted(&[(450, true), (550, false)], false))
            .count();
        assert!((4_300..4_700).contains(&heads), "{heads}");
    }
}
