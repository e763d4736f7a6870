//! `sim audit`: a finished run examined again, from its folder alone.

use std::{fmt::Write as _, path::Path};

use serde::Serialize;

use crate::{
    oracle::{Broken, check_seal, examine},
    store::{
        folder::RunFolder,
        record::{RecordError, RunRecord},
        summary::broken_line,
    },
};

/// What an audit found.
#[derive(Debug, Serialize)]
pub struct AuditReport {
    /// The run's folder.
    pub out: String,
    /// Single checks that were made.
    pub checked: u64,
    /// Those that failed.
    pub broken: Vec<Broken>,
}

/// Examines a finished run: every file against the manifest, and every payment anew.
///
/// # Errors
/// The folder holds no finished run.
pub fn audit(root: &Path) -> Result<AuditReport, RecordError> {
    let record = RunRecord::read(root)?;
    let unfinished = || RecordError::Unfinished {
        folder: root.display().to_string(),
    };
    let summary = record.summary.ok_or_else(unfinished)?;
    let sealed = record.manifest_sha256.ok_or_else(unfinished)?;
    let folder = RunFolder::at(root);
    let mut findings = examine(&folder, &record.lost);
    check_seal(&folder, &sealed, &mut findings.verdict);
    let figures = findings.figures;
    findings.verdict.check(
        figures.sales_minor == summary.sales_minor,
        "manifest",
        None,
        || {
            format!(
                "sales were {}, now they are {}",
                summary.sales_minor, figures.sales_minor
            )
        },
    );
    Ok(AuditReport {
        out: root.display().to_string(),
        checked: findings.verdict.checked,
        broken: findings.verdict.broken,
    })
}

impl AuditReport {
    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for one in &self.broken {
            let _ = writeln!(text, "{}", broken_line(one));
        }
        let _ = match self.broken.len() {
            0 => writeln!(text, "clean: {} checks of {}", self.checked, self.out),
            count => writeln!(
                text,
                "{count} of {} checks of {} failed",
                self.checked, self.out
            ),
        };
        text
    }
}
