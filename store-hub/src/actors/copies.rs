//! Receipts once more, on a lane's printer.

use actix::{Handler, Message};
use domain::ids::{LaneId, OperatorId, ReceiptNumber};
use proto::store::v1::{self as wire, HubFrame, hub_frame::Body};

use super::{lane_outlet::ToLane, lanes::Lanes};

/// Let a lane print it, marked as a reprint. The lane's journal says that it was asked to.
#[derive(Message)]
#[rtype(result = "Result<(), NoCopy>")]
pub(crate) struct PrintCopy {
    pub(crate) lane: LaneId,
    pub(crate) receipt: ReceiptNumber,
    /// As it was printed.
    pub(crate) text: String,
    /// `None`: the store has no operators.
    pub(crate) by: Option<OperatorId>,
}

/// Why no copy comes out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NoCopy {
    /// The lane is not connected, or takes nothing any more.
    Away,
    /// The lane is of a release that prints none.
    TooOld,
}

impl Handler<PrintCopy> for Lanes {
    type Result = Result<(), NoCopy>;

    fn handle(&mut self, copy: PrintCopy, _: &mut Self::Context) -> Self::Result {
        let known = self.lanes.get(&copy.lane);
        let session = known.and_then(|known| Some((known, known.session.as_ref()?)));
        let (known, session) = session.ok_or(NoCopy::Away)?;
        if !known.status.prints_copies {
            return Err(NoCopy::TooOld);
        }
        let by = copy.by.map_or(0, |by| by.0);
        tracing::info!(event = "copy ordered", lane = %copy.lane, receipt = %copy.receipt, by);
        let frame = HubFrame {
            body: Some(Body::PrintCopy(wire::PrintCopy {
                receipt_number: copy.receipt.to_string(),
                text: copy.text,
                operator_id: by,
            })),
        };
        session.try_send(ToLane(frame)).map_err(|_| NoCopy::Away)
    }
}
