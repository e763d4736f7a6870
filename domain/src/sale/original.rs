//! A closed sale as goods may come back from it.

use std::collections::BTreeMap;

use crate::{
    money::{Currency, Money, MoneyError},
    returns::{CardPaid, Original, PaidPart, SoldLine, Source, share_of_class},
    sale::{CardTender, Line, Sale, SaleFact, TaxMode, Tender},
    time::{BusinessDate, WallMs},
};

impl Original {
    /// Of a sale that this fact closes, on this date; `None`: it does not.
    ///
    /// What paid for its lines are its own tenders and what came back in the same sale without a
    /// receipt. The value of goods that came back with one is the hub's to know.
    ///
    /// # Errors
    /// Sums that no sale can have.
    pub fn of(
        sale: &Sale,
        closed: &SaleFact,
        (sold_on, at): (BusinessDate, WallMs),
    ) -> Result<Option<Self>, MoneyError> {
        let SaleFact::SaleClosed {
            receipt,
            total,
            tenders,
            change,
            rounding,
            tax_mode,
            ..
        } = closed
        else {
            return Ok(None);
        };
        let currency = total.currency();
        let mut original = Self {
            receipt: *receipt,
            sold_on,
            at,
            tax_mode: *tax_mode,
            lines: sold_lines(sale, *tax_mode, currency)?,
            paid: Vec::new(),
        };
        if !total.is_negative() {
            let kept = (*change, *rounding);
            own_tenders(&mut original, tenders, kept, &sale.card_tenders)?;
        }
        let came_back = without_receipt(sale, *tax_mode, currency)?;
        let credit = came_back.at_most(value(&original, currency)?)?;
        if credit.is_positive() {
            original.credit(PaidPart {
                source: Source::Cash,
                card: None,
                value: credit,
                paid: credit,
            })?;
        }
        Ok(Some(original))
    }
}

fn value(original: &Original, currency: Currency) -> Result<Money, MoneyError> {
    match original.lines.is_empty() {
        true => Ok(Money::zero(currency)),
        false => original.value(),
    }
}

/// Each with its share of the tax of its class.
fn sold_lines(sale: &Sale, mode: TaxMode, currency: Currency) -> Result<Vec<SoldLine>, MoneyError> {
    let sold = || sale.sold_lines().filter(|line| line.returned.is_none());
    let nothing = Money::zero(currency);
    let mut classes: BTreeMap<(&str, u16), Money> = BTreeMap::new();
    for line in sold() {
        if let Some(class) = class_of(line) {
            let sum = classes.entry(class).or_insert(nothing);
            *sum = sum.add(line.total)?;
        }
    }
    let mut before: BTreeMap<(&str, u16), Money> = BTreeMap::new();
    let mut lines = Vec::new();
    for line in sold() {
        let tax = match class_of(line) {
            None => nothing,
            Some(class) => {
                let all = classes.get(&class).copied().unwrap_or(nothing);
                let until = before.entry(class).or_insert(nothing);
                let from = *until;
                *until = from.add(line.total)?;
                share_of_class(mode.of(all, class.1)?, (from, *until), all)?
            }
        };
        let line = line.clone();
        lines.push(SoldLine { line, tax });
    }
    Ok(lines)
}

fn class_of(line: &Line) -> Option<(&str, u16)> {
    let tax = line.tax?;
    Some((line.tax_class.as_str(), tax.rate_basis_points))
}

/// What was paid: cash as the drawer kept it. What a voucher or an amount that is owed has paid
/// for can't go back the way it came.
fn own_tenders(
    original: &mut Original,
    tenders: &[Tender],
    (change, rounding): (Money, Money),
    cards: &[CardTender],
) -> Result<(), MoneyError> {
    let mut cash: Option<Money> = None;
    for tender in tenders {
        match tender {
            Tender::Card {
                amount, payment_id, ..
            }
            | Tender::Wallet {
                amount, payment_id, ..
            }
            | Tender::GiftCard { amount, payment_id } => {
                let mut known = cards.iter();
                let known = known.find(|card| card.payment.payment_id == *payment_id);
                let card = known.map(|card| CardPaid {
                    scheme: card.payment.card.scheme,
                    masked: card.payment.card.masked.clone(),
                });
                original.credit(PaidPart {
                    source: Source::Payment(*payment_id),
                    card,
                    value: *amount,
                    paid: *amount,
                })?;
            }
            Tender::Cash { given: amount } | Tender::ForeignCash { amount, .. } => {
                cash = Some(cash.map_or(Ok(*amount), |sum| sum.add(*amount))?);
            }
            Tender::Voucher { .. } | Tender::Owed { .. } => {}
        }
    }
    if let Some(given) = cash {
        let paid = given.subtract(change)?;
        original.credit(PaidPart {
            source: Source::Cash,
            card: None,
            value: paid.subtract(rounding)?,
            paid,
        })?;
    }
    Ok(())
}

/// What goods that came back without a receipt were worth.
fn without_receipt(sale: &Sale, mode: TaxMode, currency: Currency) -> Result<Money, MoneyError> {
    let back = sale.sold_lines().filter(|line| {
        let returned = line.returned.as_ref();
        returned.is_some_and(|returned| returned.original.is_none())
    });
    back.map(|line| line.value(mode))
        .try_fold(Money::zero(currency), |sum, value| sum.subtract(value?))
}
