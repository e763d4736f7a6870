//! Sales, balance inquiries, sales told afterwards.

use acquirer_host::State;

use crate::terminal::{Host, LOST, PARTIAL, POOR, RICH, SLOW, UNLISTED, pan_of, text};

#[tokio::test]
async fn a_sale_is_approved_answered_in_full_and_kept() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let mut sale = terminal.sale(RICH, 12_345);
    sale.set(55, [0x9F, 0x26, 0x08, 1, 2, 3, 4, 5, 6, 7, 8]);
    let answer = terminal.exchange(&sale).await;
    assert_eq!((answer.mti.as_str(), answer.code()), ("0210", "00"));
    assert!(answer.mac_is_good);
    for field in [2, 3, 4, 11, 25, 41, 42, 49, 59] {
        assert_eq!(
            answer.get(field).trim(),
            text(&sale, field).trim(),
            "field {field}"
        );
    }
    assert_eq!((answer.get(37).len(), answer.get(38).len()), (12, 6));
    assert_eq!((answer.get(12).len(), answer.get(13).len()), (6, 4));
    assert_eq!(answer.get(60), "22000001");
    assert!(answer.get(55).starts_with("910A"), "{}", answer.get(55));

    let lines = host.lines();
    assert_eq!(lines.len(), 1);
    let line = &lines[0];
    assert_eq!(
        (line.tid.as_str(), line.batch.as_str()),
        ("LANE0001", "000001")
    );
    assert_eq!((line.mti.as_str(), line.f3.as_str()), ("0200", "000000"));
    assert_eq!((line.amount_minor, line.requested_minor), (12_345, 12_345));
    assert_eq!((line.f39.as_str(), line.state), ("00", State::Approved));
    assert_eq!(line.rrn, answer.get(37));
    assert_eq!(line.payment_ref.as_deref(), Some(text(&sale, 59)));
    assert_eq!(line.card.as_deref(), Some("621626*********0018"));
    assert_eq!(line.account.as_deref(), Some("rich"));
}

#[tokio::test]
async fn no_card_number_is_in_the_ledger() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    for pan in [RICH, POOR, UNLISTED, LOST] {
        let mut sale = terminal.sale(pan, 100);
        sale.set(35, format!("{pan}D30122010000000000"))
            .set(59, pan);
        terminal.exchange(&sale).await;
    }
    let ledger = String::from_utf8(host.ledger.bytes()).unwrap();
    assert_eq!(ledger.lines().count(), 4);
    assert!(!ledger.contains("62162610"), "{ledger}");
}

#[tokio::test]
async fn each_reason_to_decline_has_its_code() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let unknown = terminal.sale(UNLISTED, 100);
    assert_eq!(terminal.code(&unknown).await, "14");
    let lost = terminal.sale(LOST, 100);
    assert_eq!(terminal.code(&lost).await, "41");
    let short = terminal.sale(POOR, 10_001);
    assert_eq!(terminal.code(&short).await, "51");
    let mut expired = terminal.sale(RICH, 100);
    expired.set(14, "2001");
    assert_eq!(terminal.code(&expired).await, "54");
    let mut other_expiry = terminal.sale(SLOW, 100);
    other_expiry.set(14, "3011");
    assert_eq!(terminal.code(&other_expiry).await, "54");
    let mut dollars = terminal.sale(RICH, 100);
    dollars.set(49, "840");
    assert_eq!(terminal.code(&dollars).await, "12");
    let nothing = terminal.sale(RICH, 0);
    assert_eq!(terminal.code(&nothing).await, "13");
    let mut preauthorisation = terminal.sale(RICH, 100);
    preauthorisation.set(25, "06");
    assert_eq!(terminal.code(&preauthorisation).await, "40");
    let declined = host
        .lines()
        .iter()
        .filter(|line| line.state == State::Declined)
        .count();
    assert_eq!(declined, 7, "the unsupported one is no financial message");
}

