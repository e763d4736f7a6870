//! How the host as a whole behaves: how fast, how reliably, and what it says to cards it doesn't
//! know. Everything random in it comes from one seed.

use std::path::Path;

use configuration::{ClockConfig, Fault, FileError, Section, read_clock};

use crate::behaviour::{self, Behaviour};

/// A day: nobody waits longer for an answer, and nobody's zone is further away.
const DAY_MS: u64 = 86_400_000;
const DAY_MINUTES: i32 = 1_440;
/// What a time of the day looks like, for a fault.
const TIME_FORM: &str = "a time of the day, hh:mm from 00:00 to 23:59";

/// A host's manners. Every key may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Personality {
    /// Seed of everything random here; without one, from the machine.
    pub seed: Option<u64>,
    /// Shortest and longest time before an answer leaves, in milliseconds.
    pub latency_ms: (u64, u64),
    /// What a card in no accounts file gets; without it 14.
    pub default_behaviour: Option<Behaviour>,
    /// Every n-th financial answer leaves with a wrong MAC; 0: none.
    pub bad_mac_every: u64,
    /// Every n-th financial answer never leaves; 0: none.
    pub drop_answer_every: u64,
    /// Every n-th financial answer leaves `late_answer_ms` later; 0: none.
    pub late_answer_every: u64,
    /// How much later, in milliseconds.
    pub late_answer_ms: u64,
    /// From the n-th answer on each answer closes its connection; 0: none does, 1: all do.
    pub close_from_answer: u64,
    /// From this time of the host's day on, as in `12:00`, each answer closes its connection.
    pub close_from_time: Option<TimeOfDay>,
    /// A STAN that a terminal has used before on the same day gets 94, whatever it was used for
    /// and however the message went.
    pub duplicate_any_stan: bool,
    /// The length prefix of a frame counts itself.
    pub length_counts_itself: bool,
    /// The zone of fields 12 and 13, in minutes east of the clock's.
    pub utc_offset_minutes: i32,
    /// The clock of the host; without it the machine's.
    pub clock: ClockConfig,
}

/// A time of the host's day, as in `12:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeOfDay {
    /// Since midnight.
    pub minutes: i64,
}

impl TimeOfDay {
    fn read(text: &str) -> Option<Self> {
        let (hours, minutes) = text.split_once(':')?;
        let number = |part: &str, limit: i64| {
            let two_digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            let number = part.parse::<i64>().ok().filter(|number| *number < limit);
            number.filter(|_| two_digits)
        };
        let minutes = number(hours, 24)?
            .saturating_mul(60)
            .saturating_add(number(minutes, 60)?);
        Some(Self { minutes })
    }
}

impl Personality {
    /// Reads a personality file.
    ///
    /// # Errors
    /// Unreadable, or all faults it has.
    pub fn load(path: &Path) -> Result<Self, FileError> {
        configuration::read_file(path, |root, _folder| read(root))
    }

    /// Reads the text of a personality file.
    ///
    /// # Errors
    /// All faults it has.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        configuration::parse(text, read)
    }
}

fn read(root: &mut Section<'_>) -> Option<Personality> {
    let [shortest_ms, longest_ms] = root
        .optional_numbers("latency_ms", 0..=DAY_MS)
        .unwrap_or_default();
    if shortest_ms > longest_ms {
        root.fault("latency_ms", "ends before it starts");
    }
    let default_behaviour = root.optional("default_behaviour", behaviour::FORM, |text| {
        text.parse().ok()
    });
    Some(Personality {
        seed: root.optional_number("seed", 0..=u64::MAX),
        latency_ms: (shortest_ms, longest_ms),
        default_behaviour,
        bad_mac_every: root.number_or("bad_mac_every", 0..=u64::MAX, 0),
        drop_answer_every: root.number_or("drop_answer_every", 0..=u64::MAX, 0),
        late_answer_every: root.number_or("late_answer_every", 0..=u64::MAX, 0),
        late_answer_ms: root.number_or("late_answer_ms", 0..=DAY_MS, 0),
        close_from_answer: root.number_or("close_from_answer", 0..=u64::MAX, 0),
        close_from_time: root.optional("close_from_time", TIME_FORM, TimeOfDay::read),
        duplicate_any_stan: root.flag_or("duplicate_any_stan", false),
        length_counts_itself: root.flag_or("length_counts_itself", false),
        utc_offset_minutes: root.number_or("utc_offset_minutes", -DAY_MINUTES..=DAY_MINUTES, 0),
        clock: read_clock(root)?,
    })
}

/// What happens to one answer on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Manner {
    pub(crate) delay_ms: u64,
    pub(crate) is_dropped: bool,
    pub(crate) is_spoilt: bool,
    /// The connection is closed behind it.
    pub(crate) closes: bool,
}

