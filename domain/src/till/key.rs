//! The keys of a cash drawer, by the names that keyboards, screens and scripts call them.

use super::{Collector, Pieces, TillEvent, TillOf};
use crate::{
    ids::OperatorId,
    money::{Currency, Money},
    sale::Right,
};

/// What the cashier presses at the drawer. Amounts in minor units.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TillKey {
    /// The operator at the keys answers for the drawer from now on.
    BeginShift,
    /// And no longer.
    EndShift,
    /// The operator at the keys takes the drawer over from whoever has it.
    TakeOver,
    /// Cash put in.
    Float {
        /// How much.
        amount_minor: i64,
    },
    /// Cash taken out.
    Pickup {
        /// How much.
        amount_minor: i64,
        /// About it, or empty.
        note: String,
    },
    /// Cash dropped into the safe.
    Drop {
        /// How much.
        amount_minor: i64,
        /// About it, or empty.
        note: String,
    },
    /// A guard takes cash out of the safe.
    Collect {
        /// How much.
        amount_minor: i64,
        /// Who.
        collector: Collector,
    },
    /// Open the drawer.
    NoSale {
        /// Why.
        reason: String,
    },
    /// Open the drawer to count it.
    BeginCount,
    /// What was counted.
    Count {
        /// By note and coin.
        pieces: Vec<Pieces>,
    },
    /// A report in between.
    X {
        /// Whose.
        of: TillOf,
    },
    /// A report at the end.
    Z {
        /// Whose.
        of: TillOf,
    },
    /// The paper of the last Z once more.
    ZAgain,
}

impl TillKey {
    /// The key of this name, with what was typed before it: `50000` for a float, `200000 full` for
    /// a pickup, `200000 seal badge name of the guard` for a collection, `10000x9 1000x3` for a
    /// count, nothing or an operator's number for a report.
    #[must_use]
    pub fn named(name: &str, typed: &str) -> Option<Self> {
        let (first, rest) = typed.split_once(' ').unwrap_or((typed, ""));
        let note = || rest.trim().to_owned();
        Some(match name {
            "begin-shift" => Self::BeginShift,
            "end-shift" => Self::EndShift,
            "take-over" => Self::TakeOver,
            "float" => Self::Float {
                amount_minor: typed.parse().ok()?,
            },
            "pickup" => Self::Pickup {
                amount_minor: first.parse().ok()?,
                note: note(),
            },
            "drop" => Self::Drop {
                amount_minor: first.parse().ok()?,
                note: note(),
            },
            "collect" => Self::Collect {
                amount_minor: first.parse().ok()?,
                collector: collector(rest)?,
            },
            "no-sale" => Self::NoSale {
                reason: typed.to_owned(),
            },
            "begin-count" => Self::BeginCount,
            "count" => Self::Count {
                pieces: typed
                    .split_whitespace()
                    .map(counted)
                    .collect::<Option<_>>()?,
            },
            "x" => Self::X { of: whose(typed)? },
            "z" => Self::Z { of: whose(typed)? },
            "z-again" => Self::ZAgain,
            _ => return None,
        })
    }

    /// What pressing it tells the machine.
    #[must_use]
    pub fn event(self, operator: OperatorId, right: Right, currency: Currency) -> TillEvent {
        let money = |minor| Money::new(minor, currency);
        match self {
            Self::BeginShift => TillEvent::ShiftBegun { operator },
            Self::EndShift => TillEvent::ShiftEnded {
                by: operator,
                right,
            },
            Self::TakeOver => TillEvent::HandedOver {
                to: operator,
                right,
            },
            Self::Float { amount_minor } => TillEvent::Float {
                operator,
                amount: money(amount_minor),
                right,
            },
            Self::Pickup { amount_minor, note } => TillEvent::Pickup {
                operator,
                amount: money(amount_minor),
                note,
                right,
            },
            Self::Drop { amount_minor, note } => TillEvent::Drop {
                operator,
                amount: money(amount_minor),
                note,
                right,
            },
            Self::Collect {
                amount_minor,
                collector,
            } => TillEvent::Collected {
                operator,
                amount: money(amount_minor),
                collector,
                right,
            },
            Self::NoSale { reason } => TillEvent::NoSale {
                operator,
                reason,
                right,
            },
            Self::BeginCount => TillEvent::CountBegun { operator, right },
            Self::Count { pieces } => TillEvent::Counted { operator, pieces },
            Self::X { of } => TillEvent::X {
                of,
                by: operator,
                right,
            },
            Self::Z { of } => TillEvent::Z {
                of,
                by: operator,
                right,
            },
            Self::ZAgain => TillEvent::ZAgain,
        }
    }
}

fn collector(typed: &str) -> Option<Collector> {
    let (seal, rest) = typed.split_once(' ')?;
    let (number, name) = rest.split_once(' ')?;
    Some(Collector {
        name: name.to_owned(),
        number: number.to_owned(),
        seal: seal.to_owned(),
    })
}

/// `10000x9`: nine notes of 10,000 minor units.
fn counted(typed: &str) -> Option<Pieces> {
    let (minor, pieces) = typed.split_once('x')?;
    Some(Pieces {
        minor: minor.parse().ok()?,
        pieces: pieces.parse().ok()?,
    })
}

fn whose(typed: &str) -> Option<TillOf> {
    match typed {
        "" => Some(TillOf::Lane),
        operator => Some(TillOf::Operator(OperatorId(operator.parse().ok()?))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_read_by_the_key_it_is_for() {
        let guard = Collector {
            name: "Zhou Wei".to_owned(),
            number: "G17".to_owned(),
            seal: "S-0042".to_owned(),
        };
        for (name, typed, key) in [
            (
                "float",
                "50000",
                TillKey::Float {
                    amount_minor: 50_000,
                },
            ),
            (
                "pickup",
                "200000 full",
                TillKey::Pickup {
                    amount_minor: 200_000,
                    note: "full".to_owned(),
                },
            ),
            (
                "collect",
                "900000 S-0042 G17 Zhou Wei",
                TillKey::Collect {
                    amount_minor: 900_000,
                    collector: guard,
                },
            ),
            (
                "count",
                "10000x9 100x2",
                TillKey::Count {
                    pieces: vec![
                        Pieces {
                            minor: 10_000,
                            pieces: 9,
                        },
                        Pieces {
                            minor: 100,
                            pieces: 2,
                        },
                    ],
                },
            ),
            ("count", "", TillKey::Count { pieces: Vec::new() }),
            ("x", "", TillKey::X { of: TillOf::Lane }),
            (
                "z",
                "7",
                TillKey::Z {
                    of: TillOf::Operator(OperatorId(7)),
                },
            ),
        ] {
            assert_eq!(TillKey::named(name, typed), Some(key), "{name} {typed}");
        }
        for (name, typed) in [
            ("float", ""),
            ("float", "50000 and more"),
            ("collect", "900000 S-0042"),
            ("count", "10000"),
            ("count", "-1x2"),
            ("x", "seven"),
            ("sesame", ""),
        ] {
            assert_eq!(TillKey::named(name, typed), None, "{name} {typed}");
        }
    }
}
