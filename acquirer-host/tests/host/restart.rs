//! What a restarted host still knows, and ledgers it refuses.

use std::{collections::BTreeSet, fs};

use acquirer_host::{FileLedger, LedgerStore, MemoryLedger, StartError, start};

use crate::terminal::{Host, POOR, RICH, config, ports, reversal};

#[tokio::test]
async fn a_restarted_host_knows_what_the_first_one_knew() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let sale = terminal.sale(POOR, 6_000);
    terminal.exchange(&sale).await;
    let upload = terminal.upload(RICH, 500);
    terminal.exchange(&upload).await;
    let overtaken = terminal.sale(RICH, 200);
    terminal.exchange(&reversal(&overtaken)).await;
    let stan = terminal.stan;

    let host = host.restart().await;
    let mut terminal = host.terminal("LANE0001").await;
    terminal.stan = stan;
    assert_eq!(terminal.code(&sale).await, "94");
    assert_eq!(terminal.code(&upload).await, "94");
    assert_eq!(terminal.code(&overtaken).await, "25");
    let too_much = terminal.sale(POOR, 4_001);
    assert_eq!(terminal.code(&too_much).await, "51");
    let settlement = terminal.totals((6_500, 2), (0, 0));
    assert_eq!(&terminal.exchange(&settlement).await.get(48)[30..31], "1");

    let host = host.restart().await;
    let mut terminal = host.terminal("LANE0001").await;
    assert_eq!(terminal.batch, "000002");
    let next = terminal.sale(RICH, 100);
    assert_eq!(terminal.code(&next).await, "00");
    let lines = host.lines();
    let rrns: BTreeSet<_> = lines.iter().map(|line| line.rrn.as_str()).collect();
    assert_eq!(rrns.len(), lines.len(), "every RRN is unique");
}

#[tokio::test]
async fn a_restarted_host_asks_for_a_sign_on() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let sale = terminal.sale(RICH, 100);
    let keys = terminal.keys.take();
    let host = host.restart().await;
    let mut terminal = crate::terminal::Terminal::connect(host.address, "LANE0001").await;
    terminal.keys = keys;
    assert_eq!(terminal.code(&sale).await, "77");
    terminal.sign_on().await;
    assert_eq!(terminal.code(&sale).await, "00");
}

#[tokio::test]
async fn a_torn_last_line_is_cut_and_the_rest_kept() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let sale = terminal.sale(RICH, 100);
    terminal.exchange(&sale).await;
    let whole = host.ledger.bytes();
    host.ledger
        .clone()
        .append(b"{\"tid\":\"LANE0001\",\"mid")
        .unwrap();
    let host = host.restart().await;
    assert_eq!(host.ledger.bytes(), whole);
    let mut terminal = host.terminal("LANE0001").await;
    let other = terminal.sale(RICH, 100);
    assert_eq!(
        terminal.code(&other).await,
        "94",
        "the whole line before it still counts"
    );
}

#[tokio::test]
async fn any_other_malformed_line_is_an_error_with_its_number() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let sale = terminal.sale(RICH, 100);
    terminal.exchange(&sale).await;
    let line = host.ledger.bytes();
    for (bytes, number) in [
        ([b"no json\n", line.as_slice()].concat(), 1),
        ([line.as_slice(), b"\n", line.as_slice()].concat(), 2),
        ([line.as_slice(), b"{}\n"].concat(), 2),
    ] {
        let mut ledger = MemoryLedger::default();
        ledger.append(&bytes).unwrap();
        let refused = start(config(""), ports(ledger.clone()), |_| {}, async {}).await;
        let error = refused.unwrap_err();
        assert!(matches!(error, StartError::Ledger(_)));
        assert_eq!(
            error.to_string(),
            format!("ledger line {number} is malformed")
        );
        assert_eq!(ledger.bytes(), bytes, "a refused ledger is left as it was");
    }
}

#[test]
fn a_ledger_file_keeps_what_was_appended_and_is_one_hosts_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.jsonl");
    let mut ledger = FileLedger::open(&path).unwrap();
    ledger.append(b"one\n").unwrap();
    ledger.append(b"two\ntorn").unwrap();
    assert!(FileLedger::open(&path).is_err(), "a second host");
    ledger.cut(8).unwrap();
    ledger.append(b"three\n").unwrap();
    assert_eq!(ledger.read().unwrap(), b"one\ntwo\nthree\n");
    drop(ledger);
    assert_eq!(fs::read(&path).unwrap(), b"one\ntwo\nthree\n");
    assert_eq!(
        FileLedger::open(&path).unwrap().read().unwrap(),
        b"one\ntwo\nthree\n"
    );
}

/// A disk that is full from the start.
struct Full;

impl LedgerStore for Full {
    fn read(&mut self) -> std::io::Result<Vec<u8>> {
        Ok(Vec::new())
    }

    fn cut(&mut self, _length: u64) -> std::io::Result<()> {
        Ok(())
    }

    fn append(&mut self, _bytes: &[u8]) -> std::io::Result<()> {
        Err(std::io::Error::new(std::io::ErrorKind::StorageFull, "full"))
    }
}

#[tokio::test]
async fn nothing_is_answered_that_could_not_be_kept() {
    let (announce, announced) = tokio::sync::oneshot::channel();
    let ended = tokio::spawn(start(
        config(""),
        ports(Full),
        |address| announce.send(address).unwrap(),
        std::future::pending(),
    ));
    let mut terminal =
        crate::terminal::Terminal::connect(announced.await.unwrap(), "LANE0001").await;
    terminal.sign_on().await;
    let sale = terminal.sale(RICH, 100);
    terminal.send(&sale).await;
    assert!(matches!(
        ended.await.unwrap(),
        Err(StartError::LedgerLost(_))
    ));
    let nothing = terminal.closed_without_an_answer().await;
    assert!(nothing);
}
