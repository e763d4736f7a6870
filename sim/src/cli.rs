//! The command line of `sim`.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use command_line::{Exit, Failed, LogFormat, LogOptions, Output, completions, say};

use crate::{
    audit::audit,
    by_hand,
    load::{self, EchoOptions, LoadOptions},
    store::{self, StoreError, options::StoreOptions, summary::Summary},
    sweep::SweepArgs,
    twice::{self, TwiceArgs, WorldRun},
    world,
};

#[derive(Debug, Parser)]
#[command(
    name = "sim",
    version,
    about = "A supermarket's payments, tried out: a store day with real processes, and its audit",
    long_about = "A supermarket's payments, tried out.\n\nWithout a command it trades a store day \
                  on this machine: a bank, a hub and lanes as processes of their own sell real \
                  baskets, the line to the bank breaks, answers get lost or come late, a lane and \
                  the hub are killed, the day closes, and every payment is examined to the cent.",
    after_help = "The programs of the store are in here, too: store-hub, lane-agent, \
                  acquirer-host and head-office, each as the first argument or as the name this \
                  program is called by.\n\nExit codes: 0 done and true, 1 done and the answer is \
                  no, 2 usage or configuration, 3 a program could not be reached.",
    args_conflicts_with_subcommands = true
)]
struct CommandLine {
    #[command(flatten)]
    log: LogOptions,
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    store: StoreOptions,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Trade a store day with real processes (also what happens without a command)
    Store(Box<StoreOptions>),
    /// Examine a finished run again
    Audit(AuditOptions),
    /// Measure how much a real hub carries beside a ceiling and a floor, or how it grows day by day
    Load(LoadOptions),
    /// The ceiling of `load`: a hub that only echoes
    #[command(hide = true)]
    LoadEcho(EchoOptions),
    /// Run a small store on virtual time twice with one seed: every byte must be the same
    Twice(TwiceArgs),
    /// One half of `twice`
    #[command(hide = true)]
    World(WorldRun),
    /// Stop a host at every port call of a payment's life, and examine what comes of it
    #[command(hide = true)]
    Sweep(SweepArgs),
    /// Print the completions of a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
}

#[derive(Args, Debug)]
struct AuditOptions {
    /// The folder of a finished run
    folder: PathBuf,
    /// How the result is written on standard output
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// Runs `sim` with these arguments, the program's name first.
pub(crate) fn run(arguments: Vec<OsString>) -> ExitCode {
    let CommandLine {
        log,
        command,
        store,
    } = match command_line::parsed(arguments) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    match command {
        None => logged(&log, || run_store(&store, log.format())),
        Some(Command::Store(options)) => logged(&log, || run_store(&options, log.format())),
        Some(Command::Audit(options)) => logged(&log, || run_audit(&options)),
        Some(Command::Load(options)) => logged(&log, || run_load(&options)),
        Some(Command::LoadEcho(options)) => logged(&log, || load::run_echo(&options)),
        // The trace of a world is its log.
        Some(Command::Twice(options)) => twice::run_twice(&options),
        Some(Command::World(options)) => twice::run_world(&options),
        Some(Command::Sweep(options)) => run_sweep(&options),
        Some(Command::Completions { shell }) => match completions::<CommandLine>("sim", shell) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failed) => fail(&failed.what, failed.exit.code()),
        },
    }
}

fn logged(log: &LogOptions, command: impl FnOnce() -> Result<Exit, Failed>) -> ExitCode {
    command_line::ended("sim", log, command)
}

fn run_store(options: &StoreOptions, log_format: LogFormat) -> Result<Exit, Failed> {
    let failed = |error: &StoreError| Failed::new(error.exit(), error);
    let summary = match options.by_hand {
        true => {
            by_hand::run(options, log_format).map_err(|error| Failed::new(error.exit(), error))?
        }
        false => store::run(options, log_format).map_err(|error| failed(&error))?,
    };
    let text = match options.output {
        Output::Json => json(&summary),
        Output::Text => format!("{}{}", summary.table(), follow_line(&summary)),
    };
    command_line::print(&text)?;
    if options.keep_open {
        store::keep_open(&summary, log_format).map_err(|error| Failed::new(error.exit(), error))?;
    }
    Ok(yes_or_no(summary.is_good()))
}

