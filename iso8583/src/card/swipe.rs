//! One swipe: every track that a stripe reader types, one after the other.
//!
//! Readers differ in what they put between tracks (nothing, a new line), in how a third track
//! begins (`;` or `+`), and in what they type for a track they could not read (nothing between the
//! sentinels, or an `E`).

use zeroize::Zeroizing;

use super::{Pan, ServiceCode, Track, Track1, Track2, Track3, TrackError};

/// All that was read of a stripe. `Debug` shows the PAN masked.
#[derive(Clone, Debug)]
pub struct Swipe {
    pan: Pan,
    /// Alphanumeric, with the name.
    pub one: Option<Track1>,
    /// Digits: what goes to the bank.
    pub two: Option<Track2>,
    /// Digits, read and write.
    pub three: Option<Track3>,
}

impl Swipe {
    /// Takes what a reader types for one swipe: one track or several, in the order of the stripe.
    ///
    /// # Errors
    /// A track that breaks its own rule, one that is there twice, two that name different cards, or
    /// none that was read.
    pub fn parse(raw: &str) -> Result<Self, TrackError> {
        let (mut one, mut two, mut three) = (None, None, None);
        let mut rest = raw.trim_matches(BREAKS);
        if rest.is_empty() {
            return Err(TrackError::Start);
        }
        while !rest.is_empty() {
            let (track, after) = first_track(rest);
            rest = after.trim_start_matches(BREAKS);
            if is_unread(track) {
                continue;
            }
            match read(track, two.is_some())? {
                Track::One(track) => once(&mut one, track, 1)?,
                Track::Two(track) => once(&mut two, track, 2)?,
                Track::Three(track) => once(&mut three, track, 3)?,
            }
        }
        let pan = one_card([
            two.as_ref().map(|track: &Track2| &track.pan),
            one.as_ref().map(|track: &Track1| &track.pan),
            three.as_ref().map(|track: &Track3| &track.pan),
        ])?;
        Ok(Self {
            pan,
            one,
            two,
            three,
        })
    }

    /// The card's number: each track says the same.
    pub const fn pan(&self) -> &Pan {
        &self.pan
    }

    /// YYMM of track 2, else of another; `None` where the card has none.
    pub fn expiry(&self) -> Option<&str> {
        let two = self.two.as_ref().and_then(|track| track.expiry.as_deref());
        let one = self.one.as_ref().and_then(|track| track.expiry.as_deref());
        let three = self.three.as_ref();
        two.or(one)
            .or_else(|| three.and_then(|track| track.expiry.as_deref()))
    }

    /// Of track 2, else of track 1; `None` where the card has none.
    pub fn service_code(&self) -> Option<ServiceCode> {
        let two = self.two.as_ref().and_then(|track| track.service_code);
        two.or_else(|| self.one.as_ref().and_then(|track| track.service_code))
    }
}

fn one_card(pans: [Option<&Pan>; 3]) -> Result<Pan, TrackError> {
    let mut pans = pans.into_iter().flatten();
    let pan = pans.next().ok_or(TrackError::Unread)?;
    if pans.any(|other| other != pan) {
        return Err(TrackError::OtherCard);
    }
    Ok(pan.clone())
}

const BREAKS: [char; 2] = ['\r', '\n'];

fn is_start(character: char) -> bool {
    matches!(character, '%' | ';' | '+')
}

/// One track with its sentinels and its check character, and what follows it. Where none begins,
/// all that is left, for [`Track::parse`] to refuse.
fn first_track(text: &str) -> (&str, &str) {
    let Some(end) = text.find('?').filter(|_| text.starts_with(is_start)) else {
        return (text, "");
    };
    let mut after = text.get(end + 1..).unwrap_or_default().chars();
    let checked = match after.next() {
        None => return (text, ""),
        // A check character may look like a beginning: it is none if another one follows it, or
        // nothing does.
        Some(next) if is_start(next) => after.next().is_none_or(|it| is_start(it) || it < ' '),
        Some(next) => !BREAKS.contains(&next),
    };
    let length = end + 1 + usize::from(checked);
    text.split_at_checked(length).unwrap_or((text, ""))
}

/// What readers type for a track that is empty or can't be read.
fn is_unread(track: &str) -> bool {
    let body = track
        .strip_prefix(is_start)
        .and_then(|rest| rest.split_once('?'));
    body.is_some_and(|(body, _)| matches!(body, "" | "E" | "e"))
}

/// The track behind a second one is a third, whatever it begins with and whichever format it has.
fn read(track: &str, second_is_read: bool) -> Result<Track, TrackError> {
    match track.strip_prefix(';').filter(|_| second_is_read) {
        Some(_) => Track3::parse(track).map(Track::Three),
        None => match track.strip_prefix('+') {
            Some(rest) => {
                let typed = Zeroizing::new(format!(";{rest}"));
                Track3::parse(&typed).map(Track::Three)
            }
            None => Track::parse(track),
        },
    }
}

