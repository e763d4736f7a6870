//! The script: one order a line, as JSON.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use domain::{
    ids::{InvalidId, OperatorId, ReceiptNumber},
    sale::Key,
};
use operator_pin::Pin;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use crate::devices::Identity;

/// One customer: what is scanned and how it is paid.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Its name, unique in the script.
    pub order: String,
    /// When the customer comes, on the business clock.
    pub arrive_wall_ms: i64,
    /// Who serves this customer and those that follow, where the lane has operators.
    #[serde(default)]
    pub operator: Option<IdentityOnScript>,
    /// A wrong PIN that is typed before whoever serves signs on.
    #[serde(default)]
    pub mistyped: Option<IdentityOnScript>,
    /// Who allows what is refused to the operator.
    #[serde(default)]
    pub supervisor: Option<IdentityOnScript>,
    /// Keys that are pressed before it, while no sale is open.
    #[serde(default)]
    pub keys: Vec<KeyOnScript>,
    /// Keys that are pressed once all is scanned.
    #[serde(default)]
    pub keys_on_basket: Vec<KeyOnScript>,
    /// No customer: nothing but the keys.
    #[serde(default)]
    pub only_keys: bool,
    /// Barcodes in the order they are scanned.
    pub items: Vec<String>,
    /// Scanned first by mistake, and taken back; none of the items.
    #[serde(default)]
    pub mistake: Option<String>,
    /// Scanned last, and taken out again: the customer is too young for it. None of the items.
    #[serde(default)]
    pub too_young_for: Option<String>,
    /// With all scanned the customer forgot something: the basket waits, and is recalled.
    #[serde(default)]
    pub waits: bool,
    /// With all scanned the basket waits, under the name of the order, for another lane to take it
    /// up: here nothing more is done for it.
    #[serde(default)]
    pub for_another_lane: bool,
    /// The basket waits on another lane under the name of the order. One that can't be had is
    /// scanned again.
    #[serde(default)]
    pub from_another_lane: bool,
    /// Goods that come back before anything is scanned.
    #[serde(default)]
    pub returns: Option<ReturnOnScript>,
    /// Tried in order, each for what is still open; cash follows the last.
    pub tenders: Vec<TenderOnScript>,
}

/// Goods that come back with their receipt.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReturnOnScript {
    /// The number on the receipt.
    pub receipt: ReceiptOnScript,
    /// A piece of each of these lines of it.
    pub lines: Vec<u32>,
}

/// A receipt, by its number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct ReceiptOnScript(pub ReceiptNumber);

impl TryFrom<String> for ReceiptOnScript {
    type Error = InvalidId;

    fn try_from(from: String) -> Result<Self, Self::Error> {
        ReceiptNumber::parse(&from).map(Self)
    }
}

/// Somebody who works in the store.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "TypedOnScript")]
pub struct IdentityOnScript(pub Identity);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedOnScript {
    number: u32,
    #[serde(deserialize_with = "secret")]
    pin: Zeroizing<String>,
}

impl TryFrom<TypedOnScript> for IdentityOnScript {
    type Error = &'static str;

    fn try_from(from: TypedOnScript) -> Result<Self, Self::Error> {
        let pin = Pin::new(&from.pin).ok_or("no PIN")?;
        Ok(Self(Identity {
            operator: OperatorId(from.number),
            pin,
        }))
    }
}

/// A key, by its name.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "PressOnScript")]
pub struct KeyOnScript(pub Key);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PressOnScript {
    press: String,
    #[serde(default)]
    typed: String,
}

impl TryFrom<PressOnScript> for KeyOnScript {
    type Error = &'static str;

    fn try_from(from: PressOnScript) -> Result<Self, Self::Error> {
        let key = Key::named(&from.press, &from.typed);
        key.map(Self).ok_or("no such key")
    }
}

/// One tender of a customer.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum TenderOnScript {
    /// Notes and coins.
    Cash {
        /// How much.
        give: CashGiven,
    },
    /// A card.
    Card(CardOnScript),
}

/// How much cash a customer gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CashGiven {
    /// To the cent.
    Exact,
    /// The next note.
    RoundUp,
}

/// How a card is presented.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Entry {
    /// Chip with contacts.
    Chip,
    /// Contactless chip.
    Contactless,
    /// Magnetic stripe.
    Stripe,
    /// Typed in.
    Keyed,
}

