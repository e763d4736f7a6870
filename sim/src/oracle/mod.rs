//! Says whether a run's money is right, from what it left behind and nothing else: the customers'
//! workload, the lanes' journals, the hub's journal, the receipts, and the bank's ledger.
//!
//! It uses none of the money code it judges: it decodes the records itself, adds up integers
//! itself, and reads the ledger itself. Only the reading of a journal (checksums, hash chain) is
//! the journal's own.

mod account;
mod basket_check;
mod days;
mod double_entry;
mod evidence;
mod figures;
mod hub_book;
pub(crate) mod hub_records;
mod hub_returns;
mod journals;
mod lane_book;
mod lease_check;
mod leases;
mod ledger;
mod manifest;
mod moved_baskets;
mod open_sale;
mod payments;
mod prices;
mod reckoning;
mod replicas;
mod returns;
mod sales;
mod secrets;
mod settlement;
mod staff;
#[cfg(test)]
mod tests;
mod tills;
mod values;
mod verdict;

use std::io;

use crate::{acquirer_link::Approval, store::folder::RunFolder};

use evidence::Evidence;
use manifest::Manifest;

pub use days::newest_versions_are_complete;
pub use figures::{
    DayFigures, Examples, Figures, Forward, Payments, Settlement, Tenders, TerminalDay,
};
pub use journals::copy_folder;
pub(crate) use journals::{Journals, Logs, Owner, Unread};
pub use manifest::OPEN_COPY;
pub use open_sale::{OpenSale, open_sale};
pub use verdict::{Broken, Verdict};

/// What a run came to.
#[derive(Debug)]
pub struct Findings {
    /// What was checked, and what is broken.
    pub verdict: Verdict,
    /// What was sold and how it was paid.
    pub figures: Figures,
    /// Money and numbers, a line each and without a time.
    pub account: Vec<String>,
}

/// Examines a finished run. `lost` are approvals that never reached the hub: each has to have been
/// taken back.
#[must_use]
pub fn examine(folder: &RunFolder, lost: &[Approval]) -> Findings {
    examine_with(folder, folder, lost, Verdict::default())
}

/// The same where the journals lie elsewhere, or something was checked already.
#[must_use]
pub(crate) fn examine_with(
    folder: &RunFolder,
    journals: &dyn Journals,
    lost: &[Approval],
    mut verdict: Verdict,
) -> Findings {
    let evidence = Evidence::gather(folder, journals, &mut verdict);
    sales::check(&evidence, &mut verdict);
    payments::check(&evidence, &mut verdict);
    double_entry::check(&evidence, &mut verdict);
    lease_check::check(&evidence, &mut verdict);
    for (lane, book) in &evidence.lanes {
        book.tills.check(*lane, &mut verdict);
        book.staff.check(*lane, &mut verdict);
    }
    moved_baskets::check(&evidence.lanes, &mut verdict);
    returns::check(&evidence, &mut verdict);
    let terminals = settlement::check(&evidence, &mut verdict);
    replicas::check(&evidence, &mut verdict);
    secrets::check(&evidence, &mut verdict);
    check_lost(&evidence, lost, &mut verdict);
    let days = days::check(&evidence, &terminals, &mut verdict);
    let figures = Figures::of(&evidence, terminals, days);
    Findings {
        verdict,
        figures,
        account: account::of(&evidence),
    }
}

/// Takes stock of a run's files, writes it into the folder, and says what its SHA-256 is. The
/// journals are at rest then: looking into them with the store's own commands changes nothing.
///
/// # Errors
/// A file that can't be read or written.
pub fn seal(folder: &RunFolder) -> io::Result<String> {
    journals::settle(folder)?;
    Manifest::take(folder)?.write(folder)
}

/// Compares a run's files with what was sealed under this SHA-256.
pub fn check_seal(folder: &RunFolder, sealed_sha256: &str, verdict: &mut Verdict) {
    let (then, sha256) = match Manifest::read(folder) {
        Ok(read) => read,
        Err(error) => {
            verdict.broke("manifest", None, format!("manifest.json: {error}"));
            return;
        }
    };
    verdict.check(sha256 == sealed_sha256, "manifest", None, || {
        "manifest.json is not the one that run.json names".to_owned()
    });
    match Manifest::take(folder) {
        Ok(now) => then.compare(&now, verdict),
        Err(error) => verdict.broke("manifest", None, format!("the run's files: {error}")),
    }
}

/// An approval that was lost on the line stands in the ledger, and was taken back there.
fn check_lost(evidence: &Evidence, lost: &[Approval], verdict: &mut Verdict) {
    for approval in lost {
        let own = evidence
            .ledger
            .lines
            .iter()
            .filter(|line| line.tid == approval.tid && line.stan.parse() == Ok(approval.stan));
        let net: i64 = own.clone().map(|line| line.moved_minor()).sum();
        let id = own.clone().find_map(|line| line.payment_ref.as_deref());
        let taken_back = own.clone().any(|line| line.state == "reversed") && net == 0;
        verdict.check(taken_back, "I5", id, || {
            let Approval { tid, stan } = approval;
            format!("the approval of {tid} STAN {stan:06} was lost and not taken back: {net}")
        });
    }
}
