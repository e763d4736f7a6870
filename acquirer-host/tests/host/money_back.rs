//! Voids and refunds.

use acquirer_host::State;

use crate::terminal::{Host, POOR, RICH, reversal, text};

#[tokio::test]
async fn a_void_gives_the_whole_sale_back_once() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let sale = terminal.sale(POOR, 10_000);
    terminal.exchange(&sale).await;
    let part = terminal.void(&sale, 9_999);
    assert_eq!(terminal.code(&part).await, "64");
    let void = terminal.void(&sale, 10_000);
    assert_eq!(terminal.code(&void).await, "00");
    let line = host.lines().pop().unwrap();
    assert_eq!(line.original.unwrap().stan, text(&sale, 11));
    assert_eq!(line.payment_ref.as_deref(), Some(text(&sale, 59)));
    let second = terminal.void(&sale, 10_000);
    assert_eq!(terminal.code(&second).await, "12");
    assert_eq!(
        terminal.code(&reversal(&sale)).await,
        "12",
        "what is voided is not reversed too"
    );
    let again = terminal.sale(POOR, 10_000);
    assert_eq!(terminal.code(&again).await, "00");
}

#[tokio::test]
async fn a_void_without_original_is_refused() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let never_sent = terminal.sale(RICH, 100);
    let void = terminal.void(&never_sent, 100);
    assert_eq!(terminal.code(&void).await, "25");
    let mut other = host.terminal("LANE0002").await;
    let sale = other.sale(RICH, 100);
    other.exchange(&sale).await;
    let void = terminal.void(&sale, 100);
    assert_eq!(terminal.code(&void).await, "25", "another terminal's sale");
}

#[tokio::test]
async fn a_reversed_void_leaves_the_sale_as_it_was() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let sale = terminal.sale(POOR, 10_000);
    terminal.exchange(&sale).await;
    let void = terminal.void(&sale, 10_000);
    terminal.exchange(&void).await;
    assert_eq!(terminal.code(&reversal(&void)).await, "00");
    let more = terminal.sale(POOR, 1);
    assert_eq!(
        terminal.code(&more).await,
        "51",
        "the sale's money is taken again"
    );
    let second = terminal.void(&sale, 10_000);
    assert_eq!(
        terminal.code(&second).await,
        "00",
        "and the sale can be voided again"
    );
}

#[tokio::test]
async fn refunds_never_pass_what_is_left_of_the_original() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let sale = terminal.sale(RICH, 1_000);
    terminal.exchange(&sale).await;
    let first = terminal.refund(&sale, 600);
    assert_eq!(terminal.code(&first).await, "00");
    assert_eq!(terminal.code(&first).await, "94");
    let too_much = terminal.refund(&sale, 401);
    assert_eq!(terminal.code(&too_much).await, "64");
    let rest = terminal.refund(&sale, 400);
    assert_eq!(terminal.code(&rest).await, "00");
    let void = terminal.void(&sale, 1_000);
    assert_eq!(
        terminal.code(&void).await,
        "12",
        "a refunded sale can't be voided too"
    );
    let settlement = terminal.totals((1_000, 1), (1_000, 2));
    assert_eq!(&terminal.exchange(&settlement).await.get(48)[30..31], "1");
}

#[tokio::test]
async fn a_refund_of_a_sale_the_host_has_no_more_is_taken() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let long_ago = terminal.sale(RICH, 1_000);
    let refund = terminal.refund(&long_ago, 1_000);
    assert_eq!(terminal.code(&refund).await, "00");
    assert_eq!(host.lines().pop().unwrap().state, State::Approved);
}