/// Whose money a card spends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FundingOnScript {
    /// The customer's account.
    Debit,
    /// A credit line.
    Credit,
    /// Loaded beforehand.
    Prepaid,
}

/// A test card. Wiped from memory when dropped; `Debug` shows no number and no PIN.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardOnScript {
    /// Its number.
    #[serde(deserialize_with = "secret")]
    pub pan: Zeroizing<String>,
    /// YYMM.
    pub expiry: String,
    /// Three digits, if it has one.
    #[serde(default)]
    pub card_sequence: Option<String>,
    /// How it is presented.
    pub entry: Entry,
    /// What the customer enters; nothing for a card without PIN.
    #[serde(default, deserialize_with = "optional_secret")]
    pub pin: Option<Zeroizing<String>>,
    /// Three digits.
    #[serde(default)]
    pub service_code: Option<String>,
    /// Whose money it spends.
    pub funding: FundingOnScript,
}

impl fmt::Debug for CardOnScript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CardOnScript")
            .field("entry", &self.entry)
            .field("pin", &self.pin.is_some())
            .finish_non_exhaustive()
    }
}

fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(from).map(Zeroizing::new)
}

fn optional_secret<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Zeroizing<String>>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map(Zeroizing::new))
}

/// Why a script can't be played. Says the line, never what stands on it: it may be a card.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// The file can't be read.
    #[error("script {} can't be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line is not an order.
    #[error("script line {line} is not an order (column {column})")]
    Line {
        /// From 1.
        line: usize,
        /// Where on the line.
        column: usize,
    },
}

/// Reads a script file.
///
/// # Errors
/// It can't be read, or a line is not an order.
pub fn read_script(path: &Path) -> Result<Vec<Order>, ScriptError> {
    let text = fs::read_to_string(path).map_err(|source| ScriptError::Read {
        path: path.to_owned(),
        source,
    })?;
    parse_script(&Zeroizing::new(text))
}

/// Reads a script; empty lines are skipped.
///
/// # Errors
/// The first line that is not an order.
pub fn parse_script(text: &str) -> Result<Vec<Order>, ScriptError> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(index, line)| {
            serde_json::from_str(line).map_err(|error| ScriptError::Line {
                line: index.saturating_add(1),
                column: error.column(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_an_order_and_a_bad_line_is_named_without_its_card() {
        let good = concat!(
            r#"{"order":"basket-17","arrive_wall_ms":1795334400000,"items":["6900000000014"],"#,
            r#""tenders":[{"kind":"card","pan":"6216261000000000018","expiry":"3012","#,
            r#""card_sequence":"001","entry":"chip","pin":"1234","service_code":"201","#,
            r#""funding":"debit"},{"kind":"cash","give":"round-up"}]}"#
        );
        let orders = parse_script(&format!("{good}\n\n")).unwrap();
        assert_eq!(orders.len(), 1);
        assert_eq!(orders[0].order, "basket-17");
        assert!(!format!("{orders:?}").contains("6216261"));
        assert!(!format!("{orders:?}").contains("1234\""));
        let bad = good.replace(
            "\"funding\":\"debit\"",
            "\"funding\":\"6216261000000000018\"",
        );
        let error = parse_script(&format!("{good}\n{bad}")).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("script line 2 is not an order")
        );
        assert!(!format!("{error:?} {error}").contains("6216261"));
        assert!(parse_script(&good.replace("order\"", "ordre\"")).is_err());
    }

    #[test]
    fn a_key_is_pressed_by_its_name_and_none_is_made_up() {
        let line = |press: &str| {
            format!(
                r#"{{"order":"a","arrive_wall_ms":0,"items":[],"tenders":[],"keys":[{press}]}}"#
            )
        };
        let orders = parse_script(&line(r#"{"press":"void-line","typed":"2"}"#)).unwrap();
        let voided = Key::VoidLine { line_number: 2 };
        assert_eq!(orders[0].keys, [KeyOnScript(voided)]);
        assert!(parse_script(&line(r#"{"press":"void-line","typed":"x"}"#)).is_err());
        assert!(parse_script(&line(r#"{"press":"vodka"}"#)).is_err());
    }
}
