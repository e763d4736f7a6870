//! What can happen to the desk.

use crate::{
    day::{Machine, TurnedBy},
    desk::{BasketAsk, Desk, LaneMemory, Rejected, ReturnAsk, ReturnClosed, outcome::Outcome},
    ids::{
        BatchNumber, ForwardId, LaneEpoch, LaneId, LeaseId, Mid, PaymentId, ReceiptNumber,
        ReturnId, Stan, SuspendedId, Tid,
    },
    money::Money,
    payment::{Answer, PaymentRequest},
    returns::Taking,
    risk::OfflineLease,
    time::{BusinessDate, WallMs},
};

/// One thing that happened. The desk is told with `Desk::step(now, event)`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// A terminal of the configuration; told once per start, before all else.
    TerminalConfigured {
        /// Field 41.
        tid: Tid,
        /// Field 42.
        mid: Mid,
        /// Whose payments it carries.
        lane: LaneId,
    },
    /// The journal has been read; whatever was in flight then is in doubt now (rule 3).
    Recovered,
    /// A lane's machine said hello.
    LaneAttached {
        /// The lane.
        lane: LaneId,
        /// Its epoch; an older one than known is fenced.
        epoch: LaneEpoch,
    },
    /// An operator takes a lane's epoch back.
    EpochTakenBack {
        /// The lane.
        lane: LaneId,
        /// The epoch that speaks for it from now on: an older one than known.
        to: LaneEpoch,
        /// Who decides it.
        by: String,
        /// Why; required.
        reason: String,
    },
    /// A lane's machine said hello and remembers a hub whose journal this is not.
    LaneRemembers {
        /// The lane.
        lane: LaneId,
        /// What it remembers.
        memory: LaneMemory,
    },
    /// A lane asks for a payment.
    Requested(PaymentRequest),
    /// A lane asks for a payment whose intent it made under a hub whose journal this is not.
    RequestedOfPreviousHub(PaymentRequest),
    /// A lane gave this payment up while a hub whose journal this is not was away. Told before
    /// `Abandoned`.
    AbandonedAtPreviousHub {
        /// The payment.
        payment_id: PaymentId,
        /// Who gave it up.
        lane: LaneId,
    },
    /// A lane's journal shows a lease accepted.
    LeaseShown(OfflineLease),
    /// A lane's journal shows a payment that the lane approved alone.
    OfflineReported {
        /// What the lane would have asked.
        request: PaymentRequest,
        /// Inside which lease.
        lease: LeaseId,
    },
    /// The sealed card of an offline payment has come and opens.
    OfflineCard {
        /// Whose.
        payment_id: PaymentId,
    },
    /// A lane's journal shows a lease returned.
    LeaseReturned {
        /// The lane.
        lane: LaneId,
        /// The lease.
        lease_id: LeaseId,
    },
    /// A manager gives up a lease.
    LeaseWrittenOff {
        /// The lease.
        lease_id: LeaseId,
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// A lane asks to reserve what comes back.
    ReserveReturn(ReturnAsk),
    /// A lane's journal shows what was reserved for a return.
    ReturnShown {
        /// The return.
        id: ReturnId,
        /// Its basket.
        revision: u32,
        /// What it takes.
        taking: Taking,
    },
    /// A lane's journal shows that a card's part of a return is paid in cash.
    ReturnPaidInCash {
        /// The return.
        id: ReturnId,
        /// The payment by card.
        payment_id: PaymentId,
        /// How much.
        amount: Money,
    },
    /// A lane's journal shows that a sale has ended, in whatever way.
    SaleEnded {
        /// The sale.
        id: ReturnId,
        /// The return that it was; `None`: none, or it was given up.
        closed: Option<ReturnClosed>,
    },
    /// A lane asks for a basket that waits elsewhere.
    BasketAsked(BasketAsk),
    /// A lane's journal shows a basket that waits.
    BasketWaits {
        /// Which.
        id: SuspendedId,
        /// Since when, by the lane's clock.
        at: WallMs,
        /// What the cashier calls it, or empty.
        label: String,
        /// The record that shows it.
        sequence: u64,
    },
    /// A lane's journal shows that it handed a basket over.
    BasketHandedOver {
        /// Which.
        id: SuspendedId,
        /// To this machine.
        to: Machine,
    },
    /// A lane's journal shows a sale that took a basket up.
    BasketTakenUp {
        /// Which.
        id: SuspendedId,
        /// By this machine.
        by: Machine,
    },
    /// All of a machine's journal is here, and nothing more comes.
    EpochOver {
        /// Whose.
        lane: LaneId,
        /// Its machine.
        epoch: LaneEpoch,
    },
    /// Somebody says that a return was never closed.
    ReleaseReturn {
        /// The return.
        id: ReturnId,
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// The lane closed the sale with this payment as a tender (from its journal).
    Completed {
        /// The payment.
        payment_id: PaymentId,
        /// The receipt it stands on.
        receipt: ReceiptNumber,
    },
    /// The lane gave the payment up, by message or by its journal. May come before the request.
    Abandoned {
        /// The payment.
        payment_id: PaymentId,
        /// Who gave it up.
        lane: LaneId,
    },
    /// The acquirer link is up or down. Down: no terminal could connect for a while, and nothing
    /// can be sent; a connection that closes is not that (rule 3).
    AcquirerLink {
        /// True when a message can be sent.
        up: bool,
    },
    /// A terminal has signed on and holds working keys.
    SignedOn {
        /// The terminal.
        tid: Tid,
        /// The batch the host is in.
        batch: BatchNumber,
    },
    /// The host refused the sign-on, or sent keys that don't check. The desk asks again after a
    /// pause.
    SignOnRefused {
        /// The terminal.
        tid: Tid,
    },
    /// The sign-on was not answered. The desk asks again after a pause.
    SignOnFailed {
        /// The terminal.
        tid: Tid,
    },
    /// The message was not sent: the line broke before its first byte left.
    NotSent {
        /// The terminal.
        tid: Tid,
        /// The message.
        stan: Stan,
    },
    /// The connection broke after a byte of the message had left.
    SentThenBroke {
        /// The terminal.
        tid: Tid,
        /// The message.
        stan: Stan,
        /// Whether all of it had left: only then the host may have it.
        in_full: bool,
    },
    /// The host answered something on this terminal.
    Answered(Answer),
    /// Somebody wants the bank to be tried at once: no pause is waited for.
    TryNow,
    /// Time has passed: look for what is overdue and what is due. Told at the moment of the last
    /// `Effect::WakeAt`.
    Tick,
    /// Somebody resolves a dead letter by hand.
    DeadLetterResolved {
        /// The entry.
        forward_id: ForwardId,
        /// How.
        how: crate::forward::Resolution,
    },
    /// Settlements wait no longer for lanes that are silent.
    CloseTimedOut,
    /// Turn the store's date. Nobody is refused, and every batch is due.
    TurnDate {
        /// The running date; any other was turned before.
        ended: BusinessDate,
        /// The date that follows.
        begins: BusinessDate,
        /// Who turns it.
        by: TurnedBy,
    },
    /// Settle every batch in mid-day.
    OrderSettlement,
    /// An operator says where the journal of a machine that is gone had ended.
    StateEpochEnd {
        /// The lane.
        lane: LaneId,
        /// Its machine.
        epoch: LaneEpoch,
        /// Its last record.
        sequence: u64,
        /// Who says it.
        by: String,
        /// Why.
        reason: String,
    },
    /// Some of the payments that are over may be archived now.
    Archive,
}

impl Desk {
    /// The one place where an event finds what decides it.
    #[allow(
        clippy::too_many_lines,
        reason = "a table: each event and what decides it"
    )]
    pub(super) fn dispatch(&mut self, out: &mut Outcome, event: Event) -> Result<(), Rejected> {
        match event {
            Event::TerminalConfigured { tid, mid, lane } => {
                return self.terminal_configured(out, tid, mid, lane);
            }
            Event::Recovered => self.recovered(out),
            Event::LaneAttached { lane, epoch } => return self.lane_attached(out, lane, epoch),
            Event::EpochTakenBack {
                lane,
                to,
                by,
                reason,
            } => return self.epoch_taken_back(out, lane, to, by, reason),
            Event::LaneRemembers { lane, memory } => self.lane_remembers(out, lane, memory),
            Event::Requested(request) => self.requested(out, request),
            Event::RequestedOfPreviousHub(request) => self.requested_of_previous_hub(out, request),
            Event::AbandonedAtPreviousHub { payment_id, lane } => {
                self.abandoned_at_previous_hub(out, payment_id, lane);
            }
            Event::LeaseShown(lease) => self.lease_shown(out, lease),
            Event::OfflineReported { request, lease } => {
                return self.offline_reported(out, request, lease);
            }
            Event::OfflineCard { payment_id } => self.offline_card(out, payment_id),
            Event::LeaseReturned { lane, lease_id } => {
                return self.lease_returned(out, lane, lease_id);
            }
            Event::LeaseWrittenOff {
                lease_id,
                by,
                reason,
            } => return self.lease_written_off(out, lease_id, by, reason),
            Event::ReserveReturn(ask) => self.reserve_return(out, ask),
            Event::ReturnShown {
                id,
                revision,
                taking,
            } => self.return_shown(out, id, revision, taking),
            Event::ReturnPaidInCash {
                id,
                payment_id,
                amount,
            } => self.return_paid_in_cash(out, id, payment_id, amount),
            Event::SaleEnded { id, closed } => self.sale_ended(out, id, closed),
            Event::BasketAsked(ask) => self.basket_asked(out, ask),
            Event::BasketWaits {
                id,
                at,
                label,
                sequence,
            } => self.basket_waits(out, id, at, (label, sequence)),
            Event::BasketHandedOver { id, to } => self.basket_handed_over(out, id, to),
            Event::BasketTakenUp { id, by } => self.basket_taken_up(out, id, by),
            Event::EpochOver { lane, epoch } => {
                self.epoch_over(out, lane, epoch);
                self.baskets_of_gone(out, Machine { lane, epoch });
            }
            Event::ReleaseReturn { id, by, reason } => {
                return self.return_released_by_hand(out, id, by, reason);
            }
            Event::Completed {
                payment_id,
                receipt,
            } => return self.completed(out, payment_id, receipt),
            Event::Abandoned { payment_id, lane } => return self.abandoned(out, payment_id, lane),
            Event::AcquirerLink { up } => self.acquirer_link(out, up),
            Event::SignedOn { tid, batch } => return self.signed_on(out, &tid, batch),
            Event::SignOnRefused { tid } => {
                self.sign_on_failed(out, &tid)?;
                self.volatile.heard_at = Some(out.now.mono);
            }
            Event::SignOnFailed { tid } => return self.sign_on_failed(out, &tid),
            Event::NotSent { tid, stan } => self.not_sent(out, &tid, stan),
            Event::SentThenBroke { tid, stan, in_full } => {
                self.sent_then_broke(out, &tid, stan, in_full);
            }
            Event::TryNow => self.try_now(out),
            Event::Answered(answer) => self.answered(out, &answer),
            Event::Tick => {
                self.volatile.wake_at = None;
                self.tick(out);
            }
            Event::DeadLetterResolved { forward_id, how } => {
                return self.dead_letter_resolved(out, forward_id, how);
            }
            Event::CloseTimedOut => self.carry_over(out),
            Event::Archive => self.archive(out),
            Event::TurnDate { ended, begins, by } => self.turn_date(out, ended, begins, by),
            Event::OrderSettlement => self.order_settlement(out),
            Event::StateEpochEnd {
                lane,
                epoch,
                sequence,
                by,
                reason,
            } => return self.state_epoch_end(out, (lane, epoch), sequence, (by, reason)),
        }
        Ok(())
    }
}
