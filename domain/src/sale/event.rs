//! What can happen at a checkout.

use std::sync::Arc;

use crate::{
    card_ref::{CardRef, EntryMode},
    ids::{OperatorId, PaymentId, ReceiptNumber},
    money::{Currency, Money},
    payment::Decision,
    risk::{HotList, OfflineLease},
    sale::{AbandonReason, DayEnds, LeaseReturnReason, Rejected, Step},
    time::{BusinessDate, LocalMs},
};

/// A scanned article with the price of the lane's price file or of its label.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PricedItem {
    /// As scanned.
    pub barcode: String,
    /// As on the receipt.
    pub name: String,
    /// Pieces, at least 1.
    pub quantity: u32,
    /// Price of one piece; of the whole label when the label carries it.
    pub unit_price: Money,
    /// True when the price came from the label.
    pub price_embedded: bool,
}

/// One thing that happened. The machine is told with [`crate::sale::Checkout::step`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The journal has been read; whatever was open then is taken up or given up now.
    Recovered,
    /// A customer's first article is at hand.
    Open {
        /// Who sells.
        operator: OperatorId,
        /// The caller's own name for this order; empty if it has none.
        order_reference: String,
        /// Which price file it is priced by to its end; empty: not known.
        price_version: String,
    },
    /// An article was scanned and found in the price file.
    Scanned(PricedItem),
    /// A code was scanned that the price file doesn't know, or that was misread.
    NotFound {
        /// As scanned.
        barcode: String,
    },
    /// A line is taken back.
    LineVoided {
        /// Its number.
        line_number: u32,
    },
    /// No more articles: what does it cost?
    Total,
    /// The customer gave cash.
    CashTendered {
        /// All that was given; change is worked out here.
        given: Money,
    },
    /// The customer pays what is still open by card.
    CardChosen {
        /// Freshly minted, never used before.
        payment_id: PaymentId,
    },
    /// The reader has read the card; sealed data, PIN block and chip data travel beside.
    CardRead {
        /// As the reader was armed for.
        payment_id: PaymentId,
        /// How it was read.
        entry_mode: EntryMode,
        /// Whether a PIN was entered.
        pin_entered: bool,
        /// The card.
        card: CardRef,
    },
    /// The reader gave up.
    CardNotRead {
        /// As the reader was armed for.
        payment_id: PaymentId,
        /// Why, in words.
        reason: String,
    },
    /// The request was handed to the link: from here on a byte may have left.
    PaymentLeft {
        /// The payment.
        payment_id: PaymentId,
    },
    /// The hub said what was decided.
    Decided {
        /// The payment.
        payment_id: PaymentId,
        /// The decision.
        decision: Decision,
    },
    /// The hub couldn't be reached, and no byte of the request has left.
    HubUnreachable {
        /// The payment.
        payment_id: PaymentId,
    },
    /// The link to the hub broke after a byte may have left.
    LinkLost {
        /// The payment.
        payment_id: PaymentId,
    },
    /// No result came in time.
    ResultTimedOut {
        /// The payment.
        payment_id: PaymentId,
    },
    /// The hub lends a part of its offline budget.
    LeaseOffered(OfflineLease),
    /// The hub's hot list, whole.
    HotListReceived(Arc<HotList>),
    /// The hub is there: now and then while it is, and each time it comes back.
    HubReached,
    /// The hub says which date the store is on: in its hello, or when it has just turned it.
    DayNamed {
        /// The store's running date.
        date: BusinessDate,
        /// How long an open sale may hold the lane's marker up.
        cut_within_ms: u64,
    },
    /// Time has gone by. Comes before the first sale, and now and then.
    ClockRead {
        /// The store's own time.
        local: LocalMs,
        /// The hub has been away for a while, and dates end like this.
        alone: Option<DayEnds>,
    },
    /// The lane is asked to stop: it rests if no sale is open.
    Rest,
    /// The printer says the receipt is out.
    ReceiptPrinted {
        /// Which.
        receipt: ReceiptNumber,
        /// The text as printed.
        text: String,
        /// It may have been printed before, and says so.
        reprint: bool,
    },
    /// The customer goes without buying.
    VoidSale {
        /// Why, in words.
        reason: String,
    },
}

