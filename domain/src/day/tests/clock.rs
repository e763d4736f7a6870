//! Whose clock is wrong, and who may confirm the hub's.

use crate::{
    day::{ClockCheck, Witness, WrongClock},
    ids::LaneId,
    limits::CLOCK_WITNESS_MS,
    time::{MonoMs, WallMs},
};

const LANE: Witness = Witness::Lane(LaneId(1));

fn told(check: &mut ClockCheck, witness: Witness, ahead_ms: i64) -> bool {
    let ours = 1_000_000_000;
    let theirs = WallMs(ours + ahead_ms);
    check.told(witness, theirs, WallMs(ours), MonoMs(0), 500)
}

/// F7: more than two minutes and the round trip is wrong; once.
#[test]
fn a_clock_is_wrong_beyond_two_minutes_and_the_round_trip() {
    for (ahead_ms, wrong) in [(120_500, false), (120_501, true), (-120_501, true)] {
        let mut check = ClockCheck::default();
        assert_eq!(told(&mut check, LANE, ahead_ms), wrong);
        assert!(!told(&mut check, LANE, ahead_ms), "told once");
        let expected = wrong.then_some(WrongClock {
            witness: LANE,
            ahead_ms,
        });
        assert_eq!(check.of(LANE), expected);
        assert_eq!(check.is_confirmed(MonoMs(1)), !wrong);
    }
    let mut check = ClockCheck::default();
    told(&mut check, LANE, 200_000);
    assert!(told(&mut check, LANE, 0), "right again is news, too");
}

#[test]
fn the_bank_is_believed_before_a_lane_and_nobody_for_ever() {
    let mut check = ClockCheck::default();
    assert!(!check.is_confirmed(MonoMs(0)), "nobody has said anything");
    told(&mut check, LANE, 0);
    told(&mut check, Witness::Lane(LaneId(2)), 900_000);
    assert!(check.is_confirmed(MonoMs(0)));
    told(&mut check, Witness::Bank, -900_000);
    assert!(!check.is_confirmed(MonoMs(0)));
    told(&mut check, Witness::Bank, 0);
    assert!(check.is_confirmed(MonoMs(CLOCK_WITNESS_MS)));
    assert!(!check.is_confirmed(MonoMs(CLOCK_WITNESS_MS + 1)));
}
