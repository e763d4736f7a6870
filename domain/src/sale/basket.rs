//! Filling the basket: what is written of it, and what decides that.

use crate::{
    ids::{OperatorId, SaleNumber},
    limits,
    money::Money,
    sale::{
        AbandonReason, Effect, Figures, Line, PriceSource, PricedItem, Prompt, Rejected, Sale,
        SoldBy, Step, TaxMode, TaxSum, Tender,
        closing::SaleFact,
        line::{NextLine, is_quantity, is_weight},
    },
    scan_codes::CodeMeaning,
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
    /// A line has another quantity, price or discount.
    LineChanged {
        /// The sale it stands in.
        sale: SaleNumber,
        /// The line as it is now, under the number it had.
        line: Line,
    },
    /// A line was taken back.
    LineVoided {
        /// The sale.
        sale: SaleNumber,
        /// The line.
        line_number: u32,
    },
    /// The cashier was asked whether the customer is old enough.
    AgeAnswered {
        /// Nothing of it was paid for yet.
        sale: SaleNumber,
        /// It counts for this sale alone.
        answer: AgeAnswer,
    },
    /// What the basket costs.
    SaleTotalled {
        /// The sale.
        sale: SaleNumber,
        /// What is owed for its lines.
        total: Money,
        /// The tax in it, by class.
        taxes: Vec<TaxSum>,
        /// Whether that tax is in the prices of the lines, or was added to them.
        tax_mode: TaxMode,
    },
}

/// What the cashier said of the customer's age.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AgeAnswer {
    /// In years: what was asked for.
    pub least_age: u8,
    /// Whether the customer has reached it.
    pub old_enough: bool,
    /// Who says so.
    pub operator: OperatorId,
}

impl Sale {
    pub(super) fn apply_basket(&mut self, fact: &BasketFact) {
        match fact {
            BasketFact::LineAdded { line, .. } => {
                self.lines.push(line.clone());
                self.changed();
            }
            BasketFact::LineChanged { line: changed, .. } => {
                self.changed();
                for line in &mut self.lines {
                    if line.number == changed.number {
                        line.clone_from(changed);
                    }
                }
            }
            BasketFact::LineVoided { line_number, .. } => {
                self.changed();
                for line in &mut self.lines {
                    line.voided |= line.number == *line_number;
                }
            }
            BasketFact::AgeAnswered { answer, .. } => self.apply_age(*answer),
            BasketFact::SaleTotalled {
                total,
                taxes,
                tax_mode,
                ..
            } => {
                self.total = Some(*total);
                self.taxes.clone_from(taxes);
                self.tax_mode = *tax_mode;
            }
        }
    }

    /// What it cost, and what was reserved for it, was of another basket.
    fn changed(&mut self) {
        self.total = None;
        self.taxes.clear();
        self.revision = self.revision.saturating_add(1);
        self.reserved = None;
        self.cash_for_card.clear();
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
        let operator = self.seller(operator)?;
        self.volatile = self.volatile.next_sale();
        self.record(SaleFact::SaleOpened {
            sale: self.durable.sales.next_sale(),
            operator,
            order_reference,
            price_version,
            recalled: None,
        });
        self.show(Prompt::Scan);
        Ok(())
    }

    /// An article is at hand. What was said of the next line is said of this one. Sold by weight,
    /// it waits for its weight.
    pub(super) fn scan(&mut self, item: PricedItem) -> Result<(), Rejected> {
        self.basket_may_change()?;
        if self.volatile.to_weigh.is_some() {
            return Err(Rejected::WeightAwaited);
        }
        let next = self.volatile.next_line;
        if item.lacks_weight() && next.weight.is_none() {
            let name = item.name.clone();
            if next.quantity.is_some() {
                return Err(Rejected::SoldByWeight);
            }
            self.new_line(&item, 1)?;
            self.volatile.to_weigh = Some(item);
            self.show(Prompt::Weigh { name });
            return Ok(());
        }
        self.add(item)
    }

