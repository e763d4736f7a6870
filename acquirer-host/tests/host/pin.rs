//! PINs.

use iso8583::keys::DesKey;

use crate::terminal::{Host, POOR, RICH, Terminal};

async fn code(terminal: &mut Terminal, pin: &str) -> String {
    let sale = terminal.sale_with_pin(POOR, 100, pin);
    terminal.code(&sale).await
}

#[tokio::test]
async fn three_wrong_pins_block_the_card_and_a_right_one_before_that_forgives() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    assert_eq!(code(&mut terminal, "1234").await, "00");
    assert_eq!(code(&mut terminal, "4321").await, "55");
    assert_eq!(code(&mut terminal, "1111").await, "55");
    assert_eq!(code(&mut terminal, "1234").await, "00");
    assert_eq!(code(&mut terminal, "1111").await, "55");
    assert_eq!(code(&mut terminal, "2222").await, "55");
    assert_eq!(code(&mut terminal, "3333").await, "75");
    assert_eq!(code(&mut terminal, "1234").await, "75");
    let restarted = host.restart().await;
    let mut terminal = restarted.terminal("LANE0001").await;
    assert_eq!(
        code(&mut terminal, "1234").await,
        "94",
        "the STAN was used before the restart"
    );
    terminal.stan = 100;
    assert_eq!(
        code(&mut terminal, "1234").await,
        "75",
        "a restart doesn't forgive"
    );
}

#[tokio::test]
async fn a_pin_block_under_another_key_gets_99() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let stale = DesKey::from_hex("00112233445566778899AABBCCDDEEFF").unwrap();
    terminal.keys.as_mut().unwrap().pin = stale;
    assert_eq!(code(&mut terminal, "1234").await, "99");
}

#[tokio::test]
async fn a_pin_of_an_account_without_one_is_not_compared() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let sale = terminal.sale_with_pin(RICH, 100, "987654");
    assert_eq!(terminal.code(&sale).await, "00");
}

#[tokio::test]
async fn a_pin_that_is_said_to_be_there_must_be_there() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let mut sale = terminal.sale(POOR, 100);
    sale.set(22, "051");
    assert_eq!(terminal.code(&sale).await, "30");
}
