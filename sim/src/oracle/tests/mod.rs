//! A tiny day, written by hand as lane, hub and bank would write it; then each way of being wrong,
//! one at a time. Every check of the oracle fails here at least once.

mod day;
mod days;
mod sealed;
mod tills;

use proto::{
    journal::v1::{ForwardEndKind, hub_record, lane_record},
    store::v1::{DecisionKind, Money},
};

use crate::oracle::{Verdict, check_seal, examine, seal};

use day::{DECLINED, Day, LOST, PAID, STOOD_IN, cny};

/// What the oracle says of a day after a change: invariant and payment of everything broken.
fn said(change: impl FnOnce(&mut Day)) -> Vec<(String, Option<String>)> {
    let mut day = Day::good();
    change(&mut day);
    let folder = day.write();
    let findings = examine(&folder.run, &day.lost);
    let broken = findings.verdict.broken.into_iter();
    broken.map(|one| (one.id, one.payment_id)).collect()
}

#[track_caller]
fn names(change: impl FnOnce(&mut Day), id: &str, payment: Option<&str>) {
    let said = said(change);
    let expected = (id.to_owned(), payment.map(str::to_owned));
    assert!(said.contains(&expected), "{expected:?} is not in {said:?}");
}

#[test]
fn a_good_day_is_clean_and_its_figures_are_right() {
    let day = Day::good();
    let folder = day.write();
    let findings = examine(&folder.run, &day.lost);
    assert_eq!(findings.verdict.broken, []);
    assert!(findings.verdict.checked > 50);
    let figures = findings.figures;
    assert_eq!(
        (figures.sales, figures.sales_minor),
        (4, 1_000 + 2_000 + 3_000 + 4_000)
    );
    assert_eq!(figures.tenders.card_minor, 2_000 + 4_000);
    assert_eq!(
        figures.tenders.cash_minor - figures.change_minor,
        1_000 + 3_000
    );
    assert_eq!(figures.payments.requested, 4);
    assert_eq!(
        (figures.payments.reversed, figures.payments.stand_in),
        (1, 1)
    );
    assert_eq!(figures.settlement.host_minor, 6_000);
    assert_eq!(figures.examples.reversed.as_deref(), Some(LOST));
    assert_eq!(figures.examples.declined.as_deref(), Some(DECLINED));
}

#[test]
fn a_ledger_line_that_is_gone_is_found_with_its_payment() {
    names(|day| drop(day.ledger.remove(0)), "I2", Some(PAID));
    names(
        |day| day.ledger.retain(|line| line.state != "declined"),
        "I2",
        Some(DECLINED),
    );
    names(
        |day| day.ledger.retain(|line| line.mti != "0220"),
        "I2",
        Some(STOOD_IN),
    );
    names(
        |day| day.ledger.retain(|line| line.mti != "0400"),
        "I5",
        Some(LOST),
    );
    let original = |day: &mut Day| {
        day.ledger
            .retain(|line| line.payment != LOST || line.mti != "0200");
    };
    names(original, "I2", Some(LOST));
}

#[test]
fn an_amount_that_is_off_by_one_is_found_with_its_payment() {
    for index in 0..Day::good().ledger.len() {
        let payment = Day::good().ledger[index].payment.clone();
        names(
            |day| day.ledger[index].amount_minor += 1,
            "I2",
            Some(&payment),
        );
    }
    names(
        |day| day.lane.card_tender(PAID).amount = cny(2_001),
        "I3",
        Some(PAID),
    );
}

#[test]
fn a_bank_line_that_the_hub_never_sent_is_found() {
    names(|day| day.ledger[0].stan += 500, "I4", Some(PAID));
    let stranger = "0000000000000000000000000000ffff";
    let add = |day: &mut Day| {
        let mut line = day.ledger[0].clone();
        line.payment = stranger.to_owned();
        line.stan = 77;
        day.ledger.push(line);
    };
    names(add, "I4", Some(stranger));
    names(add, "I5", Some(stranger));
}

#[test]
fn a_line_of_a_payment_that_was_sent_back_to_sign_on_is_found() {
    let sent_back = |day: &mut Day| {
        for body in &mut day.hub {
            if let hub_record::Body::Decided(one) = body
                && one.payment_id == DECLINED
                && let Some(decision) = &mut one.decision
            {
                decision.response_code = "97".to_owned();
            }
        }
    };
    names(sent_back, "I2", Some(DECLINED));
    let unbooked = |day: &mut Day| {
        sent_back(day);
        day.ledger.retain(|line| line.payment != DECLINED);
    };
    let said = said(unbooked);
    assert!(!said.iter().any(|(id, _)| id == "I2"), "{said:?}");
}

