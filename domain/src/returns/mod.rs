//! Goods that come back: what a closed sale still has to give back, and where the money goes.
//!
//! Decides: how much of a line and of a payment is left, what so many pieces come to, which tender
//! is paid back how much. Never: more than was bought, in pieces, in tax or in money (I13), however
//! often and on whichever lanes goods come back. Shares are figured on all pieces that came back so
//! far, not piece by piece: so the last piece has what is left over, and the order is no matter.

mod left;
mod original;
mod plan;
mod refusal;
mod share;
#[cfg(test)]
mod tests;

pub use left::{LineLeft, OriginalLeft, PaidLeft, Taken};
pub use original::{CardPaid, Original, PaidPart, SoldLine, Source};
pub(crate) use plan::share_of_class;
pub use plan::{OfReceipt, Payback, PayoutPart, TakenLine, Taking, paid_out, plan, whole_coins};
pub use refusal::ReturnRefusal;
