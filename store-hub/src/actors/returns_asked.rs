//! A lane asks what is left of an earlier sale, and to reserve what comes back of it.
//!
//! The sale is told by its lane's journal (Reports), what came back of it by the desk, which alone
//! reserves. A question waits for nobody else: other frames of its lane go on.

use std::collections::BTreeSet;

use actix::{Addr, AsyncContext, Context, Handler, Message, WrapFuture};
use domain::{
    desk::{Event, ReturnAsk},
    ids::{LaneId, ReceiptNumber, ReturnId, SaleNumber},
    limits::{RETURN_QUESTIONS_PER_LANE_MAX, RETURN_RECEIPTS_MAX},
    returns::{Original, OriginalLeft, ReturnRefusal},
    words::Worded as _,
};
use proto::store::v1::{self as wire, HubFrame, hub_frame::Body};
use records::{original_told_to_proto, taking_from_proto, taking_to_proto};

use super::{
    Stopping,
    lane_outlet::ToLane,
    lane_session::{LaneSession, SessionEnd},
    payment_desk::PaymentDesk,
    reports::{FindOriginal, Reports},
};
use crate::replica::log_of;

/// What is left of a sale, as the desk knows it.
#[derive(Message)]
#[rtype(result = "Result<OriginalLeft, ReturnRefusal>")]
pub(crate) struct AskLeft(Original);

impl Handler<AskLeft> for PaymentDesk {
    type Result = Result<OriginalLeft, ReturnRefusal>;

    fn handle(&mut self, AskLeft(original): AskLeft, _: &mut Context<Self>) -> Self::Result {
        self.knows_returns()?;
        if !self.desk.is_returnable(&original) {
            return Err(ReturnRefusal::TooOld);
        }
        let (original, taken) = self.desk.original_with_taken(original, None)?;
        Ok(original.left(&taken)?)
    }
}

/// Reserve what comes back. `Ok`: the answer goes to the lane once it is durable.
#[derive(Message)]
#[rtype(result = "Result<(), ReturnRefusal>")]
pub(crate) struct TakeReturn(ReturnAsk);

impl Handler<TakeReturn> for PaymentDesk {
    type Result = Result<(), ReturnRefusal>;

    fn handle(&mut self, TakeReturn(ask): TakeReturn, _: &mut Context<Self>) -> Self::Result {
        self.knows_returns()?;
        if self.refuses_new_work() {
            return Err(ReturnRefusal::NoRoom);
        }
        let id = ask.id;
        if let Err(rejected) = self.apply(Event::ReserveReturn(ask)) {
            tracing::warn!(event = "desk rejected an event", %id, %rejected);
        }
        Ok(())
    }
}

impl PaymentDesk {
    /// A hub that lost its journal learns from those of its lanes what came back: until it has all
    /// of them, nobody knows what is left (I13).
    pub(super) fn knows_returns(&mut self) -> Result<(), ReturnRefusal> {
        if !self.desk.is_rebuilt() {
            return Ok(());
        }
        let lanes: BTreeSet<LaneId> = self.parts.terminals.iter().map(|(_, _, of)| *of).collect();
        for lane in lanes {
            if !self.has_read(lane) {
                let code = "HUB0055";
                tracing::warn!(event = "returns wait for a lane's journal", code, %lane);
                return Err(ReturnRefusal::HubRebuilt);
            }
        }
        Ok(())
    }

    /// Whether all that a lane had written when it said hello is here.
    fn has_read(&mut self, lane: LaneId) -> bool {
        if self.lanes_read.contains(&lane) {
            return true;
        }
        let (Some(session), Some(epoch)) = (self.sessions.get(&lane), self.desk.epoch_of(lane))
        else {
            return false;
        };
        let held = self.parts.journal.head(log_of(lane, epoch)).sequence;
        let is_read = held >= session.journal_sequence;
        if is_read {
            self.lanes_read.insert(lane);
        }
        is_read
    }
}

impl LaneSession {
    pub(super) fn original_asked(
        &mut self,
        asked: &wire::OriginalAsked,
        ctx: &mut Context<Self>,
    ) -> Result<(), SessionEnd> {
        let receipt = ReceiptNumber::parse(&asked.receipt_number)
            .map_err(|error| SessionEnd::BadFrame(error.to_string()))?;
        let (reports, desk) = (self.reports.clone(), self.desk.clone());
        self.answers(ctx, async move {
            let told = left(&reports, &desk, receipt).await?;
            let told = told.as_ref().map_err(|why| *why);
            Ok(Body::OriginalTold(original_told_to_proto(receipt, told)))
        })
    }

