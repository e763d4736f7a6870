//! `lane-agent self-test`: each part pass or fail, with a code and what to do.

use std::{sync::Arc, time::Duration};

use domain::limits;
use journal::{Journal, OpenError};
use ports::{Network, OsRandom, TcpNetwork};
use serde_json::json;
use tokio::time::timeout;

use super::{Exit, Failed, Outcome, Output, answer, with_sources};
use crate::{
    config::{Config, PrinterDriver},
    devices::{self, scripted},
    store_day::{self, StoreDay},
};

struct Check {
    code: &'static str,
    part: &'static str,
    /// What is wrong, and what to do about it.
    fault: Option<(String, &'static str)>,
    /// Whether a lane can sell without it.
    needed: bool,
}

pub(super) fn test(config: &Config, output: Output) -> Outcome {
    let checks = [
        printer(config),
        journal(config),
        disk(config),
        script(config),
        hub(config),
        wall_clock(config),
    ];
    let passed = checks.iter().all(|check| check.fault.is_none());
    let needed_passed = checks
        .iter()
        .all(|check| check.fault.is_none() || !check.needed);
    let lines: Vec<String> = checks.iter().map(line).collect();
    let json = json!({
        "passed": passed,
        "can_sell": needed_passed,
        "checks": checks.iter().map(as_json).collect::<Vec<_>>(),
    });
    answer(output, &lines.join("\n"), &json)?;
    match (passed, needed_passed) {
        (true, _) => Ok(()),
        (false, true) => Err(Failed::new(Exit::Unreachable, "not everything is there")),
        (false, false) => Err(Failed::new(Exit::No, "the lane can't sell")),
    }
}

/// A printer that is there and not ready holds up no sale; a folder that can't be written is a
/// mistake of whoever set the lane up.
fn printer(config: &Config) -> Check {
    let configured = &config.devices.printer;
    let printer = devices::printer(configured, Arc::new(TcpNetwork), Arc::new(OsRandom));
    let examined = actix::System::new().block_on(async move { printer.examine().await });
    let is_file = matches!(configured.driver, PrinterDriver::File { .. });
    let (code, remedy) = if is_file {
        let remedy = "make the folder writable or choose another in devices.printer.folder";
        ("LANE0001", remedy)
    } else {
        let remedy =
            "look at the printer and at devices.printer; cash and cards are sold meanwhile";
        ("LANE0050", remedy)
    };
    Check {
        code,
        part: "printer",
        fault: examined.err().map(|fault| (fault.to_string(), remedy)),
        needed: is_file,
    }
}

/// The journal as it is, read only: the test leaves no trace. Where there is none yet, a start
/// makes one.
fn journal(config: &Config) -> Check {
    let folder = &config.journal.folder;
    let fault = match open(config) {
        Ok(_) | Err(OpenError::NoJournal { .. }) => journal::check_writable(folder)
            .err()
            .map(|error| with_sources(&error)),
        Err(error) => Some(error.to_string()),
    };
    let remedy = "stop the other lane-agent, make the folder writable, or run `lane-agent verify`";
    Check {
        code: "LANE0002",
        part: "journal",
        fault: fault.map(|what| (what, remedy)),
        needed: true,
    }
}

fn open(config: &Config) -> Result<Journal, OpenError> {
    let engine = config.journal.engine.open_to_read(&config.journal.folder)?;
    Journal::open_to_read(engine)
}

/// A journal that doesn't open says so itself.
fn disk(config: &Config) -> Check {
    let short = open(config).ok();
    let short = short.and_then(|journal| journal.refuses_new_work());
    Check {
        code: "LANE0009",
        part: "disk",
        fault: short.map(|why| (why.to_string(), "make room on the journal's disk")),
        needed: true,
    }
}

fn script(config: &Config) -> Check {
    let read = config.devices.cashier_script.as_deref();
    let fault = read.and_then(|path| scripted::read_script(path).err());
    Check {
        code: "LANE0003",
        part: "script",
        fault: fault.map(|fault| (fault.to_string(), "correct the script")),
        needed: true,
    }
}

fn hub(config: &Config) -> Check {
    let address = config.hub_address.clone();
    let time_limit = Duration::from_millis(limits::CONNECT_TIMEOUT_MS);
    let connected = actix::System::new().block_on(async move {
        timeout(time_limit, TcpNetwork.connect(&address))
            .await
            .map_err(|_| "no answer".to_owned())
            .and_then(|connected| connected.map_err(|error| error.to_string()))
    });
    let fault = connected.err().map(|why| {
        let what = format!("{} can't be reached: {why}", config.hub_address);
        (
            what,
            "start the hub or correct hub.address; cash is sold meanwhile",
        )
    });
    Check {
        code: "LANE0004",
        part: "hub",
        fault,
        needed: false,
    }
}

/// What was found when lane and hub last met: only both together can tell.
fn wall_clock(config: &Config) -> Check {
    let day = StoreDay::open(&config.store_day_file()).ok();
    let fault = day.and_then(|day| day.clock_fault()).map(|what| {
        let remedy = "set the clock of the machine that is wrong";
        (what, remedy)
    });
    Check {
        code: store_day::WRONG_CLOCK,
        part: "clock",
        fault,
        needed: false,
    }
}

fn line(check: &Check) -> String {
    match &check.fault {
        None => format!("pass  {}", check.part),
        Some((what, remedy)) => {
            format!("FAIL  {} {}: {what}; {remedy}", check.part, check.code)
        }
    }
}

fn as_json(check: &Check) -> serde_json::Value {
    json!({
        "part": check.part,
        "passed": check.fault.is_none(),
        "code": check.fault.as_ref().map(|_| check.code),
        "what": check.fault.as_ref().map(|(what, _)| what),
        "remedy": check.fault.as_ref().map(|(_, remedy)| remedy),
    })
}
