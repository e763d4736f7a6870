//! The invariants of the store by id, and those of them that the desk can check of itself. The
//! whole list with its reasons is docs/invariants.md.

use std::fmt;

use crate::ids::PaymentId;

/// When an invariant holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// After every event.
    Always,
    /// When faults have ended and the store has come to rest.
    Healed,
}

macro_rules! invariants {
    ($($id:ident $kind:ident $text:literal;)*) => {
        /// An invariant, by the id it has in code, tests and documents.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Invariant {
            $(#[doc = $text] $id,)*
        }

        impl Invariant {
            /// Every invariant, in order.
            pub const ALL: &[Self] = &[$(Self::$id,)*];

            /// When it holds.
            #[must_use]
            pub const fn kind(self) -> Kind {
                match self {
                    $(Self::$id => Kind::$kind,)*
                }
            }

            /// What holds.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$id => $text,)*
                }
            }
        }
    };
}

invariants! {
    I1 Always "double entry: each event's postings balance";
    I2 Healed "one capture: per payment id the host's net amount is 0 or the approved amount";
    I3 Always "no goods without a decision: a closed sale has tenders of at least its total";
    I4 Healed "each host approval has a hub record";
    I5 Healed "no charge without a sale: an abandoned approval ends undone or as a dead letter";
    I6 Always "intent first: no byte of a request leaves before its record is durable";
    I7 Always "per TID one message outstanding, reversals first; a STAN belongs to one original";
    I8 Always "repeats equal the first send but for repeat MTI and F64";
    I9 Always "an entry leaves the queue as delivered, withdrawn unsent, or dead letter";
    I10 Always "undelivered offline amounts stay within the caps of store and card";
    I11 Healed "after settlement lane, hub and host agree to the cent, or the items are named";
    I12 Always "receipt numbers are unique, and gap-free per lane and epoch";
    I13 Always "voids and refunds never pass what is left of the original";
    I14 Always "journals are append-only and hash-chained; a copy is a prefix of its original";
    I15 Always "training never reaches stock, reports, queue or host";
    I16 Always "no card number, track, PIN, CVN or key in clear in anything kept or shown";
    I17 Healed "liveness: the queue is empty or dead-lettered and every sale final";
    I18 Always "a report says per lane how far it is complete, and equals the journal up to there";
    I19 Always "a payment of which a byte has left is never approved offline, nor sent twice";
    I20 Healed "each record that moves money stands in exactly one business day";
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// An invariant that does not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broken {
    /// Which.
    pub invariant: Invariant,
    /// Where it shows, if at one payment.
    pub payment_id: Option<PaymentId>,
    /// What was found.
    pub detail: String,
}

impl Broken {
    /// One finding.
    #[must_use]
    pub fn new(invariant: Invariant, payment_id: Option<PaymentId>, detail: String) -> Self {
        Self {
            invariant,
            payment_id,
            detail,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_is_complete_and_in_order() {
        let names: Vec<String> = Invariant::ALL.iter().map(ToString::to_string).collect();
        let expected: Vec<String> = (1..=20).map(|number| format!("I{number}")).collect();
        assert_eq!(names, expected);
        let healed = Invariant::ALL
            .iter()
            .filter(|one| one.kind() == Kind::Healed);
        let healed: Vec<String> = healed.map(ToString::to_string).collect();
        assert_eq!(healed, ["I2", "I4", "I5", "I11", "I17", "I20"]);
    }
}