    pub(super) fn return_asked(
        &mut self,
        asked: wire::ReturnAsked,
        ctx: &mut Context<Self>,
    ) -> Result<(), SessionEnd> {
        let wanted = taking_from_proto(asked.wanted.as_ref())
            .map_err(|error| SessionEnd::BadFrame(error.to_string()))?;
        let ask = ReturnAsk {
            id: ReturnId {
                lane: self.lane,
                epoch: self.epoch,
                sale: SaleNumber(asked.sale_number),
            },
            revision: asked.revision,
            wanted: wanted.of,
            originals: Vec::new(),
        };
        let (reports, desk) = (self.reports.clone(), self.desk.clone());
        self.maybe_answers(ctx, async move {
            let (id, revision) = (ask.id, ask.revision);
            let refused = reserve(&reports, &desk, ask).await?.err();
            Ok(refused.map(|why| answer_frame(id, revision, Err(why))))
        })
    }

    /// Sends the answer when it is there, unless the session ends before.
    pub(super) fn answers(
        &mut self,
        ctx: &mut Context<Self>,
        answer: impl Future<Output = Result<Body, Stopping>> + 'static,
    ) -> Result<(), SessionEnd> {
        self.maybe_answers(ctx, async move { answer.await.map(Some) })
    }

    /// The same; `None`: somebody else answers.
    pub(super) fn maybe_answers(
        &mut self,
        ctx: &mut Context<Self>,
        answer: impl Future<Output = Result<Option<Body>, Stopping>> + 'static,
    ) -> Result<(), SessionEnd> {
        if self.questions >= RETURN_QUESTIONS_PER_LANE_MAX {
            return Err(SessionEnd::NoCredit);
        }
        self.questions = self.questions.saturating_add(1);
        let me = ctx.address();
        let told = async move {
            if let Ok(Some(body)) = answer.await {
                let body = Some(body);
                // The session is over, and so is who asked.
                let _ = me.send(ToLane(HubFrame { body })).await;
            }
        };
        let told = actix::ActorFutureExt::map(told.into_actor(self), |(), session, _| {
            session.questions = session.questions.saturating_sub(1);
        });
        ctx.spawn(told);
        Ok(())
    }
}

/// Whether a return is reserved, as its lane hears it.
pub(super) fn answer_frame(
    id: ReturnId,
    revision: u32,
    answer: Result<&domain::returns::Taking, ReturnRefusal>,
) -> Body {
    Body::ReturnAnswered(wire::ReturnAnswered {
        sale_number: id.sale.0,
        revision,
        refused: answer.err().map_or(0, ReturnRefusal::number),
        taking: answer.ok().map(taking_to_proto),
    })
}

async fn left(
    reports: &Addr<Reports>,
    desk: &Addr<PaymentDesk>,
    receipt: ReceiptNumber,
) -> Result<Result<OriginalLeft, ReturnRefusal>, Stopping> {
    match original(reports, receipt).await? {
        Ok(original) => Ok(desk.send(AskLeft(original)).await?),
        Err(why) => Ok(Err(why)),
    }
}

async fn reserve(
    reports: &Addr<Reports>,
    desk: &Addr<PaymentDesk>,
    mut ask: ReturnAsk,
) -> Result<Result<(), ReturnRefusal>, Stopping> {
    if ask.wanted.len() > RETURN_RECEIPTS_MAX {
        return Ok(Err(ReturnRefusal::TooMuch));
    }
    for of in &ask.wanted {
        match original(reports, of.receipt).await? {
            Ok(original) => ask.originals.push(original),
            Err(why) => return Ok(Err(why)),
        }
    }
    Ok(desk.send(TakeReturn(ask)).await?)
}

async fn original(
    reports: &Addr<Reports>,
    receipt: ReceiptNumber,
) -> Result<Result<Original, ReturnRefusal>, Stopping> {
    Ok(match reports.send(FindOriginal(receipt)).await? {
        Ok(Some(original)) => Ok(original),
        Ok(None) => Err(ReturnRefusal::UnknownReceipt),
        Err(error) => {
            tracing::error!(event = "sale not read", code = "HUB0054", %receipt, %error);
            Err(ReturnRefusal::Unreadable)
        }
    })
}
