//! The provider of wallets: it pays, asks its customers, is asked, and takes back.

use std::time::Duration;

use acquirer_host::{LedgerLine, State};
use iso8583::message::Message;

use crate::terminal::{Answer, Host, RICH, Terminal, reversal, text};

const PAYS: &str = "130000010000000001";
const CONFIRMS: &str = "130000020000000001";
const NEVER: &str = "130000030000000001";
const TWICE: &str = "2800000400000001";
const LOST: &str = "130000050000000001";
const POOR: &str = "130000060000000001";
const UNSEEN: &str = "6200000700000001";

fn wallet_lines(host: &Host) -> Vec<LedgerLine> {
    let mut lines = host.lines();
    lines.retain(|line| line.is_wallet);
    lines
}

fn states(host: &Host) -> Vec<State> {
    wallet_lines(host).iter().map(|line| line.state).collect()
}

async fn asked(terminal: &mut Terminal, pay: &Message) -> Answer {
    let query = terminal.wallet_query(pay);
    terminal.exchange(&query).await
}

#[tokio::test]
async fn a_code_pays_once_and_stands_in_no_ledger() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let pay = terminal.wallet(PAYS, 1_000);
    let answer = terminal.exchange(&pay).await;
    assert_eq!((answer.mti.as_str(), answer.code()), ("0210", "00"));
    assert!(answer.mac_is_good);
    assert_eq!(answer.get(4), "000000001000");
    assert!(answer.get(62).is_empty(), "the code does not come back");
    let again = terminal.wallet(PAYS, 1_000);
    assert_eq!(terminal.code(&again).await, "12", "it was shown before");
    let unknown = terminal.wallet("990000010000000001", 1_000);
    assert_eq!(terminal.code(&unknown).await, "14");
    let kept = String::from_utf8(host.ledger.bytes()).unwrap();
    assert!(!kept.contains(PAYS) && kept.contains("13************0001"));
    let settlement = terminal.totals((1_000, 1), (0, 0));
    assert_eq!(&terminal.exchange(&settlement).await.get(48)[30..31], "1");
}

#[tokio::test]
async fn an_owner_who_confirms_is_booked_at_that_moment() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let pay = terminal.wallet(CONFIRMS, 1_000);
    assert_eq!(terminal.code(&pay).await, "09");
    assert_eq!(asked(&mut terminal, &pay).await.code(), "09");
    assert_eq!(states(&host), [State::Waiting]);
    tokio::time::sleep(Duration::from_millis(350)).await;
    let told = asked(&mut terminal, &pay).await;
    assert_eq!((told.code(), told.get(4)), ("00", "000000001000"));
    assert_eq!(
        asked(&mut terminal, &pay).await.code(),
        "00",
        "as often as it is asked"
    );
    let lines = wallet_lines(&host);
    let [waiting, paid] = &lines[..] else {
        panic!("{lines:?}");
    };
    assert_eq!(paid.state, State::Approved);
    assert_eq!(paid.at_ms - waiting.at_ms, 300, "when the owner confirmed");
    assert_eq!(paid.stan, waiting.stan);
}

#[tokio::test]
async fn what_waits_is_closed_by_its_reversal_and_paid_no_more() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let pay = terminal.wallet(CONFIRMS, 1_000);
    assert_eq!(terminal.code(&pay).await, "09");
    let back = terminal.exchange(&reversal(&pay)).await;
    assert_eq!((back.mti.as_str(), back.code()), ("0410", "00"));
    tokio::time::sleep(Duration::from_millis(350)).await;
    assert_eq!(asked(&mut terminal, &pay).await.code(), "12");
    assert_eq!(states(&host), [State::Waiting, State::NothingToReverse]);
    // A reversal that overtakes it.
    let late = terminal.wallet(NEVER, 500);
    assert_eq!(terminal.code(&reversal(&late)).await, "00");
    assert_eq!(terminal.code(&late).await, "25");
}

#[tokio::test]
async fn a_paid_one_is_taken_back_though_others_came_after_it() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let pay = terminal.wallet(LOST, 1_000);
    terminal.send(&pay).await;
    let sale = terminal.sale(RICH, 300);
    assert_eq!(terminal.code(&sale).await, "00");
    assert_eq!(
        asked(&mut terminal, &pay).await.code(),
        "00",
        "its answer was lost"
    );
    assert_eq!(terminal.code(&reversal(&pay)).await, "00");
    assert_eq!(
        terminal.code(&reversal(&pay)).await,
        "00",
        "twice does no harm"
    );
    assert_eq!(states(&host), [State::Approved, State::Reversed]);
    let settlement = terminal.totals((300, 1), (0, 0));
    assert_eq!(&terminal.exchange(&settlement).await.get(48)[30..31], "1");
}

#[tokio::test]
async fn a_provider_answers_twice_knows_balances_and_may_see_nothing() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let pay = terminal.wallet(TWICE, 1_000);
    let first = terminal.exchange(&pay).await;
    let second = terminal.receive().await;
    assert_eq!((first.code(), second.code()), ("00", "00"));
    assert_eq!(first.get(11), second.get(11));
    let too_much = terminal.wallet(POOR, 5_001);
    assert_eq!(terminal.code(&too_much).await, "51");
    let unseen = terminal.wallet(UNSEEN, 100);
    terminal.send(&unseen).await;
    assert_eq!(asked(&mut terminal, &unseen).await.code(), "25");
    assert_eq!(text(&unseen, 3), "660000");
}

#[tokio::test]
async fn a_restarted_host_knows_who_has_yet_to_confirm() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let pay = terminal.wallet(CONFIRMS, 1_000);
    assert_eq!(terminal.code(&pay).await, "09");
    let host = host.restart().await;
    let mut again = host.terminal("LANE0001").await;
    again.stan = 50;
    tokio::time::sleep(Duration::from_millis(350)).await;
    assert_eq!(asked(&mut again, &pay).await.code(), "00");
}