/// A sale was abandoned while its lane was away, and its batch was closed before that was known.
#[test]
fn an_approval_that_can_not_be_taken_back_has_an_owner_and_counts() {
    let stuck = |day: &mut Day| {
        day.ledger.retain(|line| line.mti != "0400");
        day.lost.clear();
        for body in &mut day.hub {
            match body {
                hub_record::Body::ForwardEnded(one) if one.forward_id == 1 => {
                    one.end = ForwardEndKind::DeadLetter.into();
                    one.delivered = None;
                }
                hub_record::Body::BatchClosed(closed) => {
                    if let Some(totals) = &mut closed.totals {
                        totals.debit = cny(9_000);
                    }
                }
                _ => {}
            }
        }
    };
    let amiss = said(stuck);
    assert!(!amiss.iter().any(|(id, _)| id != "I1"), "{amiss:?}");
    let unowned = |day: &mut Day| {
        stuck(day);
        day.hub.retain(
            |body| !matches!(body, hub_record::Body::ForwardQueued(one) if one.forward_id == 1),
        );
    };
    names(unowned, "I5", Some(LOST));
    names(unowned, "I11", None);
}

#[test]
fn a_second_charge_and_a_shared_stan_are_found() {
    let twice = |day: &mut Day| day.ledger.push(day.ledger[0].clone());
    names(twice, "I19", Some(PAID));
    let shared = |day: &mut Day| {
        let stan = day.ledger[0].stan;
        for line in day
            .ledger
            .iter_mut()
            .filter(|line| line.payment == DECLINED)
        {
            line.stan = stan;
        }
    };
    names(shared, "I7", Some(DECLINED));
}

#[test]
fn a_lost_approval_that_was_not_taken_back_is_found() {
    let forget = |day: &mut Day| day.ledger.retain(|line| line.mti != "0400");
    let said = said(forget);
    let lost = said
        .iter()
        .filter(|(id, payment)| id == "I5" && payment.as_deref() == Some(LOST));
    assert_eq!(
        lost.count(),
        2,
        "once for the payment, once for the fault: {said:?}"
    );
}

#[test]
fn goods_other_than_brought_are_found() {
    let cheaper = |day: &mut Day| {
        for body in &mut day.lane.bodies {
            if let lane_record::Body::LineAdded(line) = body {
                line.total = Some(Money {
                    minor: 1,
                    currency: "CNY".into(),
                });
            }
        }
    };
    names(cheaper, "workload", None);
    names(
        |day| day.visits[0].order = "basket-99".into(),
        "workload",
        None,
    );
    names(
        |day| day.visits[1].items[0].price_minor += 1,
        "workload",
        Some(PAID),
    );
}

#[test]
fn a_tender_without_its_decision_is_found() {
    let undecided = |day: &mut Day| {
        day.lane.bodies.retain(|body| {
            !matches!(body, lane_record::Body::PaymentDecided(one) if one.payment_id == PAID)
        });
    };
    names(undecided, "I3", Some(PAID));
    let no_cash = |day: &mut Day| {
        day.lane
            .bodies
            .retain(|body| !matches!(body, lane_record::Body::CashTendered(_)));
    };
    names(no_cash, "I3", None);
}

#[test]
fn receipts_that_leave_a_gap_or_lie_are_found() {
    let gap = |day: &mut Day| {
        for body in &mut day.lane.bodies {
            match body {
                lane_record::Body::SaleClosed(one) if one.receipt_number == "1-1-000003" => {
                    one.receipt_number = "1-1-000005".into();
                }
                _ => {}
            }
        }
    };
    names(gap, "I12", None);
    names(
        |day| day.receipts[1].1 = "TOTAL CNY 20.01\n".into(),
        "I12",
        Some(PAID),
    );
    names(|day| drop(day.receipts.remove(1)), "I12", Some(PAID));
}

#[test]
fn what_the_hub_forgot_or_did_twice_is_found() {
    let undecided = |day: &mut Day| {
        day.hub.retain(
            |body| !matches!(body, hub_record::Body::Decided(one) if one.payment_id == DECLINED),
        );
    };
    names(undecided, "I17", Some(DECLINED));
    let waiting = |day: &mut Day| {
        day.hub.retain(
            |body| !matches!(body, hub_record::Body::ForwardEnded(one) if one.forward_id == 2),
        );
    };
    names(waiting, "I17", Some(STOOD_IN));
    let resent = |day: &mut Day| {
        let sent = day
            .hub
            .iter()
            .find(|body| matches!(body, hub_record::Body::Sent(_)))
            .cloned();
        day.hub.extend(sent);
    };
    names(resent, "I19", Some(PAID));
    let dearer = |day: &mut Day| {
        for body in &mut day.hub {
            if let hub_record::Body::Requested(asked) = body {
                asked.amount = cny(9_999_999);
            }
            if let hub_record::Body::ForwardQueued(queued) = body {
                queued.amount = cny(9_999_999);
            }
        }
    };
    names(dearer, "I10", None);
}

#[test]
fn a_batch_that_counts_otherwise_is_found() {
    let off = |day: &mut Day| {
        for body in &mut day.hub {
            if let hub_record::Body::BatchClosed(closed) = body
                && let Some(totals) = &mut closed.totals
            {
                totals.debit = cny(6_001);
            }
        }
    };
    names(off, "I11", None);
    let never = |day: &mut Day| {
        day.hub
            .retain(|body| !matches!(body, hub_record::Body::BatchClosed(_)));
    };
    names(never, "I11", None);
}

