//! Every program of the workspace in one, chosen by its first argument, so that a test can start
//! them as processes of their own.

use std::{env, ffi::OsString, process::ExitCode};

fn main() -> ExitCode {
    let mut args: Vec<OsString> = env::args_os().skip(1).collect();
    let Some(program) = args
        .first()
        .and_then(|name| name.to_str())
        .map(str::to_owned)
    else {
        eprintln!("usage: lanekeeper-under-test PROGRAM [ARGUMENTS]");
        return ExitCode::from(2);
    };
    match program.as_str() {
        "acquirer-host" => acquirer_host::run(args),
        "head-office" => head_office::run(args),
        "iso8583" => iso8583::run(args),
        "lane-agent" => lane_agent::run(args),
        "sim" => sim::run(args),
        "store-hub" => store_hub::run(args),
        other => {
            eprintln!("no program is named {other}");
            args.clear();
            ExitCode::from(2)
        }
    }
}
