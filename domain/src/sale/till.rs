//! The cash drawer at a lane: what goes over the counter, and what is done at the drawer between
//! two sales.
//!
//! The drawer opens once what it opens for is durable. What is expected of a count is told with the
//! count, never before it; so nothing here is refused for want of cash in the drawer.

use std::sync::Arc;

use crate::{
    ids::OperatorId,
    limits,
    money::Money,
    operators::Action,
    sale::{
        CheckoutFact, CheckoutRecord, DateFact, DurableState, Effect, Prompt, Rejected, Right,
        Sale, SaleFact, Step, Tender, asked::Asked, basket::shortened, tendering::too_many,
    },
    till::{
        CashCounted, CashMove, Collector, DrawerReason, Movement, Pieces, Report, TillEvent,
        TillFact, TillNotice, TillOf,
    },
};

impl Sale {
    pub(super) fn apply_till(&mut self, fact: &TillFact) {
        match fact {
            TillFact::CashTendered { given, .. } => {
                self.tender_tried();
                self.tenders.push(Tender::Cash { given: *given });
            }
            TillFact::ShiftBegun { .. }
            | TillFact::ShiftEnded { .. }
            | TillFact::CashMoved(_)
            | TillFact::DrawerOpened { .. }
            | TillFact::Counted(_)
            | TillFact::ZTaken(_)
            | TillFact::DateEnded { .. } => {}
        }
    }
}

impl DurableState {
    /// What a record makes of the drawer, told by the record and the running sale alone.
    pub(super) fn follow_till(&mut self, record: &CheckoutRecord) {
        match &record.fact {
            CheckoutFact::Sale(fact) => self.sale_ends(fact, record),
            CheckoutFact::Till(fact) => self.follow_drawer(fact, record),
            CheckoutFact::Date(DateFact::DayMarked { .. }) => {
                Arc::make_mut(&mut self.till).date_begun();
            }
            CheckoutFact::Date(DateFact::Rested)
            | CheckoutFact::Basket(_)
            | CheckoutFact::Tender(_)
            | CheckoutFact::Return(_)
            | CheckoutFact::Lease(_)
            | CheckoutFact::Operator(_) => {}
        }
    }

    fn sale_ends(&mut self, fact: &SaleFact, record: &CheckoutRecord) {
        if let Some(sale) = &self.sale
            && let Some(trade) = sale.trade(fact)
        {
            Arc::make_mut(&mut self.till).sold(sale.operator, &trade, record.at);
        }
    }

    fn follow_drawer(&mut self, fact: &TillFact, record: &CheckoutRecord) {
        if matches!(fact, TillFact::CashTendered { .. }) {
            return;
        }
        let (till, at) = (Arc::make_mut(&mut self.till), record.at);
        match fact {
            TillFact::ShiftBegun { operator } => till.shift_begun(*operator, at),
            TillFact::ShiftEnded { .. } => till.shift_ended(),
            TillFact::CashMoved(movement) => till.moved(movement, at),
            TillFact::DrawerOpened { operator, why, .. } => {
                till.drawer_opened(*operator, *why, at);
            }
            TillFact::Counted(count) => till.counted(count, at),
            TillFact::ZTaken(report) => till.z_taken(report),
            TillFact::CashTendered { .. } | TillFact::DateEnded { .. } => {}
        }
    }
}

impl Step {
    /// Cash pays at most once more than is owed: what is over comes back as change, and only cash
    /// gives change. What it completes is rounded to a coin; nothing is enough for less than one.
    pub(super) fn take_cash(&mut self, given: Money) -> Result<(), Rejected> {
        let sale = self.tendering_sale()?;
        let number = sale.number;
        let tried = sale.tenders_tried;
        let due = self.config.cash_rounding.due(self.open_amount()?)?;
        let covers = given.covers(due)?;
        let is_amount = given.is_positive() || (given.is_zero() && covers);
        if !is_amount || given.minor() > limits::AMOUNT_MINOR_MAX {
            return Err(Rejected::InvalidAmount);
        }
        if !covers && too_many(tried) {
            return Err(Rejected::TooManyTenders);
        }
        self.disarm();
        self.record(TillFact::CashTendered {
            sale: number,
            given,
        });
        match self.covered()? {
            Some(rounding) => self.close(rounding),
            None => {
                self.then(Effect::OpenDrawer);
                self.show(Prompt::ChooseTender);
                Ok(())
            }
        }
    }