#[tokio::test]
async fn expiry_is_read_from_track_2_where_field_14_is_missing() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let mut stripe = terminal.sale(RICH, 100);
    stripe
        .remove(2)
        .remove(14)
        .set(22, "022")
        .set(35, format!("{RICH}D20012010000000000"));
    assert_eq!(terminal.code(&stripe).await, "54");
    let mut stripe = terminal.sale(RICH, 100);
    stripe
        .remove(2)
        .remove(14)
        .set(22, "022")
        .set(35, format!("{RICH}D30122010000000000"));
    assert_eq!(terminal.code(&stripe).await, "00");
}

#[tokio::test]
async fn a_balance_goes_down_with_sales_and_is_told() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let sale = terminal.sale(POOR, 9_000);
    assert_eq!(terminal.code(&sale).await, "00");
    let inquiry = terminal.balance(POOR);
    let answer = terminal.exchange(&inquiry).await;
    assert_eq!(
        (answer.code(), answer.get(54)),
        ("00", "0002156C000000001000")
    );
    let too_much = terminal.sale(POOR, 1_001);
    assert_eq!(terminal.code(&too_much).await, "51");
    let rest = terminal.sale(POOR, 1_000);
    assert_eq!(terminal.code(&rest).await, "00");
}

#[tokio::test]
async fn a_short_balance_is_approved_in_part_where_the_terminal_can() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let mut strict = terminal.sale(PARTIAL, 5_000);
    strict.set(60, "2200000100050");
    assert_eq!(terminal.code(&strict).await, "51");
    let sale = terminal.sale(PARTIAL, 5_000);
    let answer = terminal.exchange(&sale).await;
    assert_eq!((answer.code(), answer.get(4)), ("10", "000000003000"));
    let line = host.lines().pop().unwrap();
    assert_eq!((line.amount_minor, line.requested_minor), (3_000, 5_000));
    let empty = terminal.sale(PARTIAL, 1);
    assert_eq!(terminal.code(&empty).await, "51");
}

#[tokio::test]
async fn a_repeated_sale_gets_94_and_is_booked_once() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let sale = terminal.sale(POOR, 6_000);
    let first = terminal.exchange(&sale).await;
    let second = terminal.exchange(&sale).await;
    assert_eq!((first.code(), second.code()), ("00", "94"));
    assert_eq!(first.get(37), second.get(37));
    assert_eq!(host.lines().len(), 1);
    let other = terminal.sale(POOR, 4_000);
    assert_eq!(terminal.code(&other).await, "00", "6000 were taken once");
}

#[tokio::test]
async fn an_upload_sent_twice_is_delivered_twice_and_booked_once() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let upload = terminal.upload(POOR, 6_000);
    let first = terminal.exchange(&upload).await;
    assert_eq!((first.mti.as_str(), first.code()), ("0230", "00"));
    assert_eq!(terminal.code(&upload).await, "94");
    assert_eq!(host.lines().len(), 1);
}

#[tokio::test]
async fn a_declined_upload_stays_declined_when_repeated() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let upload = terminal.upload(LOST, 100);
    assert_eq!(terminal.code(&upload).await, "41");
    assert_eq!(terminal.code(&upload).await, "41");
    let part = terminal.upload(PARTIAL, 4_000);
    assert_eq!(terminal.code(&part).await, "10");
    let repeated = terminal.exchange(&part).await;
    assert_eq!((repeated.code(), repeated.get(4)), ("10", "000000003000"));
    assert_eq!(host.lines().len(), 2);
}

#[tokio::test]
async fn an_upload_under_the_stan_of_something_else_is_not_taken_for_delivered() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let sale = terminal.sale(RICH, 500);
    terminal.exchange(&sale).await;
    let mut upload = terminal.upload(pan_of(&sale), 700);
    upload.set(11, text(&sale, 11));
    assert_eq!(terminal.code(&upload).await, "30");
    assert_eq!(host.lines().len(), 1);
}
