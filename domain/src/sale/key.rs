//! The keys of a checkout, by the names that keyboards, screens and scripts call them, and what
//! pressing one tells the machine.

use crate::{
    ids::{OperatorId, PaymentId, ReceiptNumber, SaleNumber, SuspendedId},
    money::{Currency, Money},
    prices::PriceBook,
    sale::{Event, Right, TypedAmount, WeighedBy, Weight},
    scan_codes::CodeTable,
    till::TillKey,
};

/// No barcode has fewer digits: fewer are a short code.
const SHORTEST_BARCODE: usize = 8;

/// What the cashier presses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Key {
    /// A new customer.
    Open {
        /// The caller's own name for the order, or empty.
        order_reference: String,
    },
    /// So many of what is scanned next.
    Quantity {
        /// Pieces.
        quantity: u32,
    },
    /// So many on a line that is there.
    ChangeQuantity {
        /// Its number; `None`: the last one.
        line_number: Option<u32>,
        /// Pieces.
        quantity: u32,
    },
    /// An article by its short code.
    Plu {
        /// As filed.
        code: u32,
    },
    /// What an article weighs, typed.
    Weight {
        /// Without its packing.
        grams: u32,
    },
    /// What is scanned next costs this.
    Price {
        /// In minor units.
        price_minor: i64,
    },
    /// An amount without an article.
    Amount {
        /// In minor units.
        amount_minor: i64,
        /// How it is taxed; empty: not said.
        tax_class: String,
        /// As on the receipt; empty: a name for anything.
        name: String,
    },
    /// Another price on a line that is there.
    OverridePrice {
        /// Its number; `None`: the last one.
        line_number: Option<u32>,
        /// In minor units.
        price_minor: i64,
        /// Why.
        reason: String,
    },
    /// Something off a line that is there.
    Discount {
        /// Its number; `None`: the last one.
        line_number: Option<u32>,
        /// In minor units; 0: nothing any more.
        amount_minor: i64,
        /// Why.
        reason: String,
    },
    /// What was typed for the next line is taken back.
    Clear,
    /// Take a line back.
    VoidLine {
        /// Its number.
        line_number: u32,
    },
    /// Goods come back with this receipt.
    Return {
        /// Which.
        receipt: ReceiptNumber,
        /// Why, or empty.
        reason: String,
    },
    /// Pieces of a line of the receipt at hand come back.
    ReturnLine {
        /// Its number on that receipt.
        line_number: u32,
        /// How many; `None`: all that are left.
        pieces: Option<u32>,
    },
    /// An article comes back without a receipt.
    ReturnWithout {
        /// As scanned, or its short code.
        article: String,
        /// Why.
        reason: String,
    },
    /// The parts of cards go back in cash.
    CashForCard {
        /// Why.
        reason: String,
    },
    /// The money goes back.
    PayBack,
    /// What does it cost?
    Total,
    /// The customer is old enough, or is not.
    Age {
        /// In years, as it was asked.
        least_age: u8,
        /// Whether the customer is.
        old_enough: bool,
    },
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
    /// The customer comes back in a while.
    Suspend {
        /// What the cashier calls the basket, or empty.
        label: String,
    },
    /// A suspended basket is taken up.
    Recall {
        /// The sale it was.
        sale: u32,
    },
    /// A basket is taken up that another lane suspended.
    RecallElsewhere {
        /// Which.
        basket: SuspendedId,
    },
    /// What waits in the store?
    Baskets,
    /// Go, or lock the lane: the basket stays.
    SignOff,
    /// Sign somebody off who has gone.
    SignOffAnother,
    /// Let somebody try again who typed too many wrong PINs.
    Unlock {
        /// The operator's number.
        operator: u32,
    },
    /// At the cash drawer.
    Till(TillKey),
}

