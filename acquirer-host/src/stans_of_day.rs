//! The STANs each terminal has used today, for a host that takes none twice, whatever it was for.

use std::collections::{BTreeMap, BTreeSet};

use crate::civil::Civil;

/// Year and day of the year.
type Day = (i64, i64);

/// Of each terminal, those of the last day it was heard on.
#[derive(Debug, Default)]
pub(crate) struct StansOfDay(BTreeMap<String, (Day, BTreeSet<(bool, String)>)>);

impl StansOfDay {
    /// Whether this one was used before today; it is from now on. A reversal carries the STAN of
    /// its original, so reversals are told apart from all else.
    pub(crate) fn is_used(&mut self, tid: &str, mti: &str, stan: &str, now: Civil) -> bool {
        let today = (now.year, now.day_of_year);
        let (day, stans) = self.0.entry(tid.to_owned()).or_default();
        if *day != today {
            *day = today;
            stans.clear();
        }
        !stans.insert((mti == "0400", stan.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stan_is_used_once_a_day_and_again_by_its_reversal() {
        let mut stans = StansOfDay::default();
        let now = Civil::new(1_795_334_400_000, 0);
        assert!(!stans.is_used("A", "0200", "000001", now));
        assert!(stans.is_used("A", "0220", "000001", now));
        assert!(!stans.is_used("B", "0200", "000001", now));
        assert!(!stans.is_used("A", "0400", "000001", now));
        assert!(stans.is_used("A", "0400", "000001", now));
        let tomorrow = Civil::new(1_795_334_400_000 + 86_400_000, 0);
        assert!(!stans.is_used("A", "0200", "000001", tomorrow));
    }
}
