//! What a return takes and what is left of earlier sales, both ways: as lanes and hub say it and as
//! both journal it.

use crate::{
    ConvertError, date_from_proto, date_to_proto,
    lane::{line_from_proto, line_to_proto},
    money_from_proto, money_to_proto, payment_id,
    reason::named_from_proto,
    scheme_from_proto, scheme_to_proto,
};
use domain::{
    card_ref::MaskedPan,
    ids::{ReceiptNumber, SaleNumber},
    money::{Currency, Money},
    returns::{
        CardPaid, LineLeft, OfReceipt, OriginalLeft, PaidLeft, Payback, ReturnRefusal, Source,
        TakenLine, Taking,
    },
    sale::{OwedBack, TaxMode},
    time::WallMs,
    words::Worded as _,
};
use proto::{journal::v1 as journal, store::v1 as wire};

type Result<T> = std::result::Result<T, ConvertError>;

/// What is asked for: lines without a plan.
#[must_use]
pub fn wanted_to_proto(wanted: &[OfReceipt]) -> journal::ReturnTaking {
    let mut totals = wanted.iter().flat_map(|of| &of.lines);
    let currency = totals.next().map(|line| line.total.currency());
    journal::ReturnTaking {
        currency: currency.map_or_else(String::new, |currency| currency.letters().to_owned()),
        of: wanted.iter().map(of_to_proto).collect(),
        plan: Vec::new(),
    }
}

/// What a return takes.
#[must_use]
pub fn taking_to_proto(taking: &Taking) -> journal::ReturnTaking {
    journal::ReturnTaking {
        plan: taking.plan.iter().map(payback_to_proto).collect(),
        ..wanted_to_proto(&taking.of)
    }
}

/// Reads what a return takes.
///
/// # Errors
/// A field that is missing or can't be.
pub fn taking_from_proto(from: Option<&journal::ReturnTaking>) -> Result<Taking> {
    let from = from.ok_or_else(|| ConvertError::missing("taking"))?;
    let currency = Currency::by_letters(&from.currency);
    let currency = currency.ok_or_else(|| ConvertError::new("taking.currency", "is none"))?;
    let of = from.of.iter().map(|of| of_from_proto(of, currency));
    let plan = from.plan.iter();
    Ok(Taking {
        of: of.collect::<Result<_>>()?,
        plan: plan
            .map(|one| payback_from_proto(one, currency))
            .collect::<Result<_>>()?,
    })
}

fn of_to_proto(of: &OfReceipt) -> journal::TakenOfReceipt {
    journal::TakenOfReceipt {
        receipt_number: of.receipt.to_string(),
        sold_on: date_to_proto(of.sold_on),
        lines: of.lines.iter().map(line_taken_to_proto).collect(),
    }
}

fn line_taken_to_proto(line: &TakenLine) -> journal::TakenLine {
    journal::TakenLine {
        line_number: line.line_number,
        pieces: line.pieces,
        total_minor: line.total.minor(),
        tax_minor: line.tax.minor(),
    }
}

fn of_from_proto(from: &journal::TakenOfReceipt, currency: Currency) -> Result<OfReceipt> {
    let lines = from.lines.iter().map(|line| TakenLine {
        line_number: line.line_number,
        pieces: line.pieces,
        total: Money::new(line.total_minor, currency),
        tax: Money::new(line.tax_minor, currency),
    });
    Ok(OfReceipt {
        receipt: receipt_number(&from.receipt_number)?,
        sold_on: date_from_proto("sold_on", &from.sold_on)?,
        lines: lines.collect(),
    })
}

/// What goes back to one tender.
pub(crate) fn payback_to_proto(payback: &Payback) -> journal::Payback {
    let (scheme, masked) = card_paid_to_proto(payback.card.as_ref());
    journal::Payback {
        receipt_number: payback.receipt.to_string(),
        payment_id: source_to_proto(payback.source),
        scheme,
        masked,
        value_minor: payback.value.minor(),
        before_minor: payback.before.minor(),
        whole_minor: payback.whole.minor(),
        paid_minor: payback.paid.minor(),
    }
}

