//! Slow accounts and personalities.

use crate::terminal::{Host, RICH, SLOW, reversal, text};

#[tokio::test]
async fn a_slow_answer_delays_no_other_terminal() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let slow = terminal.sale(SLOW, 100);
    let fast = terminal.sale(RICH, 100);
    terminal.send(&slow).await;
    terminal.send(&fast).await;
    assert_eq!(terminal.receive().await.get(11), text(&fast, 11));
    assert_eq!(terminal.receive().await.get(11), text(&slow, 11));
}

#[tokio::test]
async fn late_approval_after_reversal() {
    let host = Host::start().await;
    let mut terminal = host.terminal("LANE0001").await;
    let slow = terminal.sale(SLOW, 100);
    terminal.send(&slow).await;
    terminal.send(&reversal(&slow)).await;
    let (first, second) = (terminal.receive().await, terminal.receive().await);
    assert_eq!((first.mti.as_str(), first.code()), ("0410", "00"));
    assert_eq!((second.mti.as_str(), second.code()), ("0210", "00"));
    assert_eq!(host.lines().len(), 2);
}

#[tokio::test]
async fn every_nth_answer_leaves_with_a_wrong_mac() {
    let host = Host::with_personality("bad_mac_every = 2").await;
    let mut terminal = host.terminal("LANE0001").await;
    for number in 1..=4 {
        let sale = terminal.sale(RICH, 100);
        let answer = terminal.exchange(&sale).await;
        assert_eq!(
            (answer.code(), answer.mac_is_good),
            ("00", number % 2 == 1),
            "{number}"
        );
    }
}

#[tokio::test]
async fn every_nth_answer_never_leaves_though_it_is_booked() {
    let host = Host::with_personality("drop_answer_every = 2").await;
    let mut terminal = host.terminal("LANE0001").await;
    let sales: Vec<_> = (0..3).map(|_| terminal.sale(RICH, 100)).collect();
    for sale in &sales {
        terminal.send(sale).await;
    }
    assert_eq!(terminal.receive().await.get(11), text(&sales[0], 11));
    assert_eq!(terminal.receive().await.get(11), text(&sales[2], 11));
    assert_eq!(host.lines().len(), 3);
}

#[tokio::test]
async fn every_nth_answer_is_late() {
    let host = Host::with_personality("late_answer_every = 2\nlate_answer_ms = 300").await;
    let mut terminal = host.terminal("LANE0001").await;
    let sales: Vec<_> = (0..3).map(|_| terminal.sale(RICH, 100)).collect();
    for sale in &sales {
        terminal.send(sale).await;
    }
    let mut order = Vec::new();
    for _ in &sales {
        order.push(terminal.receive().await.get(11).to_owned());
    }
    assert_eq!(order, ["000002", "000004", "000003"]);
}

#[tokio::test]
async fn a_personality_can_know_every_card() {
    let host = Host::with_personality("default_behaviour = \"approve\"").await;
    let mut terminal = host.terminal("LANE0001").await;
    let sale = terminal.sale(crate::terminal::UNLISTED, 100);
    assert_eq!(terminal.code(&sale).await, "00");
}

#[tokio::test]
async fn a_host_that_closes_behind_an_answer_keeps_its_terminals_signed_on() {
    let host = Host::with_personality("close_from_answer = 2").await;
    let mut terminal = host.terminal("LANE0001").await;
    for amount in [100, 200, 300] {
        let sale = terminal.sale(RICH, amount);
        assert_eq!(terminal.code(&sale).await, "00");
        terminal.is_closed().await;
        terminal.connect_again(&host).await;
    }
    assert_eq!(host.lines().len(), 3);
}

#[tokio::test]
async fn a_stan_used_before_on_the_day_gets_94_whatever_it_was_for() {
    let host = Host::with_personality("duplicate_any_stan = true").await;
    let mut terminal = host.terminal("LANE0001").await;
    let sale = terminal.sale(crate::terminal::LOST, 100);
    assert_eq!(terminal.code(&sale).await, "41");
    assert_eq!(terminal.code(&sale).await, "94", "though it was declined");
    let back = reversal(&sale);
    assert_eq!(terminal.code(&back).await, "00");
    assert_eq!(terminal.code(&back).await, "94");
}
