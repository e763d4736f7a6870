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

    /// The places of those in one half.
    #[inline]
    pub(crate) const fn places(self, half: Half) -> Places {
        match half {
            Half::First => Places(self.first),
            Half::Second => Places(self.second),
        }
    }

    /// The numbers in ascending order.
    #[inline]
    pub(crate) fn numbers(self) -> impl Iterator<Item = u8> {
        let of = |half: Half| self.places(half).map(move |place| half.number(place));
        of(Half::First).chain(of(Half::Second))
    }
}

/// The two halves of the fields: one bitmap says each.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Half {
    /// Fields 1 to 64.
    First,
    /// Fields 65 to 128.
    Second,
}

impl Half {
    /// The half and the place there of a field from 1 to 128; other numbers share those of these.
    #[inline]
    pub(crate) const fn of(number: u8) -> (Self, usize) {
        let place = number.wrapping_sub(1);
        let half = if place & 0x40 == 0 {
            Self::First
        } else {
            Self::Second
        };
        (half, (place & 0x3F) as usize)
    }

    /// The number of the field at a place of this half.
    #[inline]
    pub(crate) fn number(self, place: usize) -> u8 {
        let [place, ..] = place.to_le_bytes();
        match self {
            Self::First => place.wrapping_add(1),
            Self::Second => place.wrapping_add(65),
        }
    }
}

/// The places of some fields in their half, from 0 to 63, in ascending order. Wide ones: a number
/// of eight bits would have to be widened wherever it finds something in memory.
#[derive(Clone, Debug)]
pub(crate) struct Places(u64);

impl Places {
    pub(crate) const fn only(place: usize) -> Self {
        Self(1_u64.wrapping_shl(place as u32))
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0 == 0
    }

    /// Without those up to a place.
    pub(crate) const fn above(&self, place: usize) -> Self {
        let bit = 1_u64.wrapping_shl(place as u32);
        Self(self.0 & !(bit | bit.wrapping_sub(1)))
    }
}

impl Iterator for Places {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        if self.0 == 0 {
            return None;
        }
        let zeros = usize::try_from(self.0.trailing_zeros()).unwrap_or_default();
        self.0 &= self.0.wrapping_sub(1);
        Some(zeros)
    }
}

/// A value for each place of a half.
pub(crate) type ByPlace<T> = [T; 64];

/// The value of a place. There is a power of two of them: so a place needs no check.
#[inline]
pub(crate) fn value_at<T>(values: &ByPlace<T>, place: usize) -> &T {
    let [first, ..] = values;
    values.get(place & 0x3F).unwrap_or(first)
}

/// Puts in the value of a place.
#[inline]
pub(crate) fn set_value_at<T>(values: &mut ByPlace<T>, place: usize, value: T) {
    if let Some(held) = values.get_mut(place & 0x3F) {
        *held = value;
    }
}

/// A value for each field number from 1 to 128; other numbers share the places of these.
#[derive(Clone, Debug)]
pub(crate) struct ByNumber<T>([ByPlace<T>; 2]);

impl<T: Copy> ByNumber<T> {
    pub(crate) const fn filled(value: T) -> Self {
        Self([[value; 64]; 2])
    }

    #[inline]
    pub(crate) fn half(&self, half: Half) -> &ByPlace<T> {
        let [first, second] = &self.0;
        match half {
            Half::First => first,
            Half::Second => second,
        }
    }

    #[inline]
    pub(crate) fn set(&mut self, number: u8, value: T) {
        // Not by its half: this is most of what building a message does.
        let place = usize::from(number.wrapping_sub(1) & 0x7F);
        if let Some(held) = self.0.as_flattened_mut().get_mut(place) {
            *held = value;
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
    fn numbers_come_in_ascending_order() {
        for fields in [&[][..], &[1], &[128], &[1, 2, 63, 64, 65, 66, 127, 128]] {
            assert_eq!(set(fields).numbers().collect::<Vec<_>>(), fields);
        }
    }

    #[test]
    fn every_number_has_its_half_and_place() {
        assert_eq!(Half::of(1), (Half::First, 0));
        assert_eq!(Half::of(64), (Half::First, 63));
        assert_eq!(Half::of(65), (Half::Second, 0));
        assert_eq!(Half::of(128), (Half::Second, 63));
        for number in 1..=128 {
            let (half, place) = Half::of(number);
            assert_eq!(half.number(place), number);
            let only = set(&[number]);
            assert_eq!(only.places(half).collect::<Vec<_>>(), [place]);
            assert!(!only.places(half).is_empty());
            assert_eq!(only.places(half).above(place).next(), None);
        }
        let places = || set(&[1, 2, 63, 64]).places(Half::First);
        assert_eq!(places().above(1).collect::<Vec<_>>(), [62, 63]);
        assert_eq!(places().above(0).next(), Some(1));
    }

    #[test]
    fn a_set_has_what_was_put_in_and_not_taken_out() {
        let all = set(&[1, 2, 63, 64, 65, 66, 127, 128]);
        for field in 0..=255 {
            assert_eq!(all.has(field), all.numbers().any(|number| number == field));
            assert!(!all.without(field).has(field));
            assert_eq!(all.without(field).with(field), all.with(field));
            if (1..=128).contains(&field) {
                let above = all.above(field).numbers();
                assert!(above.eq(all.numbers().filter(|number| *number > field)));
            }
        }
    }

    #[test]
    fn every_field_has_a_place_of_its_own() {
        let mut table = ByNumber::filled(0);
        for number in 1..=128 {
            table.set(number, number);
        }
        for number in 1..=128 {
            let (half, place) = Half::of(number);
            assert_eq!(*value_at(table.half(half), place), number);
        }
    }
}
