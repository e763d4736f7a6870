//! The name of a sealed segment: which records of which log it holds.

use std::fmt;

use crate::LogId;

/// Which records of which log a segment holds: what its file is called after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentName {
    /// The log.
    pub log: LogId,
    /// Sequence of its first record.
    pub first: u64,
    /// Sequence of its last record.
    pub last: u64,
}

impl SegmentName {
    /// The name of a file, if it is one of a segment.
    pub(crate) fn parse(file_name: &str) -> Option<SegmentName> {
        let mut numbers = file_name.strip_suffix(".segment")?.split('-');
        let mut next = || numbers.next()?.parse::<u64>().ok();
        let name = SegmentName {
            log: LogId(next()?),
            first: next()?,
            last: next()?,
        };
        (name.first <= name.last && name.to_string() == file_name).then_some(name)
    }

    pub(crate) fn records(self) -> u64 {
        self.last.saturating_sub(self.first).saturating_add(1)
    }

    pub(crate) fn holds(self, sequence: u64) -> bool {
        (self.first..=self.last).contains(&sequence)
    }
}

impl fmt::Display for SegmentName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}-{}-{}.segment",
            self.log, self.first, self.last
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: SegmentName = SegmentName {
        log: LogId(7),
        first: 5,
        last: 6,
    };

    #[test]
    fn a_name_reads_back_from_its_file() {
        assert_eq!(NAME.to_string(), "7-5-6.segment");
        assert_eq!(SegmentName::parse("7-5-6.segment"), Some(NAME));
        for other in [
            "7-5-6.segment.new",
            "7-6-5.segment",
            "07-5-6.segment",
            "7-5",
        ] {
            assert_eq!(SegmentName::parse(other), None, "{other}");
        }
    }
}
