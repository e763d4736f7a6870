//! Deciding without the hub: leases come in, sealed cards are kept for the upload.

use std::time::Duration;

use actix::{ActorFutureExt, AsyncContext, Context, StreamHandler, WrapFuture};
use domain::{
    ids::PaymentId,
    payment::{Decision, RefusalReason},
    sale::{CheckoutFact, CheckoutRecord, Event, TenderFact},
};
use journal::Batch;
use proto::store::v1::OfflinePayment;
use records::offline_to_proto;
use tokio_stream::wrappers::ReceiverStream;
use tracing::{info, warn};

use super::TransactionFlow;
use crate::actors::{
    hub_link::{FromHub, Report},
    offline_cards,
};

/// How often a lease is looked at while the hub is there.
const LEASE_LOOK_MS: u64 = 500;

impl TransactionFlow {
    pub(super) fn follow_hub(&mut self, ctx: &mut Context<Self>) {
        if let Some(from_hub) = self.parts.from_hub.take() {
            ctx.add_stream(ReceiverStream::new(from_hub));
        }
        ctx.run_interval(Duration::from_millis(LEASE_LOOK_MS), |flow, ctx| {
            let hub_is_there = *flow.parts.hub_up.borrow();
            if flow.open && hub_is_there && flow.parts.checkout.lease().is_some() {
                flow.take(Event::HubReached, ctx);
            }
        });
    }

    /// A record with what belongs to it: an offline approval carries all that the hub has to know,
    /// and the sealed card joins its commit.
    pub(super) fn encode(&mut self, batch: &mut Batch, record: &CheckoutRecord) {
        if let CheckoutFact::Tender(TenderFact::PaymentDecided {
            payment_id,
            decision: Decision::Refused { reason },
            ..
        }) = &record.fact
            && *reason == RefusalReason::TooOften
        {
            warn!(event = "same card again and again", code = "LANE0005", payment = %payment_id);
        }
        let offline = self.offline_payment(&record.fact);
        if let Some((payment_id, _)) = &offline
            && let Some((_, sealed)) = self.upload.take_if(|(id, _)| id == payment_id)
        {
            info!(event = "approved offline", payment = %payment_id);
            offline_cards::keep(batch, *payment_id, &sealed);
        }
        let offline = offline.map(|(_, payment)| payment);
        batch.record(records::lane::encode(record, offline));
    }

    fn offline_payment(&self, fact: &CheckoutFact) -> Option<(PaymentId, OfflinePayment)> {
        let CheckoutFact::Tender(TenderFact::PaymentDecided {
            sale,
            payment_id,
            decision: Decision::OfflineApproved { lease, .. },
        }) = fact
        else {
            return None;
        };
        // The sale that it pays may be closed by the same step.
        let own = self.parts.checkout.card_tender(*payment_id)?;
        let config = self.parts.checkout.config();
        let request = config.request_of(*sale, &own.payment);
        Some((*payment_id, offline_to_proto(&request, *lease)))
    }

    /// Without a card that may be kept for the upload there is nothing to tell the bank later.
    pub(super) fn hub_unreachable(&mut self, payment_id: PaymentId, ctx: &mut Context<Self>) {
        info!(event = "hub unreachable", payment = %payment_id);
        let may_be_kept = self
            .upload
            .as_ref()
            .is_some_and(|(id, sealed)| *id == payment_id && !sealed.is_empty());
        let reason = RefusalReason::NotOffline;
        let event = if may_be_kept {
            Event::HubUnreachable { payment_id }
        } else {
            Event::Decided {
                payment_id,
                decision: Decision::Refused { reason },
            }
        };
        self.take(event, ctx);
    }

    pub(super) fn report_offline(&self, payment_id: PaymentId, ctx: &mut Context<Self>) {
        let told = self.parts.link.send(Report(payment_id)).into_actor(self);
        ctx.spawn(told.map(|_, _, _| ()));
    }

    fn forget_card(&mut self, payment_id: PaymentId) {
        let mut batch = Batch::new();
        offline_cards::forget(&mut batch, payment_id);
        match self.parts.journal.append_decided(batch) {
            Ok(ticket) => self.highest = ticket,
            Err(error) => self.fail(error.into()),
        }
    }
}

impl StreamHandler<FromHub> for TransactionFlow {
    fn handle(&mut self, said: FromHub, ctx: &mut Self::Context) {
        match said {
            FromHub::HotList(list) => {
                self.take(Event::HotListReceived(list), ctx);
            }
            FromHub::Lease(lease) if self.open => {
                self.take(Event::LeaseOffered(lease), ctx);
            }
            FromHub::Lease(lease) => self.offered = Some(lease),
            FromHub::CardHeld(payment_id) => self.forget_card(payment_id),
            FromHub::HandOver(basket, to) => self.hand_over(basket, to, ctx),
            FromHub::Copy { receipt, text, by } => {
                self.take(Event::CopyWanted { receipt, text, by }, ctx);
            }
        }
    }

    // The link is gone only with the lane.
    fn finished(&mut self, _: &mut Self::Context) {}
}