    /// Adds the line of an article that lacks nothing.
    pub(super) fn add(&mut self, item: PricedItem) -> Result<(), Rejected> {
        let number = self.next_line_number()?;
        let line = self.new_line(&item, number)?;
        self.volatile.next_line = NextLine::default();
        self.fits_the_basket(&line)?;
        let sale = self.sale()?.number;
        self.record(BasketFact::LineAdded { sale, line });
        self.show(Prompt::Scan);
        Ok(())
    }

    pub(super) fn next_line_number(&self) -> Result<u32, Rejected> {
        let lines = self.sale()?.lines.len();
        if lines >= limits::SALE_LINES_MAX {
            return Err(Rejected::TooManyLines);
        }
        Ok(u32::try_from(lines.saturating_add(1)).unwrap_or(u32::MAX))
    }

    /// What the basket comes to with this line, in its place if it is there already, must be an
    /// amount that can be paid.
    pub(super) fn fits_the_basket(&self, line: &Line) -> Result<(), Rejected> {
        let sale = self.sale()?;
        let others = sale.lines.iter().filter(|one| one.number != line.number);
        let all = others.chain(std::iter::once(line));
        let figures = Figures::of(all, self.config.currency, self.config.tax)?;
        if figures.taxes.len() > limits::SALE_TAX_CLASSES_MAX {
            return Err(Rejected::TooManyTaxClasses);
        }
        let size = figures.total.minor().unsigned_abs();
        if size > limits::AMOUNT_MINOR_MAX.unsigned_abs() {
            return Err(Rejected::InvalidAmount);
        }
        Ok(())
    }

    /// What may be scanned at a checkout and is no article finds its place only where it is taken.
    /// A payment code is kept nowhere.
    pub(super) fn other_code(&mut self, meaning: CodeMeaning) -> Result<(), Rejected> {
        let totalled = self.sale()?.total.is_some();
        match meaning {
            CodeMeaning::WalletCode if !totalled => Err(Rejected::TotalFirst),
            CodeMeaning::Article
            | CodeMeaning::PricedLabel
            | CodeMeaning::WeighedLabel
            | CodeMeaning::Coupon
            | CodeMeaning::Member
            | CodeMeaning::Receipt
            | CodeMeaning::WalletCode
            | CodeMeaning::Badge => Err(Rejected::CodeNotTaken(meaning)),
        }
    }

    /// Nothing of what was said of the next line counts when the article is not known: it was said
    /// of that one. Before the first article there may be no sale yet, and none begins by this.
    pub(super) fn not_found(&mut self, barcode: String) -> Result<(), Rejected> {
        self.no_tender_tried()?;
        self.volatile.next_line = NextLine::default();
        self.show(Prompt::NotFound { barcode });
        Ok(())
    }

    pub(super) fn not_for_sale(&mut self, name: String) -> Result<(), Rejected> {
        self.no_tender_tried()?;
        self.volatile.next_line = NextLine::default();
        self.show(Prompt::NotForSale { name });
        Ok(())
    }

    pub(super) fn void_line(&mut self, line_number: u32) -> Result<(), Rejected> {
        let sale = self.changeable_line(line_number)?.0;
        self.record(BasketFact::LineVoided { sale, line_number });
        self.show(Prompt::Scan);
        Ok(())
    }

    /// The line, if it may still change.
    pub(super) fn changeable_line(
        &self,
        line_number: u32,
    ) -> Result<(SaleNumber, &Line), Rejected> {
        self.basket_may_change()?;
        let sale = self.sale()?;
        let line = sale.sold_lines().find(|line| line.number == line_number);
        Ok((sale.number, line.ok_or(Rejected::NoSuchLine)?))
    }

