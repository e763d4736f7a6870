//! `verify`: the journal walked from its first record to its last, and what its records say.

use serde_json::json;

use journal::VerifyError;

use super::{
    Asked, Failed, NO, Outcome, Output, UNREACHABLE, load, print, print_json, stopped::Stopped,
};
use crate::{recovery::lane_logs, replica};

/// Damage is an answer; a journal that can't be opened (another hub has it) is none.
fn damaged(error: &VerifyError) -> Failed {
    let is_damage = match error {
        VerifyError::Record(_) | VerifyError::Keyed(_) | VerifyError::UnknownKey => true,
        VerifyError::Open(_) => error.damage().is_some(),
        VerifyError::Engine(_) => false,
    };
    if is_damage {
        Failed::new(NO, format!("the journal is damaged: {error}"))
    } else {
        Failed::new(UNREACHABLE, format!("the journal can't be walked: {error}"))
    }
}

/// Checksums and hash chains first, by the journal itself; then every hub record is replayed, the
/// accounts must balance (I1), and what was drawn from each lane's log must reach its end.
pub(super) fn verify(asked: &Asked) -> Outcome {
    let config = load(&asked.config)?;
    let broken = |what: String| Failed::new(NO, what);
    let walked =
        journal::verify_sled_folder(&config.journal.folder).map_err(|error| damaged(&error))?;
    let stopped = Stopped::open(&config)?;
    let told = stopped.told(&config)?;
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
    let records: u64 = walked.logs.iter().map(|log| log.records).sum();
    match asked.output {
        Output::Text => print(&format!(
            "{} logs, {records} records: checksums, hash chains and accounts are right\n",
            walked.logs.len()
        )),
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
            print_json(&json!({"verified": true, "records": records, "logs": logs}))
        }
    }
}
