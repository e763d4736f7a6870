//! `verify`: the journal walked from its first record to its last, and what its records say.

use clap::Args;
use serde_json::json;

use domain::time::BusinessDate;
use journal::{
    Damage, Differs, Engine, KeyedDamage, RebuildReport, Table, VerifyError, VerifyReport,
    remove_checkpoint, restore_state, verify_engine, verify_state,
};

use super::{
    Asked, Failed, NO, Outcome, Output, UNREACHABLE, load, print, print_json,
    stopped::{Stopped, open_code},
};
use crate::{
    card_vault::{SALT_PREFIX, day_of_salt},
    checkpoint,
    config::Config,
    keyed_state::KeyedState,
    recovery::{ReplayFrom, lane_logs},
    replica::{self, lane_log},
    start::desk_config,
};

/// How much is verified, and whether the keyed state is put right.
#[derive(Args, Clone, Copy)]
pub(super) struct Depth {
    /// Also build the keyed state once more from the logs, and compare
    #[arg(long)]
    rebuild: bool,
    /// Put the rebuilt state in the place of the stored one; the logs must be sound
    #[arg(long, requires = "rebuild")]
    restore: bool,
}

/// Damage is an answer; a journal that can't be opened (another hub has it) is none.
fn damaged(error: &VerifyError) -> Failed {
    if let Some(damage) = error.damage() {
        let what = format!("the journal is damaged: {}", placed(&damage));
        return Failed::new(NO, what);
    }
    match error {
        VerifyError::Record(_) | VerifyError::Keyed(_) | VerifyError::UnknownKey => {
            Failed::new(NO, format!("the journal is damaged: {error}"))
        }
        VerifyError::Open(opened) => Failed::new(
            open_code(opened),
            format!("the journal can't be walked: {error}"),
        ),
        VerifyError::Engine(_) => {
            Failed::new(UNREACHABLE, format!("the journal can't be walked: {error}"))
        }
    }
}

/// A damaged record by the name of its lane, if it is a lane's.
fn placed(damage: &Damage) -> String {
    let Damage {
        log,
        sequence,
        what,
    } = damage;
    match lane_log(*log) {
        Some((lane, epoch)) => format!("{lane} epoch {}, record {sequence}: {what}", epoch.0),
        None => format!("the hub's own log, record {sequence}: {what}"),
    }
}

/// Checksums and hash chains first, by the journal itself; then every hub record is replayed, the
/// accounts must balance (I1), and what was drawn from each lane's log must reach its end.
pub(super) fn verify(asked: &Asked, depth: Depth) -> Outcome {
    let config = load(&asked.config)?;
    let walked = walk(&config, depth)?;
    let damage = walked
        .as_ref()
        .err()
        .filter(|damage| damage.table == Table::Checkpoint);
    check_checkpoint(&config, depth.restore, damage)?;
    let rebuilt = match depth.rebuild {
        true => Some(rebuild(&config, depth.restore)?),
        false => None,
    };
    let walked = match walked {
        Ok(walked) => walked,
        // What was damaged is put right by now.
        Err(_) => walk(&config, Depth::plain())?.map_err(|damage| damaged(&damage.into()))?,
    };
    check_records(&config)?;
    tell(asked.output, &walked, rebuilt.as_ref())
}

impl Depth {
    const fn plain() -> Self {
        Self {
            rebuild: false,
            restore: false,
        }
    }
}

/// What is a cache may be damaged: what follows mends it, or says how it is mended.
fn walk(config: &Config, depth: Depth) -> Result<Result<VerifyReport, KeyedDamage>, Failed> {
    let folder = &config.journal.folder;
    let engine = config.journal.engine.open_to_verify(folder);
    let walked = engine
        .map_err(VerifyError::Open)
        .and_then(|engine| verify_engine(engine.as_ref()));
    match walked {
        Ok(report) => Ok(Ok(report)),
        Err(VerifyError::Keyed(damage)) if damage.table == Table::Checkpoint => Ok(Err(damage)),
        Err(VerifyError::Keyed(damage)) if depth.rebuild && damage.table == Table::State => {
            Ok(Err(damage))
        }
        Err(error) => Err(damaged(&error)),
    }
}