/// Everything that is wrong in the accounts: payment, if it is one's.
fn misposted(change: impl FnOnce(&mut Day)) -> Vec<Option<String>> {
    let said = said(change).into_iter();
    let own = said.filter(|(id, _)| id == "I1");
    own.map(|(_, payment)| payment).collect()
}

#[test]
fn money_that_is_moved_from_where_it_does_not_lie_is_found() {
    let twice = |day: &mut Day| {
        let ended = day
            .hub
            .iter()
            .find(|body| matches!(body, hub_record::Body::ForwardEnded(_)))
            .cloned();
        day.hub.extend(ended);
    };
    assert!(misposted(twice).contains(&Some(LOST.to_owned())));
    let too_much = |day: &mut Day| {
        for body in &mut day.hub {
            match body {
                hub_record::Body::ForwardEnded(one) if one.forward_id == 2 => {
                    one.delivered = cny(4_001);
                }
                _ => {}
            }
        }
    };
    assert!(misposted(too_much).contains(&Some(STOOD_IN.to_owned())));
    let nothing_queued = |day: &mut Day| {
        day.hub
            .retain(|body| !matches!(body, hub_record::Body::ForwardQueued(_)));
    };
    assert!(misposted(nothing_queued).contains(&None));
}

#[test]
fn money_that_stays_on_its_way_or_out_of_its_batch_is_found() {
    let not_ended = |day: &mut Day| {
        day.hub.retain(
            |body| !matches!(body, hub_record::Body::ForwardEnded(one) if one.forward_id == 1),
        );
    };
    assert_eq!(misposted(not_ended), [Some(LOST.to_owned())]);
    let other_batch = |day: &mut Day| {
        for body in &mut day.hub {
            match body {
                hub_record::Body::Sent(sent) if sent.payment_id == PAID => sent.batch = 2,
                _ => {}
            }
        }
    };
    let said = misposted(other_batch);
    assert_eq!(said, [None, Some(PAID.to_owned())]);
    assert_eq!(misposted(|_| {}), []);
}

#[test]
fn a_copy_that_is_not_the_lanes_journal_is_found() {
    names(|day| day.copy_lacks_last = true, "I14", None);
}

#[test]
fn a_card_number_in_a_log_is_found() {
    names(
        |day| day.log.push_str("read 4111111111111111 by chip"),
        "I16",
        None,
    );
}

#[test]
fn a_flipped_byte_of_a_journal_is_found() {
    let folder = Day::good().write();
    let sealed = seal(&folder.run).unwrap();
    for journal in ["hub/journal/db", "lanes/1/journal/db"] {
        let path = folder.run.root().join(journal);
        let good = std::fs::read(&path).unwrap();
        for at in [good.len() / 3, good.len() / 2, good.len() - 1] {
            let mut bad = good.clone();
            bad[at] ^= 0x10;
            std::fs::write(&path, bad).unwrap();
            let mut verdict = Verdict::default();
            check_seal(&folder.run, &sealed, &mut verdict);
            assert!(
                verdict
                    .broken
                    .iter()
                    .any(|one| one.detail.contains(journal)),
                "{at}"
            );
        }
        std::fs::write(&path, good).unwrap();
    }
    let mut verdict = Verdict::default();
    check_seal(&folder.run, &sealed, &mut verdict);
    assert_eq!(verdict.broken, []);
}

/// The hub was away: of this payment it knows nothing, and the bank neither.
fn known_to_its_lane_only(day: &mut Day, id: &str, kind: DecisionKind) {
    day.ledger.retain(|line| line.payment != id);
    day.hub.retain(|body| match body {
        hub_record::Body::Requested(asked) => asked.payment_id != id,
        hub_record::Body::Sent(sent) => sent.payment_id != id,
        hub_record::Body::Decided(decided) => decided.payment_id != id,
        _ => true,
    });
    for body in &mut day.lane.bodies {
        if let lane_record::Body::PaymentDecided(told) = body
            && told.payment_id == id
            && let Some(decision) = &mut told.decision
        {
            decision.set_kind(kind);
        }
    }
}

#[test]
fn a_lane_may_say_no_by_itself_and_nothing_else() {
    let no = |day: &mut Day| known_to_its_lane_only(day, DECLINED, DecisionKind::Refused);
    assert_eq!(said(no), []);
    names(
        |day| known_to_its_lane_only(day, DECLINED, DecisionKind::Declined),
        "I4",
        Some(DECLINED),
    );
}

#[test]
fn a_lane_started_again_in_the_middle_of_a_sale_has_resumed_it() {
    let mut day = Day::good();
    let last = day.lane.bodies.len() - 2;
    let started = lane_record::Body::Started(Default::default());
    day.lane.bodies.insert(1, started.clone());
    day.lane.bodies.insert(last, started);
    let folder = day.write();
    let findings = examine(&folder.run, &day.lost);
    assert!(!findings.figures.resumed.is_empty());
}
