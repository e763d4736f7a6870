//! Nonsense on the wire, strangers, wrong MACs.

use acquirer_host::TerminalKeys;
use iso8583::keys::DesKey;
use tokio::io::AsyncWriteExt;

use crate::terminal::{Host, RICH, Terminal, config};

#[tokio::test]
async fn nonsense_on_one_connection_hurts_no_other() {
    let host = Host::start().await;
    let mut good = host.terminal("LANE0001").await;
    for nonsense in [
        b"\xFF\xFF".to_vec(),
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        vec![0; 3],
        b"\x00\x05hello\x00\x05hello".to_vec(),
        [b"\x10\x00".to_vec(), vec![0xA5; 4096]].concat(),
    ] {
        let mut bad = Terminal::connect(host.address, "LANE0009").await;
        bad.writer.write_all(&nonsense).await.unwrap();
        let sale = good.sale(RICH, 100);
        assert_eq!(good.code(&sale).await, "00");
        drop(bad);
    }
    assert_eq!(host.lines().len(), 5);
}

#[tokio::test]
async fn every_mutilation_of_a_sale_is_survived() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let mut sale = terminal.sale(RICH, 100);
    sale.set(41, "LANE0009");
    let frame = terminal.encode(&sale);
    let mut bad = Terminal::connect(host.address, "LANE0009").await;
    for at in 2..frame.len() {
        let mut changed = frame.clone();
        changed[at] ^= 0xFF;
        bad.writer.write_all(&changed).await.unwrap();
        let length = u16::try_from(at - 2).unwrap().to_be_bytes();
        bad.writer.write_all(&length).await.unwrap();
        bad.writer.write_all(&frame[2..at]).await.unwrap();
    }
    bad.writer.shutdown().await.unwrap();
    while !bad.closed_without_an_answer().await {}
    assert!(host.lines().is_empty(), "none of them is a sale");
    let sale = terminal.sale(RICH, 100);
    assert_eq!(terminal.code(&sale).await, "00");
}

#[tokio::test]
async fn a_frame_in_single_bytes_and_two_frames_in_one_piece_are_read() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let sale = terminal.sale(RICH, 100);
    for byte in terminal.encode(&sale) {
        terminal.writer.write_all(&[byte]).await.unwrap();
        terminal.writer.flush().await.unwrap();
    }
    assert_eq!(terminal.receive().await.code(), "00");
    let (first, second) = (terminal.sale(RICH, 1), terminal.sale(RICH, 2));
    let both = [terminal.encode(&first), terminal.encode(&second)].concat();
    terminal.writer.write_all(&both).await.unwrap();
    assert_eq!(terminal.receive().await.code(), "00");
    assert_eq!(terminal.receive().await.code(), "00");
}

#[tokio::test]
async fn a_wrong_mac_gets_a0_and_books_nothing() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let right = terminal.keys.as_ref().unwrap().mac.clone();
    let sale = terminal.sale(RICH, 100);
    let wrong = DesKey::from_hex("00112233445566778899AABBCCDDEEFF").unwrap();
    terminal.keys.as_mut().unwrap().mac = wrong;
    assert_eq!(terminal.code(&sale).await, "A0");
    let keys = terminal.keys.take();
    assert_eq!(terminal.code(&sale).await, "A0", "a missing one too");
    assert!(host.lines().is_empty());
    terminal.keys = keys;
    terminal.keys.as_mut().unwrap().mac = right;
    assert_eq!(terminal.code(&sale).await, "00");
}

#[tokio::test]
async fn new_keys_end_the_old_ones() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let old = terminal.keys.as_ref().unwrap().mac.clone();
    terminal.sign_on().await;
    let new = std::mem::replace(&mut terminal.keys.as_mut().unwrap().mac, old);
    let sale = terminal.sale(RICH, 100);
    assert_eq!(terminal.code(&sale).await, "A0");
    terminal.keys.as_mut().unwrap().mac = new;
    assert_eq!(terminal.code(&sale).await, "00");
}

#[tokio::test]
async fn strangers_and_unsigned_terminals_are_turned_away() {
    let keys = "[[terminal]]\ntid = \"LANE0001\"\nmid = \"898310054110001\"\n\
                tmk = \"0123456789ABCDEFFEDCBA9876543210\"\n";
    let mut config = config("");
    config.terminal_keys = TerminalKeys::parse(keys).unwrap();
    let host = Host::start_on(acquirer_host::MemoryLedger::default(), config).await;
    let mut stranger = Terminal::connect(host.address, "LANE0002").await;
    let mut sign_on = stranger.message("0800");
    sign_on
        .set(60, "00000000003")
        .set(62, "SERIAL0001")
        .set(63, "001");
    assert_eq!(stranger.code(&sign_on).await, "97");
    let mut impostor = Terminal::connect(host.address, "LANE0001").await;
    let mut sign_on = impostor.message("0800");
    sign_on
        .set(42, "898310054110002")
        .set(60, "00000000003")
        .set(62, "SERIAL0001")
        .set(63, "001");
    assert_eq!(impostor.code(&sign_on).await, "03");
    let mut unsigned = Terminal::connect(host.address, "LANE0001").await;
    let sale = unsigned.sale(RICH, 100);
    assert_eq!(unsigned.code(&sale).await, "77");
    unsigned.sign_on().await;
    let mut sale = unsigned.sale(RICH, 100);
    sale.set(42, "898310054110002");
    assert_eq!(unsigned.code(&sale).await, "03");
    let mut sale = unsigned.sale(RICH, 100);
    sale.remove(49);
    assert_eq!(unsigned.code(&sale).await, "30");
    assert!(host.lines().is_empty());
}

#[tokio::test]
async fn echo_and_sign_off_are_answered() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let mut echo = terminal.message("0820");
    echo.set(60, "00000001301");
    let answer = terminal.exchange(&echo).await;
    assert_eq!((answer.mti.as_str(), answer.code()), ("0830", "00"));
    let mut sign_off = terminal.message("0820");
    sign_off.set(60, "00000001002");
    assert_eq!(terminal.code(&sign_off).await, "00");
    let sale = terminal.sale(RICH, 100);
    assert_eq!(terminal.code(&sale).await, "77");
}
