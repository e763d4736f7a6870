//! Paid: number, change, receipt. And what start-up makes of a sale that was interrupted.

use crate::{
    ids::ReceiptNumber,
    money::Money,
    sale::{AbandonReason, Effect, Prompt, Receipt, Rejected, SaleFact, Tender, machine::Step},
};

impl Step {
    /// Closes a sale whose tenders cover its total (I3) and gives its receipt the next number of
    /// this lane and epoch (I12).
    pub(super) fn close(&mut self) -> Result<(), Rejected> {
        let change = self.open_amount()?.negate()?;
        let sale = self.sale()?;
        let cash = sale
            .tenders
            .iter()
            .any(|tender| matches!(tender, Tender::Cash { .. }));
        let fact = SaleFact::SaleClosed {
            sale: sale.number,
            receipt: ReceiptNumber {
                lane: self.config.lane,
                epoch: self.config.epoch,
                sequence: self.durable.last_receipt.saturating_add(1),
            },
            total: sale.total.unwrap_or(Money::zero(self.config.currency)),
            tenders: sale.tenders.clone(),
            change,
            items: sale.items(),
            order_reference: sale.order_reference.clone(),
        };
        self.record(fact);
        if cash {
            self.then(Effect::OpenDrawer);
        }
        self.print(false)?;
        self.show(Prompt::Printing { change });
        Ok(())
    }

    pub(super) fn receipt_printed(&mut self, text: String) -> Result<(), Rejected> {
        let sale = self.sale()?;
        let closing = sale.closing.clone().ok_or(Rejected::NotTotalled)?;
        let number = sale.number;
        self.record(SaleFact::ReceiptPrinted {
            receipt: closing.receipt,
            text,
            reprint: self.volatile.reprinting,
        });
        self.volatile.reprinting = false;
        self.show(Prompt::Goodbye {
            change: closing.change,
        });
        self.then(Effect::Finished(number));
        Ok(())
    }

    /// Takes up what a kill left: an unprinted receipt is printed, a payment without a decision is
    /// given up (its card data and PIN are gone, so it can't be asked again), a basket goes on.
    pub(super) fn recover(&mut self) -> Result<(), Rejected> {
        let Some(sale) = &self.durable.sale else {
            self.show(Prompt::Ready);
            return Ok(());
        };
        if let Some(closing) = &sale.closing {
            let change = closing.change;
            self.print(true)?;
            self.show(Prompt::Printing { change });
        } else if let Some(pending) = &sale.pending {
            let payment_id = pending.payment_id;
            self.give_up(payment_id, AbandonReason::LaneRestarted)?;
        } else if sale.total.is_some() {
            self.recover_tendering()?;
        } else {
            self.show(Prompt::Scan);
        }
        Ok(())
    }

    /// A decision and the closing it leads to are one commit, so that a paid sale is closed; should
    /// the journal hold one without the other, it is closed now.
    fn recover_tendering(&mut self) -> Result<(), Rejected> {
        if self.open_amount()?.is_positive() {
            self.show(Prompt::ChooseTender);
            Ok(())
        } else {
            self.close()
        }
    }

    fn print(&mut self, reprint: bool) -> Result<(), Rejected> {
        self.volatile.reprinting = reprint;
        let sale = self.sale()?;
        if let Some(receipt) = Receipt::of(sale, self.config.lane) {
            self.then(Effect::Print { receipt, reprint });
        }
        Ok(())
    }
}