fn once<T>(place: &mut Option<T>, track: T, number: u8) -> Result<(), TrackError> {
    match place.replace(track) {
        None => Ok(()),
        Some(_) => Err(TrackError::Twice(number)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "%B4012345678909^LANE/KEEPER^3012201000000000000000?";
    const TWO: &str = ";4012345678909=30122010000000000000?";

    fn three(begin: char, format: &str, pan: &str) -> String {
        format!("{begin}{format}{pan}=156156{}3012100?", "0".repeat(29))
    }

    fn check_character(track: &str, base: u8, mask: u8) -> char {
        let sum = |sum, byte: u8| sum ^ byte.wrapping_sub(base) & mask;
        char::from(track.bytes().fold(0, sum) + base)
    }

    #[test]
    fn f32_all_tracks_typed_at_once_are_read() {
        let swipe = Swipe::parse(&format!("{ONE}{TWO}\r\n")).unwrap();
        assert_eq!(swipe.pan().digits(), "4012345678909");
        assert_eq!(swipe.expiry(), Some("3012"));
        assert_eq!(swipe.service_code().unwrap().as_str(), "201");
        assert_eq!(swipe.one.unwrap().name, "LANE/KEEPER");
        assert!(swipe.two.is_some() && swipe.three.is_none());
    }

    #[test]
    fn f32_whatever_stands_between_them_and_however_the_third_begins() {
        let pan = "4012345678909";
        for third in [
            three(';', "01", pan),
            three('+', "01", pan),
            three('+', "99", pan),
            three(';', "99", pan),
        ] {
            for between in ["", "\r", "\r\n"] {
                let raw = [ONE, TWO, &third].join(between);
                let swipe = Swipe::parse(&raw).unwrap_or_else(|error| panic!("{raw}: {error}"));
                assert_eq!(swipe.three.unwrap().expiry.as_deref(), Some("3012"));
            }
        }
    }

    #[test]
    fn f32_check_characters_are_checked_even_if_one_looks_like_a_beginning() {
        let checked =
            |track: &str, base, mask| format!("{track}{}", check_character(track, base, mask));
        let one = checked(ONE, 0x20, 0x3F);
        // Digits for which the check character is `;`, and any other.
        let mut begins = 0;
        for digit in 0..10 {
            for second in 0..10 {
                let two = format!(";4012345678909=3012201{digit}{second}?");
                let two = checked(&two, 0x30, 0x0F);
                begins += usize::from(two.ends_with(';'));
                for third in ["".to_owned(), three('+', "01", "4012345678909")] {
                    let raw = format!("{one}{two}{third}");
                    let swipe = Swipe::parse(&raw).unwrap_or_else(|error| panic!("{raw}: {error}"));
                    assert_eq!(swipe.three.is_some(), !third.is_empty());
                }
                let wrong = format!("{ONE}{}", two.replace("=3012", "=3011"));
                assert_eq!(Swipe::parse(&wrong).unwrap_err(), TrackError::Check);
            }
        }
        assert!(begins > 0, "no check character looked like a beginning");
    }

    #[test]
    fn f32_a_track_that_was_not_read_is_left_out() {
        for raw in [
            format!("%E?{TWO}"),
            format!("%?{TWO}+E?"),
            format!("{TWO}+?"),
        ] {
            let swipe = Swipe::parse(&raw).unwrap();
            assert!(swipe.one.is_none() && swipe.two.is_some() && swipe.three.is_none());
        }
        let swipe = Swipe::parse(&format!("{ONE};E?")).unwrap();
        assert_eq!(swipe.expiry(), Some("3012"));
        assert_eq!(Swipe::parse("%E?;E?+E?").unwrap_err(), TrackError::Unread);
    }

    #[test]
    fn f32_each_track_is_held_to_its_rule() {
        let other = ";6216261000000000018=3012201000000000?";
        for (raw, error) in [
            (String::new(), TrackError::Start),
            (format!("{ONE}{other}"), TrackError::OtherCard),
            (format!("{ONE}{ONE}{TWO}"), TrackError::Twice(1)),
            (format!("{ONE};4012345678909=3013201?"), TrackError::Expiry),
            (
                format!("%B4012345678909^X^3012201?{TWO}"),
                TrackError::Name(1),
            ),
            (
                format!("{ONE}{TWO}{TWO}"),
                TrackError::Missing("cycle length"),
            ),
            (format!("{ONE}{TWO}4012"), TrackError::Check),
            (format!("{ONE};4012345678909=3012201"), TrackError::End),
        ] {
            let found = Swipe::parse(&raw).unwrap_err();
            assert_eq!(found, error, "{raw}");
            assert!(!found.to_string().contains("4012"));
        }
    }

    #[test]
    fn a_single_track_is_a_swipe() {
        let swipe = Swipe::parse("4012345678909D3012201\r\n").unwrap();
        assert_eq!(swipe.two.unwrap().expiry.as_deref(), Some("3012"));
    }
}