/// Compares, and restores if that was asked for; afterwards they must be the same.
fn rebuild(config: &Config, restore: bool) -> Result<RebuildReport, Failed> {
    let salted = salted_days(config)?;
    let engine = open(config, restore)?;
    let found = compare(config, engine.as_ref(), &salted)?;
    if found.is_same() {
        return Ok(found);
    }
    tell_differences(&found);
    if !restore {
        let what = format!(
            "{} keys of the keyed state differ from the logs: `verify --rebuild --restore` puts \
             them right",
            found.different
        );
        return Err(Failed::new(NO, what));
    }
    let mut keyed = keyed_state(config, &salted);
    let restored = restore_state(engine.as_ref(), &mut |state, log, record| {
        keyed.fold(state, log, record);
    });
    restored.map_err(|error| damaged(&error))?;
    compare(config, engine.as_ref(), &salted)
}

/// To be put right, if that was asked for; else no byte of it changes.
fn open(config: &Config, restore: bool) -> Result<Box<dyn Engine>, Failed> {
    let (engine, folder) = (config.journal.engine, &config.journal.folder);
    let opened = match restore {
        true => engine.open_to_repair(folder),
        false => engine.open_to_verify(folder),
    };
    opened.map_err(|error| damaged(&VerifyError::Open(error)))
}

fn compare(
    config: &Config,
    engine: &dyn Engine,
    salted: &[BusinessDate],
) -> Result<RebuildReport, Failed> {
    let mut keyed = keyed_state(config, salted);
    let compared = verify_state(engine, &mut |state, log, record| {
        keyed.fold(state, log, record);
    });
    compared.map_err(|error| damaged(&error))
}

fn keyed_state(config: &Config, salted: &[BusinessDate]) -> KeyedState {
    KeyedState::new(desk_config(config), salted.to_vec())
}

fn salted_days(config: &Config) -> Result<Vec<BusinessDate>, Failed> {
    let stopped = Stopped::open(config)?;
    let salts = stopped.journal.scan_side(SALT_PREFIX);
    let salts = salts.map_err(|error| Failed::new(NO, error))?;
    let days = salts.iter().filter_map(|(key, _)| day_of_salt(key));
    Ok(days.collect())
}

fn tell_differences(found: &RebuildReport) {
    for (key, how) in &found.first_differences {
        say(&format!("key {}: {}", in_words(key), how_it_differs(*how)));
    }
}

fn how_it_differs(how: Differs) -> &'static str {
    match how {
        Differs::NotStored => "the logs give a value that is not stored",
        Differs::NotInLog => "a value is stored that the logs don't give",
        Differs::Value => "another value is stored than the logs give, or it is damaged",
    }
}

/// `held/` and the like as text, what follows in hex where it isn't text.
fn in_words(key: &[u8]) -> String {
    let cut = key
        .iter()
        .position(|byte| *byte == b'/')
        .map_or(0, |at| at + 1);
    let (name, rest) = key.split_at_checked(cut).unwrap_or((&[], key));
    let name = String::from_utf8_lossy(name);
    if let Ok(log) = <[u8; 8]>::try_from(rest)
        && let Some((lane, epoch)) = lane_log(journal::LogId(u64::from_be_bytes(log)))
    {
        return format!("{name}{lane} epoch {}", epoch.0);
    }
    let rest = match str::from_utf8(rest) {
        Ok(text) if text.bytes().all(|byte| byte.is_ascii_graphic()) => text.to_owned(),
        Ok(_) | Err(_) => base16ct::lower::encode_string(rest),
    };
    format!("{name}{rest}")
}