    pub(super) fn at_the_till(&mut self, event: TillEvent) -> Result<(), Rejected> {
        let event = self.by_rights(event)?;
        if let TillEvent::X { of, by, right } = event {
            return self.take_x(of, by, right);
        }
        if self.durable.sale.is_some() {
            return Err(Rejected::SaleOpen);
        }
        match event {
            TillEvent::ShiftBegun { operator } => self.begin_shift(operator),
            TillEvent::ShiftEnded { by, right } => {
                let operator = self.end_shift(by, right)?;
                self.notice(TillNotice::ShiftEnded { operator });
                Ok(())
            }
            TillEvent::HandedOver { to, right } => {
                self.end_shift(to, right)?;
                self.begin_shift(to)
            }
            TillEvent::Float {
                operator,
                amount,
                right,
            } => self.move_cash(CashMove::Float, amount, String::new(), (operator, right)),
            TillEvent::Pickup {
                operator,
                amount,
                note,
                right,
            } => self.move_cash(CashMove::Pickup, amount, note, (operator, right)),
            TillEvent::Drop {
                operator,
                amount,
                note,
                right,
            } => self.move_cash(CashMove::Drop, amount, note, (operator, right)),
            TillEvent::Collected {
                operator,
                amount,
                collector,
                right,
            } => self.hand_to_guard(amount, &collector, (operator, right)),
            TillEvent::NoSale {
                operator,
                reason,
                right,
            } => self.open_without_sale(reason, (operator, right)),
            TillEvent::CountBegun { operator, right } => self.begin_count(operator, right),
            TillEvent::Counted { operator, pieces } => self.count(operator, pieces),
            TillEvent::X { of, by, right } => self.take_x(of, by, right),
            TillEvent::Z { of, by, right } => self.take_z(of, by, right),
            TillEvent::ZAgain => self.print_z_again(),
        }
    }

    /// Where there are operators, the event does not say who is at the lane and who has the right.
    fn by_rights(&self, event: TillEvent) -> Result<TillEvent, Rejected> {
        let Some(allowed_by) = self.allowed_by else {
            return Ok(event);
        };
        // Where nobody is signed on nothing was allowed.
        let operator = self.seller(allowed_by)?;
        Ok(event.of(operator, Right::HeldBy(allowed_by)))
    }

    /// To end a shift takes a right where it is somebody else's.
    pub(super) fn asked_of_till(&self, event: &TillEvent) -> Asked {
        let amount = event.amount();
        let amount = amount.unwrap_or(Money::zero(self.config.currency));
        let shift = self.durable.till.shift.map(|shift| shift.operator);
        let on = self.durable.operators.signed_on.map(|on| on.operator);
        match event.action() {
            Action::TakeOver if shift.is_none() || shift == on => (Action::Sell, amount),
            action => (action, amount),
        }
    }

    /// Whether more lies in the drawer than should.
    pub(super) fn pickup_due(&self) -> bool {
        let most = self.config.pickup_above;
        most.is_some_and(|most| self.durable.till.in_drawer > most.minor())
    }

    /// Before a date ends: what should be in a drawer that was opened by a float.
    pub(super) fn tell_expected_cash(&mut self) {
        let till = &self.durable.till;
        if till.is_opened {
            let expected = self.money(till.in_drawer);
            let shift = till.shift.map(|shift| shift.operator);
            self.record(TillFact::DateEnded { expected, shift });
        }
    }

    fn begin_shift(&mut self, operator: OperatorId) -> Result<(), Rejected> {
        let till = &self.durable.till;
        if till.shift.is_some() {
            return Err(Rejected::ShiftOpen);
        }
        if !till.knows(operator) {
            return Err(Rejected::TooManyOperators);
        }
        self.record(TillFact::ShiftBegun { operator });
        self.notice(TillNotice::ShiftBegun { operator });
        Ok(())
    }

    /// Everybody ends the own shift; that of somebody else only by right.
    fn end_shift(&mut self, by: OperatorId, right: Right) -> Result<OperatorId, Rejected> {
        let till = &self.durable.till;
        let operator = till.shift.ok_or(Rejected::NoShift)?.operator;
        let by = if operator == by {
            by
        } else {
            right.holder().ok_or(Rejected::NotAllowed)?
        };
        let counted = till.is_counted();
        self.record(TillFact::ShiftEnded {
            operator,
            by,
            counted,
        });
        Ok(operator)
    }

    fn move_cash(
        &mut self,
        kind: CashMove,
        amount: Money,
        note: String,
        (operator, right): (OperatorId, Right),
    ) -> Result<(), Rejected> {
        let allowed_by = right.holder().ok_or(Rejected::NotAllowed)?;
        self.is_cash(amount)?;
        let note = shortened(note);
        self.record(TillFact::CashMoved(Movement {
            kind,
            amount,
            operator,
            allowed_by,
            note,
            collector: None,
        }));
        self.then(Effect::OpenDrawer);
        self.notice(TillNotice::Moved { kind, amount });
        Ok(())
    }

