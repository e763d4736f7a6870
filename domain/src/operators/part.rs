//! What a lane's records tell of its operators: who is signed on, whose PIN was wrong how often,
//! and by which list the lane is run.

use std::collections::BTreeMap;

use super::{
    list::Operator,
    rights::{Action, Role},
};
use crate::{
    ids::{OperatorId, SaleNumber},
    money::Money,
    words::worded,
};

worded! {
    /// Why somebody is signed on no more.
    SignedOffBy:
    /// They did it, or locked the lane.
    Themselves = 1 "by themselves" "本人";
    /// Nobody had touched anything for a while.
    Idle = 2 "nothing was done for a while" "长时间未操作";
    /// Somebody with the right did it.
    Supervisor = 3 "by a supervisor" "主管";
    /// The store's list says that they do not work here now.
    NotActive = 4 "no longer active" "已停用";
    /// Who stands at a lane that was off is not known.
    LaneRestarted = 5 "the lane was restarted" "收银台已重启";
    /// The lane has gone to rest.
    LaneStopped = 6 "the lane was stopped" "收银台已停机";
}

/// What happened to operators at a lane.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OperatorFact {
    /// The lane is run by this list of its hub. From the first one on nobody sells unsigned.
    ListTaken {
        /// The hub's.
        version: u64,
        /// How many stand in it.
        operators: u32,
    },
    /// Somebody's PIN was right.
    SignedOn {
        /// Who.
        operator: OperatorId,
        /// What they were then.
        role: Role,
    },
    /// Nobody is signed on any more. A basket stays where it is.
    SignedOff {
        /// Who was.
        operator: OperatorId,
        /// Why.
        by: SignedOffBy,
        /// The supervisor, where one did it.
        supervisor: Option<OperatorId>,
    },
    /// Somebody's PIN was wrong.
    PinRefused {
        /// Whose.
        operator: OperatorId,
        /// Wrong ones since the last right one.
        wrong: u32,
        /// [`Operator::version`] that they count for.
        of_version: u64,
    },
    /// It was wrong too often.
    LockedOut {
        /// Whose.
        operator: OperatorId,
    },
    /// They may try again.
    Unlocked {
        /// Who.
        operator: OperatorId,
        /// Who says so.
        by: OperatorId,
    },
    /// Somebody with the right allowed one action on the spot. What was allowed stands behind it in
    /// the same commit.
    SupervisorAllowed {
        /// Whose PIN was right.
        by: OperatorId,
        /// What they are.
        role: Role,
        /// For whom; `None`: nobody is signed on.
        operator: Option<OperatorId>,
        /// What.
        action: Action,
        /// Of which amount; zero of what has none.
        amount: Money,
        /// In which sale.
        sale: Option<SaleNumber>,
    },
}

/// Who is signed on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SignedOn {
    /// Who.
    pub operator: OperatorId,
    /// What they were when they signed on.
    pub role: Role,
}

/// Wrong PINs since the last right one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WrongPins {
    /// How many.
    pub count: u32,
    /// [`Operator::version`] that they count for.
    pub of_version: u64,
    /// Nothing more is looked at.
    pub locked: bool,
}

/// Part of the checkpoint.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OperatorsPart {
    /// Version of the newest list taken; `None`: the lane was never told of operators.
    pub list: Option<u64>,
    /// Who is signed on.
    pub signed_on: Option<SignedOn>,
    /// Of whoever typed a wrong PIN last.
    pub wrong: BTreeMap<OperatorId, WrongPins>,
}

impl OperatorsPart {
    /// What a fact makes of it.
    pub fn apply(&mut self, fact: &OperatorFact) {
        match *fact {
            OperatorFact::ListTaken { version, .. } => self.list = Some(version),
            OperatorFact::SignedOn { operator, role } => {
                self.signed_on = Some(SignedOn { operator, role });
                self.wrong.remove(&operator);
            }
            OperatorFact::SignedOff { .. } => self.signed_on = None,
            OperatorFact::PinRefused {
                operator,
                wrong,
                of_version,
            } => {
                let wrong = WrongPins {
                    count: wrong,
                    of_version,
                    locked: false,
                };
                self.wrong.insert(operator, wrong);
            }
            OperatorFact::LockedOut { operator } => {
                if let Some(wrong) = self.wrong.get_mut(&operator) {
                    wrong.locked = true;
                }
            }
            OperatorFact::Unlocked { operator, .. } => {
                self.wrong.remove(&operator);
            }
            OperatorFact::SupervisorAllowed { by, .. } => {
                self.wrong.remove(&by);
            }
        }
    }

    /// Wrong PINs that count for this person as they are now.
    #[must_use]
    pub fn wrong_of(&self, operator: &Operator) -> Option<WrongPins> {
        let wrong = self.wrong.get(&operator.number).copied();
        wrong.filter(|wrong| wrong.of_version >= operator.version)
    }
}
