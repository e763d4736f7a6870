//! The faults a run can be given, and how they are asked for.

use std::fmt;

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
}

impl Fault {
    /// All there are, in the order in which they come in a run.
    pub const ALL: [Self; 5] = [
        Self::LostAnswer,
        Self::LateAnswer,
        Self::LaneKill,
        Self::HubKill,
        Self::BankLine,
    ];

    /// As on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LostAnswer => "lost-answer",
            Self::LateAnswer => "late-answer",
            Self::LaneKill => "lane-kill",
            Self::HubKill => "hub-kill",
            Self::BankLine => "bank-line",
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
    fn a_fault_that_is_not_there_is_an_error_with_a_sentence() {
        let unknown = FaultChoice::parse("bank-line,flood").unwrap_err();
        assert!(unknown.contains("no fault 'flood'"), "{unknown}");
        assert!(FaultChoice::parse("").is_err());
    }
}
