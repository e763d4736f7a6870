//! A terminal's message as the host understands it: which transaction it is and what it says.
//! `Debug` shows no card number, PIN block or track.

use std::fmt;

use iso8583::{
    card::{Pan, Track2},
    codec::Decoded,
    dialect::WalletMessages,
};
use zeroize::Zeroizing;

use crate::{
    ledger::{Item, Original, Totals},
    wallets,
};

/// Which transaction a message asks for (the table of cup-pos: MTI, F3, F25, F60.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    SignOn,
    SignOff,
    Echo,
    Sale,
    /// The code of a customer's wallet pays.
    WalletPay,
    /// What became of that?
    WalletQuery,
    Void,
    Balance,
    /// A sale the terminal has approved by itself, told afterwards.
    OfflineSale,
    Refund,
    Reversal,
    Settlement,
    /// Items of a batch that didn't balance.
    BatchUpload,
    /// The end marker of an upload.
    BatchUploadEnd,
    /// Something the host doesn't do.
    Unsupported,
}

/// A field that must be there and isn't, or isn't what it must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FieldFault(pub(crate) u8);

/// A message of a terminal.
pub(crate) struct Request {
    pub(crate) kind: Kind,
    pub(crate) mti: String,
    pub(crate) tid: String,
    pub(crate) mid: String,
    pub(crate) stan: String,
    pub(crate) batch: String,
    pub(crate) f3: String,
    pub(crate) amount_minor: u64,
    pub(crate) currency: Option<String>,
    pub(crate) pan: Option<Pan>,
    pub(crate) expiry: Option<String>,
    pub(crate) pin_block: Option<[u8; 8]>,
    pub(crate) is_partial_welcome: bool,
    pub(crate) payment_ref: Option<String>,
    /// The code of a customer's wallet.
    pub(crate) wallet_code: Option<Zeroizing<String>>,
    /// About a wallet's payment.
    pub(crate) is_wallet: bool,
    pub(crate) original: Option<Original>,
    /// The terminal's own totals, of a settlement; `None` if they can't be read.
    pub(crate) totals: Option<Totals>,
    pub(crate) items: Vec<Item>,
    /// Messages or transactions an end marker counts.
    pub(crate) upload_count: Option<u64>,
}

impl Request {
    /// Understands a decoded message.
    pub(crate) fn read(decoded: &Decoded<'_>) -> Result<Self, FieldFault> {
        let mti = decoded.mti().as_str().to_owned();
        let kind = kind_of(decoded, &mti);
        let request = Self {
            kind,
            tid: text(decoded, 41)?,
            mid: text(decoded, 42)?,
            stan: digits(decoded.string(11), 6).ok_or(FieldFault(11))?,
            batch: digits(decoded.part(60, 2), 6).ok_or(FieldFault(60))?,
            f3: decoded.string(3).unwrap_or_default(),
            amount_minor: decoded.number(4).unwrap_or(0),
            currency: decoded.string(49),
            pan: decoded.pan(),
            expiry: expiry(decoded),
            pin_block: decoded.bytes(52).and_then(|block| block.try_into().ok()),
            is_partial_welcome: decoded.part(60, 6).as_deref() == Some("1"),
            payment_ref: payment_ref(decoded),
            wallet_code: wallet_code(decoded, kind),
            is_wallet: is_wallet(decoded),
            original: original(decoded, kind),
            totals: settlement_totals(decoded, kind),
            items: upload_items(decoded, &mti),
            upload_count: decoded
                .string(48)
                .and_then(|text| text.get(..4)?.parse().ok()),
            mti,
        };
        request.check(decoded)?;
        Ok(request)
    }

    /// Whether it moves money or takes it back: written to the ledger, answered with a MAC.
    pub(crate) const fn is_financial(&self) -> bool {
        match self.kind {
            Kind::Sale
            | Kind::WalletPay
            | Kind::WalletQuery
            | Kind::Void
            | Kind::Balance
            | Kind::OfflineSale
            | Kind::Refund
            | Kind::Reversal => true,
            Kind::SignOn
            | Kind::SignOff
            | Kind::Echo
            | Kind::Settlement
            | Kind::BatchUpload
            | Kind::BatchUploadEnd
            | Kind::Unsupported => false,
        }
    }

