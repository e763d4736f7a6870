//! A lane asks for what comes back, and its journal says what became of it.
//!
//! A question is the return's own: the sale it comes back in and the revision of its basket. Asked
//! again it gets the same answer; a later revision takes the place of an earlier one, and an
//! earlier one that comes late gets nothing. What a lane's journal shows is what counts: a return
//! that it shows closed is closed, one that it shows given up is given back. One that no journal
//! shows ended stays reserved, and is listed, until a person says that it never was.

use crate::{
    desk::{
        Desk, Effect, Rejected,
        outcome::Outcome,
        returns::{Released, ReturnFact, part::is_kept},
    },
    ids::{LaneEpoch, LaneId, PaymentId, ReceiptNumber, ReturnId},
    limits,
    money::Money,
    returns::{OfReceipt, Original, ReturnRefusal, Taken, Taking, plan},
};

/// What a lane asks to be reserved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReturnAsk {
    /// The return.
    pub id: ReturnId,
    /// Its basket.
    pub revision: u32,
    /// What comes back.
    pub wanted: Vec<OfReceipt>,
    /// The sales that it was bought in, as their lanes' journals tell them.
    pub originals: Vec<Original>,
}

/// How a lane's journal shows a sale ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReturnClosed {
    /// The revision whose reservation it used.
    pub revision: u32,
    /// What the return was closed with.
    pub receipt: ReceiptNumber,
    /// What was paid back in all.
    pub payout: Money,
}

impl Desk {
    /// A sale with all that paid for it, and what came back of it already, but for what this return
    /// holds itself.
    ///
    /// # Errors
    /// Sums that can't be made.
    pub fn original_with_taken(
        &self,
        mut original: Original,
        but: Option<ReturnId>,
    ) -> Result<(Original, Taken), ReturnRefusal> {
        let returns = &self.durable.returns;
        let Some(known) = returns.of.get(&original.receipt) else {
            return Ok((original, Taken::default()));
        };
        for part in &known.paid_with {
            original.credit(part.clone())?;
        }
        let mut taken = known.taken.clone();
        if let Some(own) = but.and_then(|id| returns.open.get(&id)) {
            taken.give_back_of(&own.taking, original.receipt);
        }
        Ok((original, taken))
    }

    /// Whether goods of this sale may still come back.
    #[must_use]
    pub fn is_returnable(&self, original: &Original) -> bool {
        is_kept(original.sold_on, self.business_date())
    }

    pub(crate) fn reserve_return(&mut self, out: &mut Outcome, ask: ReturnAsk) {
        let (id, revision) = (ask.id, ask.revision);
        let answer = self.decide_return(out, ask);
        out.effect(Effect::ReturnAnswer {
            id,
            revision,
            answer: answer.map(Box::new),
        });
    }

    fn decide_return(
        &mut self,
        out: &mut Outcome,
        ask: ReturnAsk,
    ) -> Result<Taking, ReturnRefusal> {
        let id = ask.id;
        if let Some(answered) = self.answered_before(&ask)? {
            return Ok(answered);
        }
        let lines = ask.wanted.iter().map(|of| of.lines.len());
        let is_too_much = ask.wanted.len() > limits::RETURN_RECEIPTS_MAX
            || lines.fold(0, usize::saturating_add) > limits::RETURN_LINES_MAX;
        if is_too_much {
            return Err(ReturnRefusal::TooMuch);
        }
        let mut originals = Vec::with_capacity(ask.originals.len());
        for original in ask.originals {
            if !self.is_returnable(&original) {
                return Err(ReturnRefusal::TooOld);
            }
            originals.push(self.original_with_taken(original, Some(id))?);
        }
        let taking = plan(&originals, &ask.wanted);
        let taking = taking.map_err(|why| self.because_of_others(why, id, &ask.wanted))?;
        if taking.plan.len() > limits::RETURN_PAYBACKS_MAX {
            return Err(ReturnRefusal::TooMuch);
        }
        let fact = ReturnFact::Reserved {
            id,
            revision: ask.revision,
            taking: taking.clone(),
            shown: false,
        };
        self.note(out, fact);
        Ok(taking)
    }

    /// The same question gets the same answer; what has ended, or was asked anew, gets none.
    fn answered_before(&self, ask: &ReturnAsk) -> Result<Option<Taking>, ReturnRefusal> {
        let (id, returns) = (ask.id, &self.durable.returns);
        let ended = self.volatile.sales_ended.get(&(id.lane, id.epoch));
        let is_over = ended.is_some_and(|ended| id.sale <= *ended);
        if is_over || returns.has_ended(id) || self.is_fenced(id.lane, id.epoch) {
            return Err(ReturnRefusal::SaleOver);
        }
        let Some(known) = returns.open.get(&id) else {
            return Ok(None);
        };
        if ask.revision < known.revision {
            return Err(ReturnRefusal::Overtaken);
        }
        if ask.revision > known.revision {
            return Ok(None);
        }
        let is_same = known.taking.of.len() == ask.wanted.len()
            && known
                .taking
                .of
                .iter()
                .zip(&ask.wanted)
                .all(|(of, wanted)| (of.receipt, &of.lines) == (wanted.receipt, &wanted.lines));
        match is_same {
            true => Ok(Some(known.taking.clone())),
            false => Err(ReturnRefusal::Changed),
        }
    }

