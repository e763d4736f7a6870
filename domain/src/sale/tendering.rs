//! Choosing a card for what is still open, and reading it; or scanning the code of a wallet.

use crate::{
    card_ref::{CardRef, EntryMode},
    ids::{PaymentId, SaleNumber},
    limits,
    payment::{PaymentKind, PaymentMethod, RefusalReason},
    sale::{
        AbandonReason, Effect, PendingPayment, Prompt, Rejected, Step, basket::shortened,
        payment::TenderFact,
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
        self.is_fresh(payment_id)?;
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
        self.ask_hub(sale, payment);
        Ok(())
    }

    fn ask_hub(&mut self, sale: SaleNumber, payment: PendingPayment) {
        self.volatile.left = false;
        let prompt = Prompt::contacting(&payment);
        let request = self.config.request_of(sale, &payment);
        self.record(TenderFact::PaymentIntended { sale, payment });
        self.then(Effect::SendPayment(request));
        self.show(prompt);
    }

    /// One scan behind the total pays what is open: no key says that it is to be a wallet.
    pub(super) fn wallet_scanned(
        &mut self,
        payment_id: PaymentId,
        card: CardRef,
    ) -> Result<(), Rejected> {
        if self.sale()?.total.is_none() {
            return Err(Rejected::TotalFirst);
        }
        let sale = self.tendering_sale()?;
        if too_many(sale.tenders_tried) {
            return Err(Rejected::TooManyTenders);
        }
        self.is_fresh(payment_id)?;
        let number = sale.number;
        let amount = self.open_amount()?;
        self.disarm();
        let payment = PendingPayment {
            payment_id,
            amount,
            entry_mode: EntryMode::Code,
            pin_entered: false,
            card,
            business_date: self.running_date(),
            kind: PaymentKind::Sale,
            method: PaymentMethod::Wallet,
            original: None,
        };
        self.ask_hub(number, payment);
        Ok(())
    }

    /// As if the hub were away: it is, for all that is known.
    pub(super) fn wallet_not_sealed(&mut self) -> Result<(), Rejected> {
        let sale = self.tendering_sale()?;
        if too_many(sale.tenders_tried) {
            return Err(Rejected::TooManyTenders);
        }
        let sale = sale.number;
        self.disarm();
        let reason = "the hub's key is not known".to_owned();
        self.record(TenderFact::CardNotRead { sale, reason });
        let reason = RefusalReason::WalletOffline;
        self.show(Prompt::Refused { reason });
        Ok(())
    }

    /// The customer does not confirm, or changes their mind: whatever comes of it is taken back. A
    /// card is waited for: the bank answers by itself.
    pub(super) fn cancel_payment(&mut self) -> Result<(), Rejected> {
        let pending = self.sale()?.pending.as_ref();
        let (payment_id, method) = pending
            .map(|pending| (pending.payment_id, pending.method))
            .ok_or(Rejected::NothingToCancel)?;
        match method {
            PaymentMethod::Wallet => self.give_up(payment_id, AbandonReason::Cancelled),
            PaymentMethod::Card | PaymentMethod::Gift => Err(Rejected::PaymentUnderWay),
        }
    }

    fn is_fresh(&self, payment_id: PaymentId) -> Result<(), Rejected> {
        let used = self.sale()?.payment_ids.contains(&payment_id);
        match used || self.durable.payments.abandoned.contains(&payment_id) {
            true => Err(Rejected::IdUsed(payment_id)),
            false => Ok(()),
        }
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