    /// The card as it may be shown.
    pub(crate) fn masked_card(&self) -> Option<String> {
        let code = self.wallet_code.as_deref();
        let code = code.map(|code| wallets::masked(code));
        self.pan.as_ref().map(Pan::masked).or(code)
    }

    fn check(&self, decoded: &Decoded<'_>) -> Result<(), FieldFault> {
        need(self.stan != "000000", 11)?;
        if !self.is_financial() {
            return Ok(());
        }
        need(self.f3.len() == 6, 3)?;
        need(decoded.has(22), 22)?;
        need(decoded.has(25), 25)?;
        need(self.currency.is_some(), 49)?;
        need(decoded.has(4) || self.kind == Kind::Balance, 4)?;
        match self.kind {
            Kind::WalletPay => need(self.wallet_code.is_some(), 62)?,
            Kind::WalletQuery => need(self.original.is_some(), 61)?,
            _ => need(self.pan.is_some() || self.kind == Kind::Reversal, 2)?,
        }
        need(self.original.is_some() || self.kind != Kind::Void, 61)?;
        need(
            decoded.has(52) || !says_pin(decoded) || self.kind == Kind::Reversal,
            52,
        )
    }
}

fn need(holds: bool, field: u8) -> Result<(), FieldFault> {
    if holds {
        Ok(())
    } else {
        Err(FieldFault(field))
    }
}

fn kind_of(decoded: &Decoded<'_>, mti: &str) -> Kind {
    let f3 = decoded.string(3).unwrap_or_default();
    let is_plain = decoded.matches(25, "00");
    let network = decoded.part(60, 3).unwrap_or_default();
    match (mti, f3.as_str(), network.as_str()) {
        ("0800", _, _) => Kind::SignOn,
        ("0820", _, "002") => Kind::SignOff,
        ("0820", _, "301") => Kind::Echo,
        ("0200", f3, _) if is_code(decoded, f3, |table| &table.pay_code) => Kind::WalletPay,
        ("0200", f3, _) if is_code(decoded, f3, |table| &table.query_code) => Kind::WalletQuery,
        ("0400", f3, _) if is_code(decoded, f3, |table| &table.pay_code) => Kind::Reversal,
        ("0200", "310000", _) => Kind::Balance,
        ("0200", "000000", _) if is_plain => Kind::Sale,
        ("0200", "200000", _) if is_plain => Kind::Void,
        ("0220", "000000", _) if is_plain => Kind::OfflineSale,
        ("0220", "200000", _) if is_plain => Kind::Refund,
        ("0400", "000000" | "200000", _) => Kind::Reversal,
        ("0500", _, _) => Kind::Settlement,
        ("0320", _, "202" | "207") => Kind::BatchUploadEnd,
        ("0320", _, _) => Kind::BatchUpload,
        _ => Kind::Unsupported,
    }
}

/// Whether field 3 is what the dialect calls a message of a wallet.
fn is_code(decoded: &Decoded<'_>, f3: &str, code: fn(&WalletMessages) -> &String) -> bool {
    let table = decoded.dialect().settings().wallet.as_ref();
    table.is_some_and(|table| code(table) == f3)
}

fn is_wallet(decoded: &Decoded<'_>) -> bool {
    let f3 = decoded.string(3).unwrap_or_default();
    is_code(decoded, &f3, |table| &table.pay_code)
        || is_code(decoded, &f3, |table| &table.query_code)
}

fn wallet_code(decoded: &Decoded<'_>, kind: Kind) -> Option<Zeroizing<String>> {
    let table = decoded.dialect().settings().wallet.as_ref();
    let table = table.filter(|_| kind == Kind::WalletPay)?;
    let code = decoded.secret(table.code_field)?;
    let is_number = code.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(code)
}

