//! Two days, written by hand as lane and hub would write them; then each way in which days go
//! wrong.

use std::fs;

use proto::journal::v1::{LaneRested, SettlementSent, hub_record, lane_record};

use crate::oracle::{examine, tests::day::TID};

use super::{
    day::{DATE, Day, NEXT, Written, closed, marker},
    sealed::Sealed,
};

const AFTER_NEXT: &str = "2026-11-24";

/// Where the receipt of this sale is printed.
fn printed(day: &Day, sale: u32) -> usize {
    let number = format!("1-1-{sale:06}");
    let mut bodies = day.lane.bodies.iter();
    let place = bodies.position(|body| {
        matches!(body, lane_record::Body::ReceiptPrinted(one) if one.receipt_number == number)
    });
    place.unwrap()
}

/// Two sales each day.
fn two_days() -> Day {
    let mut day = Day::good();
    day.lane.bodies.pop();
    let turn = printed(&day, 2) + 1;
    day.lane.bodies.insert(turn, marker(DATE, NEXT));
    day.lane.bodies.push(marker(NEXT, AFTER_NEXT));
    day.hub.push(closed(NEXT));
    day.days = 2;
    let all = day.lane.bodies.len();
    day.sealed = vec![
        Sealed::honest(&day.lane.bodies, DATE, 1, turn + 1),
        Sealed::honest(&day.lane.bodies, NEXT, 1, all),
    ];
    day
}

/// Two days, of which the first was sealed while the hub had one sale of it, and then anew.
fn a_late_lane() -> Day {
    let mut day = two_days();
    let known = printed(&day, 1) + 1;
    let (bodies, all) = (&day.lane.bodies, day.lane.bodies.len());
    day.sealed = vec![
        Sealed::honest(bodies, DATE, 1, known),
        Sealed::honest(bodies, NEXT, 1, all),
        Sealed::honest(bodies, DATE, 2, all),
    ];
    day
}

/// What is said of a run on disk: invariant and sentence.
fn said_of(written: &Written) -> Vec<(String, String)> {
    let findings = examine(&written.run, &Day::good().lost);
    let broken = findings.verdict.broken.into_iter();
    broken.map(|one| (one.id, one.detail)).collect()
}

fn said(mut day: Day, change: impl FnOnce(&mut Day)) -> Vec<(String, String)> {
    change(&mut day);
    said_of(&day.write())
}

#[track_caller]
fn names(day: Day, change: impl FnOnce(&mut Day), id: &str, sentence: &str) {
    let said = said(day, change);
    let found = said
        .iter()
        .any(|(own, text)| own == id && text.contains(sentence));
    assert!(found, "no {id} '{sentence}' in {said:?}");
}

#[test]
fn two_good_days_and_a_late_lane_are_clean_and_have_their_figures() {
    for day in [two_days(), a_late_lane()] {
        let written = day.write();
        let findings = examine(&written.run, &day.lost);
        assert_eq!(findings.verdict.broken, []);
        let days = &findings.figures.days;
        let sums: Vec<_> = days
            .iter()
            .map(|one| (one.sales, one.sales_minor))
            .collect();
        assert_eq!(sums, [(2, 3_000), (2, 7_000)]);
        let is_late = day.sealed.len() == 3;
        assert_eq!(days[0].version, if is_late { 2 } else { 1 });
        assert_eq!(days[0].lanes_late, u32::from(is_late));
        assert_eq!(days[0].lanes_complete, 1);
    }
}

/// F1: what is sold after a close is in no sealed day.
#[test]
fn a_day_frame_that_is_lost_is_found() {
    let no_marker = |day: &mut Day| {
        let turn = printed(day, 2) + 1;
        day.lane.bodies.remove(turn);
        for place in turn..day.lane.bodies.len() {
            day.stamps.insert(place, NEXT);
        }
    };
    names(
        two_days(),
        no_marker,
        "I20",
        "stands in the frame of 2026-11-22",
    );
}

#[test]
fn a_lane_that_stamps_from_the_wire_is_found() {
    let stamps_the_old_date = |day: &mut Day| {
        let closes = printed(day, 3) - 1;
        day.stamps.insert(closes, DATE);
    };
    names(
        two_days(),
        stamps_the_old_date,
        "I20",
        "receipt 1-1-000003 stands in the frame of 2026-11-23, its record says 2026-11-22",
    );
}

/// F2: complete is what the hub holds up to the end of the day, not what a lane last said.
#[test]
fn a_watermark_that_believes_what_a_lane_last_said_is_found() {
    let believes = |day: &mut Day| day.sealed[0].complete = true;
    names(a_late_lane(), believes, "I18", "calls lane 1 complete");
    let doubts = |day: &mut Day| day.sealed[0].complete = false;
    names(two_days(), doubts, "I18", "calls lane 1 incomplete");
}

/// F2: what comes late makes a new version.
#[test]
fn a_second_version_that_is_not_made_is_found() {
    let not_made = |day: &mut Day| day.sealed.truncate(2);
    names(
        a_late_lane(),
        not_made,
        "I20",
        "lane 1 epoch 1 sold 2 for 3000, sealed are 1 for 1000",
    );
}

