//! Questions that only the hub can answer. A question goes with its stream; who asked asks again.

use std::{collections::BTreeMap, sync::Arc};

use actix::MessageResponse;
use domain::{
    ids::{ReceiptNumber, SaleNumber, SuspendedId},
    recall::{BasketGiven, RecallRefused, StoreBasket},
    returns::{OriginalLeft, ReturnRefusal, Taking},
};
use tokio::sync::oneshot;

/// What the hub says of a receipt.
pub(crate) type OriginalAnswer = Result<Arc<OriginalLeft>, ReturnRefusal>;
/// What the hub says to a return.
pub(crate) type ReturnAnswer = Result<Box<Taking>, ReturnRefusal>;

/// Whether the link took a question: its answer comes here, unless the stream ends before.
#[derive(MessageResponse)]
pub(crate) struct Question<A: 'static>(pub(crate) Option<oneshot::Receiver<A>>);
/// What the hub says to who asks for a basket.
pub(crate) type BasketAnswer = Result<Arc<BasketGiven>, RecallRefused>;

/// Questions that are at the hub. A lane sells one basket at a time, so there are few.
#[derive(Default)]
pub(super) struct Questions {
    pub(super) originals: BTreeMap<ReceiptNumber, oneshot::Sender<OriginalAnswer>>,
    pub(super) returns: BTreeMap<(SaleNumber, u32), oneshot::Sender<ReturnAnswer>>,
    pub(super) basket: Option<(SuspendedId, oneshot::Sender<BasketAnswer>)>,
    pub(super) baskets: Option<oneshot::Sender<Vec<StoreBasket>>>,
}