/// Third digit 1 of field 22: a PIN was entered.
fn says_pin(decoded: &Decoded<'_>) -> bool {
    decoded
        .string(22)
        .is_some_and(|entry| entry.as_bytes().get(2) == Some(&b'1'))
}

fn text(decoded: &Decoded<'_>, field: u8) -> Result<String, FieldFault> {
    let text = decoded.string(field).ok_or(FieldFault(field))?;
    let trimmed = text.trim();
    let is_plain = trimmed.bytes().all(|byte| byte.is_ascii_graphic());
    if trimmed.is_empty() || !is_plain {
        Err(FieldFault(field))
    } else {
        Ok(trimmed.to_owned())
    }
}

fn digits(text: Option<String>, length: usize) -> Option<String> {
    text.filter(|text| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit()))
}

fn expiry(decoded: &Decoded<'_>) -> Option<String> {
    decoded.string(14).or_else(|| {
        let track = decoded.secret(35)?;
        Track2::parse(&track)
            .ok()
            .and_then(|track| track.expiry.clone())
    })
}

/// Only 32 hex digits count: free text of a foreign terminal could hold anything, a card number
/// too, and the ledger must not.
fn payment_ref(decoded: &Decoded<'_>) -> Option<String> {
    let field = decoded.dialect().settings().payment_reference_field?;
    let text = decoded.string(field)?;
    let is_id = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| text.to_ascii_lowercase())
}

/// The message a void or refund refers to. A reversal's own field 61 says nothing its original
/// didn't say.
fn original(decoded: &Decoded<'_>, kind: Kind) -> Option<Original> {
    if !matches!(kind, Kind::Void | Kind::Refund | Kind::WalletQuery) {
        return None;
    }
    Some(Original {
        batch: digits(decoded.part(61, 1), 6)?,
        stan: digits(decoded.part(61, 2), 6)?,
    })
}

/// F48 of a 0500: domestic debit amount 12 and count 3, credit amount 12 and count 3, result 1; the
/// foreign half is not the host's, since it knows one currency.
fn settlement_totals(decoded: &Decoded<'_>, kind: Kind) -> Option<Totals> {
    if kind != Kind::Settlement {
        return None;
    }
    let text = decoded.string(48)?;
    let number = |range| text.get(range).and_then(|part: &str| part.parse().ok());
    let foreign = number(31..61)?;
    (foreign == 0_u128).then_some(())?;
    Some(Totals {
        debit_minor: small(number(0..12)?)?,
        debit_count: small(number(12..15)?)?,
        credit_minor: small(number(15..27)?)?,
        credit_count: small(number(27..30)?)?,
    })
}

fn small(number: u128) -> Option<u64> {
    u64::try_from(number).ok()
}

/// F48 of a 0320: count 2, then items of card type 2, STAN 6, PAN 20, amount 12. The card number is
/// not looked at.
fn upload_items(decoded: &Decoded<'_>, mti: &str) -> Vec<Item> {
    const ITEM_DIGITS: usize = 40;
    let is_batch = decoded.part(60, 3).as_deref() == Some("201");
    let text = match decoded.string(48) {
        Some(text) if mti == "0320" && is_batch => text,
        Some(_) | None => return Vec::new(),
    };
    let count: usize = text
        .get(..2)
        .and_then(|count| count.parse().ok())
        .unwrap_or(0);
    let items = text.as_bytes().get(2..).unwrap_or_default();
    items
        .chunks_exact(ITEM_DIGITS)
        .take(count)
        .filter_map(upload_item)
        .collect()
}

fn upload_item(item: &[u8]) -> Option<Item> {
    let item = std::str::from_utf8(item).ok()?;
    Some(Item {
        stan: item.get(2..8)?.to_owned(),
        amount_minor: item.get(28..40)?.parse().ok()?,
    })
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("kind", &self.kind)
            .field("tid", &self.tid)
            .field("batch", &self.batch)
            .field("stan", &self.stan)
            .field("amount_minor", &self.amount_minor)
            .finish_non_exhaustive()
    }
}