#[test]
fn a_version_that_leaves_a_record_out_is_found() {
    let leaves_out = |day: &mut Day| {
        day.sealed[2].sales -= 1;
        day.sealed[2].total_minor -= 1_000;
    };
    names(
        a_late_lane(),
        leaves_out,
        "I20",
        "2026-11-22 version 2: lane 1",
    );
    names(a_late_lane(), leaves_out, "I18", "up to record");
    let in_the_old_one = |day: &mut Day| day.sealed[0].total_minor += 1;
    names(
        a_late_lane(),
        in_the_old_one,
        "I18",
        "2026-11-22 version 1: lane 1",
    );
    let twice = |day: &mut Day| {
        day.sealed[1].sales += 1;
        day.sealed[1].total_minor += 2_000;
        day.sealed[1].card_minor += 2_000;
    };
    names(two_days(), twice, "I20", "of card tenders are sealed");
}

#[test]
fn a_second_0500_for_a_batch_that_is_cut_is_found() {
    let settles = |stan| {
        hub_record::Body::SettlementSent(SettlementSent {
            tid: TID.to_owned(),
            batch: 1,
            stan,
            totals: None,
        })
    };
    let after_the_answer = |day: &mut Day| {
        let closes = day.hub.len() - 3;
        day.hub.insert(closes, settles(9));
        day.hub.push(settles(9));
    };
    names(two_days(), after_the_answer, "I7", "settled a second time");
    let under_another_stan = |day: &mut Day| {
        let closes = day.hub.len() - 3;
        day.hub.insert(closes, settles(9));
        day.hub.insert(closes, settles(10));
    };
    names(
        two_days(),
        under_another_stan,
        "I7",
        "settled a second time",
    );
    let repeated = |day: &mut Day| {
        let closes = day.hub.len() - 3;
        day.hub.insert(closes, settles(9));
        day.hub.insert(closes, settles(9));
    };
    assert_eq!(said(two_days(), repeated), []);
}

/// A lane that rested is complete until something follows.
#[test]
fn a_rest_that_is_believed_though_records_follow_is_found() {
    let rests = |day: &mut Day| {
        let rest = printed(day, 1) + 1;
        let rested = lane_record::Body::LaneRested(LaneRested::default());
        day.lane.bodies.insert(rest, rested);
        let (bodies, all) = (&day.lane.bodies, day.lane.bodies.len());
        day.sealed = vec![
            Sealed::honest(bodies, DATE, 1, rest + 1),
            Sealed::honest(bodies, NEXT, 1, all),
            Sealed::honest(bodies, DATE, 2, all),
        ];
    };
    assert_eq!(said(two_days(), rests), []);
    let believed = |day: &mut Day| {
        rests(day);
        day.sealed.pop();
    };
    names(two_days(), believed, "I20", "sealed are 1 for 1000");
    let beyond = |day: &mut Day| {
        rests(day);
        day.sealed[0] = Sealed {
            complete: true,
            ..Sealed::honest(&day.lane.bodies, DATE, 1, printed(day, 2) + 1)
        };
    };
    names(two_days(), beyond, "I18", "calls lane 1 complete");
}

#[test]
fn a_marker_that_fits_no_frame_and_a_paper_of_no_day_are_found() {
    let ends_another = |day: &mut Day| {
        let turn = printed(day, 2) + 1;
        day.lane.bodies[turn] = marker("2026-11-21", NEXT);
    };
    names(
        two_days(),
        ends_another,
        "I20",
        "ends 2026-11-21, in the frame of 2026-11-22",
    );
    let of_nobody = |day: &mut Day| day.receipts.push(("1-1-000009".into(), "TOTAL".into()));
    names(
        two_days(),
        of_nobody,
        "I20",
        "receipt 1-1-000009 lies on paper and stands in no day",
    );
    let not_sealed = |day: &mut Day| day.sealed.truncate(1);
    names(
        two_days(),
        not_sealed,
        "I20",
        "2 sales of 2026-11-23, 7000, are in no sealed day",
    );
    let once_more = |day: &mut Day| day.hub.push(closed(DATE));
    names(two_days(), once_more, "I11", "closed more than once");
}

/// What `sim audit` has to say when somebody touches what is sealed.
#[test]
fn an_edited_amount_and_a_removed_version_are_named() {
    let day = a_late_lane();
    let written = day.write();
    let days = written.run.hub().join("days");
    let newest = days.join(DATE).join("v2/day.json");
    let text = fs::read_to_string(&newest).unwrap();
    fs::write(&newest, text.replace("3000", "3001")).unwrap();
    let found = said_of(&written);
    let named = |found: &[(String, String)], what: &str| {
        found
            .iter()
            .any(|(id, text)| id == "I20" && text.contains(what))
    };
    assert!(named(
        &found,
        "2026-11-22/v2/day.json is not the file that its manifest names"
    ));
    assert!(named(&found, "2026-11-22 version 2: lane 1"), "{found:?}");
    for (version, what) in [
        ("2026-11-22/v1", "version 1 of 2026-11-22 is gone"),
        ("2026-11-22/v1", "the version that was sealed first is gone"),
        (
            "2026-11-23/v1",
            "was sealed after a version that is gone or was changed",
        ),
        ("2026-11-22/v2", "sealed are 1 for 1000"),
    ] {
        let written = day.write();
        fs::remove_dir_all(written.run.hub().join("days").join(version)).unwrap();
        let found = said_of(&written);
        assert!(named(&found, what), "{version}: {found:?}");
    }
}

/// F9: a lane that sold nothing is fine, with its journal or without.
#[test]
fn f9_a_lane_that_sold_nothing_is_fine() {
    let written = Day::good().write();
    fs::create_dir_all(written.run.lane(2)).unwrap();
    fs::create_dir_all(written.run.receipts(2)).unwrap();
    assert_eq!(said_of(&written), []);
}
