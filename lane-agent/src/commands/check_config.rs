//! `lane-agent check-config`.

use serde_json::json;

use super::{ConfigArgs, Outcome, answer, say};
use crate::config::{Config, ConfigError};

pub(super) fn check(args: &ConfigArgs) -> Outcome {
    match Config::open(&args.config) {
        Ok(config) => {
            let lane = config.checkout.lane;
            answer(
                args.output,
                &format!("the configuration of {lane} is good"),
                &json!({ "good": true, "lane": lane.0, "faults": [] }),
            );
            Outcome::Done
        }
        Err(error) => {
            let faults: Vec<_> = match &error {
                ConfigError::Faults(faults) => faults
                    .iter()
                    .map(|fault| json!({ "key": fault.key, "what": fault.what }))
                    .collect(),
                ConfigError::Read { .. } | ConfigError::NotToml(_) => {
                    vec![json!({ "key": "", "what": error.to_string() })]
                }
            };
            say(&error.to_string());
            let answered = json!({ "good": false, "faults": faults });
            answer(args.output, "the configuration has faults", &answered);
            Outcome::Usage
        }
    }
}
