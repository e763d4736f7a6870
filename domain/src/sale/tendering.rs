//! Choosing what pays: cash, or a card for what is still open.

use crate::{
    card_ref::{CardRef, EntryMode},
    ids::PaymentId,
    limits,
    money::Money,
    payment::{PaymentKind, PaymentMethod},
    sale::{
        Effect, PendingPayment, Prompt, Rejected, SaleFact, machine::Step, scanning::shortened,
    },
};

impl Step {
    /// Cash pays at most once more than is owed: what is over comes back as change, and only cash
    /// gives change.
    pub(super) fn take_cash(&mut self, given: Money) -> Result<(), Rejected> {
        let sale = self.tendering_sale()?;
        let number = sale.number;
        let tried = sale.tenders_tried;
        let covers = given.covers(self.open_amount()?)?;
        if !given.is_positive() || given.minor() > limits::AMOUNT_MINOR_MAX {
            return Err(Rejected::InvalidAmount);
        }
        if !covers && too_many(tried) {
            return Err(Rejected::TooManyTenders);
        }
        self.disarm();
        self.record(SaleFact::CashTendered {
            sale: number,
            given,
        });
        if covers {
            self.close()
        } else {
            self.then(Effect::OpenDrawer);
            self.show(Prompt::ChooseTender);
            Ok(())
        }
    }

    pub(super) fn choose_card(&mut self, payment_id: PaymentId) -> Result<(), Rejected> {
        let sale = self.tendering_sale()?;
        if self.volatile.armed.is_some() {
            return Err(Rejected::PaymentUnderWay);
        }
        if too_many(sale.tenders_tried) {
            return Err(Rejected::TooManyTenders);
        }
        let used = sale.payment_ids.contains(&payment_id);
        if used || self.durable.abandoned.contains(&payment_id) {
            return Err(Rejected::IdUsed(payment_id));
        }
        let amount = self.open_amount()?;
        self.volatile.armed = Some(payment_id);
        self.then(Effect::ArmReader { payment_id, amount });
        self.show(Prompt::PresentCard { amount });
        Ok(())
    }

    pub(super) fn card_not_read(
        &mut self,
        payment_id: PaymentId,
        reason: String,
    ) -> Result<(), Rejected> {
        self.armed_for(payment_id)?;
        let sale = self.tendering_sale()?.number;
        self.volatile.armed = None;
        let reason = shortened(reason);
        self.record(SaleFact::CardNotRead { sale, reason });
        self.show(Prompt::CardNotRead);
        Ok(())
    }

    /// The intent is durable before `SendPayment` is carried out, so before a byte leaves (I6).
    pub(super) fn intend(
        &mut self,
        payment_id: PaymentId,
        entry_mode: EntryMode,
        pin_entered: bool,
        card: CardRef,
    ) -> Result<(), Rejected> {
        self.armed_for(payment_id)?;
        let sale = self.tendering_sale()?.number;
        let amount = self.open_amount()?;
        self.volatile.armed = None;
        self.volatile.left = false;
        let payment = PendingPayment {
            payment_id,
            amount,
            entry_mode,
            pin_entered,
            card,
            business_date: self.running_date(),
            kind: PaymentKind::Sale,
            method: PaymentMethod::Card,
            original: None,
        };
        let request = self.config.request_of(sale, &payment);
        self.record(SaleFact::PaymentIntended { sale, payment });
        self.then(Effect::SendPayment(request));
        self.show(Prompt::ContactingBank { amount });
        Ok(())
    }

    pub(super) fn disarm(&mut self) {
        if self.volatile.armed.take().is_some() {
            self.then(Effect::DisarmReader);
        }
    }

    fn armed_for(&self, payment_id: PaymentId) -> Result<(), Rejected> {
        if self.volatile.armed == Some(payment_id) {
            Ok(())
        } else {
            Err(Rejected::NotAwaited(payment_id))
        }
    }
}

fn too_many(tried: u32) -> bool {
    usize::try_from(tried).is_ok_and(|tried| tried >= limits::SALE_TENDERS_MAX)
}
