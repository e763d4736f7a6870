//! Settlement and batch upload.

use acquirer_host::State;

use crate::terminal::{Host, RICH, reversal, text};

fn result(text: &str) -> &str {
    &text[30..31]
}

#[tokio::test]
async fn a_balanced_batch_closes_once_and_the_next_one_opens() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let sale = terminal.sale(RICH, 700);
    terminal.exchange(&sale).await;
    let upload = terminal.upload(RICH, 300);
    terminal.exchange(&upload).await;
    let taken_back = terminal.sale(RICH, 5_000);
    terminal.exchange(&taken_back).await;
    terminal.exchange(&reversal(&taken_back)).await;
    let void = terminal.void(&sale, 700);
    terminal.exchange(&void).await;
    let settlement = terminal.totals((1_000, 2), (700, 1));
    let first = terminal.exchange(&settlement).await;
    assert_eq!((first.mti.as_str(), first.code()), ("0510", "00"));
    assert_eq!(
        first.get(48),
        "00000000100000200000000070000110000000000000000000000000000001"
    );
    let second = terminal.exchange(&settlement).await;
    assert_eq!(
        (result(second.get(48)), second.get(37)),
        ("1", first.get(37))
    );
    let line = host.lines().pop().unwrap();
    assert_eq!((line.mti.as_str(), line.state), ("0500", State::Settled));
    let late = terminal.sale(RICH, 100);
    assert_eq!(
        terminal.code(&late).await,
        "77",
        "the old batch takes nothing more"
    );
    terminal.sign_on().await;
    assert_eq!(terminal.batch, "000002");
    let mut next = terminal.sale(RICH, 100);
    next.set(11, text(&sale, 11));
    assert_eq!(
        terminal.code(&next).await,
        "00",
        "a STAN may come again in another batch"
    );
}

#[tokio::test]
async fn an_unbalanced_batch_is_uploaded_under_its_own_number() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let sale = terminal.sale(RICH, 700);
    terminal.exchange(&sale).await;
    let settlement = terminal.totals((701, 1), (0, 0));
    let answer = terminal.exchange(&settlement).await;
    assert_eq!((answer.code(), result(answer.get(48))), ("00", "2"));
    let items = terminal.batch_items(&[(text(&sale, 11), 700), ("000099", 1)]);
    let answer = terminal.exchange(&items).await;
    assert_eq!((answer.mti.as_str(), answer.code()), ("0330", "00"));
    assert_eq!(terminal.code(&items).await, "00");
    let end = terminal.batch_end(2);
    assert_eq!(terminal.code(&end).await, "00");
    let lines = host.lines();
    let states: Vec<_> = lines.iter().map(|line| line.state).collect();
    assert_eq!(
        states,
        [
            State::Approved,
            State::Unbalanced,
            State::Uploaded,
            State::Uploaded
        ]
    );
    let uploaded: Vec<_> = lines[2]
        .items
        .iter()
        .map(|item| (item.stan.as_str(), item.amount_minor))
        .collect();
    assert_eq!(uploaded, [(text(&sale, 11), 700), ("000099", 1)]);
    terminal.sign_on().await;
    assert_eq!(terminal.batch, "000002");
}

#[tokio::test]
async fn totals_that_cannot_be_read_close_nothing() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let mut settlement = terminal.totals((0, 0), (0, 0));
    settlement.set(48, "0000000000000");
    let answer = terminal.exchange(&settlement).await;
    assert_eq!(result(answer.get(48)), "3");
    assert!(host.lines().is_empty());
    terminal.sign_on().await;
    assert_eq!(terminal.batch, "000001");
}

#[tokio::test]
async fn an_upload_of_an_open_batch_is_refused() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let items = terminal.batch_items(&[("000001", 1)]);
    assert_eq!(terminal.code(&items).await, "25");
    assert!(host.lines().is_empty());
}

#[tokio::test]
async fn a_reversal_after_the_batch_closed_is_refused() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let sale = terminal.sale(RICH, 700);
    terminal.exchange(&sale).await;
    let settlement = terminal.totals((700, 1), (0, 0));
    terminal.exchange(&settlement).await;
    assert_eq!(terminal.code(&reversal(&sale)).await, "12");
}
