//! Field numbers: a set of them, and a table with a place for each.

/// The fields that a message has: what its bitmaps say.
///
/// Field 1 is the lowest bit, though on the wire it is the highest: a processor finds the lowest
/// bit that is set faster.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct FieldSet {
    /// Fields 1 to 64.
    first: u64,
    /// Fields 65 to 128.
    second: u64,
}

impl FieldSet {
    pub(crate) const EMPTY: Self = Self {
        first: 0,
        second: 0,
    };

    /// From the bitmaps as on the wire, each of them a big-endian word.
    #[inline]
    pub(crate) const fn from_bitmaps(first: u64, second: Option<u64>) -> Self {
        Self {
            first: first.reverse_bits(),
            second: match second {
                Some(second) => second.reverse_bits(),
                None => 0,
            },
        }
    }

    /// The primary bitmap as on the wire.
    #[inline]
    pub(crate) const fn primary_bitmap(self) -> u64 {
        self.first.reverse_bits()
    }

    /// The secondary bitmap as on the wire.
    #[inline]
    pub(crate) const fn secondary_bitmap(self) -> u64 {
        self.second.reverse_bits()
    }

    /// Whether there is a field above 64.
    #[inline]
    pub(crate) const fn needs_secondary(self) -> bool {
        self.second != 0
    }

    #[inline]
    pub(crate) const fn has(self, field: u8) -> bool {
        let Self { first, second } = Self::only(field);
        self.first & first | self.second & second != 0
    }

    #[inline]
    pub(crate) const fn with(self, field: u8) -> Self {
        let Self { first, second } = Self::only(field);
        Self {
            first: self.first | first,
            second: self.second | second,
        }
    }

    /// Puts a field from 1 to 128 in.
    #[inline]
    pub(crate) fn insert(&mut self, field: u8) {
        let word = if field <= 64 {
            &mut self.first
        } else {
            &mut self.second
        };
        *word |= 1_u64.wrapping_shl(u32::from(field.wrapping_sub(1)));
    }

    #[inline]
    pub(crate) const fn without(self, field: u8) -> Self {
        let Self { first, second } = Self::only(field);
        Self {
            first: self.first & !first,
            second: self.second & !second,
        }
    }

    /// Those with higher numbers than a field from 1 to 128.
    pub(crate) const fn above(self, field: u8) -> Self {
        let Self { first, second } = Self::only(field);
        if second == 0 {
            Self {
                first: self.first & !(first | first.wrapping_sub(1)),
                second: self.second,
            }
        } else {
            Self {
                first: 0,
                second: self.second & !(second | second.wrapping_sub(1)),
            }
        }
    }

    /// Nothing for numbers outside 1 to 128.
    #[inline]
    const fn only(field: u8) -> Self {
        let bit = 1_u64.wrapping_shl(field.wrapping_sub(1) as u32);
        match field {
            1..=64 => Self {
                first: bit,
                second: 0,
            },
            65..=128 => Self {
                first: 0,
                second: bit,
            },
            _ => Self::EMPTY,
        }
    }

    /// The numbers in ascending order.
    #[inline]
    pub(crate) const fn numbers(self) -> Numbers {
        Numbers {
            word: self.first,
            second: self.second,
            first: 1,
        }
    }
}

/// Numbers of fields, from one bitmap and then from the other. Wide ones: a number of eight bits
/// would have to be widened wherever it finds a place in memory.
#[derive(Clone, Debug)]
pub(crate) struct Numbers {
    word: u64,
    second: u64,
    first: usize,
}

impl Numbers {
    /// Calls `each` with every number until it fails: a loop in a loop, which asks for the second
    /// bitmap once and not with every number.
    #[inline]
    pub(crate) fn try_each<E>(self, mut each: impl FnMut(usize) -> Result<(), E>) -> Result<(), E> {
        let (mut word, mut first, mut second) = (self.word, self.first, self.second);
        loop {
            while word != 0 {
                each(take_lowest(&mut word, first))?;
            }
            if second == 0 {
                return Ok(());
            }
            (word, first) = (std::mem::take(&mut second), 65);
        }
    }
}