fn check_records(config: &Config) -> Outcome {
    let broken = |what: String| Failed::new(NO, what);
    let stopped = Stopped::open(config)?;
    let told = stopped.desk(config, ReplayFrom::FirstRecord)?;
    let off_balance = told.desk.balances().sum();
    if off_balance != 0 {
        return Err(broken(format!(
            "I1: the accounts are off balance by {off_balance}"
        )));
    }
    let logs = stopped.journal.logs();
    for (log, lane, epoch) in lane_logs(&logs) {
        let drawn = stopped
            .journal
            .get(replica::position_key(log))
            .map_err(|error| broken(error.to_string()))?
            .and_then(|bytes| bytes.try_into().ok())
            .map_or(0, u64::from_be_bytes);
        let held = stopped.journal.durable_head(log).sequence;
        if drawn != held {
            let what = format!(
                "{lane} epoch {}: consequences drawn through {drawn}, held through {held}",
                epoch.0
            );
            return Err(broken(what));
        }
    }
    check_understood(&stopped, config)
}

/// Every lane's records say something to this hub, or their lane is incomplete from there.
fn check_understood(stopped: &Stopped, config: &Config) -> Outcome {
    let books = stopped.books(config)?;
    let stalls = books.stalled().map(|((lane, epoch), stall)| {
        format!(
            "{}: {lane} epoch {}, record {}: {}: the lane's days are incomplete from there",
            stall.code(),
            epoch.0,
            stall.sequence,
            stall.why
        )
    });
    let stalls: Vec<String> = stalls.collect();
    match stalls.is_empty() {
        true => Ok(()),
        false => Err(Failed::new(NO, stalls.join("\n"))),
    }
}

/// The checkpoint says what the records say, or a start would go on from something else. It is a
/// cache: one that can't be trusted is removed rather than mended.
fn check_checkpoint(config: &Config, restore: bool, damage: Option<&KeyedDamage>) -> Outcome {
    let engine = open(config, restore)?;
    let fault = match damage {
        Some(damage) => Some(format!("the {damage}")),
        None => checkpoint_fault(engine.as_ref(), config)?,
    };
    let Some(fault) = fault else {
        return Ok(());
    };
    if !restore {
        let what = format!(
            "{fault}: `verify --rebuild --restore` removes it, and the next start reads the whole \
             log"
        );
        return Err(Failed::new(NO, what));
    }
    remove_checkpoint(engine.as_ref(), checkpoint::NAME)
        .map_err(|error| damaged(&VerifyError::Engine(error)))?;
    say(&format!("{fault}: removed"));
    Ok(())
}

fn checkpoint_fault(engine: &dyn Engine, config: &Config) -> Result<Option<String>, Failed> {
    match checkpoint::verify(engine, desk_config(config)) {
        Ok(Some(report)) if !report.is_same => Ok(Some(format!(
            "the checkpoint is not what the hub's own records up to {} add up to",
            report.applied.sequence
        ))),
        Ok(Some(_) | None) => Ok(None),
        Err(VerifyError::Keyed(damage)) => Ok(Some(format!("the {damage}"))),
        Err(error) => Err(damaged(&error)),
    }
}

#[allow(clippy::print_stderr, reason = "progress belongs on stderr")]
fn say(what: &str) {
    eprintln!("store-hub: {what}");
}

fn tell(output: Output, walked: &VerifyReport, rebuilt: Option<&RebuildReport>) -> Outcome {
    let records: u64 = walked.logs.iter().map(|log| log.records).sum();
    match output {
        Output::Text => {
            let state = rebuilt.map_or_else(String::new, |rebuilt| {
                format!(
                    "{} values of the keyed state: as the logs give them\n",
                    rebuilt.values
                )
            });
            print(&format!(
                "{} logs, {records} records: checksums, hash chains and accounts are right\n{state}",
                walked.logs.len()
            ))
        }
        Output::Json => {
            let logs: Vec<_> = walked
                .logs
                .iter()
                .map(|log| {
                    json!({
                        "log": log.log.0,
                        "records": log.records,
                        "sequence": log.head.sequence,
                        "hash": log.head.hash.to_string(),
                    })
                })
                .collect();
            let state_values = rebuilt.map(|rebuilt| rebuilt.values);
            print_json(&json!({
                "verified": true,
                "records": records,
                "logs": logs,
                "rebuilt_state_values": state_values,
            }))
        }
    }
}
