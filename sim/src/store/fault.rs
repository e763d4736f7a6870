//! The faults a run can be given, and how they are asked for.

use std::fmt;

use crate::workload::days::Calendar;

/// Something that goes wrong and is healed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// An approval of the bank never reaches the hub: unknown, reversed.
    LostAnswer,
    /// An approval reaches the hub after its payment was given up and taken back: it changes
    /// nothing.
    LateAnswer,
    /// A lane is killed in the middle of a sale: the sale is taken up where its journal stands.
    LaneKill,
    /// The hub is killed while a payment is in flight: the lanes go on, the payment is taken back.
    HubKill,
    /// The acquirer link is cut while cards are being sold: stand-ins, forwarded later.
    BankLine,
    /// A lane is cut off, sells on, and is switched off over the end of the day: what it sold makes
    /// a new version of that day.
    LaneAway,
    /// The hub is killed in the middle of a close: the close goes on, and the day is sealed once.
    CloseKill,
    /// A lane that rested comes back on an empty card: it takes its journal back from the hub
    /// before it sells, and its receipt numbers go on.
    EmptyCard,
}

impl Fault {
    /// All there are, in the order in which they come in a run.
    pub const ALL: [Self; 8] = [
        Self::LostAnswer,
        Self::LateAnswer,
        Self::LaneKill,
        Self::HubKill,
        Self::BankLine,
        Self::LaneAway,
        Self::CloseKill,
        Self::EmptyCard,
    ];

    /// Whether it belongs to the turn of the date, and so needs a day after it.
    #[must_use]
    pub const fn is_of_a_turn(self) -> bool {
        match self {
            Self::LaneAway | Self::CloseKill | Self::EmptyCard => true,
            Self::LostAnswer
            | Self::LateAnswer
            | Self::LaneKill
            | Self::HubKill
            | Self::BankLine => false,
        }
    }

    /// Lanes that it needs: one stays at the hub, and one rests.
    const fn lanes_min(self) -> u16 {
        match self {
            Self::LaneAway => 3,
            Self::EmptyCard => 2,
            Self::CloseKill
            | Self::LostAnswer
            | Self::LateAnswer
            | Self::LaneKill
            | Self::HubKill
            | Self::BankLine => 1,
        }
    }

    fn fits(self, calendar: Calendar) -> bool {
        (calendar.days > 1 || !self.is_of_a_turn()) && calendar.lanes >= self.lanes_min()
    }

    /// As on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LostAnswer => "lost-answer",
            Self::LateAnswer => "late-answer",
            Self::LaneKill => "lane-kill",
            Self::HubKill => "hub-kill",
            Self::BankLine => "bank-line",
            Self::LaneAway => "lane-away",
            Self::CloseKill => "close-kill",
            Self::EmptyCard => "empty-card",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which faults a run is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultChoice(pub Vec<Fault>);

impl FaultChoice {
    /// Reads `all`, `none`, or names with commas between them.
    ///
    /// # Errors
    /// A sentence that names what is not known.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "all" => return Ok(Self(Fault::ALL.to_vec())),
            "none" => return Ok(Self(Vec::new())),
            _ => {}
        }
        let mut faults = text
            .split(',')
            .map(|name| parse_one(name.trim()))
            .collect::<Result<Vec<_>, _>>()?;
        faults.sort_unstable();
        faults.dedup();
        Ok(Self(faults))
    }

    /// The faults of a run of these days and lanes: of all there are those that fit.
    ///
    /// # Errors
    /// A sentence about one that was named and doesn't fit.
    pub fn of_run(&self, calendar: Calendar) -> Result<Vec<Fault>, String> {
        let fits = |fault: &&Fault| fault.fits(calendar);
        let wants_all = self.0 == Fault::ALL;
        if let Some(fault) = self.0.iter().find(|fault| !wants_all && !fits(fault)) {
            let lanes = fault.lanes_min();
            return Err(format!("{fault} needs two days and {lanes} lanes at least"));
        }
        Ok(self.0.iter().filter(fits).copied().collect())
    }
}

fn parse_one(name: &str) -> Result<Fault, String> {
    if let Some(fault) = Fault::ALL.into_iter().find(|fault| fault.name() == name) {
        return Ok(fault);
    }
    let known = Fault::ALL.map(Fault::name).join(", ");
    Err(format!(
        "there is no fault '{name}'; there are: {known}, or all, or none"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_chosen_by_name() {
        assert_eq!(FaultChoice::parse("none").unwrap().0, []);
        assert_eq!(FaultChoice::parse("all").unwrap().0, Fault::ALL);
        let both = FaultChoice::parse("bank-line, lost-answer,bank-line").unwrap();
        assert_eq!(both.0, [Fault::LostAnswer, Fault::BankLine]);
        for fault in Fault::ALL {
            assert_eq!(FaultChoice::parse(fault.name()).unwrap().0, [fault]);
        }
    }

    #[test]
    fn a_fault_of_the_turn_needs_a_second_day() {
        let all = FaultChoice::parse("all").unwrap();
        assert_eq!(all.of_run(Calendar::of_one_day(4)).unwrap().len(), 5);
        let two = |lanes| Calendar { lanes, days: 2 };
        assert_eq!(all.of_run(two(4)).unwrap(), Fault::ALL);
        assert_eq!(all.of_run(two(2)).unwrap().len(), 7);
        assert_eq!(all.of_run(two(1)).unwrap().len(), 6);
        let named = FaultChoice::parse("close-kill").unwrap();
        assert!(named.of_run(Calendar::of_one_day(4)).is_err());
        assert_eq!(named.of_run(two(1)).unwrap(), [Fault::CloseKill]);
    }

    #[test]
    fn a_fault_that_is_not_there_is_an_error_with_a_sentence() {
        let unknown = FaultChoice::parse("bank-line,flood").unwrap_err();
        assert!(unknown.contains("no fault 'flood'"), "{unknown}");
        assert!(FaultChoice::parse("").is_err());
    }
}
