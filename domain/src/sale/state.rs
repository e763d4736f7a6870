//! One sale as its records tell it.

use crate::{
    card_ref::{CardRef, EntryMode, Scheme},
    ids::{OperatorId, PaymentId, ReceiptNumber, SaleNumber},
    money::{Currency, Money, MoneyError},
    payment::{Decision, PaymentKind, PaymentMethod},
    sale::TenderKind,
    time::{BusinessDate, WallMs},
};

/// One line of a basket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// From 1; a voided line keeps its number.
    pub number: u32,
    /// As scanned.
    pub barcode: String,
    /// As on the receipt.
    pub name: String,
    /// Pieces.
    pub quantity: u32,
    /// Price of one.
    pub unit_price: Money,
    /// Price of all.
    pub total: Money,
    /// True when the price came from the label.
    pub price_embedded: bool,
    /// Taken back.
    pub voided: bool,
}

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

/// What paid for a sale.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Tender {
    /// Notes and coins, all that were given.
    Cash {
        /// Before change.
        given: Money,
    },
    /// A card, by what a closed sale's record tells of it.
    Card {
        /// What it pays.
        amount: Money,
        /// The payment.
        payment_id: PaymentId,
        /// Its network.
        scheme: Scheme,
    },
}

impl Tender {
    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> TenderKind {
        match self {
            Self::Cash { .. } => TenderKind::Cash,
            Self::Card { .. } => TenderKind::Card,
        }
    }

    /// What was given or approved.
    #[must_use]
    pub const fn amount(&self) -> Money {
        match self {
            Self::Cash { given } => *given,
            Self::Card { amount, .. } => *amount,
        }
    }
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
}

impl Sale {
    pub(super) const fn tender_tried(&mut self) {
        self.tenders_tried = self.tenders_tried.saturating_add(1);
    }

    /// The sum of the lines that were not taken back.
    ///
    /// # Errors
    /// A sum that can't be made.
    pub fn basket_total(&self, currency: Currency) -> Result<Money, MoneyError> {
        Money::sum(currency, self.sold_lines().map(|line| line.total))
    }

    /// The lines that were not taken back.
    pub fn sold_lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| !line.voided)
    }

    /// Pieces sold.
    #[must_use]
    pub fn items(&self) -> u32 {
        self.sold_lines()
            .fold(0, |items, line| items.saturating_add(line.quantity))
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
}
