//! A world again in the same process: what a sweep relies on, which runs one world after the other
//! and whose replay of one is a process of its own. One test only: other threads count tasks, too.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use sim::world::{self, WorldOptions};

#[test]
fn a_world_is_the_same_again_in_one_process() {
    let home = tempfile::tempdir().unwrap();
    let traces = ["first", "second"].map(|name| {
        world::align_task_ids().unwrap();
        let trace = home.path().join(name).with_extension("trace");
        let options = WorldOptions::with_faults(2, 3, 30);
        let (outcome, _) = world::run(options, &home.path().join(name), Some(&trace)).unwrap();
        assert!(outcome.crashes > 0);
        std::fs::read_to_string(trace).unwrap()
    });
    let lines = traces[0].lines().zip(traces[1].lines());
    for (first, second) in lines {
        assert_eq!(first, second);
    }
    assert_eq!(traces[0], traces[1]);
}
