//! `lane-agent verify`: every record of the journal, and what must hold between them.

use std::collections::BTreeMap;

use domain::{
    money::Money,
    sale::{SaleFact, SaleRecord, Tender},
};
use journal::{Journal, LogId};
use serde_json::json;

use super::{Outcome, Output, answer, say};
use crate::{checkpoint, config::Config, convert};

/// Records read at a time.
const RECORDS_PER_READ: usize = 256;

/// What was found to be wrong, by record.
#[derive(Default)]
struct Walk {
    records: u64,
    receipts: u32,
    paid_minor: BTreeMap<u32, i64>,
    broken: Vec<(u64, String)>,
}

pub(super) fn verify(config: &Config, output: Output) -> Outcome {
    let folder = &config.journal.folder;
    let report = match journal::verify_sled_folder(folder) {
        Ok(report) => report,
        Err(error) => {
            say(&error.to_string());
            let json = json!({ "sound": false, "fault": error.to_string() });
            answer(output, "the journal is not sound", &json);
            return Outcome::AnswerIsNo;
        }
    };
    let records = report.logs.iter().map(|log| log.records).sum::<u64>();
    let walk = match walk(config) {
        Ok(walk) => walk,
        Err(error) => {
            say(&error);
            return Outcome::AnswerIsNo;
        }
    };
    let mut walk = walk;
    walk.compare_checkpoint(config);
    let sound = walk.broken.is_empty() && walk.records == records;
    let lines: Vec<String> = walk
        .broken
        .iter()
        .map(|(sequence, what)| format!("record {sequence}: {what}"))
        .collect();
    let text = format!(
        "{records} records, {} receipts: {}\n{}",
        walk.receipts,
        if sound { "sound" } else { "not sound" },
        lines.join("\n")
    );
    let json = json!({
        "sound": sound, "records": records, "receipts": walk.receipts, "broken": lines,
    });
    answer(output, text.trim_end(), &json);
    if sound {
        Outcome::Done
    } else {
        Outcome::AnswerIsNo
    }
}

fn walk(config: &Config) -> Result<Walk, String> {
    let engine = journal::sled_engine(&config.journal.folder).map_err(|error| error.to_string())?;
    let (journal, _committer) = Journal::open(engine).map_err(|error| error.to_string())?;
    let mut walk = Walk::default();
    let mut next = 1;
    loop {
        let records = journal
            .read(LogId::OWN, next, RECORDS_PER_READ)
            .map_err(|error| error.to_string())?;
        let Some(last) = records.last().map(|record| record.sequence) else {
            return Ok(walk);
        };
        for record in &records {
            walk.records = walk.records.saturating_add(1);
            match convert::decode(&record.bytes) {
                Ok(Some(decoded)) => walk.take(record.sequence, &decoded),
                Ok(None) => {}
                Err(fault) => walk.broken.push((record.sequence, fault.to_string())),
            }
        }
        next = last.saturating_add(1);
    }
}

impl Walk {
    /// The checkpoint says what the log says, or a start would go on from something else.
    fn compare_checkpoint(&mut self, config: &Config) {
        let engine = match journal::sled_engine(&config.journal.folder) {
            Ok(engine) => engine,
            Err(fault) => return self.broken.push((0, fault.to_string())),
        };
        match checkpoint::verify(engine.as_ref(), config.checkout) {
            Ok(Some(report)) if !report.is_same => {
                let what = "the checkpoint is not what the records add up to".to_owned();
                self.broken.push((report.applied.sequence, what));
            }
            Ok(Some(_) | None) => {}
            Err(fault) => self.broken.push((0, format!("checkpoint: {fault}"))),
        }
    }

    /// I3: cash and decided payments before the closing cover it. I12: receipts have no gap.
    fn take(&mut self, sequence: u64, record: &SaleRecord) {
        match &record.fact {
            SaleFact::CashTendered { sale, given } => self.paid(sale.0, *given),
            SaleFact::SaleClosed {
                sale,
                receipt,
                total,
                tenders,
                change,
                ..
            } => {
                self.receipts = self.receipts.saturating_add(1);
                if receipt.sequence != self.receipts {
                    let what = format!("receipt {receipt} follows {}: I12", self.receipts - 1);
                    self.broken.push((sequence, what));
                }
                let tendered: i64 = tenders.iter().map(|tender| tender.amount().minor()).sum();
                let cards: i64 = tenders.iter().map(card_minor).sum();
                let cash = self.paid_minor.remove(&sale.0).unwrap_or(0);
                let covered = tendered.saturating_sub(change.minor()) == total.minor();
                if !covered || cash != tendered.saturating_sub(cards) {
                    let what = format!("sale {} is not covered by its tenders: I3", sale.0);
                    self.broken.push((sequence, what));
                }
            }
            SaleFact::SaleOpened { .. }
            | SaleFact::LineAdded { .. }
            | SaleFact::LineVoided { .. }
            | SaleFact::SaleTotalled { .. }
            | SaleFact::PaymentIntended { .. }
            | SaleFact::PaymentDecided { .. }
            | SaleFact::PaymentAbandoned { .. }
            | SaleFact::CardNotRead { .. }
            | SaleFact::SaleVoided { .. }
            | SaleFact::LeaseAccepted { .. }
            | SaleFact::LeaseReturned { .. }
            | SaleFact::ReceiptPrinted { .. } => {}
        }
    }

    fn paid(&mut self, sale: u32, amount: Money) {
        let paid = self.paid_minor.entry(sale).or_default();
        *paid = paid.saturating_add(amount.minor());
    }
}

fn card_minor(tender: &Tender) -> i64 {
    match tender {
        Tender::Cash { .. } => 0,
        Tender::Card { amount, .. } => amount.minor(),
    }
}