    /// A basket of free articles owes nothing: it is closed at once, with its receipt (I3 holds
    /// without a tender). One without an article is no sale.
    pub(super) fn total(&mut self) -> Result<(), Rejected> {
        self.basket_may_change()?;
        if self.volatile.to_weigh.is_some() {
            return Err(Rejected::WeightAwaited);
        }
        let sale = self.sale()?;
        let figures = sale.figures(&self.config)?;
        let total = figures.total;
        if sale.sold_lines().next().is_none() {
            return Err(Rejected::NothingToPay);
        }
        let sale = sale.number;
        self.volatile.next_line = NextLine::default();
        if self.asks_age()? {
            return Ok(());
        }
        self.record(BasketFact::SaleTotalled {
            sale,
            total,
            taxes: figures.taxes,
            tax_mode: self.config.tax,
        });
        self.after_total()
    }

    /// What comes back with a receipt is reserved at the hub before anything else follows.
    pub(super) fn after_total(&mut self) -> Result<(), Rejected> {
        if self.needs_reservation()? {
            return self.ask_to_reserve();
        }
        let total = self.sale()?.total.ok_or(Rejected::NotTotalled)?;
        if total.is_zero() {
            return self.close(total);
        }
        let prompt = match total.is_negative() {
            true => self.pay_back_prompt()?,
            false => Prompt::ChooseTender,
        };
        self.show(prompt);
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
    pub(super) fn basket_may_change(&self) -> Result<(), Rejected> {
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

    fn no_tender_tried(&self) -> Result<(), Rejected> {
        match self.durable.sale {
            Some(_) => self.basket_may_change(),
            None => Ok(()),
        }
    }

    /// The line of an article with what was said of it before it came.
    pub(super) fn new_line(&self, item: &PricedItem, number: u32) -> Result<Line, Rejected> {
        self.is_valid(item)?;
        let (mut line, by) = (item.clone().into_line(number), item.sold_by);
        let next = self.volatile.next_line;
        if let Some(quantity) = next.quantity {
            if line.weight.is_some() {
                return Err(Rejected::SoldByWeight);
            }
            line.quantity = line.quantity.saturating_mul(quantity);
        }
        if let Some(weight) = next.weight {
            if by == SoldBy::Piece {
                return Err(Rejected::SoldByPiece);
            }
            line.weight = Some(weight);
        }
        if let Some((price, allowed_by)) = next.price {
            let shelf = Some(line.unit_price);
            line.unit_price = price;
            line.price_source = PriceSource::Typed { shelf, allowed_by };
        }
        let weighs = line.weight.is_none_or(|weight| is_weight(weight.grams));
        if !is_quantity(line.quantity) || !weighs {
            return Err(Rejected::InvalidQuantity);
        }
        Ok(line.figured(self.config.tax)?)
    }

    fn is_valid(&self, item: &PricedItem) -> Result<(), Rejected> {
        let text_fits = |text: &str| text.len() <= TEXT_BYTES_MAX;
        let word_fits = |text: &str| text.len() <= limits::ARTICLE_WORD_BYTES_MAX;
        let words = [&item.unit, &item.category, &item.tax_class];
        let valid = item.quantity > 0
            && !item.unit_price.is_negative()
            && item.unit_price.currency() == self.config.currency
            && !item.name.is_empty()
            && text_fits(&item.name)
            && !item.barcode.is_empty()
            && text_fits(&item.barcode)
            && words.into_iter().all(|word| word_fits(word));
        if valid {
            Ok(())
        } else {
            Err(Rejected::InvalidItem)
        }
    }

    fn cash_given(&self) -> Result<Money, Rejected> {
        let cash = self
            .sale()?
            .tenders
            .iter()
            .filter_map(|tender| match tender {
                Tender::Cash { given } => Some(*given),
                Tender::Card { .. }
                | Tender::Wallet { .. }
                | Tender::GiftCard { .. }
                | Tender::Voucher { .. }
                | Tender::ForeignCash { .. }
                | Tender::Owed { .. } => None,
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

/// Whoever looks at it later has to read why.
pub(super) fn in_words(reason: String) -> Result<String, Rejected> {
    let reason = shortened(reason);
    if reason.trim().is_empty() {
        return Err(Rejected::ReasonMissing);
    }
    Ok(reason)
}
