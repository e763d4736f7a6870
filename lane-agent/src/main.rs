//! The agent on a checkout lane.

use std::process::ExitCode;

fn main() -> ExitCode {
    lane_agent::run(std::env::args_os())
}
