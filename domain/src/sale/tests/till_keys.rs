//! The keys of a cash drawer among those of the checkout.

use super::{
    till::{BOSS, SEVEN},
    *,
};
use crate::{
    barcode::LabelLayout,
    sale::{AtTheKeys, Key},
    scan_codes::CodeTable,
    till::{DrawerReason, TillKey},
};

#[test]
fn a_key_of_the_drawer_is_a_key_of_the_checkout() {
    let key = Key::named("no-sale", "change for a bus").unwrap();
    let till = TillKey::NoSale {
        reason: "change for a bus".to_owned(),
    };
    assert_eq!(key, Key::Till(till));
    let mut lane = Lane::new();
    let codes = CodeTable::usual(LabelLayout::ItemOfFive);
    let by = AtTheKeys {
        operator: SEVEN,
        right: BOSS,
        price_version: String::new(),
        currency: Currency::CNY,
        prices: None,
        codes: &codes,
    };
    let effects = lane.step(key.event(&by, || PaymentId(1)));
    assert_eq!(
        facts(&effects),
        [&TillFact::DrawerOpened {
            operator: SEVEN,
            allowed_by: OperatorId(2),
            why: DrawerReason::NoSale,
            reason: "change for a bus".to_owned(),
        }
        .into()]
    );
}
