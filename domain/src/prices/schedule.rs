//! Which price version sells: the one whose time came last.
//!
//! A hub and each of its lanes hold one of these. A version is named with the moment from which it
//! sells; a machine that has passed that moment by its own clock stays with it, though the clock
//! be set back. The hub's word that a version sells counts at once, so that a lane whose clock is
//! late doesn't sell at old prices for as long; two versions are put in order by their moments,
//! which are all of the hub's clock.

use crate::time::WallMs;

/// One version with its moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PriceVersion {
    /// Its name: a hash of the file.
    pub version: String,
    /// From when on it sells, by the clock of the hub that named it.
    pub from: WallMs,
    /// It has begun to sell. That is never taken back.
    pub begun: bool,
    /// Its file is at hand and was found good.
    pub usable: bool,
}

/// The versions that sell or will, and the one before.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PriceSchedule {
    /// In the order of their moments; of equals, that named last stands last.
    versions: Vec<PriceVersion>,
}

impl PriceSchedule {
    /// A schedule that was kept.
    #[must_use]
    pub fn of(mut versions: Vec<PriceVersion>) -> Self {
        versions.sort_by_key(|version| version.from);
        Self { versions }
    }

    /// Names a version, or its moment anew. `begun`: it sells already.
    pub fn name(&mut self, version: &str, from: WallMs, begun: bool) {
        let before = self
            .versions
            .iter()
            .position(|known| known.version == version);
        let before = before.map(|at| self.versions.remove(at));
        // Behind those of the same moment.
        let at = self.versions.partition_point(|known| known.from <= from);
        let usable = before.as_ref().is_some_and(|before| before.usable);
        let again = before.is_some_and(|before| before.begun && before.from == from);
        self.versions.insert(
            at,
            PriceVersion {
                version: version.to_owned(),
                from,
                begun: begun || again,
                usable,
            },
        );
    }

    /// The file of a version is at hand, or is not.
    pub fn set_usable(&mut self, version: &str, usable: bool) {
        for known in &mut self.versions {
            if known.version == version {
                known.usable = usable;
            }
        }
    }

    /// Lets begin what is due. True: another version sells than before.
    pub fn pass(&mut self, now: WallMs) -> bool {
        let before = self.selling().map(|selling| selling.version.clone());
        for known in &mut self.versions {
            known.begun |= known.from <= now;
        }
        before.as_deref() != self.selling().map(|selling| selling.version.as_str())
    }

    /// What sells now.
    #[must_use]
    pub fn selling(&self) -> Option<&PriceVersion> {
        let mut latest_first = self.versions.iter().rev();
        latest_first.find(|known| known.begun && known.usable)
    }

    /// What waits for its moment.
    pub fn waiting(&self) -> impl Iterator<Item = &PriceVersion> {
        self.versions.iter().filter(|known| !known.begun)
    }

    /// What has begun and could sell but for its file.
    pub fn missing(&self) -> impl Iterator<Item = &PriceVersion> {
        self.versions.iter().filter(|known| !known.usable)
    }

    /// One version.
    #[must_use]
    pub fn get(&self, version: &str) -> Option<&PriceVersion> {
        self.versions.iter().find(|known| known.version == version)
    }

    /// All, in the order of their moments.
    #[must_use]
    pub fn versions(&self) -> &[PriceVersion] {
        &self.versions
    }

    /// Forgets what was over before the version that sells, but for the last of it.
    pub fn forget_past(&mut self) {
        let selling = self
            .versions
            .iter()
            .rposition(|known| known.begun && known.usable);
        let past = selling.unwrap_or(0).saturating_sub(1);
        self.versions.drain(..past);
    }

    /// Forgets versions that wait, but for these.
    pub fn keep_waiting(&mut self, wanted: impl Fn(&str) -> bool) {
        self.versions
            .retain(|known| known.begun || wanted(&known.version));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(versions: &[(&str, i64, bool)]) -> PriceSchedule {
        let mut schedule = PriceSchedule::default();
        for (version, from, begun) in versions {
            schedule.name(version, WallMs(*from), *begun);
            schedule.set_usable(version, true);
        }
        schedule
    }

    fn selling(schedule: &PriceSchedule) -> &str {
        schedule
            .selling()
            .map_or("", |known| known.version.as_str())
    }

    #[test]
    fn a_version_sells_from_its_moment_on_and_stays_though_the_clock_goes_back() {
        let mut schedule = named(&[("a", 10, true), ("b", 20, false)]);
        assert!(!schedule.pass(WallMs(19)));
        assert_eq!(selling(&schedule), "a");
        assert!(schedule.pass(WallMs(20)));
        assert_eq!(selling(&schedule), "b");
        assert!(!schedule.pass(WallMs(5)));
        assert_eq!(selling(&schedule), "b");
    }

    #[test]
    fn the_hubs_word_counts_at_once_and_older_words_do_not_undo_later_moments() {
        let mut schedule = named(&[("a", 10, true), ("b", 20, false)]);
        // This lane's clock is late, and the hub has begun.
        schedule.name("b", WallMs(20), true);
        assert_eq!(selling(&schedule), "b");
        // This lane's clock is early: the hub still sells the one before.
        schedule.name("a", WallMs(10), true);
        assert_eq!(selling(&schedule), "b");
        // Back to the one before, on purpose: a later moment.
        schedule.name("a", WallMs(30), true);
        assert_eq!(selling(&schedule), "a");
        assert_eq!(schedule.versions().len(), 2);
    }

    #[test]
    fn what_has_no_file_never_sells() {
        let mut schedule = named(&[("a", 10, true)]);
        schedule.name("b", WallMs(20), true);
        assert_eq!(selling(&schedule), "a");
        let missing: Vec<_> = schedule.missing().map(|known| &known.version).collect();
        assert_eq!(missing, ["b"]);
        schedule.set_usable("b", true);
        assert_eq!(selling(&schedule), "b");
    }

    #[test]
    fn a_new_moment_for_a_version_that_waits_replaces_the_old_one() {
        let mut schedule = named(&[("a", 10, true), ("b", 20, false), ("c", 30, false)]);
        schedule.name("b", WallMs(40), false);
        assert!(!schedule.pass(WallMs(25)));
        assert!(schedule.pass(WallMs(35)));
        assert_eq!(selling(&schedule), "c");
        assert_eq!(schedule.waiting().count(), 1);
        schedule.forget_past();
        let kept: Vec<_> = schedule
            .versions()
            .iter()
            .map(|v| v.version.as_str())
            .collect();
        assert_eq!(kept, ["a", "c", "b"]);
        schedule.keep_waiting(|version| version != "b");
        assert_eq!(schedule.waiting().count(), 0);
    }

    #[test]
    fn of_two_for_one_moment_the_later_word_sells() {
        let mut schedule = named(&[("a", 10, true), ("wrong", 20, false), ("right", 20, false)]);
        schedule.pass(WallMs(20));
        assert_eq!(selling(&schedule), "right");
    }
}
