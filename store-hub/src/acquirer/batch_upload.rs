//! The 0320: up to eight items of a batch that did not balance, and the end marker.

use domain::{
    desk::{Binding, Outgoing},
    terminal::UploadItem,
};
use iso8583::message::{Message, Mti};
use zeroize::Zeroizing;

use crate::card_vault::CardForMessage;

const UPLOAD: Mti = Mti::literal(b"0320");
/// Field 60.3.
const ITEMS: &str = "201";
const END_NOT_BALANCED: &str = "202";
const END_BALANCED: &str = "207";
/// A domestic card, the only kind that is counted (field 48 of the 0500 knows no other here).
const DOMESTIC: &str = "00";

/// Builds the message; what is no upload has no items.
pub(super) fn message(outgoing: &Outgoing, card: &CardForMessage) -> Message {
    let mut message = Message::new(UPLOAD);
    let Outgoing::Upload {
        binding,
        items,
        total,
        balanced,
    } = outgoing
    else {
        return message;
    };
    let code = match (items.is_empty(), balanced) {
        (false, _) => ITEMS,
        (true, false) => END_NOT_BALANCED,
        (true, true) => END_BALANCED,
    };
    let content = match items.is_empty() {
        true => Zeroizing::new(format!("{total:04}")),
        false => items_text(items, card),
    };
    head(&mut message, binding);
    message
        .set(48, content.as_bytes())
        .set(60, format!("00{}{code}00", binding.batch));
    message
}

fn head(message: &mut Message, binding: &Binding) {
    message
        .set(11, binding.stan.to_string())
        .set(41, binding.tid.as_str())
        .set(42, binding.mid.as_str());
}

/// Count 2, then of each item card type 2, STAN 6, card number 20 with zeros before it, amount 12.
/// A card that is gone is all zeros: STAN and amount still name the item.
fn items_text(items: &[UploadItem], card: &CardForMessage) -> Zeroizing<String> {
    let mut text = Zeroizing::new(format!("{:02}", items.len()));
    for (index, item) in items.iter().enumerate() {
        let number = match card {
            CardForMessage::Numbers(numbers) => numbers.get(index).and_then(Option::as_ref),
            CardForMessage::Live { .. }
            | CardForMessage::Code(_)
            | CardForMessage::Held(_)
            | CardForMessage::None => None,
        };
        let number = number.map_or("", |number| number.as_str());
        text.push_str(DOMESTIC);
        text.push_str(&item.stan.to_string());
        for _ in number.len()..20 {
            text.push('0');
        }
        text.push_str(number);
        text.push_str(&format!("{:012}", item.amount.minor()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{
        ids::{BatchNumber, Mid, PaymentId, Stan, Tid},
        money::{Currency, Money},
    };

    fn upload(items: Vec<UploadItem>, balanced: bool) -> Outgoing {
        Outgoing::Upload {
            binding: Binding {
                tid: Tid::new("LANE0007").unwrap(),
                mid: Mid::new("898310054110001").unwrap(),
                stan: Stan::new(124).unwrap(),
                batch: BatchNumber::new(42).unwrap(),
            },
            items,
            total: 1,
            balanced,
        }
    }

    fn text(message: &Message, field: u8) -> String {
        String::from_utf8(message.get(field).unwrap().to_vec()).unwrap()
    }

    #[test]
    fn items_are_told_by_stan_number_and_amount() {
        let item = UploadItem {
            stan: Stan::new(123).unwrap(),
            payment_id: PaymentId(7),
            amount: Money::new(12_345, Currency::CNY),
            is_credit: false,
        };
        let number = Zeroizing::new("6216261000000000018".to_owned());
        let card = CardForMessage::Numbers(vec![Some(number), None]);
        let told = message(&upload(vec![item, item], false), &card);
        let first = "0000012306216261000000000018000000012345";
        let second = "0000012300000000000000000000000000012345";
        assert_eq!(text(&told, 48), format!("02{first}{second}"));
        assert_eq!(text(&told, 60), "0000004220100");
    }

    #[test]
    fn a_marker_says_how_many_there_were() {
        for (balanced, code) in [(false, "202"), (true, "207")] {
            let told = message(&upload(Vec::new(), balanced), &CardForMessage::None);
            assert_eq!(text(&told, 48), "0001");
            assert_eq!(text(&told, 60), format!("00000042{code}00"));
        }
    }
}
