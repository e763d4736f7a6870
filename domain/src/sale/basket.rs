//! Filling the basket: what is written of it, and what decides that.

use crate::{
    ids::{OperatorId, SaleNumber},
    limits,
    money::Money,
    sale::{
        AbandonReason, Effect, Line, PricedItem, Prompt, Rejected, Sale, Step, closing::SaleFact,
    },
};

/// A name or code longer than this would not fit a journal record beside the rest.
const TEXT_BYTES_MAX: usize = limits::ARTICLE_NAME_BYTES_MAX;

/// What happened to the basket of a sale. Only the checkout itself reads it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BasketFact {
    /// An article was added.
    LineAdded {
        /// The sale.
        sale: SaleNumber,
        /// The line, with its number.
        line: Line,
    },
    /// A line was taken back.
    LineVoided {
        /// The sale.
        sale: SaleNumber,
        /// The line.
        line_number: u32,
    },
    /// What the basket costs.
    SaleTotalled {
        /// The sale.
        sale: SaleNumber,
        /// The sum of its lines.
        total: Money,
    },
}

impl Sale {
    pub(super) fn apply_basket(&mut self, fact: &BasketFact) {
        match fact {
            BasketFact::LineAdded { line, .. } => {
                self.lines.push(line.clone());
                self.total = None;
            }
            BasketFact::LineVoided { line_number, .. } => {
                self.total = None;
                for line in &mut self.lines {
                    line.voided |= line.number == *line_number;
                }
            }
            BasketFact::SaleTotalled { total, .. } => self.total = Some(*total),
        }
    }
}

impl Step {
    pub(super) fn open(
        &mut self,
        operator: OperatorId,
        order_reference: String,
        price_version: String,
    ) -> Result<(), Rejected> {
        if self.durable.sale.is_some() {
            return Err(Rejected::SaleOpen);
        }
        if self.durable.receipts_owed.len() >= limits::RECEIPTS_OWED_MAX {
            return Err(Rejected::TooManyReceiptsOwed);
        }
        if order_reference.len().max(price_version.len()) > TEXT_BYTES_MAX {
            return Err(Rejected::InvalidItem);
        }
        self.volatile = self.volatile.next_sale();
        self.record(SaleFact::SaleOpened {
            sale: self.durable.sales.next_sale(),
            operator,
            order_reference,
            price_version,
        });
        self.show(Prompt::Scan);
        Ok(())
    }

    pub(super) fn scan(&mut self, item: PricedItem) -> Result<(), Rejected> {
        self.basket_may_change()?;
        let sale = self.sale()?;
        if sale.lines.len() >= limits::SALE_LINES_MAX {
            return Err(Rejected::TooManyLines);
        }
        let number = u32::try_from(sale.lines.len().saturating_add(1)).unwrap_or(u32::MAX);
        let line = self.line(number, item)?;
        let sum = sale.basket_total(self.config.currency)?.add(line.total)?;
        if sum.minor() > limits::AMOUNT_MINOR_MAX {
            return Err(Rejected::InvalidAmount);
        }
        let sale = sale.number;
        self.record(BasketFact::LineAdded { sale, line });
        self.show(Prompt::Scan);
        Ok(())
    }

    /// Before the first article there may be no sale yet, and none begins by this.
    pub(super) fn not_found(&mut self, barcode: String) -> Result<(), Rejected> {
        if self.durable.sale.is_some() {
            self.basket_may_change()?;
        }
        self.show(Prompt::NotFound { barcode });
        Ok(())
    }

    pub(super) fn void_line(&mut self, line_number: u32) -> Result<(), Rejected> {
        self.basket_may_change()?;
        let sale = self.sale()?;
        if !sale.sold_lines().any(|line| line.number == line_number) {
            return Err(Rejected::NoSuchLine);
        }
        let sale = sale.number;
        self.record(BasketFact::LineVoided { sale, line_number });
        self.show(Prompt::Scan);
        Ok(())
    }

    /// A basket of free articles owes nothing: it is closed at once, with its receipt (I3 holds
    /// without a tender). One without an article is no sale.
    pub(super) fn total(&mut self) -> Result<(), Rejected> {
        self.basket_may_change()?;
        let sale = self.sale()?;
        let total = sale.basket_total(self.config.currency)?;
        if total.is_negative() || sale.sold_lines().next().is_none() {
            return Err(Rejected::NothingToPay);
        }
        let sale = sale.number;
        self.record(BasketFact::SaleTotalled { sale, total });
        if total.is_zero() {
            return self.close();
        }
        self.show(Prompt::ChooseTender);
        Ok(())
    }

    /// The customer goes without buying: cash is handed back, an approval is given up and so
    /// undone.
    pub(super) fn void_sale(&mut self, reason: String) -> Result<(), Rejected> {
        let sale = self.sale()?;
        let number = sale.number;
        let mut given_up: Vec<_> = sale
            .card_tenders
            .iter()
            .map(|tender| tender.payment.payment_id)
            .collect();
        given_up.extend(sale.pending.iter().map(|pending| pending.payment_id));
        let cash_back = self.cash_given()?;
        for payment_id in given_up {
            self.abandon(payment_id, AbandonReason::SaleVoided)?;
        }
        self.disarm();
        self.volatile = self.volatile.next_sale();
        let reason = shortened(reason);
        self.record(SaleFact::SaleVoided {
            sale: number,
            reason,
        });
        if cash_back.is_positive() {
            self.then(Effect::OpenDrawer);
        }
        self.show(Prompt::Voided { cash_back });
        self.then(Effect::Finished(number));
        Ok(())
    }

    /// Once a tender was tried the basket is fixed: the amount asked for must stay the amount owed.
    fn basket_may_change(&self) -> Result<(), Rejected> {
        let sale = self.sale()?;
        if sale.pending.is_some() || self.volatile.armed.is_some() {
            return Err(Rejected::PaymentUnderWay);
        }
        if sale.tenders.is_empty() {
            Ok(())
        } else {
            Err(Rejected::Tendered)
        }
    }

    fn line(&self, number: u32, item: PricedItem) -> Result<Line, Rejected> {
        let text_fits = |text: &str| !text.is_empty() && text.len() <= TEXT_BYTES_MAX;
        let total = item.unit_price.times(item.quantity)?;
        let valid = item.quantity > 0
            && !total.is_negative()
            && total.currency() == self.config.currency
            && text_fits(&item.name)
            && text_fits(&item.barcode);
        if !valid {
            return Err(Rejected::InvalidItem);
        }
        Ok(Line {
            number,
            barcode: item.barcode,
            name: item.name,
            quantity: item.quantity,
            unit_price: item.unit_price,
            total,
            price_embedded: item.price_embedded,
            voided: false,
        })
    }

    fn cash_given(&self) -> Result<Money, Rejected> {
        let cash = self
            .sale()?
            .tenders
            .iter()
            .filter_map(|tender| match tender {
                crate::sale::Tender::Cash { given } => Some(*given),
                crate::sale::Tender::Card { .. } => None,
            });
        Ok(Money::sum(self.config.currency, cash)?)
    }
}

/// A reason in words, cut so that its record fits the journal.
pub(super) fn shortened(mut reason: String) -> String {
    let mut end = TEXT_BYTES_MAX.min(reason.len());
    while !reason.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    reason.truncate(end);
    reason
}
