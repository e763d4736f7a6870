//! Looking for sales and payments, as it is asked and told: the same over gRPC as over the journal
//! of a stopped hub.

use domain::{
    ids::{LaneId, OperatorId, PaymentId, ReceiptNumber},
    money::{Currency, Money},
    time::WallMs,
    words::Worded,
};
use proto::store::v1::{FindRequest, FindResponse, FoundLine};
use records::money_to_proto;

use crate::projections::{Books, Found, LedgerError, PrefixFound, Query};

/// What is told where nobody says how much.
const TOLD: u32 = 100;
/// The most that are told at once.
const TOLD_MAX: u32 = 10_000;
/// Shorter beginnings of an id are no help.
const PREFIX_DIGITS_MIN: usize = 4;
const ID_DIGITS: usize = 32;
/// No card number is shorter.
const CARD_DIGITS_MIN: usize = 12;

/// What can't be looked for, and why.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}: {what}", field.english())]
pub(crate) struct BadQuery {
    field: Field,
    what: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Field {
    Receipt,
    Amount,
    LastFour,
    Lane,
    To,
}

impl Field {
    const fn english(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::Amount => "amount",
            Self::LastFour => "last four",
            Self::Lane => "lane",
            Self::To => "to",
        }
    }
}

impl BadQuery {
    /// The same in Chinese.
    pub(crate) const fn chinese(&self) -> &'static str {
        match self.field {
            Field::Receipt => "小票号：格式如 3-1-000042",
            Field::Amount => "金额：格式如 12.90",
            Field::LastFour => "卡号后四位：四位数字，如 0018",
            Field::Lane => "收银台：编号过大",
            Field::To => "止：早于起始时间",
        }
    }
}

fn bad(field: Field, what: impl ToString) -> BadQuery {
    BadQuery {
        field,
        what: what.to_string(),
    }
}

/// Reads a question.
pub(crate) fn query(from: &FindRequest, currency: Currency) -> Result<Query, BadQuery> {
    let receipt = filled(&from.receipt_number).map(ReceiptNumber::parse);
    let receipt = receipt.transpose();
    let amount = filled(&from.amount).map(|text| {
        let form = || {
            let letters = currency.letters();
            bad(
                Field::Amount,
                format!("\"{text}\" is no amount of {letters}, as in 12.90"),
            )
        };
        Money::parse(text, currency).ok_or_else(form)
    });
    let last_four = filled(&from.last_four).map(|text| {
        let digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
        let form = || {
            bad(
                Field::LastFour,
                "the last four digits of the card, as in 0018",
            )
        };
        digits.then(|| text.to_owned()).ok_or_else(form)
    });
    let lane = from.lane.map(|lane| {
        let lane = u16::try_from(lane).map_err(|error| bad(Field::Lane, error))?;
        Ok(LaneId(lane))
    });
    if let (Some(from), Some(to)) = (from.from_wall_ms, from.to_wall_ms)
        && from > to
    {
        return Err(bad(Field::To, "lies before from"));
    }
    let limit = match from.limit {
        0 => TOLD,
        limit => limit.min(TOLD_MAX),
    };
    Ok(Query {
        receipt: receipt.map_err(|error| bad(Field::Receipt, error))?,
        amount_minor: amount.transpose()?.map(Money::minor),
        last_four: last_four.transpose()?,
        from: from.from_wall_ms.map(WallMs),
        to: from.to_wall_ms.map(WallMs),
        lane: lane.transpose()?,
        operator: from.operator_id.map(OperatorId),
        limit: usize::try_from(limit).unwrap_or(usize::MAX),
    })
}

fn filled(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// Tells what was found.
pub(crate) fn response(found: &[Found], query: &Query, currency: Currency) -> FindResponse {
    let line = |one: &Found| FoundLine {
        business_date: one.date.to_string(),
        wall_ms: one.at.0,
        lane: one.lane.0.into(),
        receipt_number: one
            .receipt
            .map_or_else(String::new, |receipt| receipt.to_string()),
        payment_id: one.payment_id.map_or_else(String::new, |id| id.to_string()),
        amount: Some(money_to_proto(Money::new(one.amount_minor, currency))),
        last_four: one.last_four.clone(),
        state: one.state.clone(),
        paid_by: one.paid_by.iter().map(|kind| kind.number()).collect(),
    };
    FindResponse {
        found: found.iter().map(line).collect(),
        more: found.len() >= query.limit,
    }
}

/// Why an id names no payment.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoPayment {
    /// It is no id, nor the beginning of one.
    #[error("{} is no payment id: 32 hex digits, or at least the first four", said(.0))]
    Form(String),
    /// Nobody knows one.
    #[error("no payment {}", said(.0))]
    Unknown(String),
    /// Several begin so.
    #[error("several payments begin with {digits}: {1}", digits = said(.0))]
    Several(String, String),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl NoPayment {
    /// The same in Chinese.
    pub(crate) fn chinese(&self) -> String {
        match self {
            Self::Form(_) => "付款编号为 32 位十六进制数字，至少输入前四位".to_owned(),
            Self::Unknown(_) => "没有此付款".to_owned(),
            Self::Several(..) => "有多笔付款以此开头：请多输入几位".to_owned(),
            Self::Ledger(_) => "账本无法读取".to_owned(),
        }
    }
}

/// What was asked for, unless a card number may be in it (I16).
fn said(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let mut runs = plain.split(|c: char| !c.is_ascii_digit());
    match runs.any(|digits| digits.len() >= CARD_DIGITS_MIN) {
        true => "of these digits".to_owned(),
        false => format!("\"{text}\""),
    }
}

/// The digits of an id or of its beginning, in lower case.
pub(crate) fn id_digits(text: &str) -> Result<String, NoPayment> {
    let digits = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match digits && (PREFIX_DIGITS_MIN..=ID_DIGITS).contains(&text.len()) {
        true => Ok(text.to_ascii_lowercase()),
        false => Err(NoPayment::Form(text.to_owned())),
    }
}

/// The one payment whose id begins so.
pub(crate) fn the_one(digits: &str, found: PrefixFound) -> Result<PaymentId, NoPayment> {
    match found {
        PrefixFound::One(id) => Ok(id),
        PrefixFound::None => Err(NoPayment::Unknown(digits.to_owned())),
        PrefixFound::Several(ids) => {
            let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            Err(NoPayment::Several(digits.to_owned(), ids.join(", ")))
        }
    }
}

/// The one payment in these books whose id begins so.
pub(crate) fn payment_in(books: &Books, text: &str) -> Result<PaymentId, NoPayment> {
    let digits = id_digits(text)?;
    the_one(&digits, books.by_prefix(&digits)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// I16: who asks for a card number instead of an id does not read it again, nor in the log.
    #[test]
    fn a_card_number_is_never_said_again() {
        for typed in [
            "6216261000000000018",
            "6216 2610 0000 0000 018",
            "6216-2610-0000-0000-018",
            "6216261000000000018D3012",
            "pan=6216261000000000018",
        ] {
            let error = match id_digits(typed) {
                Ok(digits) => the_one(&digits, PrefixFound::None).unwrap_err(),
                Err(error) => error,
            };
            assert!(!error.to_string().contains("6216"), "{error}");
        }
        let unknown = the_one("0a1b", PrefixFound::None).unwrap_err();
        assert_eq!(unknown.to_string(), "no payment \"0a1b\"");
    }
}
