//! What the flow is asked by whoever types a PIN, and what it asks of them.

use actix::Message;
use domain::{ids::OperatorId, money::Money, operators::Action, sale::Rejected};
use operator_pin::Pin;

/// Somebody typed a PIN.
#[derive(Message)]
#[rtype(result = "Result<(), Rejected>")]
pub(crate) struct Identify {
    pub(crate) purpose: Purpose,
    /// `None`: by the badge that was scanned.
    pub(crate) number: Option<OperatorId>,
    /// `None`: what was typed can be nobody's.
    pub(crate) pin: Option<Pin>,
}

/// What a PIN is typed for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    /// To work here.
    SignOn,
    /// To allow what was refused to somebody else.
    Allow,
}

/// Nobody is to allow it: the sale goes on without.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Withdraw;

/// What the screens ask of whoever types a PIN.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Asking {
    /// What was refused.
    pub(crate) to_allow: Option<ToAllow>,
    /// A badge was scanned: no number needs to be typed.
    pub(crate) has_badge: bool,
}

/// What was refused for want of a right.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ToAllow {
    pub(crate) action: Action,
    /// Zero of what has none.
    pub(crate) amount: Money,
    /// No supervisor's right reaches so far.
    pub(crate) by_manager: bool,
}
