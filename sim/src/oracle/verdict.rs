//! What the oracle has found.

use serde::{Deserialize, Serialize};

/// One thing that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broken {
    /// The invariant (`I2` …); `workload` where a sale isn't what the customer brought; `till`
    /// where a drawer isn't what its records come to; `manifest` where a file is not as the run
    /// left it; `readable` where the evidence can't be read.
    pub id: String,
    /// The payment it is about.
    pub payment_id: Option<String>,
    /// What is wrong, with figures.
    pub detail: String,
}

/// Counts what was looked at, and keeps what was found.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// How many single checks were made.
    pub checked: u64,
    /// What is broken, in the order found.
    pub broken: Vec<Broken>,
}

impl Verdict {
    /// One check. `detail` is asked for only when it fails.
    pub fn check(
        &mut self,
        holds: bool,
        id: &str,
        payment_id: Option<&str>,
        detail: impl FnOnce() -> String,
    ) {
        self.checked += 1;
        if !holds {
            self.broken.push(Broken {
                id: id.to_owned(),
                payment_id: payment_id.map(str::to_owned),
                detail: detail(),
            });
        }
    }

    /// Something that can't be right whatever else is.
    pub fn broke(&mut self, id: &str, payment_id: Option<&str>, detail: impl Into<String>) {
        let detail = detail.into();
        self.check(false, id, payment_id, || detail);
    }
}