    /// Out of the safe: no drawer opens for it.
    fn hand_to_guard(
        &mut self,
        amount: Money,
        collector: &Collector,
        (operator, right): (OperatorId, Right),
    ) -> Result<(), Rejected> {
        let allowed_by = right.holder().ok_or(Rejected::NotAllowed)?;
        self.is_cash(amount)?;
        let word = |text: &str| shortened(text.trim().to_owned());
        let collector = Collector {
            name: word(&collector.name),
            number: word(&collector.number),
            seal: word(&collector.seal),
        };
        let words = [&collector.name, &collector.number, &collector.seal];
        if words.into_iter().any(String::is_empty) {
            return Err(Rejected::CollectorMissing);
        }
        let kind = CashMove::Collection;
        self.record(TillFact::CashMoved(Movement {
            kind,
            amount,
            operator,
            allowed_by,
            note: String::new(),
            collector: Some(collector),
        }));
        self.notice(TillNotice::Moved { kind, amount });
        Ok(())
    }

    fn open_without_sale(
        &mut self,
        reason: String,
        (operator, right): (OperatorId, Right),
    ) -> Result<(), Rejected> {
        let allowed_by = right.holder().ok_or(Rejected::NotAllowed)?;
        let reason = shortened(reason);
        if reason.trim().is_empty() {
            return Err(Rejected::ReasonMissing);
        }
        self.record(TillFact::DrawerOpened {
            operator,
            allowed_by,
            why: DrawerReason::NoSale,
            reason,
        });
        self.then(Effect::OpenDrawer);
        self.notice(TillNotice::DrawerOpen);
        Ok(())
    }

    fn begin_count(&mut self, operator: OperatorId, right: Right) -> Result<(), Rejected> {
        let allowed_by = right.holder().ok_or(Rejected::NotAllowed)?;
        self.record(TillFact::DrawerOpened {
            operator,
            allowed_by,
            why: DrawerReason::Count,
            reason: String::new(),
        });
        self.then(Effect::OpenDrawer);
        self.notice(TillNotice::CountOpen);
        Ok(())
    }

    fn count(&mut self, operator: OperatorId, pieces: Vec<Pieces>) -> Result<(), Rejected> {
        let count = CashCounted::new(operator, pieces, self.money(self.durable.till.in_drawer));
        let count = count.ok_or(Rejected::InvalidCount)?;
        let (counted, variance) = (count.counted, count.variance()?);
        self.record(TillFact::Counted(count));
        self.notice(TillNotice::Counted { counted, variance });
        Ok(())
    }

    fn report(
        &self,
        (of, number): (TillOf, Option<u32>),
        by: OperatorId,
    ) -> Result<Arc<Report>, Rejected> {
        let takings = self.durable.till.takings(of);
        Ok(Arc::new(Report {
            number,
            of,
            by,
            until: self.now.wall,
            currency: self.config.currency,
            takings: takings.ok_or(Rejected::NothingToReport)?.clone(),
        }))
    }

    /// Nothing is written, and the screens stay as they are.
    fn take_x(&mut self, of: TillOf, by: OperatorId, right: Right) -> Result<(), Rejected> {
        right.holder().ok_or(Rejected::NotAllowed)?;
        let report = self.report((of, None), by)?;
        let reprint = false;
        self.then(Effect::PrintReport { report, reprint });
        Ok(())
    }

    /// The record is the report: its paper may come later, or again.
    fn take_z(&mut self, of: TillOf, by: OperatorId, right: Right) -> Result<(), Rejected> {
        right.holder().ok_or(Rejected::NotAllowed)?;
        let number = self.durable.till.last_z.saturating_add(1);
        let report = self.report((of, Some(number)), by)?;
        self.record(TillFact::ZTaken(Arc::clone(&report)));
        let reprint = false;
        self.then(Effect::PrintReport { report, reprint });
        self.notice(TillNotice::ZTaken { number });
        Ok(())
    }

    fn print_z_again(&mut self) -> Result<(), Rejected> {
        let report = self.durable.till.last_report.as_ref();
        let report = Arc::clone(report.ok_or(Rejected::NothingToReport)?);
        let reprint = true;
        self.then(Effect::PrintReport { report, reprint });
        Ok(())
    }

    fn notice(&mut self, notice: TillNotice) {
        self.show(Prompt::Till(notice));
    }

    fn is_cash(&self, amount: Money) -> Result<(), Rejected> {
        let is_ours = amount.currency() == self.config.currency;
        if is_ours && amount.is_positive() && amount.minor() <= limits::AMOUNT_MINOR_MAX {
            Ok(())
        } else {
            Err(Rejected::InvalidAmount)
        }
    }

    const fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.config.currency)
    }
}
