//! `sim twice`: the same seed in two processes, and not a byte of difference between their traces.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
};

use clap::Args;
use command_line::Output;
use serde_json::json;

use crate::{
    oracle,
    world::{self, Course, Trouble, WorldOptions, WorldOutcome},
};

/// The size of a world.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct WorldArgs {
    /// Decides everything that is decided by chance
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Lanes of the simulated store
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=20))]
    lanes: u16,
    /// Baskets they sell together
    #[arg(long, default_value_t = 45, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    baskets: u32,
    /// How its first card payment goes, in the place of faults: approved, late-answer, stood-in,
    /// offline; across-close lives two days
    #[arg(long, value_name = "NAME", value_parser = Course::named)]
    course: Option<Course>,
}

/// Virtual time of a business day with a course, in milliseconds.
const COURSE_DAY_MS: u64 = 6_000;

impl WorldArgs {
    fn options(self) -> WorldOptions {
        let baskets = usize::try_from(self.baskets).unwrap_or(usize::MAX);
        let with_faults = WorldOptions::with_faults(self.seed, self.lanes, baskets);
        match self.course {
            None => with_faults,
            Some(course) => WorldOptions {
                day_ms: COURSE_DAY_MS,
                trouble: Trouble::Payment { course, stop: None },
                ..with_faults
            },
        }
    }

    /// The same again for another process.
    fn arguments(self) -> Vec<String> {
        let Self {
            seed,
            lanes,
            baskets,
            course,
        } = self;
        let mut arguments = vec![
            format!("--seed={seed}"),
            format!("--lanes={lanes}"),
            format!("--baskets={baskets}"),
        ];
        arguments.extend(course.map(|course| format!("--course={course}")));
        arguments
    }
}

