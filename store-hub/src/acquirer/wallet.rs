//! Messages of a wallet's payment: pay, ask what became of it, take it back. What they carry where
//! is a table of the dialect (A). The code is in the first of them alone; the provider knows the
//! payment by its number ever after.

use std::time::Duration;

use domain::{
    desk::{Binding, Financial, WalletRules},
    ids::{AuthCode, BatchNumber, Stan},
    response_code::ResponseCode,
};
use iso8583::{
    dialect::{Dialect, WalletMessages},
    message::{Message, Mti},
};

use super::financial::{OutgoingError, financial_message};
use crate::{card_vault::CardForMessage, config::WalletTimes};

const PAY: Mti = Mti::literal(b"0200");
const REVERSAL: Mti = Mti::literal(b"0400");

/// What the dialect says of wallets, with this store's times; `None`: it has none.
pub(crate) fn rules(dialect: &Dialect, times: WalletTimes) -> Option<WalletRules> {
    let table = dialect.settings().wallet.as_ref()?;
    let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    Some(WalletRules {
        pay_code: table.pay_code.parse().ok()?,
        query_code: table.query_code.parse().ok()?,
        in_progress: ResponseCode::new(&table.in_progress).ok()?,
        ask_every_ms: milliseconds(times.ask_every),
        give_up_after_ms: milliseconds(times.give_up_after),
        reverse_after_ms: milliseconds(times.reverse_after),
        reverse_within_ms: u64::from(table.reverse_within_s).saturating_mul(1_000),
    })
}

/// 0200: the customer's code pays.
pub(super) fn pay(
    binding: &Binding,
    financial: &Financial,
    card: &CardForMessage,
    dialect: &Dialect,
) -> Result<Message, OutgoingError> {
    let CardForMessage::Code(code) = card else {
        return Err(OutgoingError::NoCard);
    };
    let table = table(dialect)?;
    let mut message = financial_message(PAY, &table.pay_code, binding, financial, dialect);
    message
        .set(table.code_field, code.digits())
        .set(60, sixty(&table.pay_kind, binding.batch));
    Ok(message)
}

/// 0200: what became of it? Its own number and batch are those of this message.
pub(super) fn query(
    binding: &Binding,
    financial: &Financial,
    (original_stan, original_batch): (Stan, BatchNumber),
    dialect: &Dialect,
) -> Result<Message, OutgoingError> {
    let table = table(dialect)?;
    let mut message = financial_message(PAY, &table.query_code, binding, financial, dialect);
    message
        .set(60, sixty(&table.query_kind, binding.batch))
        .set(61, format!("{original_batch}{original_stan}"));
    Ok(message)
}

/// 0400: whatever became of it is taken back.
pub(super) fn reversal(
    binding: &Binding,
    financial: &Financial,
    reason: ResponseCode,
    auth_code: Option<&AuthCode>,
    dialect: &Dialect,
) -> Result<Message, OutgoingError> {
    let table = table(dialect)?;
    let mut message = financial_message(REVERSAL, &table.pay_code, binding, financial, dialect);
    if let Some(auth_code) = auth_code {
        message.set(38, auth_code.as_str());
    }
    message
        .set(39, reason.as_str())
        .set(60, sixty(&table.pay_kind, binding.batch));
    Ok(message)
}

fn table(dialect: &Dialect) -> Result<&WalletMessages, OutgoingError> {
    let table = dialect.settings().wallet.as_ref();
    table.ok_or(OutgoingError::NoWallets)
}

/// Field 60: kind, batch, network code, read capability, chip condition; a part is not approved.
fn sixty(kind: &str, batch: BatchNumber) -> String {
    format!("{kind}{batch}000500")
}

#[cfg(test)]
mod tests {
    use domain::{
        card_ref::EntryMode,
        ids::{Mid, PaymentId, Tid},
        money::{Currency, Money},
        payment::LiveMessage,
    };
    use zeroize::Zeroizing;

    use super::*;

    const CODE: &str = "134567890123456789";

    fn binding() -> Binding {
        Binding {
            tid: Tid::new("LANE0007").unwrap(),
            mid: Mid::new("898310054110001").unwrap(),
            stan: Stan::new(123).unwrap(),
            batch: BatchNumber::new(42).unwrap(),
        }
    }

    fn financial() -> Financial {
        Financial {
            payment_id: PaymentId(7),
            amount: Money::new(12_345, Currency::CNY),
            entry_mode: EntryMode::Code,
            pin_entered: false,
            message: LiveMessage::WalletPay,
        }
    }

    fn text(message: &Message, field: u8) -> String {
        String::from_utf8(message.get(field).unwrap().to_vec()).unwrap()
    }

    #[test]
    fn the_code_is_in_the_message_that_pays_and_in_no_other() {
        let dialect = Dialect::named("cup-pos").unwrap();
        let code = Zeroizing::new(CODE.to_owned());
        let code = CardForMessage::Code(card_seal::WalletCode::new(code).unwrap());
        let paying = pay(&binding(), &financial(), &code, &dialect).unwrap();
        assert_eq!(text(&paying, 62), CODE);
        assert_eq!(text(&paying, 3), "660000");
        assert_eq!(text(&paying, 22), "032");
        assert_eq!(text(&paying, 60), "60000042000500");
        let original = (Stan::new(122).unwrap(), BatchNumber::new(41).unwrap());
        let asking = query(&binding(), &financial(), original, &dialect).unwrap();
        assert_eq!(text(&asking, 3), "670000");
        assert_eq!(text(&asking, 61), "000041000122");
        let back = ResponseCode::NO_ANSWER;
        let reversing = reversal(&binding(), &financial(), back, None, &dialect).unwrap();
        assert_eq!(text(&reversing, 3), "660000");
        assert_eq!(text(&reversing, 39), "98");
        for message in [asking, reversing] {
            assert!(!message.has(62) && !message.has(2) && !message.has(14));
        }
        let none = pay(&binding(), &financial(), &CardForMessage::None, &dialect);
        assert!(matches!(none, Err(OutgoingError::NoCard)));
        let other = Dialect::named("iso87-ascii").unwrap();
        let none = pay(&binding(), &financial(), &code, &other);
        assert!(matches!(none, Err(OutgoingError::NoWallets)));
    }
}
