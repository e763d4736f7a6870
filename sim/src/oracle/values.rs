//! Values as journals carry them.

use proto::{
    journal::v1::Tender,
    store::v1::{Money, TenderKind},
};

/// An amount; none is 0.
#[must_use]
pub(super) fn minor(money: Option<&Money>) -> i64 {
    money.map_or(0, |money| money.minor)
}

/// `3-1-000042`: lane, epoch, sequence.
pub(super) fn parse_number(number: &str) -> Option<(u16, u32, u32)> {
    let mut parts = number.split('-');
    let (lane, epoch, sequence) = (parts.next()?, parts.next()?, parts.next()?);
    match parts.next() {
        None => Some((
            lane.parse().ok()?,
            epoch.parse().ok()?,
            sequence.parse().ok()?,
        )),
        Some(_) => None,
    }
}

/// By its number, or in the word of a journal from before there were numbers.
pub(super) fn tender_kind(tender: &Tender) -> &str {
    match (tender.tender(), tender.kind.as_str()) {
        (TenderKind::Cash, "") => "cash",
        (TenderKind::Card, "") => "card",
        (TenderKind::Wallet, "") => "wallet",
        (TenderKind::GiftCard, "") => "gift card",
        (TenderKind::Voucher, "") => "voucher",
        (TenderKind::ForeignCash, "") => "foreign cash",
        (TenderKind::Owed, "") => "owed",
        (TenderKind::Unspecified, word) => word,
        (
            TenderKind::Cash
            | TenderKind::Card
            | TenderKind::Wallet
            | TenderKind::GiftCard
            | TenderKind::Voucher
            | TenderKind::ForeignCash
            | TenderKind::Owed,
            _,
        ) => "both a number and a word",
    }
}
