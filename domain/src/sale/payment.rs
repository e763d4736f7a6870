//! A card payment: what is written of it, what became of it, and what follows for the sale.

use std::collections::BTreeSet;

use crate::{
    ids::{PaymentId, SaleNumber, Stan},
    money::Money,
    payment::{Decision, PaymentMethod, PaymentRequest},
    sale::{
        AbandonReason, CardTender, CheckoutConfig, Effect, FailedCard, PendingPayment, Prompt,
        Rejected, Sale, Step, Tender,
    },
    words::Reason,
};

/// What happened to a card payment of the running sale.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TenderFact {
    /// It is about to be asked for; durable before a byte leaves (I6).
    PaymentIntended {
        /// The sale.
        sale: SaleNumber,
        /// What is asked.
        payment: PendingPayment,
    },
    /// What came back.
    PaymentDecided {
        /// The sale.
        sale: SaleNumber,
        /// The payment.
        payment_id: PaymentId,
        /// The decision.
        decision: Decision,
    },
    /// The payment is never a tender of this sale, whatever the bank says (rule 2).
    PaymentAbandoned {
        /// The sale.
        sale: SaleNumber,
        /// The payment.
        payment_id: PaymentId,
        /// Why.
        reason: Reason<AbandonReason>,
    },
    /// The reader gave up.
    CardNotRead {
        /// The sale.
        sale: SaleNumber,
        /// Why, in words.
        reason: String,
    },
}

/// Part of the checkpoint: what card payments leave behind when their sale is over.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PaymentsPart {
    /// Payments that were intended with a PIN: the key counter of a PIN pad goes on from here.
    pub pin_entries: u32,
    /// Payments ever given up.
    pub abandoned: BTreeSet<PaymentId>,
    /// Field 11 of the last answer of the bank.
    pub last_stan: Option<Stan>,
}

impl PaymentsPart {
    pub(super) fn apply(&mut self, fact: &TenderFact) {
        match fact {
            TenderFact::PaymentIntended { payment, .. } => {
                if payment.pin_entered {
                    self.pin_entries = self.pin_entries.saturating_add(1);
                }
            }
            TenderFact::PaymentDecided { decision, .. } => {
                self.last_stan = decision.stan().or(self.last_stan);
            }
            TenderFact::PaymentAbandoned { payment_id, .. } => {
                self.abandoned.insert(*payment_id);
            }
            TenderFact::CardNotRead { .. } => {}
        }
    }
}

impl CheckoutConfig {
    /// What this lane asks the hub for, or tells it of an approval of its own.
    #[must_use]
    pub fn request_of(&self, sale: SaleNumber, payment: &PendingPayment) -> PaymentRequest {
        PaymentRequest {
            payment_id: payment.payment_id,
            lane: self.lane,
            epoch: self.epoch,
            sale,
            amount: payment.amount,
            entry_mode: payment.entry_mode,
            pin_entered: payment.pin_entered,
            card: payment.card.clone(),
            business_date: payment.business_date,
            kind: payment.kind,
            method: payment.method,
            original: payment.original,
        }
    }
}

impl Step {
    pub(super) fn payment_left(&mut self, payment_id: PaymentId) -> Result<(), Rejected> {
        let prompt = Prompt::contacting(self.pending(payment_id)?);
        self.volatile.left = true;
        self.show(prompt);
        Ok(())
    }

    /// An approval must be for what was asked, a partial one for less; anything else is in doubt
    /// and given up, so that the hub takes it back.
    pub(super) fn decided(
        &mut self,
        payment_id: PaymentId,
        decision: Decision,
    ) -> Result<(), Rejected> {
        let asked = self.pending(payment_id)?.amount;
        if !fits(&decision, asked) {
            return self.give_up(payment_id, AbandonReason::ResultDiffers);
        }
        self.settle(payment_id, &decision)
    }

    fn settle(&mut self, payment_id: PaymentId, decision: &Decision) -> Result<(), Rejected> {
        let sale = self.sale()?.number;
        self.record(TenderFact::PaymentDecided {
            sale,
            payment_id,
            decision: decision.clone(),
        });
        match self.covered()? {
            None => {
                self.show(prompt_after(decision));
                Ok(())
            }
            Some(rounding) => self.close(rounding),
        }
    }

    /// The hub is out of reach and nothing has left: the lane decides alone, inside its lease.
    /// Once a byte has left it is never decided alone (rule 2, I19).
    pub(super) fn hub_unreachable(&mut self, payment_id: PaymentId) -> Result<(), Rejected> {
        let pending = self.pending(payment_id)?;
        if self.volatile.left {
            return self.give_up(payment_id, AbandonReason::LinkBroke);
        }
        match self.offline_allowed(pending) {
            Ok(lease) => {
                let (amount, card) = (pending.amount, pending.card.hash);
                self.note_velocity(card);
                self.settle(payment_id, &Decision::OfflineApproved { amount, lease })?;
                self.then(Effect::ReportOffline(payment_id));
                Ok(())
            }
            Err(reason) => self.settle(payment_id, &Decision::Refused { reason }),
        }
    }

