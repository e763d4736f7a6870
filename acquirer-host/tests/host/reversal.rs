//! Reversals, in every order.

use acquirer_host::State;

use crate::terminal::{Host, LOST, PARTIAL, POOR, RICH, SILENT, reversal};

#[tokio::test]
async fn a_reversal_takes_the_money_back_once() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let sale = terminal.sale(POOR, 10_000);
    assert_eq!(terminal.code(&sale).await, "00");
    let back = reversal(&sale);
    let first = terminal.exchange(&back).await;
    assert_eq!((first.mti.as_str(), first.code()), ("0410", "00"));
    assert!(first.mac_is_good);
    let second = terminal.exchange(&back).await;
    assert_eq!((second.code(), second.get(37)), ("00", first.get(37)));
    let states: Vec<_> = host.lines().iter().map(|line| line.state).collect();
    assert_eq!(states, [State::Approved, State::Reversed]);
    let again = terminal.sale(POOR, 10_000);
    assert_eq!(
        terminal.code(&again).await,
        "00",
        "the balance is whole again"
    );
    let more = terminal.sale(POOR, 1);
    assert_eq!(terminal.code(&more).await, "51", "and not more than whole");
}

#[tokio::test]
async fn reversal_overtakes_original() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let sale = terminal.sale(RICH, 10_000);
    assert_eq!(terminal.code(&reversal(&sale)).await, "00");
    assert_eq!(terminal.code(&sale).await, "25");
    assert_eq!(terminal.code(&sale).await, "94");
    let states: Vec<_> = host.lines().iter().map(|line| line.state).collect();
    assert_eq!(states, [State::NothingToReverse, State::Declined]);
    let settlement = terminal.totals((0, 0), (0, 0));
    assert_eq!(&terminal.exchange(&settlement).await.get(48)[30..31], "1");
}

#[tokio::test]
async fn a_declined_sale_has_nothing_to_reverse() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let sale = terminal.sale(LOST, 100);
    terminal.exchange(&sale).await;
    assert_eq!(terminal.code(&reversal(&sale)).await, "00");
    assert_eq!(host.lines().pop().unwrap().state, State::NothingToReverse);
}

#[tokio::test]
async fn a_reversal_must_have_the_content_of_its_original() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let sale = terminal.sale(RICH, 100);
    terminal.exchange(&sale).await;
    let mut other_amount = reversal(&sale);
    other_amount.set_number(4, 101, 12);
    assert_eq!(terminal.code(&other_amount).await, "64");
    let mut other_card = reversal(&sale);
    other_card.set(2, POOR);
    assert_eq!(terminal.code(&other_card).await, "64");
    assert_eq!(terminal.code(&reversal(&sale)).await, "00");
    assert_eq!(host.lines().pop().unwrap().state, State::Reversed);
}

#[tokio::test]
async fn a_partial_approval_is_reversed_for_what_was_booked() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let sale = terminal.sale(PARTIAL, 5_000);
    assert_eq!(terminal.code(&sale).await, "10");
    assert_eq!(terminal.code(&reversal(&sale)).await, "00");
    let line = host.lines().pop().unwrap();
    assert_eq!((line.amount_minor, line.state), (3_000, State::Reversed));
}

#[tokio::test]
async fn an_advice_is_not_reversed() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let upload = terminal.upload(RICH, 100);
    terminal.exchange(&upload).await;
    assert_eq!(terminal.code(&reversal(&upload)).await, "12");
}

#[tokio::test]
async fn an_unanswered_sale_is_booked_and_can_be_reversed() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let sale = terminal.sale(SILENT, 100);
    terminal.send(&sale).await;
    let answer = terminal.exchange(&reversal(&sale)).await;
    assert_eq!((answer.mti.as_str(), answer.code()), ("0410", "00"));
    let states: Vec<_> = host.lines().iter().map(|line| line.state).collect();
    assert_eq!(states, [State::Approved, State::Reversed]);
}