/// Reads what goes back to one tender.
pub(crate) fn payback_from_proto(from: &journal::Payback, currency: Currency) -> Result<Payback> {
    let money = |minor| Money::new(minor, currency);
    Ok(Payback {
        receipt: receipt_number(&from.receipt_number)?,
        source: source_from_proto(&from.payment_id)?,
        card: card_paid_from_proto(from.scheme(), &from.masked)?,
        value: money(from.value_minor),
        before: money(from.before_minor),
        whole: money(from.whole_minor),
        paid: money(from.paid_minor),
    })
}

pub(crate) fn source_to_proto(source: Source) -> String {
    match source {
        Source::Payment(payment_id) => payment_id.to_string(),
        Source::Cash => String::new(),
    }
}

pub(crate) fn source_from_proto(from: &str) -> Result<Source> {
    match from {
        "" => Ok(Source::Cash),
        id => payment_id(id).map(Source::Payment),
    }
}

fn card_paid_to_proto(card: Option<&CardPaid>) -> (i32, String) {
    card.map_or((0, String::new()), |card| {
        let scheme = scheme_to_proto(card.scheme).into();
        (scheme, card.masked.as_str().to_owned())
    })
}

fn card_paid_from_proto(scheme: wire::Scheme, masked: &str) -> Result<Option<CardPaid>> {
    if masked.is_empty() {
        return Ok(None);
    }
    let masked = MaskedPan::new(masked).map_err(|error| ConvertError::new("masked", error))?;
    Ok(Some(CardPaid {
        scheme: scheme_from_proto(scheme),
        masked,
    }))
}

/// A card's part of what is paid back.
pub(crate) fn owed_to_proto(owed: &OwedBack) -> journal::OwedToCard {
    let (scheme, masked) = card_paid_to_proto(Some(&owed.card));
    journal::OwedToCard {
        payment_id: owed.payment_id.to_string(),
        scheme,
        masked,
        amount: Some(money_to_proto(owed.amount)),
    }
}

/// Reads a card's part of what is paid back.
pub(crate) fn owed_from_proto(from: &journal::OwedToCard) -> Result<OwedBack> {
    let card = card_paid_from_proto(from.scheme(), &from.masked)?;
    Ok(OwedBack {
        payment_id: payment_id(&from.payment_id)?,
        card: card.ok_or_else(|| ConvertError::missing("masked"))?,
        amount: money_from_proto("amount", from.amount.as_ref())?,
    })
}

pub(crate) fn receipt_number(text: &str) -> Result<ReceiptNumber> {
    ReceiptNumber::parse(text).map_err(|error| ConvertError::new("receipt_number", error))
}

/// What is left of an earlier sale, or why it is not told.
#[must_use]
pub fn original_told_to_proto(
    receipt: ReceiptNumber,
    told: std::result::Result<&OriginalLeft, ReturnRefusal>,
) -> wire::OriginalTold {
    let receipt_number = receipt.to_string();
    let left = match told {
        Ok(left) => left,
        Err(why) => {
            return wire::OriginalTold {
                receipt_number,
                refused: why.number(),
                ..wire::OriginalTold::default()
            };
        }
    };
    let lines = left.lines.iter().map(|line| wire::OriginalLine {
        line: Some(line_to_proto(SaleNumber(0), &line.line)),
        tax: Some(money_to_proto(line.tax)),
        back: line.back,
    });
    let paid = left.paid.iter().map(|paid| {
        let (scheme, masked) = card_paid_to_proto(paid.card.as_ref());
        wire::OriginalPaid {
            payment_id: source_to_proto(paid.source),
            scheme,
            masked,
            value: Some(money_to_proto(paid.value)),
            left: Some(money_to_proto(paid.left)),
        }
    });
    wire::OriginalTold {
        receipt_number,
        refused: 0,
        sold_on: left.sold_on.to_string(),
        wall_ms: left.at.0,
        tax_added: left.tax_mode == TaxMode::Exclusive,
        lines: lines.collect(),
        paid: paid.collect(),
    }
}

