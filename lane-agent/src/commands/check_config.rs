//! `lane-agent check-config`.

use command_line::faults_as_json;
use serde_json::json;

use super::{ConfigArgs, Exit, Failed, Outcome, Output, answer, print_json};
use crate::config::Config;

pub(super) fn check(args: &ConfigArgs) -> Outcome {
    match Config::load(&args.config) {
        Ok(config) => {
            let lane = config.checkout.lane;
            answer(
                args.output,
                &format!("the configuration of {lane} is right"),
                &json!({"valid": true, "lane": lane.0, "faults": []}),
            )
        }
        Err(error) => {
            let failed = Failed::new(Exit::Usage, &error);
            let path = error.path().to_owned();
            let faults = faults_as_json(&path, &error.into_faults());
            if args.output == Output::Json {
                print_json(&json!({"valid": false, "faults": faults}))?;
            }
            Err(failed)
        }
    }
}
