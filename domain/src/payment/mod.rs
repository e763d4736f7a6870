//! One card payment at the hub: what is asked, what was decided, how it went on.
//!
//! The state diagram stands in docs (payments.md of the design); the desk (`crate::desk`) owns all
//! payments of a store and applies these rules to them.

mod answer;
mod decision;
mod kind;
mod method;
mod refusal;
mod request;
mod state;
mod verdict;

pub use answer::{Answer, MacCheck};
pub use decision::{Decision, HostFacts, UnknownReason};
pub use kind::{KindRow, LiveMessage, PaymentKind, Side, Silence, UndoneBy, WithoutBank};
pub use method::PaymentMethod;
pub use refusal::{NewerReason, RefusalReason};
pub use request::PaymentRequest;
pub use state::{Completion, Payment, Progress};
pub use verdict::{Asked, verdict};