/// Takes the lowest bit out and gives its number, the first bit's being `first`.
#[inline]
fn take_lowest(word: &mut u64, first: usize) -> usize {
    let zeros = usize::try_from(word.trailing_zeros()).unwrap_or_default();
    *word &= word.wrapping_sub(1);
    first + zeros
}

/// The number as it is written.
#[inline]
pub(crate) fn narrow(number: usize) -> u8 {
    let [narrow, ..] = number.to_le_bytes();
    narrow
}

impl Iterator for Numbers {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        if self.word == 0 {
            if self.second == 0 {
                return None;
            }
            self.word = std::mem::take(&mut self.second);
            self.first = 65;
        }
        Some(take_lowest(&mut self.word, self.first))
    }

    #[inline]
    fn fold<B, F: FnMut(B, usize) -> B>(self, start: B, mut each: F) -> B {
        let mut folded = start;
        let (mut word, mut first, mut second) = (self.word, self.first, self.second);
        loop {
            while word != 0 {
                folded = each(folded, take_lowest(&mut word, first));
            }
            if second == 0 {
                return folded;
            }
            (word, first) = (std::mem::take(&mut second), 65);
        }
    }
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
    pub(crate) fn get(&self, number: usize) -> &T {
        let [first, ..] = &self.0;
        self.0.get(number & 0x7F).unwrap_or(first)
    }

    #[inline]
    pub(crate) fn set(&mut self, number: usize, value: T) {
        if let Some(place) = self.0.get_mut(number & 0x7F) {
            *place = value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(fields: &[u8]) -> FieldSet {
        fields
            .iter()
            .fold(FieldSet::EMPTY, |set, field| set.with(*field))
    }

    #[test]
    fn bitmaps_count_from_the_left() {
        assert_eq!(set(&[1]).primary_bitmap(), 1 << 63);
        assert_eq!(set(&[64]).primary_bitmap(), 1);
        assert_eq!(set(&[65]).secondary_bitmap(), 1 << 63);
        assert_eq!(set(&[128]).secondary_bitmap(), 1);
        assert_eq!(set(&[0, 129, 255]), FieldSet::EMPTY);
        let all = set(&[1, 2, 63, 64, 65, 66, 127, 128]);
        let [first, second] = [all.primary_bitmap(), all.secondary_bitmap()];
        assert_eq!(FieldSet::from_bitmaps(first, Some(second)), all);
        assert_eq!(FieldSet::from_bitmaps(first, None), set(&[1, 2, 63, 64]));
        assert!(all.needs_secondary() && !set(&[1, 64]).needs_secondary());
    }

    #[test]
    fn numbers_come_in_ascending_order_by_every_way() {
        for fields in [&[][..], &[1], &[128], &[1, 2, 63, 64, 65, 66, 127, 128]] {
            let numbers = set(fields).numbers();
            let mut seen = Vec::new();
            let ended: Result<(), ()> = numbers.clone().try_each(|number| {
                seen.push(narrow(number));
                Ok(())
            });
            let mut one_by_one = numbers.clone();
            assert_eq!((ended, &seen[..]), (Ok(()), fields));
            assert!(
                std::iter::from_fn(|| one_by_one.next())
                    .map(narrow)
                    .eq(seen)
            );
            assert_eq!(numbers.map(narrow).collect::<Vec<_>>(), fields);
        }
    }

    #[test]
    fn a_set_has_what_was_put_in_and_not_taken_out() {
        let all = set(&[1, 2, 63, 64, 65, 66, 127, 128]);
        for field in 0..=255 {
            let listed = || all.numbers().map(narrow);
            assert_eq!(all.has(field), listed().any(|number| number == field));
            assert!(!all.without(field).has(field));
            assert_eq!(all.without(field).with(field), all.with(field));
            if (1..=128).contains(&field) {
                let above = all.above(field).numbers().map(narrow);
                assert!(
                    above.eq(listed().filter(|number| *number > field)),
                    "{field}"
                );
            }
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
