//! What came back, what is reserved to, and what is owed to cards: a part of the checkpoint.

use std::collections::{BTreeMap, BTreeSet};

use super::fact::ReturnFact;
use crate::{
    desk::{DayFact, DeskFact, DeskRecord},
    ids::{LaneEpoch, LaneId, PaymentId, ReceiptNumber, ReturnId, SaleNumber},
    limits,
    money::Money,
    returns::{CardPaid, PaidPart, Source, Taken, Taking, paid_out},
    time::{BusinessDate, WallMs},
};

/// A return that is not closed yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reservation {
    /// The basket that was asked for.
    pub revision: u32,
    /// Since when.
    pub at: WallMs,
    /// What it takes.
    pub taking: Taking,
    /// Payments by card whose part is paid in cash.
    pub in_cash: BTreeSet<PaymentId>,
}

/// What is known of a sale that something came back of, or was exchanged in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TakenOf {
    /// The date of its end.
    pub sold_on: BusinessDate,
    /// What came back of it, or is reserved to.
    pub taken: Taken,
    /// What goods that came back in the same sale had been paid with: it paid for this sale, too.
    pub paid_with: Vec<PaidPart>,
}

/// A card's part of a return: owed until it is refunded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwedToCard {
    /// As on the receipt.
    pub card: CardPaid,
    /// How much.
    pub amount: Money,
    /// Since when.
    pub at: WallMs,
    /// The date of the record that closed the return.
    pub date: BusinessDate,
}

/// Part of the checkpoint: returns.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReturnsPart {
    /// Reserved, and neither closed nor given up.
    pub open: BTreeMap<ReturnId, Reservation>,
    /// By receipt, for as long as goods may come back with it.
    pub of: BTreeMap<ReceiptNumber, TakenOf>,
    /// By the receipt of the return and the payment.
    pub owed: BTreeMap<(ReceiptNumber, PaymentId), OwedToCard>,
    /// The last sale of each machine that was a return and has ended: told again, it changes
    /// nothing.
    pub ended: BTreeMap<(LaneId, LaneEpoch), SaleNumber>,
}

impl ReturnsPart {
    pub(in crate::desk) fn apply(&mut self, record: &DeskRecord) {
        match &record.fact {
            DeskFact::Return(fact) => self.apply_fact(fact, record),
            DeskFact::Day(DayFact::Turned { begins, .. }) => self.forget_before(*begins),
            DeskFact::Payment(_)
            | DeskFact::Forward(_)
            | DeskFact::Terminal(_)
            | DeskFact::Day(
                DayFact::SettlementOrdered | DayFact::Closing { .. } | DayFact::Closed { .. },
            )
            | DeskFact::Lease(_)
            | DeskFact::Suspended(_)
            | DeskFact::Hub(_)
            | DeskFact::Archive(_) => {}
        }
    }

    fn apply_fact(&mut self, fact: &ReturnFact, record: &DeskRecord) {
        match fact {
            ReturnFact::Reserved {
                id,
                revision,
                taking,
                ..
            } => {
                let before = self.open.remove(id);
                if let Some(before) = before {
                    self.give_back(&before.taking);
                }
                self.take(taking, record.date);
                let reservation = Reservation {
                    revision: *revision,
                    at: record.at,
                    taking: taking.clone(),
                    in_cash: BTreeSet::new(),
                };
                self.open.insert(*id, reservation);
            }
            ReturnFact::PaidInCash { id, payment_id, .. } => {
                if let Some(open) = self.open.get_mut(id) {
                    open.in_cash.insert(*payment_id);
                }
            }
            ReturnFact::Completed {
                id,
                receipt,
                payout,
            } => {
                self.ends(*id);
                if let Some(open) = self.open.remove(id) {
                    self.completed(&open, *receipt, *payout, record);
                }
            }
            ReturnFact::Released { id, .. } => {
                self.ends(*id);
                if let Some(open) = self.open.remove(id) {
                    self.give_back(&open.taking);
                }
            }
        }
    }

    fn ends(&mut self, id: ReturnId) {
        let last = self.ended.entry((id.lane, id.epoch)).or_insert(id.sale);
        *last = (*last).max(id.sale);
    }

    /// Whether this return has ended, as far as records tell.
    #[must_use]
    pub fn has_ended(&self, id: ReturnId) -> bool {
        let last = self.ended.get(&(id.lane, id.epoch));
        last.is_some_and(|last| id.sale <= *last)
    }

    fn take(&mut self, taking: &Taking, date: BusinessDate) {
        for of in &taking.of {
            let known = self.of.entry(of.receipt).or_insert_with(|| TakenOf {
                sold_on: of.sold_on.unwrap_or(date),
                taken: Taken::default(),
                paid_with: Vec::new(),
            });
            for line in &of.lines {
                let pieces = known.taken.lines.entry(line.line_number).or_default();
                *pieces = pieces.saturating_add(line.pieces);
            }
        }
        for payback in &taking.plan {
            if let Some(known) = self.of.get_mut(&payback.receipt) {
                let minor = known.taken.paid.entry(payback.source).or_default();
                *minor = minor.saturating_add(payback.value.minor());
            }
        }
    }

    fn give_back(&mut self, taking: &Taking) {
        for of in &taking.of {
            if let Some(known) = self.of.get_mut(&of.receipt) {
                known.taken.give_back_of(taking, of.receipt);
            }
        }
        self.of
            .retain(|_, known| !known.taken.is_nothing() || !known.paid_with.is_empty());
    }

    /// What went out is gone; what did not paid for the other goods of the same receipt.
    fn completed(
        &mut self,
        open: &Reservation,
        receipt: ReceiptNumber,
        payout: Money,
        record: &DeskRecord,
    ) {
        // Sums that can't be made are none that were reserved.
        let Ok(parts) = paid_out(&open.taking.plan, payout) else {
            return;
        };
        for part in parts {
            if let (Source::Payment(payment_id), Some(card)) = (part.of.source, &part.of.card)
                && part.value.is_positive()
                && !open.in_cash.contains(&payment_id)
            {
                self.owe((receipt, payment_id), card, part.value, record);
            }
            if let Ok(kept) = part.of.value.subtract(part.value)
                && kept.is_positive()
            {
                let known = self.of.entry(receipt).or_insert_with(|| TakenOf {
                    sold_on: record.date,
                    taken: Taken::default(),
                    paid_with: Vec::new(),
                });
                known.paid_with.push(part.of.as_paid(kept));
            }
        }
    }

    fn owe(
        &mut self,
        to: (ReceiptNumber, PaymentId),
        card: &CardPaid,
        amount: Money,
        record: &DeskRecord,
    ) {
        let known = self.owed.entry(to).or_insert_with(|| OwedToCard {
            card: card.clone(),
            amount: Money::zero(amount.currency()),
            at: record.at,
            date: record.date,
        });
        known.amount = known.amount.add(amount).unwrap_or(known.amount);
    }

    /// Goods of sales this old don't come back: what did is remembered no more.
    fn forget_before(&mut self, today: BusinessDate) {
        self.of.retain(|_, known| is_kept(known.sold_on, today));
    }
}

/// Whether goods that were sold on this date may still come back.
pub(super) fn is_kept(sold_on: BusinessDate, today: BusinessDate) -> bool {
    today.days_since(sold_on) <= i64::from(limits::RETURNABLE_DAYS)
}
