//! Field numbers: their bits in a bitmap, and a table with a place for each.

/// The numbers of the fields whose bits are set, in ascending order.
#[inline]
pub(crate) fn numbers(bits: u128) -> Numbers {
    let [word, second] = [bits >> 64, bits].map(low_word);
    Numbers {
        word: word.reverse_bits(),
        second,
        first: 1,
    }
}

/// The last 64 bits.
#[inline]
pub(crate) fn low_word(bits: u128) -> u64 {
    u64::try_from(bits & u128::from(u64::MAX)).unwrap_or(0)
}

/// Numbers of fields, from one bitmap and then from the other. In the one at work the lowest bits
/// come first: those are found faster than the highest.
#[derive(Clone, Debug)]
pub(crate) struct Numbers {
    word: u64,
    second: u64,
    first: u8,
}

impl Numbers {
    /// Calls `each` with every number until it fails: a loop in a loop, which asks for the second
    /// bitmap once and not with every number.
    #[inline]
    pub(crate) fn try_each<E>(self, mut each: impl FnMut(u8) -> Result<(), E>) -> Result<(), E> {
        let (mut word, mut first, mut second) = (self.word, self.first, self.second);
        loop {
            while word != 0 {
                each(first + take_lowest(&mut word))?;
            }
            if second == 0 {
                return Ok(());
            }
            (word, first) = (std::mem::take(&mut second).reverse_bits(), 65);
        }
    }
}

/// Takes the lowest bit out and gives its place.
#[inline]
fn take_lowest(word: &mut u64) -> u8 {
    let [zeros, ..] = word.trailing_zeros().to_le_bytes();
    *word &= word.wrapping_sub(1);
    zeros
}

impl Iterator for Numbers {
    type Item = u8;

    #[inline]
    fn next(&mut self) -> Option<u8> {
        if self.word == 0 {
            if self.second == 0 {
                return None;
            }
            self.word = std::mem::take(&mut self.second).reverse_bits();
            self.first = 65;
        }
        Some(self.first + take_lowest(&mut self.word))
    }

    #[inline]
    fn fold<B, F: FnMut(B, u8) -> B>(self, start: B, mut each: F) -> B {
        let mut folded = start;
        let (mut word, mut first, mut second) = (self.word, self.first, self.second);
        loop {
            while word != 0 {
                folded = each(folded, first + take_lowest(&mut word));
            }
            if second == 0 {
                return folded;
            }
            (word, first) = (std::mem::take(&mut second).reverse_bits(), 65);
        }
    }
}

/// The bit of a field, field 1 the highest; none for numbers outside 1 to 128.
#[inline]
pub(crate) fn bit(field: u8) -> u128 {
    // Two words: shifting 128 bits costs four times as much.
    let word = 1_u64.rotate_right(u32::from(field));
    let (first, second) = match field {
        1..=64 => (word, 0),
        65..=128 => (0, word),
        _ => (0, 0),
    };
    u128::from(first) << 64 | u128::from(second)
}

/// A value for each field number from 1 to 128.
///
/// One for each power of two there is: so a number needs no check to find its place. The place of
/// 128 is the first; numbers above it share the places of others, and 0 that of 128.
#[derive(Clone, Debug)]
pub(crate) struct ByNumber<T>([T; 128]);

impl<T: Copy> ByNumber<T> {
    pub(crate) const fn filled(value: T) -> Self {
        Self([value; 128])
    }

    #[inline]
    pub(crate) fn get(&self, number: u8) -> &T {
        let [first, ..] = &self.0;
        self.0.get(place(number)).unwrap_or(first)
    }

    #[inline]
    pub(crate) fn set(&mut self, number: u8, value: T) {
        if let Some(place) = self.0.get_mut(place(number)) {
            *place = value;
        }
    }
}

#[inline]
fn place(number: u8) -> usize {
    usize::from(number & 0x7F)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_count_from_the_left() {
        assert_eq!(bit(1), 1 << 127);
        assert_eq!(bit(128), 1);
        assert_eq!((bit(0), bit(129)), (0, 0));
        for fields in [&[][..], &[1], &[128], &[1, 2, 63, 64, 65, 66, 127, 128]] {
            let bits = fields.iter().fold(0, |bits, field| bits | bit(*field));
            let mut seen = Vec::new();
            let ended: Result<(), ()> = numbers(bits).try_each(|number| {
                seen.push(number);
                Ok(())
            });
            let mut one_by_one = numbers(bits);
            assert_eq!((ended, &seen[..]), (Ok(()), fields));
            assert!(std::iter::from_fn(|| one_by_one.next()).eq(seen));
            assert_eq!(numbers(bits).collect::<Vec<_>>(), fields);
        }
    }

    #[test]
    fn every_field_has_a_place_of_its_own() {
        let mut table = ByNumber::filled(0);
        for number in 1..=128 {
            table.set(number, number);
        }
        assert!((1..=128).all(|number| *table.get(number) == number));
    }
}