/// Draws the manner of one answer after the other.
#[derive(Debug)]
pub(crate) struct Manners {
    personality: Personality,
    answers: u64,
    financial_answers: u64,
    random: u64,
}

impl Manners {
    /// `seed` counts only where the personality has none.
    pub(crate) fn new(personality: Personality, seed: u64) -> Self {
        Self {
            random: personality.seed.unwrap_or(seed),
            personality,
            answers: 0,
            financial_answers: 0,
        }
    }

    /// Of the next answer, which leaves so many minutes after the host's midnight.
    pub(crate) fn next(&mut self, is_financial: bool, minutes: i64) -> Manner {
        let latency_ms = self.latency_ms();
        self.answers = self.answers.saturating_add(1);
        let closes = self.closes(minutes);
        if !is_financial {
            return Manner {
                delay_ms: latency_ms,
                is_dropped: false,
                is_spoilt: false,
                closes,
            };
        }
        self.financial_answers = self.financial_answers.saturating_add(1);
        let late_ms = match self.is_turn(self.personality.late_answer_every) {
            true => self.personality.late_answer_ms,
            false => 0,
        };
        Manner {
            delay_ms: latency_ms.saturating_add(late_ms),
            is_dropped: self.is_turn(self.personality.drop_answer_every),
            is_spoilt: self.is_turn(self.personality.bad_mac_every),
            closes,
        }
    }

    fn closes(&self, minutes: i64) -> bool {
        let from_answer = self.personality.close_from_answer;
        let by_count = from_answer != 0 && self.answers >= from_answer;
        let from_time = self.personality.close_from_time;
        by_count || from_time.is_some_and(|from| minutes >= from.minutes)
    }

    const fn is_turn(&self, every: u64) -> bool {
        every != 0 && self.financial_answers.is_multiple_of(every)
    }

    fn latency_ms(&mut self) -> u64 {
        let (shortest, longest) = self.personality.latency_ms;
        let choices = longest.saturating_sub(shortest).saturating_add(1);
        shortest.saturating_add(self.draw() % choices)
    }

    /// SplitMix64 (Steele, Lea, Flood 2014): small, and the same on every machine.
    const fn draw(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.random;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_nth_financial_answer_is_treated_and_latency_stays_in_range() {
        let text = "seed = 7\nlatency_ms = [5, 9]\nbad_mac_every = 3\ndrop_answer_every = 4";
        let personality = Personality::parse(text).unwrap();
        let draw = || {
            let mut manners = Manners::new(personality.clone(), 0);
            manners.next(false, 0);
            (1..=12).map(|_| manners.next(true, 0)).collect::<Vec<_>>()
        };
        let drawn = draw();
        for (index, manner) in drawn.iter().enumerate() {
            let number = index + 1;
            assert_eq!(manner.is_spoilt, number % 3 == 0);
            assert_eq!(manner.is_dropped, number % 4 == 0);
            assert!((5..=9).contains(&manner.delay_ms));
        }
        assert_eq!(drawn, draw(), "the seed decides");
        assert!(
            drawn
                .iter()
                .any(|manner| manner.delay_ms != drawn[0].delay_ms)
        );
    }

    #[test]
    fn a_host_closes_from_an_answer_or_a_time_on() {
        let closes = |text: &str, minutes: i64| {
            let personality = Personality::parse(text).unwrap();
            let mut manners = Manners::new(personality, 0);
            (0..3).map(|_| manners.next(true, minutes).closes).collect()
        };
        let seen: Vec<bool> = closes("", 720);
        assert_eq!(seen, [false; 3]);
        let seen: Vec<bool> = closes("close_from_answer = 2", 0);
        assert_eq!(seen, [false, true, true]);
        let noon = "close_from_time = \"12:00\"";
        let seen: Vec<bool> = closes(noon, 719);
        assert_eq!(seen, [false; 3]);
        let seen: Vec<bool> = closes(noon, 720);
        assert_eq!(seen, [true; 3]);
    }

    #[test]
    fn faults_of_a_personality_are_told() {
        let faults = |text: &str| -> Vec<String> {
            let faults = Personality::parse(text).unwrap_err();
            faults.iter().map(ToString::to_string).collect()
        };
        assert_eq!(
            faults("latency_ms = [9, 5]"),
            ["line 1: latency_ms: ends before it starts"]
        );
        assert_eq!(
            faults("latency = 5\ndefault_behaviour = \"no\"\n"),
            [
                "line 1: latency: is not a known key; did you mean latency_ms?",
                "line 2: default_behaviour: \"no\" is not approve, decline:CC, partial, slow:MS \
                 (at most 600000) or silent"
            ]
        );
        for wrong in ["24:00", "12:60", "noon", "1:00", "+1:00"] {
            let told = faults(&format!("close_from_time = \"{wrong}\""));
            assert!(told[0].contains("hh:mm"), "{wrong}: {told:?}");
        }
    }
}
