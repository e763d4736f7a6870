//! A host stops at a port call of a payment's life: some calls of each course here, all of them in
//! `crash_everywhere`. And what makes such a sweep worth anything: that it can fail.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

mod sweep;

use sweep::{failures, figure, sweep};

#[test]
fn a_host_stopped_here_and_there_breaks_nothing() {
    for course in ["approved", "late-answer", "stood-in", "offline"] {
        let (swept, _) = sweep(&["--course", course, "--first", "17", "--every", "90"]);
        assert_eq!(failures(&swept), Vec::<String>::new());
        assert_eq!(
            (figure(&swept, "runs"), figure(&swept, "not_reached")),
            (16, 0)
        );
    }
}

#[test]
fn what_once_failed_holds() {
    let text = include_str!("../seeds/regressions.txt");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    for line in lines {
        let (swept, _) = sweep(&line.split(' ').collect::<Vec<_>>());
        assert_eq!(failures(&swept), Vec::<String>::new(), "{line}");
        assert!(figure(&swept, "runs") > 0, "{line}: nothing was reached");
    }
}

/// A disk of the hub whose syncs do nothing: a message leaves that no record is safe of (I6), and
/// after the power cut the hub knows nothing of what the bank has booked (I4). At some calls the
/// journal itself knows what it has lost, and does not open.
#[test]
fn a_hub_that_answers_before_it_has_made_durable_is_found() {
    let stops = [
        "--host", "hub", "--first", "120", "--every", "10", "--side", "before",
    ];
    let (swept, output) = sweep(&[&stops[..], &["--forget-syncs", "hub"]].concat());
    assert!(!output.status.success());
    let found = failures(&swept).join("");
    let names = |id: &str| {
        found
            .lines()
            .any(|line| line.contains(id) && line.len() > 60)
    };
    assert!(
        names("\"I6\" payment \"") && names("\"I4\" payment \""),
        "{found}"
    );
    assert!(found.contains("sim sweep --seed 1 --baskets 10 --course approved --host hub"));
}

/// The same at a lane: what it sold and what it asked for is gone, and the bank has booked it.
#[test]
fn a_lane_that_goes_on_before_it_has_made_durable_is_found() {
    let stops = ["--host", "lane-1", "--call", "125", "--side", "after"];
    let (swept, output) = sweep(&[&stops[..], &["--forget-syncs", "lane-1"]].concat());
    assert!(!output.status.success());
    assert_eq!(failures(&swept).len(), 1, "{swept}");
}

#[test]
fn a_call_that_is_never_reached_is_no_clean_run() {
    let (swept, output) = sweep(&["--host", "hub", "--call", "100000", "--side", "after"]);
    assert_eq!(
        (figure(&swept, "runs"), figure(&swept, "not_reached")),
        (0, 1)
    );
    assert!(!output.status.success());
}

#[test]
fn a_replay_is_the_same_run_to_the_last_byte() {
    let home = tempfile::tempdir().expect("a folder");
    let traces = ["first", "second"].map(|name| {
        let path = home.path().join(name);
        let file = path.to_str().expect("a path");
        let stop = ["--host", "hub", "--call", "60", "--side", "after"];
        let (swept, _) = sweep(&[&stops_of(&stop)[..], &["--trace", file]].concat());
        assert_eq!(figure(&swept, "runs"), 1);
        std::fs::read_to_string(&path).expect("a trace")
    });
    assert!(
        traces[0].contains("hub stops after call 60: "),
        "{}",
        traces[0]
    );
    assert_eq!(traces[0], traces[1]);
}

fn stops_of<'a>(stop: &[&'a str]) -> Vec<&'a str> {
    [&["--course", "late-answer"], stop].concat()
}

/// Between the call at which the hub stops and its next start nothing of it is on the wire, but for
/// the call itself where it was to be the last.
#[test]
fn a_host_that_has_stopped_is_silent() {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("trace");
    let file = path.to_str().expect("a path");
    for (call, side, last) in [("40", "before", 0), ("40", "after", 1), ("73", "before", 0)] {
        sweep(&[
            "--host", "hub", "--call", call, "--side", side, "--trace", file,
        ]);
        let trace = std::fs::read_to_string(&path).expect("a trace");
        let texts = trace.lines().filter_map(|line| line.get(20..));
        let after_the_stop = texts.skip_while(|text| !text.starts_with("hub stops"));
        let away = after_the_stop
            .skip(1)
            .take_while(|text| *text != "start hub");
        let spoken = away
            .filter(|text| text.starts_with("hub"))
            .collect::<Vec<_>>();
        assert!(spoken.len() <= last, "{call} {side}: {spoken:?}");
        assert!(trace.contains("crash hub") && trace.contains("start hub"));
    }
}