/// Options of `sim twice`.
#[derive(Args, Clone, Debug)]
pub(crate) struct TwiceArgs {
    #[command(flatten)]
    world: WorldArgs,
    /// Keep both traces in this folder
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// How the result is written on standard output
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// Options of `sim world`, one half of `sim twice`.
#[derive(Args, Clone, Debug)]
pub(crate) struct WorldRun {
    #[command(flatten)]
    world: WorldArgs,
    /// Where the trace is written
    #[arg(long, value_name = "FILE")]
    trace: PathBuf,
}

/// Why there is nothing to compare.
#[derive(Debug, thiserror::Error)]
enum TwiceError {
    #[error("the traces can't be written or read: {0}")]
    Io(#[from] io::Error),
    #[error("run {number} of seed {seed} failed: {said}")]
    Run {
        number: usize,
        seed: u64,
        said: String,
    },
}

/// Runs one world and prints its outcome as JSON.
#[must_use]
pub(crate) fn run_world(args: &WorldRun) -> ExitCode {
    if tracing::subscriber::set_global_default(world::trace_subscriber()).is_err() {
        eprintln!("sim world: logs go elsewhere already, so the trace would miss them");
        return ExitCode::from(2);
    }
    let ran = tempfile::tempdir()
        .map_err(world::WorldError::from)
        .and_then(|folder| {
            world::run(
                args.world.options(),
                &folder.path().join("world"),
                Some(&args.trace),
            )
        });
    match ran {
        Ok((outcome, findings)) => {
            print_line(&as_json(args.world.seed, &outcome, &findings.verdict).to_string());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("sim world: seed {}: {error}", args.world.seed);
            ExitCode::from(1)
        }
    }
}

/// Runs a world twice and compares.
#[must_use]
pub(crate) fn run_twice(args: &TwiceArgs) -> ExitCode {
    match compare(args) {
        Ok(Verdict {
            difference,
            outcome,
        }) => {
            report(args, &outcome, difference.as_deref());
            let is_broken = outcome["broken"]
                .as_array()
                .is_none_or(|all| !all.is_empty());
            match difference.is_none() && !is_broken {
                true => ExitCode::SUCCESS,
                false => ExitCode::from(1),
            }
        }
        Err(error) => {
            eprintln!("sim twice: {error}");
            ExitCode::from(1)
        }
    }
}

struct Verdict {
    outcome: serde_json::Value,
    difference: Option<String>,
}

fn compare(args: &TwiceArgs) -> Result<Verdict, TwiceError> {
    let temporary = tempfile::tempdir()?;
    let folder = args.keep.as_deref().unwrap_or(temporary.path());
    fs::create_dir_all(folder)?;
    let traces = [1, 2].map(|number| folder.join(format!("trace-{number}.txt")));
    let started = [spawn(args, &traces[0])?, spawn(args, &traces[1])?];
    let mut outcomes = Vec::new();
    for (index, child) in started.into_iter().enumerate() {
        outcomes.push(outcome_of(args, index, child)?);
    }
    let [first, second] = [fs::read(&traces[0])?, fs::read(&traces[1])?];
    let mut difference = first_difference(&first, &second);
    if difference.is_none() && outcomes.first() != outcomes.last() {
        difference = Some("the traces are equal, what came of the runs is not".to_owned());
    }
    let outcome = outcomes.into_iter().next().unwrap_or_default();
    Ok(Verdict {
        outcome,
        difference,
    })
}

fn spawn(args: &TwiceArgs, trace: &Path) -> io::Result<Child> {
    Command::new(env::current_exe()?)
        // Reached by its own name, whatever name this program was called by.
        .args(["sim", "world"])
        .args(args.world.arguments())
        .arg("--trace")
        .arg(trace)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

fn outcome_of(
    args: &TwiceArgs,
    index: usize,
    child: Child,
) -> Result<serde_json::Value, TwiceError> {
    let output = child.wait_with_output()?;
    let failed = |said: String| TwiceError::Run {
        number: index + 1,
        seed: args.world.seed,
        said,
    };
    if !output.status.success() {
        return Err(failed(
            String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        ));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| failed(error.to_string()))
}

/// The first line in which two traces differ, in words.
fn first_difference(first: &[u8], second: &[u8]) -> Option<String> {
    if first == second {
        return None;
    }
    let lines = |bytes: &[u8]| -> Vec<String> {
        String::from_utf8_lossy(bytes)
            .lines()
            .map(str::to_owned)
            .collect()
    };
    let (first, second) = (lines(first), lines(second));
    let length = first.len().max(second.len());
    let shown = |lines: &[String], index: usize| {
        lines
            .get(index)
            .cloned()
            .unwrap_or_else(|| "(the trace has ended)".to_owned())
    };
    (0..length)
        .find(|index| first.get(*index) != second.get(*index))
        .map(|index| {
            format!(
                "line {}:\n  {}\n  {}",
                index + 1,
                shown(&first, index),
                shown(&second, index)
            )
        })
}

fn as_json(seed: u64, outcome: &WorldOutcome, verdict: &oracle::Verdict) -> serde_json::Value {
    json!({
        "seed": seed,
        "trace_lines": outcome.trace_lines,
        "virtual_ms": outcome.virtual_ms,
        "sales": outcome.sales,
        "payments": outcome.payments,
        "stand_in": outcome.stood_in,
        "offline_approved": outcome.offline,
        "reversed": outcome.reversed,
        "crashes": outcome.crashes,
        "checked": verdict.checked,
        "broken": verdict.broken,
    })
}

fn report(args: &TwiceArgs, outcome: &serde_json::Value, difference: Option<&str>) {
    match args.output {
        Output::Json => {
            let mut shown = outcome.clone();
            shown["equal"] = difference.is_none().into();
            shown["difference"] = difference.map_or(serde_json::Value::Null, Into::into);
            print_line(&shown.to_string());
        }
        Output::Text => {
            let verdict = difference.map_or_else(
                || "the two traces are equal, byte for byte".to_owned(),
                |difference| format!("the two traces differ at {difference}"),
            );
            print_line(&format!(
                "seed {}: {} sales, {} card payments, {} stood in, {} offline, {} reversed, \
                 {} crashes in {} s of virtual time, {} lines of trace\n{verdict}{}",
                outcome["seed"],
                outcome["sales"],
                outcome["payments"],
                outcome["stand_in"],
                outcome["offline_approved"],
                outcome["reversed"],
                outcome["crashes"],
                outcome["virtual_ms"].as_u64().unwrap_or(0) / 1_000,
                outcome["trace_lines"],
                broken_lines(outcome),
            ));
        }
    }
}

/// What the oracle found, a line each.
fn broken_lines(outcome: &serde_json::Value) -> String {
    let all = outcome["broken"].as_array().into_iter().flatten();
    all.map(|one| format!("\nbroken {one}")).collect()
}

#[allow(
    clippy::print_stdout,
    reason = "what a command answers goes to standard output"
)]
fn print_line(text: &str) {
    println!("{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_named_with_its_line() {
        assert_eq!(first_difference(b"a\nb\n", b"a\nb\n"), None);
        let said = first_difference(b"a\nb\nc\n", b"a\nx\nc\n").unwrap();
        assert!(
            said.contains("line 2") && said.contains("  b") && said.contains("  x"),
            "{said}"
        );
        let said = first_difference(b"a\n", b"a\nmore\n").unwrap();
        assert!(said.contains("line 2") && said.contains("ended"), "{said}");
    }
}
