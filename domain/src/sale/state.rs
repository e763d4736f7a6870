//! One sale as its records tell it.

use crate::{
    card_ref::{CardRef, EntryMode},
    ids::{OperatorId, PaymentId, ReceiptNumber, SaleNumber},
    money::{Currency, Money, MoneyError},
    payment::{Decision, PaymentKind, PaymentMethod},
    returns::{CardPaid, Taking},
    sale::{CashRounding, CheckoutConfig, Figures, Line, TaxMode, TaxSum, Tender},
    time::{BusinessDate, WallMs},
};

/// A card payment that was intended and has no outcome yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PendingPayment {
    /// The payment.
    pub payment_id: PaymentId,
    /// What is asked.
    pub amount: Money,
    /// How the card was read.
    pub entry_mode: EntryMode,
    /// Whether a PIN was entered.
    pub pin_entered: bool,
    /// The card.
    pub card: CardRef,
    /// The lane's running date when it was intended: it stays, whichever date the sale ends in.
    pub business_date: Option<BusinessDate>,
    /// What it does.
    pub kind: PaymentKind,
    /// By what.
    pub method: PaymentMethod,
    /// The payment that this one voids, refunds or completes.
    pub original: Option<PaymentId>,
}

/// A card payment that pays for goods.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CardTender {
    /// What it pays.
    pub amount: Money,
    /// What was asked.
    pub payment: PendingPayment,
    /// Approved in one of the ways there are.
    pub decision: Decision,
}

/// A card payment of a sale that pays for nothing: the customer keeps a proof of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FailedCard {
    /// What was asked.
    pub payment: PendingPayment,
    /// Declined, refused or not confirmed; `None` when the lane gave it up.
    pub decision: Option<Decision>,
}

/// How a sale was closed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Closing {
    /// Its receipt.
    pub receipt: ReceiptNumber,
    /// When.
    pub at: WallMs,
    /// Given back.
    pub change: Money,
    /// What cash was rounded by: negative when it was rounded down.
    pub rounding: Money,
}

/// One basket and what has been paid for it so far.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sale {
    /// Its number.
    pub number: SaleNumber,
    /// Who sells.
    pub operator: OperatorId,
    /// The caller's own name for it, or empty.
    pub order_reference: String,
    /// Which price file it began with and keeps; empty: not known.
    pub price_version: String,
    /// When it began.
    pub opened_at: WallMs,
    /// The lines, voided ones too.
    pub lines: Vec<Line>,
    /// Set once the total was asked for, cleared when the basket changes.
    pub total: Option<Money>,
    /// The tax of that total, by class.
    pub taxes: Vec<TaxSum>,
    /// Whether that tax is in the prices of the lines.
    pub tax_mode: TaxMode,
    /// The age in years that the cashier has said the customer has; `None`: nobody was asked.
    pub old_enough_for: Option<u8>,
    /// Tenders tried: cash, cards read, cards not read.
    pub tenders_tried: u32,
    /// What has paid so far.
    pub tenders: Vec<Tender>,
    /// The card tenders among them in full, for the receipt.
    pub card_tenders: Vec<CardTender>,
    /// Card payments that came to nothing, for the receipt.
    pub failed_cards: Vec<FailedCard>,
    /// Every payment id of this sale: none is used twice (payments.md, rule 1).
    pub payment_ids: Vec<PaymentId>,
    /// Intended, without outcome.
    pub pending: Option<PendingPayment>,
    /// How often its basket changed: what is asked of the hub for it is asked of this basket.
    pub revision: u32,
    /// What the hub reserved for this basket of what was bought earlier.
    pub reserved: Option<Taking>,
    /// Card payments whose part goes back in cash.
    pub cash_for_card: Vec<PaymentId>,
    /// What is owed to cards for goods that came back.
    pub owed_back: Vec<OwedBack>,
}

/// A card's part of what is paid back: owed, until it is refunded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwedBack {
    /// The payment that it belongs to.
    pub payment_id: PaymentId,
    /// As on the receipt.
    pub card: CardPaid,
    /// How much.
    pub amount: Money,
}

impl Sale {
    pub(super) const fn tender_tried(&mut self) {
        self.tenders_tried = self.tenders_tried.saturating_add(1);
    }

    /// What the lines that were not taken back come to.
    ///
    /// # Errors
    /// A sum that can't be made.
    pub fn figures(&self, config: &CheckoutConfig) -> Result<Figures, MoneyError> {
        Figures::of(self.lines.iter(), config.currency, config.tax)
    }

    /// The lines that were not taken back.
    pub fn sold_lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| !line.voided)
    }

    /// Lines of goods that come back with their receipt.
    pub fn linked_lines(&self) -> impl Iterator<Item = &Line> {
        self.sold_lines().filter(|line| line.original().is_some())
    }

    /// Whether goods come back in it.
    #[must_use]
    pub fn takes_back(&self) -> bool {
        self.sold_lines().any(|line| line.returned.is_some())
    }

    /// Pieces sold.
    #[must_use]
    pub fn items(&self) -> u32 {
        self.sold_lines()
            .fold(0, |items, line| items.saturating_add(line.items()))
    }

    /// What is still to be paid: negative when cash covers more.
    ///
    /// # Errors
    /// A sum that can't be made.
    pub fn open_amount(&self, currency: Currency) -> Result<Money, MoneyError> {
        let total = self.total.unwrap_or(Money::zero(currency));
        let paid = Money::sum(currency, self.tenders.iter().map(Tender::amount))?;
        total.subtract(paid)
    }

    /// What cash is rounded by, once the tenders cover the total; `None`: they don't. Only what is
    /// open when cash completes the sale is rounded.
    ///
    /// # Errors
    /// A sum that can't be made.
    pub(super) fn covered(
        &self,
        currency: Currency,
        rounding: CashRounding,
    ) -> Result<Option<Money>, MoneyError> {
        let open = self.open_amount(currency)?;
        let Some(Tender::Cash { given }) = self.tenders.last() else {
            return Ok((!open.is_positive()).then_some(Money::zero(currency)));
        };
        let before = open.add(*given)?;
        let due = rounding.due(before)?;
        match given.covers(due)? {
            true => due.subtract(before).map(Some),
            false => Ok(None),
        }
    }
}

/// A basket that waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SuspendedBasket {
    /// The sale it was.
    pub sale: SaleNumber,
    /// Since when.
    pub at: WallMs,
    /// What the cashier calls it, or empty.
    pub label: String,
    /// The caller's own name for it, or empty.
    pub order_reference: String,
    /// The price file of lines that name none.
    pub price_version: String,
    /// What was in it and not taken back.
    pub lines: Vec<Line>,
}

impl SuspendedBasket {
    pub(super) fn of(sale: &Sale, at: WallMs, label: &str) -> Self {
        Self {
            sale: sale.number,
            at,
            label: label.to_owned(),
            order_reference: sale.order_reference.clone(),
            price_version: sale.price_version.clone(),
            lines: sale.sold_lines().cloned().collect(),
        }
    }
}
