//! Every number of every enumeration of an answer has its words, in both languages; one that this
//! release does not know is told as a number.

use domain::words::Sentence;
use proto::store::v1::{
    CloseDayProgress, CloseWait, CloseWaits, DeadLetterReason, Decision, DecisionKind, FoundLine,
    HistoryLine, HistoryStep, NoRoom, PaymentState, ReplicaTrouble, TenderKind, WrongClock,
    close_day_progress::Told,
};

use super::*;

/// Numbers that no enumeration has.
const NEWER: i32 = 7_777;

fn both(said: &Sentence, what: &str) {
    assert!(
        !said.english.is_empty() && said.english.is_ascii(),
        "{what}: {said:?}"
    );
    assert!(!said.chinese.is_ascii(), "{what}: {said:?}");
}

/// `last`: the highest number of the enumeration. Below it nothing is unknown, above it all is.
fn numbers(what: &str, last: i32, words: impl Fn(i32) -> Sentence) {
    for number in 1..=last {
        let said = words(number);
        both(&said, what);
        assert!(
            !said.english.contains("unknown ("),
            "{what} {number}: {said:?}"
        );
    }
    for number in [last + 1, NEWER, -1] {
        let said = words(number);
        assert!(
            said.english.contains(&format!("unknown ({number})")),
            "{what}: {said:?}"
        );
        assert!(
            said.chinese.contains(&format!("未知（{number}）")),
            "{what}: {said:?}"
        );
    }
}

#[test]
fn each_number_has_its_words_in_both_languages_and_a_newer_one_is_told_as_a_number() {
    numbers("day", 2, day_state);
    numbers("lease", 4, lease_state);
    numbers("lane", 6, lane_state);
    numbers("owner", 3, owner);
    numbers("status", 20, payment_status);
    numbers("source", 3, price_source);
    numbers("version", 4, price_version_state);
    numbers("kind of entry", 3, forward_kind);
    numbers("resolution", 3, resolution);
    numbers("step", 7, close_step);
    numbers("reason", 9, |number| dead_letter_reason(number, "", "05"));
    numbers("disk", 2, |kind| {
        no_room(&NoRoom {
            kind,
            ..NoRoom::default()
        })
    });
    numbers("clock", 2, |owner| {
        clock_owner(&WrongClock {
            owner,
            lane: 3,
            ahead_ms: 1,
        })
    });
    numbers("trouble", 7, |kind| {
        trouble(&ReplicaTrouble {
            kind,
            ..ReplicaTrouble::default()
        })
    });
    numbers("decision", 7, |decision| {
        payment_state(&PaymentState {
            decision,
            ..PaymentState::default()
        })
    });
    numbers("tender", 7, |kind| {
        found_state(&FoundLine {
            paid_by: vec![kind],
            ..FoundLine::default()
        })
    });
    numbers("wait", 3, |kind| {
        let waits = vec![CloseWait { kind, lane: 3 }];
        let told = Some(Told::Waits(CloseWaits { waits }));
        close_detail(&CloseDayProgress {
            told,
            ..CloseDayProgress::default()
        })
    });
}

#[test]
fn each_step_of_a_history_is_a_sentence() {
    let mut steps = 0;
    for number in 1..100 {
        if HistoryStep::try_from(number).is_err() {
            continue;
        }
        let said = history_line(&HistoryLine {
            step: number,
            decision: Some(Decision::default()),
            quoted: "mti 0200".to_owned(),
            ..HistoryLine::default()
        });
        both(&said, "step");
        assert!(!said.english.contains("unknown ("), "{said:?}");
        steps += 1;
    }
    assert_eq!(steps, 26);
    let newer = history_line(&HistoryLine {
        step: NEWER,
        ..HistoryLine::default()
    });
    assert_eq!(newer.english, "unknown (7777)");
}

#[test]
fn a_refusal_of_a_newer_release_is_told_in_a_history_as_well() {
    let decision = Decision {
        kind: DecisionKind::Refused.into(),
        refusal_reason: 77,
        ..Decision::default()
    };
    let said = history_line(&HistoryLine {
        step: HistoryStep::Told.into(),
        decision: Some(decision),
        ..HistoryLine::default()
    });
    assert_eq!(
        said.english,
        "told: refused by the hub (reason 77, of a newer release)"
    );
}

#[test]
fn an_old_reason_stays_in_its_words() {
    let old = dead_letter_reason(0, "lane 3 approved it", "05");
    assert_eq!(
        (old.english.as_str(), old.chinese.as_str()),
        ("lane 3 approved it", "lane 3 approved it")
    );
    let refused = DeadLetterReason::CardRefused.into();
    let said = dead_letter_reason(refused, "", "51");
    assert_eq!(said.english, "the bank refused the card (F39 51)");
    let found = FoundLine {
        paid_by: vec![TenderKind::Cash.into(), TenderKind::Card.into()],
        ..FoundLine::default()
    };
    assert_eq!(found_state(&found).english, "sale, paid by cash and card");
}