fn run_audit(options: &AuditOptions) -> Result<Exit, Failed> {
    let report = audit(&options.folder).map_err(|error| Failed::new(Exit::Usage, error))?;
    let text = match options.output {
        Output::Json => json(&report),
        Output::Text => report.text(),
    };
    command_line::print(&text)?;
    Ok(yes_or_no(report.broken.is_empty()))
}

fn run_load(options: &LoadOptions) -> Result<Exit, Failed> {
    let loaded = load::run(options).map_err(|error| Failed::new(error.exit(), error))?;
    let text = match options.output {
        Output::Json => json(&loaded),
        Output::Text => loaded.text(),
    };
    command_line::print(&text)?;
    Ok(yes_or_no(loaded.is_right()))
}

const fn yes_or_no(yes: bool) -> Exit {
    match yes {
        true => Exit::Done,
        false => Exit::No,
    }
}

fn run_sweep(options: &SweepArgs) -> ExitCode {
    let subscriber = options.wants_trace().then(world::trace_subscriber);
    if let Some(subscriber) = subscriber
        && tracing::subscriber::set_global_default(subscriber).is_err()
    {
        return fail("logs go elsewhere already, so the trace would miss them", 2);
    }
    let swept = match options.run() {
        Ok(swept) => swept,
        Err(error) => return fail(&error.to_string(), 1),
    };
    let printed = print(&json(&swept));
    match swept.failures.is_empty() && swept.runs > 0 {
        true => printed,
        false => ExitCode::FAILURE,
    }
}

/// The command that shows an interesting payment, as it works from here.
fn follow_line(summary: &Summary) -> String {
    let Some(id) = summary.payment_to_follow() else {
        return String::new();
    };
    let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("sim"));
    let program = in_shell(&program);
    let configuration = in_shell(&Path::new(&summary.out).join("hub/store-hub.toml"));
    format!("follow one payment: {program} store-hub payment {id} --config {configuration}\n")
}

/// A path as a shell takes it: from the current folder where that is shorter, quoted where needed.
fn in_shell(path: &Path) -> String {
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    let relative = here
        .ok()
        .and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    let text = relative.as_deref().unwrap_or(path).display().to_string();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+".contains(&byte);
    match text.bytes().all(is_plain) {
        true => text,
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default() + "\n"
}

fn print(text: &str) -> ExitCode {
    match command_line::print(text) {
        Ok(()) => Exit::Done.into(),
        Err(failed) => fail(&failed.what, failed.exit.code()),
    }
}

fn fail(sentence: &str, code: u8) -> ExitCode {
    say(&format!("sim: {sentence}"));
    ExitCode::from(code)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(arguments: &[&str]) -> Result<CommandLine, clap::Error> {
        CommandLine::try_parse_from([&["sim"], arguments].concat())
    }

    #[test]
    fn the_command_line_is_sound_and_store_is_what_happens_without_a_command() {
        CommandLine::command().debug_assert();
        let plain = parse(&[]).unwrap();
        assert!(plain.command.is_none());
        assert_eq!((plain.store.lanes, plain.store.baskets), (4, 400));
        assert_eq!(parse(&["--baskets", "20"]).unwrap().store.baskets, 20);
        assert!(matches!(
            parse(&["store"]).unwrap().command,
            Some(Command::Store(_))
        ));
    }

    #[test]
    fn what_is_not_there_is_a_usage_error_with_a_sentence() {
        for (arguments, expected) in [
            (&["store", "--nonsense"][..], "--nonsense"),
            (&["store", "--faults", "lane-loss"], "no fault 'lane-loss'"),
            (&["store", "--baskets", "0"], "nothing to sell"),
            (&["store", "--lanes", "0"], "--lanes"),
            (&["store", "--resume", "x", "--seed", "1"], "--seed"),
            (&["trade"], "trade"),
        ] {
            let error = parse(arguments).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
            assert!(error.use_stderr());
        }
    }

    #[test]
    fn a_path_with_a_blank_is_quoted() {
        assert_eq!(in_shell(Path::new("/a b/c")), "'/a b/c'");
        assert_eq!(in_shell(Path::new("/a/c")), "/a/c");
    }
}
