//! `check-config`: everything that is wrong with a configuration and with the files it names.

use std::path::Path;

use command_line::faults_as_json;
use configuration::{Fault, FileError};
use serde_json::{Value, json};

use super::{Asked, Failed, Outcome, Output, USAGE, print, print_json};
use crate::{
    config::Config,
    hot_list_file,
    keys::{KeyFile, SoftwareKeys},
    operators,
    prices::{self, PriceFileError},
};

/// What is wrong, as text and as it stands in an answer.
#[derive(Default)]
pub(super) struct Wrong {
    text: Vec<String>,
    json: Vec<Value>,
}

pub(super) fn check(asked: &Asked) -> Outcome {
    let wrong = match Config::load(&asked.config) {
        Ok(config) => of_files(&config),
        Err(error) => {
            let mut wrong = Wrong::default();
            wrong.add_file(error);
            wrong
        }
    };
    if asked.output == Output::Json {
        let valid = wrong.text.is_empty();
        print_json(&json!({"valid": valid, "faults": wrong.json}))?;
    }
    wrong.outcome()?;
    match asked.output {
        Output::Text => print("the configuration is right\n"),
        Output::Json => Ok(()),
    }
}

/// Everything the configuration points at, but the journal: it may be in use.
pub(super) fn of_files(config: &Config) -> Wrong {
    let mut wrong = Wrong::default();
    match KeyFile::load(&config.keys_file) {
        Ok(file) => wrong.add_keys(config, file),
        Err(error) => wrong.add_file(error),
    }
    if let Some(file) = &config.offline.hot_list_file
        && let Err(error) = hot_list_file::load(file)
    {
        wrong.add(file, "", error.to_string());
    }
    let (file, currency) = (&config.prices_file, config.store.currency);
    if let Err(error) = prices::check_configured(file, currency) {
        wrong.add_prices(file, &error);
    }
    if let Some(file) = &config.operators_file
        && let Err(error) = operators::read_first(file)
    {
        wrong.add(file, "", error.to_string());
    }
    wrong
}

impl Wrong {
    /// The command fails if anything is wrong.
    pub(super) fn outcome(&self) -> Outcome {
        match self.text.is_empty() {
            true => Ok(()),
            false => Err(Failed::new(USAGE, self.text.join("\n"))),
        }
    }

    fn add_file(&mut self, error: FileError) {
        self.text.push(error.to_string());
        let path = error.path().to_owned();
        self.json
            .extend(faults_as_json(&path, &error.into_faults()));
    }

    fn add(&mut self, file: &Path, key: &str, reason: String) {
        self.text.push(reason.clone());
        let key = key.to_owned();
        let fault = Fault {
            line: 1,
            key,
            reason,
        };
        self.json.extend(faults_as_json(file, &[fault]));
    }

    /// Every fault of a price file stands alone, with its line and column.
    fn add_prices(&mut self, file: &Path, error: &PriceFileError) {
        let PriceFileError::Faults { faults, .. } = error else {
            return self.add(file, "", error.to_string());
        };
        self.text.push(error.to_string());
        let told = faults.told().iter().map(|fault| Fault {
            line: usize::try_from(fault.line).unwrap_or(1),
            key: fault.column.clone(),
            reason: fault.what.to_string(),
        });
        let told: Vec<Fault> = told.collect();
        self.json.extend(faults_as_json(file, &told));
    }

    /// A terminal without a master key could never sign on.
    fn add_keys(&mut self, config: &Config, file: KeyFile) {
        let path = &config.keys_file;
        let keys = match SoftwareKeys::new(file) {
            Ok(keys) => keys,
            Err(error) => return self.add(path, "card_sealing.private_key", error.to_string()),
        };
        let known: Vec<_> = keys.terminals().collect();
        for terminal in &config.terminals {
            if !known.contains(&&terminal.tid) {
                let what = format!("{}: no tmk for {}", path.display(), terminal.tid);
                self.add(path, "terminal", what);
            }
        }
    }
}
