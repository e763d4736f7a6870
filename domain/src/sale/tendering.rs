//! Choosing a card for what is still open, and reading it.

use crate::{
    card_ref::{CardRef, EntryMode},
    ids::PaymentId,
    limits,
    payment::{PaymentKind, PaymentMethod},
    sale::{
        Effect, PendingPayment, Prompt, Rejected, Step, basket::shortened, payment::TenderFact,
    },
};

impl Step {
    pub(super) fn choose_card(&mut self, payment_id: PaymentId) -> Result<(), Rejected> {
        let sale = self.tendering_sale()?;
        if self.volatile.armed.is_some() {
            return Err(Rejected::PaymentUnderWay);
        }
        if too_many(sale.tenders_tried) {
            return Err(Rejected::TooManyTenders);
        }
        let used = sale.payment_ids.contains(&payment_id);
        if used || self.durable.payments.abandoned.contains(&payment_id) {
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
        self.record(TenderFact::CardNotRead { sale, reason });
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
        self.record(TenderFact::PaymentIntended { sale, payment });
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

pub(super) fn too_many(tried: u32) -> bool {
    usize::try_from(tried).is_ok_and(|tried| tried >= limits::SALE_TENDERS_MAX)
}