/// What the cashier presses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Key {
    /// A new customer.
    Open {
        /// The caller's own name for the order, or empty.
        order_reference: String,
    },
    /// Take a line back.
    VoidLine {
        /// Its number.
        line_number: u32,
    },
    /// What does it cost?
    Total,
    /// Cash was given.
    Cash {
        /// All of it, in minor units.
        given_minor: i64,
    },
    /// Pay by card.
    Card,
    /// The customer goes without buying.
    VoidSale {
        /// Why.
        reason: String,
    },
}

impl Key {
    /// The key that a keyboard's layout or a script calls by this name, with what was typed before
    /// it. `None`: there is none, or what was typed is nothing for it.
    #[must_use]
    pub fn named(name: &str, typed: &str) -> Option<Self> {
        let text = || typed.to_owned();
        Some(match name {
            "open" => Self::Open {
                order_reference: text(),
            },
            "void-line" => Self::VoidLine {
                line_number: typed.parse().ok()?,
            },
            "total" => Self::Total,
            "cash" => Self::Cash {
                given_minor: typed.parse().ok()?,
            },
            "card" => Self::Card,
            "void-sale" => Self::VoidSale { reason: text() },
            _ => return None,
        })
    }

    /// What pressing it tells the checkout. `fresh` draws a payment id that was never used.
    pub fn event(self, by: &AtTheKeys, fresh: impl FnOnce() -> PaymentId) -> Event {
        match self {
            Self::Open { order_reference } => Event::Open {
                operator: by.operator,
                order_reference,
                price_version: by.price_version.clone(),
            },
            Self::VoidLine { line_number } => Event::LineVoided { line_number },
            Self::Total => Event::Total,
            Self::Cash { given_minor } => Event::CashTendered {
                given: Money::new(given_minor, by.currency),
            },
            Self::Card => Event::CardChosen {
                payment_id: fresh(),
            },
            Self::VoidSale { reason } => Event::VoidSale { reason },
        }
    }
}

/// Who presses keys, and by what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AtTheKeys {
    /// Who sells.
    pub operator: OperatorId,
    /// The price file of the next sale.
    pub price_version: String,
    /// What the lane sells in.
    pub currency: Currency,
}

impl Step {
    /// The one place where an event finds what decides it.
    pub(super) fn follow(&mut self, event: Event) -> Result<(), Rejected> {
        match event {
            Event::Recovered => {
                self.return_lease(LeaseReturnReason::LaneRestarted);
                self.recover()
            }
            Event::Open {
                operator,
                order_reference,
                price_version,
            } => self.open(operator, order_reference, price_version),
            Event::Scanned(item) => self.scan(item),
            Event::NotFound { barcode } => self.not_found(barcode),
            Event::LineVoided { line_number } => self.void_line(line_number),
            Event::Total => self.total(),
            Event::CashTendered { given } => self.take_cash(given),
            Event::CardChosen { payment_id } => self.choose_card(payment_id),
            Event::CardRead {
                payment_id,
                entry_mode,
                pin_entered,
                card,
            } => self.intend(payment_id, entry_mode, pin_entered, card),
            Event::CardNotRead { payment_id, reason } => self.card_not_read(payment_id, reason),
            Event::PaymentLeft { payment_id } => self.payment_left(payment_id),
            Event::Decided {
                payment_id,
                decision,
            } => self.decided(payment_id, decision),
            Event::HubUnreachable { payment_id } => self.hub_unreachable(payment_id),
            Event::LinkLost { payment_id } => self.give_up(payment_id, AbandonReason::LinkBroke),
            Event::ResultTimedOut { payment_id } => {
                self.give_up(payment_id, AbandonReason::NoResultInTime)
            }
            Event::HotListReceived(list) => {
                self.volatile.hot_list = list;
                Ok(())
            }
            Event::LeaseOffered(lease) => self.lease_offered(lease),
            Event::HubReached => {
                self.review_lease();
                Ok(())
            }
            Event::DayNamed {
                date,
                cut_within_ms,
            } => {
                self.day_named(date, cut_within_ms);
                Ok(())
            }
            Event::ClockRead { local, alone } => {
                self.clock_read(local, alone);
                Ok(())
            }
            Event::Rest => self.rest(),
            Event::ReceiptPrinted {
                receipt,
                text,
                reprint,
            } => self.receipt_printed(receipt, text, reprint),
            Event::VoidSale { reason } => self.void_sale(reason),
        }
    }
}