impl Key {
    /// The key that a keyboard's layout or a script calls by this name, with what was typed before
    /// it. Several things are typed with a space between them; what is about a line begins with its
    /// number and a dot (`2. 350 torn`), or is about the last one. `None`: there is none, or what
    /// was typed is nothing for it.
    #[must_use]
    pub fn named(name: &str, typed: &str) -> Option<Self> {
        let text = || typed.to_owned();
        let (line_number, of_line) = line_and_rest(typed);
        let (first, rest) = first_and_rest(of_line);
        Some(match name {
            "open" => Self::Open {
                order_reference: text(),
            },
            "quantity" => Self::Quantity {
                quantity: typed.parse().ok()?,
            },
            "change-quantity" => Self::ChangeQuantity {
                line_number,
                quantity: of_line.parse().ok()?,
            },
            "plu" => Self::Plu {
                code: typed.parse().ok()?,
            },
            "weight" => Self::Weight {
                grams: typed.parse().ok()?,
            },
            "price" => Self::Price {
                price_minor: typed.parse().ok()?,
            },
            "amount" => {
                let (amount, rest) = first_and_rest(typed);
                let (tax_class, name) = first_and_rest(rest);
                Self::Amount {
                    amount_minor: amount.parse().ok()?,
                    tax_class: tax_class.to_owned(),
                    name: name.to_owned(),
                }
            }
            "override-price" => Self::OverridePrice {
                line_number,
                price_minor: first.parse().ok()?,
                reason: rest.to_owned(),
            },
            "discount" => Self::Discount {
                line_number,
                amount_minor: first.parse().ok()?,
                reason: rest.to_owned(),
            },
            "clear" => Self::Clear,
            "void-line" => Self::VoidLine {
                line_number: typed.parse().ok()?,
            },
            "total" => Self::Total,
            "old-enough" | "too-young" => Self::Age {
                least_age: typed.parse().ok()?,
                old_enough: name == "old-enough",
            },
            "cash" => Self::Cash {
                given_minor: typed.parse().ok()?,
            },
            "card" => Self::Card,
            "void-sale" => Self::VoidSale { reason: text() },
            "suspend" => Self::Suspend { label: text() },
            "recall" => Self::recall(typed)?,
            "baskets" => Self::Baskets,
            "sign-off" => Self::SignOff,
            "sign-off-another" => Self::SignOffAnother,
            "unlock" => Self::Unlock {
                operator: typed.parse().ok()?,
            },
            _ => return Self::of_returns(name, typed).or_else(|| Self::of_till(name, typed)),
        })
    }

    /// By the number of a sale of this lane, or by that of any lane, `3-1-42`.
    fn recall(typed: &str) -> Option<Self> {
        let own = typed.parse().ok().map(|sale| Self::Recall { sale });
        own.or_else(|| {
            let basket = SuspendedId::parse(typed).ok()?;
            Some(Self::RecallElsewhere { basket })
        })
    }

    fn of_till(name: &str, typed: &str) -> Option<Self> {
        TillKey::named(name, typed).map(Self::Till)
    }

    /// The keys for goods that come back.
    fn of_returns(name: &str, typed: &str) -> Option<Self> {
        Some(match name {
            "return" => {
                let (receipt, reason) = first_and_rest(typed);
                Self::Return {
                    receipt: ReceiptNumber::scanned(receipt)?,
                    reason: reason.to_owned(),
                }
            }
            "return-line" => {
                let (line, pieces) = match typed.split_once(" x ") {
                    None => (typed, None),
                    Some((line, pieces)) => (line, Some(pieces.parse().ok()?)),
                };
                Self::ReturnLine {
                    line_number: line.parse().ok()?,
                    pieces,
                }
            }
            "return-without" => {
                let (article, reason) = first_and_rest(typed);
                Self::ReturnWithout {
                    article: article.to_owned(),
                    reason: reason.to_owned(),
                }
            }
            "cash-for-card" => Self::CashForCard {
                reason: typed.to_owned(),
            },
            "pay-back" => Self::PayBack,
            _ => return None,
        })
    }