    fn is_fenced(&self, lane: LaneId, epoch: LaneEpoch) -> bool {
        self.epoch_of(lane).is_some_and(|known| epoch < known)
    }

    /// What is missing may only be reserved: then somebody else's return has to end first.
    fn because_of_others(
        &self,
        why: ReturnRefusal,
        id: ReturnId,
        wanted: &[OfReceipt],
    ) -> ReturnRefusal {
        let mut others = self
            .durable
            .returns
            .open
            .iter()
            .filter(|(other, _)| **other != id);
        let takes_the_same = others.any(|(_, open)| {
            let mut of = open.taking.of.iter();
            of.any(|of| wanted.iter().any(|wanted| wanted.receipt == of.receipt))
        });
        match why {
            ReturnRefusal::NothingLeft | ReturnRefusal::PaymentGone | ReturnRefusal::Changed
                if takes_the_same =>
            {
                ReturnRefusal::ReservedElsewhere
            }
            ReturnRefusal::HubAway
            | ReturnRefusal::UnknownReceipt
            | ReturnRefusal::NothingLeft
            | ReturnRefusal::Changed
            | ReturnRefusal::ReservedElsewhere
            | ReturnRefusal::PaymentGone
            | ReturnRefusal::SaleOver
            | ReturnRefusal::Overtaken
            | ReturnRefusal::HubRebuilt
            | ReturnRefusal::TooOld
            | ReturnRefusal::OtherTax
            | ReturnRefusal::TooMuch
            | ReturnRefusal::NoRoom
            | ReturnRefusal::Unreadable => why,
        }
    }

    /// A lane's journal shows what was reserved for it: a hub that lost its own learns it again.
    pub(crate) fn return_shown(
        &mut self,
        out: &mut Outcome,
        id: ReturnId,
        revision: u32,
        taking: Taking,
    ) {
        let returns = &self.durable.returns;
        let known = returns.open.get(&id).map(|open| open.revision);
        if returns.has_ended(id) || known.is_some_and(|known| known >= revision) {
            return;
        }
        let fact = ReturnFact::Reserved {
            id,
            revision,
            taking,
            shown: true,
        };
        self.note(out, fact);
    }

    /// A lane's journal shows that a card's part is paid in cash.
    pub(crate) fn return_paid_in_cash(
        &mut self,
        out: &mut Outcome,
        id: ReturnId,
        payment_id: PaymentId,
        amount: Money,
    ) {
        let open = self.durable.returns.open.get(&id);
        if open.is_some_and(|open| !open.in_cash.contains(&payment_id)) {
            let fact = ReturnFact::PaidInCash {
                id,
                payment_id,
                amount,
            };
            self.note(out, fact);
        }
    }

    /// A lane's journal shows that a sale has ended: with the return it asked for, or without.
    pub(crate) fn sale_ended(
        &mut self,
        out: &mut Outcome,
        id: ReturnId,
        closed: Option<ReturnClosed>,
    ) {
        let ended = &mut self.volatile.sales_ended;
        let last = ended.entry((id.lane, id.epoch)).or_insert(id.sale);
        *last = (*last).max(id.sale);
        let Some(open) = self.durable.returns.open.get(&id) else {
            return;
        };
        let fact = match closed.filter(|closed| closed.revision == open.revision) {
            Some(closed) => ReturnFact::Completed {
                id,
                receipt: closed.receipt,
                payout: closed.payout,
            },
            None => ReturnFact::Released {
                id,
                why: Released::NotClosed,
            },
        };
        self.note(out, fact);
    }

    /// All of a machine's journal is here, and it ended: what it did not close it never will.
    pub(crate) fn epoch_over(&mut self, out: &mut Outcome, lane: LaneId, epoch: LaneEpoch) {
        let open = self.durable.returns.open.keys().copied();
        let ids: Vec<ReturnId> = open
            .filter(|id| (id.lane, id.epoch) == (lane, epoch))
            .collect();
        for id in ids {
            let why = Released::EpochOver;
            self.note(out, ReturnFact::Released { id, why });
        }
    }

    /// Somebody says that a return was never closed.
    pub(crate) fn return_released_by_hand(
        &mut self,
        out: &mut Outcome,
        id: ReturnId,
        by: String,
        reason: String,
    ) -> Result<(), Rejected> {
        Rejected::unless_said(&by, &reason)?;
        if !self.durable.returns.open.contains_key(&id) {
            return Err(Rejected::UnknownReturn(id));
        }
        let why = Released::ByHand { by, reason };
        self.note(out, ReturnFact::Released { id, why });
        Ok(())
    }
}