/// What the hub says of a receipt.
pub type OriginalTold = (
    ReceiptNumber,
    std::result::Result<OriginalLeft, ReturnRefusal>,
);

/// Reads what the hub says of a receipt.
///
/// # Errors
/// A field that is missing or can't be.
pub fn original_told_from_proto(from: wire::OriginalTold) -> Result<OriginalTold> {
    let receipt = receipt_number(&from.receipt_number)?;
    if let Some(why) = refusal_from_proto(from.refused)? {
        return Ok((receipt, Err(why)));
    }
    let sold_on = date_from_proto("sold_on", &from.sold_on)?;
    let lines = from.lines.into_iter().map(|one| {
        let line = one.line.ok_or_else(|| ConvertError::missing("line"))?;
        Ok(LineLeft {
            line: line_from_proto(line)?,
            tax: money_from_proto("tax", one.tax.as_ref())?,
            back: one.back,
        })
    });
    let paid = from.paid.iter().map(|one| {
        Ok(PaidLeft {
            source: source_from_proto(&one.payment_id)?,
            card: card_paid_from_proto(one.scheme(), &one.masked)?,
            value: money_from_proto("value", one.value.as_ref())?,
            left: money_from_proto("left", one.left.as_ref())?,
        })
    });
    let left = OriginalLeft {
        receipt,
        sold_on: sold_on.ok_or_else(|| ConvertError::missing("sold_on"))?,
        at: WallMs(from.wall_ms),
        tax_mode: match from.tax_added {
            true => TaxMode::Exclusive,
            false => TaxMode::Inclusive,
        },
        lines: lines.collect::<Result<_>>()?,
        paid: paid.collect::<Result<_>>()?,
    };
    Ok((receipt, Ok(left)))
}

/// A refusal by its number; `None`: there is none. One of a newer hub is one all the same.
pub fn refusal_from_proto(number: i32) -> Result<Option<ReturnRefusal>> {
    match number {
        0 => Ok(None),
        number => named_from_proto("refused", number, "").map(Some),
    }
}

#[cfg(test)]
mod tests {
    use domain::time::BusinessDate;

    use super::*;

    #[test]
    fn what_is_told_of_an_earlier_sale_comes_back_as_it_was() {
        let receipt = ReceiptNumber::parse("3-1-000042").unwrap();
        let cny = |minor| Money::new(minor, Currency::CNY);
        let card = CardPaid {
            scheme: domain::card_ref::Scheme::UnionPay,
            masked: MaskedPan::new("621626*********0018").unwrap(),
        };
        let paid = |source, card| PaidLeft {
            source,
            card,
            value: cny(700),
            left: cny(300),
        };
        let left = OriginalLeft {
            receipt,
            sold_on: BusinessDate::parse("2026-11-22").unwrap(),
            at: WallMs(7),
            tax_mode: TaxMode::Exclusive,
            lines: vec![LineLeft {
                line: crate::lane::a_line(),
                tax: cny(5),
                back: 1,
            }],
            paid: vec![
                paid(Source::Payment(domain::ids::PaymentId(9)), Some(card)),
                paid(Source::Cash, None),
            ],
        };
        let told = original_told_from_proto(original_told_to_proto(receipt, Ok(&left)));
        assert_eq!(told, Ok((receipt, Ok(left))));
        for why in ReturnRefusal::ALL {
            let told = original_told_from_proto(original_told_to_proto(receipt, Err(*why)));
            assert_eq!(told, Ok((receipt, Err(*why))));
        }
        assert!(refusal_from_proto(99).is_err());
    }
}