    /// Nobody here knows what became of it: it is never a tender of this sale (rule 2, rule 4).
    pub(super) fn give_up(
        &mut self,
        payment_id: PaymentId,
        why: AbandonReason,
    ) -> Result<(), Rejected> {
        self.pending(payment_id)?;
        self.abandon(payment_id, why)?;
        self.show(Prompt::NotConfirmed);
        Ok(())
    }

    pub(super) fn abandon(
        &mut self,
        payment_id: PaymentId,
        why: AbandonReason,
    ) -> Result<(), Rejected> {
        let sale = self.sale()?.number;
        self.volatile.left = false;
        self.record(TenderFact::PaymentAbandoned {
            sale,
            payment_id,
            reason: why.into(),
        });
        self.then(Effect::Abandon(payment_id));
        Ok(())
    }

    fn pending(&self, payment_id: PaymentId) -> Result<&PendingPayment, Rejected> {
        self.durable
            .sale
            .as_ref()
            .and_then(|sale| sale.pending.as_ref())
            .filter(|pending| pending.payment_id == payment_id)
            .ok_or(Rejected::NotAwaited(payment_id))
    }
}

impl Sale {
    pub(super) fn apply_tender(&mut self, fact: &TenderFact) {
        match fact {
            TenderFact::CardNotRead { .. } => self.tender_tried(),
            TenderFact::PaymentIntended { payment, .. } => {
                self.tender_tried();
                self.payment_ids.push(payment.payment_id);
                self.pending = Some(payment.clone());
            }
            TenderFact::PaymentDecided { decision, .. } => self.apply_decision(decision),
            TenderFact::PaymentAbandoned { payment_id, .. } => self.forget_payment(*payment_id),
        }
    }

    fn apply_decision(&mut self, decision: &Decision) {
        let Some(payment) = self.pending.take() else {
            return;
        };
        let amount = decision.paid(payment.amount);
        if !amount.is_positive() {
            let decision = Some(decision.clone());
            self.failed_cards.push(FailedCard { payment, decision });
            return;
        }
        let (payment_id, scheme) = (payment.payment_id, payment.card.scheme);
        self.tenders.push(match payment.method {
            PaymentMethod::Card => Tender::Card {
                amount,
                payment_id,
                scheme,
            },
            PaymentMethod::Wallet => Tender::Wallet {
                amount,
                payment_id,
                scheme,
            },
            PaymentMethod::Gift => Tender::GiftCard { amount, payment_id },
        });
        self.card_tenders.push(CardTender {
            amount,
            payment,
            decision: decision.clone(),
        });
    }

    fn forget_payment(&mut self, given_up: PaymentId) {
        let pending = self
            .pending
            .take_if(|pending| pending.payment_id == given_up);
        let tender = self
            .card_tenders
            .iter()
            .position(|tender| tender.payment.payment_id == given_up);
        let tender = tender.map(|index| self.card_tenders.remove(index).payment);
        if let Some(payment) = pending.or(tender) {
            self.failed_cards.push(FailedCard {
                payment,
                decision: None,
            });
        }
        self.tenders.retain(|tender| match tender {
            Tender::Card { payment_id, .. } => *payment_id != given_up,
            Tender::Wallet { payment_id, .. } | Tender::GiftCard { payment_id, .. } => {
                *payment_id != given_up
            }
            Tender::Cash { .. }
            | Tender::Voucher { .. }
            | Tender::ForeignCash { .. }
            | Tender::Owed { .. } => true,
        });
    }
}

fn fits(decision: &Decision, asked: Money) -> bool {
    match decision {
        Decision::Approved { amount, .. } | Decision::StandIn { amount } => *amount == asked,
        // Nobody but the lane itself says this.
        Decision::OfflineApproved { .. } => false,
        Decision::PartiallyApproved { amount, .. } => {
            amount.is_positive() && *amount != asked && matches!(asked.covers(*amount), Ok(true))
        }
        Decision::Declined { .. } | Decision::Unknown { .. } | Decision::Refused { .. } => true,
    }
}

fn prompt_after(decision: &Decision) -> Prompt {
    match decision {
        Decision::Approved { .. } | Decision::StandIn { .. } | Decision::OfflineApproved { .. } => {
            Prompt::ChooseTender
        }
        Decision::PartiallyApproved { amount, .. } => Prompt::PartlyApproved { amount: *amount },
        Decision::Declined { code, .. } => Prompt::Declined { code: *code },
        Decision::Unknown { .. } => Prompt::NotConfirmed,
        Decision::Refused { reason } => Prompt::Refused { reason: *reason },
    }
}
