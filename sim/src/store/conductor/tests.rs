use proto::store::v1::{LaneView, PaymentCounts, StatusResponse};

use super::*;

const ONE_LANE: Calendar = Calendar::of_one_day(1);

fn visits(count: usize, may_be_stood_in: bool) -> Vec<Visit> {
    let visit = |index: usize| Visit {
        order: format!("basket-{index}"),
        lane: 1,
        day: 1,
        arrive_wall_ms: 0,
        items: Vec::new(),
        mistake: None,
        too_young_for: None,
        brings_back: None,
        waits: false,
        scanned_on: None,
        without_receipt: None,
        total_minor: 100,
        tenders: Vec::new(),
        may_be_stood_in,
    };
    (0..count).map(visit).collect()
}

fn sight(sold: u32, counts: PaymentCounts, queue_depth: u32, link_up: bool) -> Sight {
    let lane = LaneView {
        lane: 1,
        sales_closed: sold,
        ..LaneView::default()
    };
    let status = StatusResponse {
        link_up,
        queue_depth,
        counts: Some(counts),
        ..StatusResponse::default()
    };
    Sight {
        status,
        lanes: vec![lane],
    }
}

fn told<'a>(at_ms: u64, sight: &'a Sight, swallowed: &'a [Approval]) -> Moment<'a> {
    Moment {
        at_ms,
        sight,
        hub_answers: true,
        swallowed,
        held: None,
        receipts: 0,
        wall_ms: 0,
        closing: Closing::None,
        killed: None,
    }
}

#[test]
fn the_line_is_cut_in_the_middle_and_mended_after_stand_ins() {
    let mut conductor = Conductor::new(&[Fault::BankLine], ONE_LANE, &visits(100, true));
    let mut counts = PaymentCounts::default();
    let early = sight(10, counts, 0, true);
    assert_eq!(conductor.look(&told(1_000, &early, &[])), None);
    let middle = sight(40, counts, 0, true);
    assert_eq!(
        conductor.look(&told(5_000, &middle, &[])),
        Some(Order::CutLine)
    );
    counts.stand_in = 6;
    let cut = sight(50, counts, 6, false);
    assert_eq!(conductor.look(&told(6_000, &cut, &[])), None);
    assert_eq!(
        conductor.look(&told(8_100, &cut, &[])),
        Some(Order::MendLine)
    );
    assert_eq!(conductor.look(&told(8_200, &cut, &[])), None);
    counts.forward_delivered = 6;
    let drained = sight(60, counts, 0, true);
    assert_eq!(conductor.look(&told(9_000, &drained, &[])), None);
    assert!(conductor.is_done());
    let report = conductor.into_reports().remove(0);
    assert!(report.showed);
    assert_eq!((report.at_ms, report.for_ms), (5_000, 3_100));
}

#[test]
fn the_line_is_cut_early_when_few_card_sales_are_left() {
    let mut day = visits(100, false);
    for visit in &mut day[20..26] {
        visit.may_be_stood_in = true;
    }
    let mut conductor = Conductor::new(&[Fault::BankLine], ONE_LANE, &day);
    let start = sight(0, PaymentCounts::default(), 0, true);
    assert_eq!(conductor.look(&told(10, &start, &[])), Some(Order::CutLine));
}

#[test]
fn a_cut_without_a_stand_in_ends_and_did_not_show() {
    let mut conductor = Conductor::new(&[Fault::BankLine], ONE_LANE, &visits(10, true));
    let middle = sight(5, PaymentCounts::default(), 0, true);
    conductor.look(&told(1_000, &middle, &[]));
    assert_eq!(conductor.look(&told(5_000, &middle, &[])), None);
    assert_eq!(
        conductor.look(&told(21_000, &middle, &[])),
        Some(Order::MendLine)
    );
    conductor.look(&told(21_100, &middle, &[]));
    assert!(!conductor.into_reports()[0].showed);
}

#[test]
fn a_lost_answer_shows_once_it_is_unknown_and_reversed() {
    let mut conductor = Conductor::new(&[Fault::LostAnswer], ONE_LANE, &visits(100, true));
    let mut counts = PaymentCounts::default();
    let now = sight(20, counts, 0, true);
    let order = conductor.look(&told(1_000, &now, &[]));
    assert_eq!(order, Some(Order::SwallowNextApproval));
    let lost = [Approval {
        tid: "LANE0001".into(),
        stan: 7,
    }];
    counts.unknown = 1;
    let unknown = sight(21, counts, 1, true);
    conductor.look(&told(4_000, &unknown, &lost));
    assert!(!conductor.is_done());
    counts.reversed = 1;
    let reversed = sight(21, counts, 0, true);
    conductor.look(&told(4_500, &reversed, &lost));
    let report = conductor.into_reports().remove(0);
    assert!(report.showed);
    assert_eq!(report.lost.unwrap().stan, 7);
}

#[test]
fn a_fault_whose_moment_never_came_did_not_show() {
    let conductor = Conductor::new(&Fault::ALL, ONE_LANE, &visits(10, true));
    let reports = conductor.into_reports();
    assert_eq!(reports.len(), 5);
    assert!(reports.iter().all(|report| !report.showed));
}

fn approval(tid: &str) -> Approval {
    Approval {
        tid: tid.into(),
        stan: 7,
    }
}