    /// What pressing it tells the checkout. `fresh` draws a payment id that was never used.
    #[allow(clippy::too_many_lines, reason = "a table: each key and its event")]
    pub fn event(self, by: &AtTheKeys<'_>, fresh: impl FnOnce() -> PaymentId) -> Event {
        let money = |minor| Money::new(minor, by.currency);
        match self {
            Self::Open { order_reference } => Event::Open {
                operator: by.operator,
                order_reference,
                price_version: by.price_version.clone(),
            },
            Self::Quantity { quantity } => Event::QuantityAnnounced { quantity },
            Self::ChangeQuantity {
                line_number,
                quantity,
            } => Event::QuantityChanged {
                line_number,
                quantity,
            },
            Self::Plu { code } => by.article_of(code),
            Self::Weight { grams } => Event::Weighed(Weight {
                grams,
                by: WeighedBy::Hand,
            }),
            Self::Price { price_minor } => Event::PriceAnnounced {
                price: money(price_minor),
                right: by.right,
            },
            Self::Amount {
                amount_minor,
                tax_class,
                name,
            } => Event::AmountTyped {
                typed: by.amount(money(amount_minor), tax_class, name),
                right: by.right,
            },
            Self::OverridePrice {
                line_number,
                price_minor,
                reason,
            } => Event::PriceOverridden {
                line_number,
                price: money(price_minor),
                reason,
                right: by.right,
            },
            Self::Discount {
                line_number,
                amount_minor,
                reason,
            } => Event::Discounted {
                line_number,
                amount: money(amount_minor),
                reason,
                right: by.right,
            },
            Self::Clear => Event::Cleared,
            Self::VoidLine { line_number } => Event::LineVoided { line_number },
            Self::Return { receipt, reason } => Event::ReturnAsked { receipt, reason },
            Self::ReturnLine {
                line_number,
                pieces,
            } => Event::ReturnLine {
                line_number,
                pieces,
            },
            Self::ReturnWithout { article, reason } => by.without_receipt(&article, reason),
            Self::CashForCard { reason } => Event::CashForCard {
                reason,
                right: by.right,
            },
            Self::PayBack => Event::PayBack,
            Self::Total => Event::Total,
            Self::Age {
                least_age,
                old_enough,
            } => Event::AgeAnswered {
                least_age,
                old_enough,
            },
            Self::Cash { given_minor } => Event::CashTendered {
                given: money(given_minor),
            },
            Self::Card => Event::CardChosen {
                payment_id: fresh(),
            },
            Self::VoidSale { reason } => Event::VoidSale { reason },
            Self::Suspend { label } => Event::Suspend { label },
            Self::Recall { sale } => Event::Recall {
                suspended: SaleNumber(sale),
                operator: by.operator,
                price_version: by.price_version.clone(),
            },
            Self::RecallElsewhere { basket } => Event::BasketAsked {
                basket,
                operator: by.operator,
                price_version: by.price_version.clone(),
            },
            Self::Baskets => Event::BasketsAsked,
            Self::SignOff => Event::SignOff,
            Self::SignOffAnother => Event::SignOffAnother,
            Self::Unlock { operator } => Event::Unlock {
                operator: OperatorId(operator),
            },
            Self::Till(key) => Event::Till(key.event(by.operator, by.right, by.currency)),
        }
    }
}

/// Who presses keys, and by what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AtTheKeys<'prices> {
    /// Who sells.
    pub operator: OperatorId,
    /// Whether there is a right to what a cashier may not do alone.
    pub right: Right,
    /// The price file of the next sale.
    pub price_version: String,
    /// What the lane sells in.
    pub currency: Currency,
    /// The prices of the sale that is open; `None`: none are at hand.
    pub prices: Option<&'prices PriceBook>,
    /// What codes mean.
    pub codes: &'prices CodeTable,
}

impl AtTheKeys<'_> {
    fn article_of(&self, code: u32) -> Event {
        match self.prices {
            Some(book) => book.by_plu(code),
            None => Event::NotFound {
                barcode: code.to_string(),
            },
        }
    }

    /// An article that comes back: by its short code, or by what is scanned of it.
    fn without_receipt(&self, article: &str, reason: String) -> Event {
        let barcode = || article.to_owned();
        let Some(book) = self.prices else {
            return Event::NotFound { barcode: barcode() };
        };
        let found = match article.parse() {
            Ok(code) if article.len() < SHORTEST_BARCODE => book.by_plu(code),
            Ok(_) | Err(_) => book.scanned(article, self.codes),
        };
        let right = self.right;
        match found {
            Event::Scanned(item) => Event::ReturnWithout {
                item,
                reason,
                right,
            },
            other => other,
        }
    }

    fn amount(&self, amount: Money, tax_class: String, name: String) -> TypedAmount {
        let rate = self.prices.and_then(|book| book.tax_rate(&tax_class));
        TypedAmount {
            amount,
            name,
            tax_class,
            tax_rate_basis_points: rate,
        }
    }
}

/// `2. 350 torn`: the line, and what is typed for it.
fn line_and_rest(typed: &str) -> (Option<u32>, &str) {
    let found = typed.split_once(". ").and_then(|(line, rest)| {
        let number = line.parse().ok()?;
        Some((Some(number), rest))
    });
    found.unwrap_or((None, typed))
}

fn first_and_rest(typed: &str) -> (&str, &str) {
    typed.split_once(' ').unwrap_or((typed, ""))
}

#[cfg(test)]
mod tests;