#[test]
fn a_late_answer_is_let_go_once_its_payment_is_taken_back_and_shows_once_counted() {
    let mut conductor = Conductor::new(&[Fault::LateAnswer], ONE_LANE, &visits(100, true));
    let mut counts = PaymentCounts::default();
    let now = sight(20, counts, 0, true);
    let order = conductor.look(&told(1_000, &now, &[]));
    assert_eq!(order, Some(Order::HoldNextApproval));
    let kept = approval("LANE0001");
    let keeping = |at_ms, sight| Moment {
        held: Some(&kept),
        ..told(at_ms, sight, &[])
    };
    assert_eq!(conductor.look(&keeping(1_200, &now)), None);
    counts.unknown = 1;
    let unknown = sight(21, counts, 1, true);
    assert_eq!(conductor.look(&keeping(4_200, &unknown)), None);
    counts.reversed = 1;
    let reversed = sight(21, counts, 0, true);
    assert_eq!(
        conductor.look(&keeping(4_300, &reversed)),
        Some(Order::Release)
    );
    conductor.look(&told(4_400, &reversed, &[]));
    assert!(!conductor.is_done());
    counts.late_answers = 1;
    conductor.look(&told(4_500, &sight(22, counts, 0, true), &[]));
    let report = conductor.into_reports().remove(0);
    assert!(report.showed);
    assert_eq!(report.lost, Some(kept));
}

#[test]
fn a_late_answer_that_is_never_counted_does_not_show_and_nothing_stays_kept_back() {
    let mut conductor = Conductor::new(&[Fault::LateAnswer], ONE_LANE, &visits(100, true));
    let now = sight(20, PaymentCounts::default(), 0, true);
    conductor.look(&told(1_000, &now, &[]));
    let order = conductor.look(&told(31_000, &now, &[]));
    assert_eq!(order, Some(Order::DropHeld));
    assert!(!conductor.into_reports()[0].showed);
}

fn connected(sold: u32, counts: PaymentCounts) -> Sight {
    let mut sight = sight(sold, counts, 0, true);
    sight.lanes[0].connected = true;
    sight
}

/// The lane is killed and, by its journal, in the middle of `open_sale`.
fn killed_lane(open_sale: Option<OpenSale>) -> FaultReport {
    let mut conductor = Conductor::new(&[Fault::LaneKill], ONE_LANE, &visits(100, true));
    let now = connected(20, PaymentCounts::default());
    let order = conductor.look(&told(1_000, &now, &[]));
    assert_eq!(order, Some(Order::HoldNextApproval));
    let kept = approval("LANE0001");
    let strike = conductor.look(&Moment {
        held: Some(&kept),
        ..told(1_200, &now, &[])
    });
    assert_eq!(strike, Some(Order::KillLane(1)));
    let killed = Killed {
        lane: 1,
        away_ms: 40,
        open_sale,
    };
    let after = |at_ms, sight| Moment {
        killed: Some(&killed),
        ..told(at_ms, sight, &[])
    };
    conductor.look(&after(1_400, &now));
    assert!(!conductor.is_done(), "it has sold nothing since");
    conductor.look(&after(1_600, &connected(21, PaymentCounts::default())));
    conductor.into_reports().remove(0)
}

#[test]
fn a_killed_lane_shows_when_it_was_paying_and_the_sale_was_gone_on_with() {
    let sale = OpenSale {
        order: "basket-20".into(),
        lines: 3,
        payment_in_flight: true,
    };
    let mut report = killed_lane(Some(sale.clone()));
    assert!(report.showed);
    let mut figures = Figures::default();
    figures.resumed.push("basket-20".to_owned());
    report.confirm(&figures);
    assert!(report.showed);
    report.confirm(&Figures::default());
    assert!(!report.showed, "{}", report.effect);
    assert!(!killed_lane(None).showed);
    let scanning = OpenSale {
        payment_in_flight: false,
        ..sale
    };
    assert!(!killed_lane(Some(scanning)).showed);
}

/// The hub is killed; `sales` receipts are printed until it is back, and it is told of so many
/// offline approvals then.
fn killed_hub(sales: usize, offline_approved: u64) -> (u64, FaultReport) {
    let mut conductor = Conductor::new(&[Fault::HubKill], ONE_LANE, &visits(100, true));
    let mut counts = PaymentCounts::default();
    let now = connected(40, counts);
    let order = conductor.look(&told(1_000, &now, &[]));
    assert_eq!(order, Some(Order::HoldNextApproval));
    let kept = approval("LANE0001");
    let strike = conductor.look(&Moment {
        held: Some(&kept),
        receipts: 40,
        ..told(1_200, &now, &[])
    });
    assert_eq!(strike, Some(Order::KillHub));
    let away = |at_ms| Moment {
        hub_answers: false,
        receipts: 40 + sales,
        ..told(at_ms, &now, &[])
    };
    let mut at_ms = 1_200;
    while conductor.look(&away(at_ms)).is_none() {
        at_ms += 100;
    }
    let back_ms = at_ms;
    counts.unknown = 1;
    counts.offline_approved = offline_approved;
    conductor.look(&told(at_ms + 100, &connected(40, counts), &[]));
    assert!(!conductor.is_done(), "nothing is taken back yet");
    counts.reversed = 1;
    conductor.look(&told(70_000, &connected(60, counts), &[]));
    (back_ms, conductor.into_reports().remove(0))
}

#[test]
fn a_killed_hub_shows_when_lanes_sold_and_its_payment_was_taken_back() {
    let (back_ms, report) = killed_hub(20, 1);
    assert_eq!(back_ms, 4_200);
    assert!(report.showed, "{}", report.effect);
    assert!(!killed_hub(20, 0).1.showed, "no lane used its lease");
    let (back_ms, report) = killed_hub(0, 0);
    assert_eq!(back_ms, 13_200);
    assert!(!report.showed, "{}", report.effect);
}
