//! `lane-agent verify`: every record of the journal, and what must hold between them.

use std::collections::BTreeMap;

use clap::Args;
use domain::{
    money::Money,
    sale::{CheckoutFact, CheckoutRecord, DateFact, ReturnFact, SaleFact, Tender, TillFact},
    time::BusinessDate,
};
use journal::{
    CheckpointReport, Engine, Journal, LogId, VerifyError, VerifyReport, restore_state,
    verify_engine, verify_state,
};
use serde_json::json;

use super::{ConfigArgs, Exit, Failed, Outcome, Output, answer, load, open_code, say};
use crate::{checkpoint, config::Config};

/// What was found to be wrong, by record.
#[derive(Default)]
struct Walk {
    records: u64,
    receipts: u32,
    paid_minor: BTreeMap<u32, i64>,
    /// The date since the last day marker.
    frame: Option<BusinessDate>,
    broken: Vec<(u64, String)>,
}

#[derive(Args)]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    depth: Depth,
}

/// How much is verified, and whether the keyed state is put right.
#[derive(Args, Clone, Copy)]
struct Depth {
    /// Also compare the keyed state with the log: a lane keeps none
    #[arg(long)]
    rebuild: bool,
    /// Remove keyed state that the log doesn't give; the log must be sound
    #[arg(long, requires = "rebuild")]
    restore: bool,
}

pub(super) fn run(args: &VerifyArgs) -> Outcome {
    verify(&load(&args.config)?, args.depth, args.config.output)
}

fn verify(config: &Config, depth: Depth, output: Output) -> Outcome {
    match verified(config, depth) {
        Ok(found) => found.tell(depth, output),
        Err(error) => not_sound(output, exit_of(&error), &error.to_string()),
    }
}

/// A journal that can't be opened gives no answer; a damaged one gives the answer no.
fn not_sound(output: Output, exit: Exit, what: &str) -> Outcome {
    if exit == Exit::No {
        let json = json!({"sound": false, "fault": what});
        answer(output, "the journal is not sound", &json)?;
    }
    Err(Failed::new(exit, what))
}

/// What a walk over a journal found that can be read from end to end.
struct Found {
    report: VerifyReport,
    walk: Walk,
}

/// The journal is opened once: what it takes to read it without a trace is not for nothing.
fn verified(config: &Config, depth: Depth) -> Result<Found, VerifyError> {
    if depth.restore {
        restore(config)?;
    }
    let opened = config.journal.engine.open_to_verify(&config.journal.folder);
    let engine = opened?;
    if depth.rebuild {
        compare(engine.as_ref())?;
    }
    let report = verify_engine(engine.as_ref())?;
    let checkpoint = checkpoint::verify(engine.as_ref(), config.checkout);
    let mut walk = walk(&Journal::open_to_read(engine)?)?;
    walk.compare_checkpoint(checkpoint);
    Ok(Found { report, walk })
}

/// A lane keeps no keyed state: the checkout is in its log, cards that wait for the hub are in the
/// side table. So what the log gives is nothing, and each key that is stored differs.
fn restore(config: &Config) -> Result<(), VerifyError> {
    let engine = config
        .journal
        .engine
        .open_to_repair(&config.journal.folder)?;
    match compare(engine.as_ref())? {
        true => Ok(()),
        false => restore_state(engine.as_ref(), &mut |_, _, _| {}),
    }
}

/// Names the keys that no lane writes. True when there is none.
fn compare(engine: &dyn Engine) -> Result<bool, VerifyError> {
    let found = verify_state(engine, &mut |_, _, _| {})?;
    for (key, _) in &found.first_differences {
        let key = String::from_utf8_lossy(key);
        say(&format!("key {key:?}: a lane writes no such key"));
    }
    Ok(found.is_same())
}

impl Found {
    fn tell(&self, depth: Depth, output: Output) -> Outcome {
        let keys = self.report.state_values;
        if depth.rebuild && keys > 0 {
            let what = format!(
                "{keys} keys are stored that no lane writes: `verify --rebuild --restore` \
                 removes them"
            );
            return not_sound(output, Exit::No, &what);
        }
        let records = self.report.logs.iter().map(|log| log.records).sum::<u64>();
        let sound = self.walk.broken.is_empty() && self.walk.records == records;
        let broken = self.walk.broken.iter();
        let lines: Vec<String> = broken
            .map(|(sequence, what)| format!("record {sequence}: {what}"))
            .collect();
        let receipts = self.walk.receipts;
        let text = format!(
            "{records} records, {receipts} receipts: {}\n{}",
            if sound { "sound" } else { "not sound" },
            lines.join("\n")
        );
        let json = json!({
            "sound": sound, "records": records, "receipts": receipts, "broken": lines,
        });
        answer(output, text.trim_end(), &json)?;
        match sound {
            true => Ok(()),
            false => Err(Failed::new(Exit::No, "the journal is not sound")),
        }
    }
}

const fn exit_of(error: &VerifyError) -> Exit {
    match error {
        VerifyError::Open(error) => open_code(error),
        VerifyError::Engine(_) => Exit::Unreachable,
        VerifyError::Record(_) | VerifyError::Keyed(_) | VerifyError::UnknownKey => Exit::No,
    }
}

fn walk(journal: &Journal) -> Result<Walk, VerifyError> {
    let mut walk = Walk::default();
    journal.replay(LogId::OWN, 1, |record| {
        walk.records = walk.records.saturating_add(1);
        match records::lane::decode(&record.bytes) {
            Ok(Some(decoded)) => walk.take(record.sequence, &decoded),
            Ok(None) => {}
            Err(fault) => walk.broken.push((record.sequence, fault.to_string())),
        }
        Ok::<(), VerifyError>(())
    })?;
    Ok(walk)
}

impl Walk {
    /// The checkpoint says what the log says, or a start would go on from something else.
    fn compare_checkpoint(&mut self, compared: Result<Option<CheckpointReport>, VerifyError>) {
        match compared {
            Ok(Some(report)) if !report.is_same => {
                let what = "the checkpoint is not what the records add up to".to_owned();
                self.broken.push((report.applied.sequence, what));
            }
            Ok(Some(_) | None) => {}
            Err(fault) => self.broken.push((0, format!("checkpoint: {fault}"))),
        }
    }

    /// I20: a marker ends the date that it carries, and what is behind it carries the next. Records
    /// from before there were markers carry what the hub said, so only what follows one is checked.
    fn follow_frame(&mut self, sequence: u64, record: &CheckoutRecord) {
        if let Some(running) = self.frame
            && record.date != Some(running)
        {
            let date = record
                .date
                .map_or_else(|| "none".to_owned(), |date| date.to_string());
            let what = format!("date {date} in the frame of {running}: I20");
            self.broken.push((sequence, what));
        }
        if let CheckoutFact::Date(DateFact::DayMarked { ended, begins, .. }) = record.fact {
            if record.date != Some(ended) || begins <= ended {
                let what = format!("a marker from {ended} to {begins} that ends nothing: I20");
                self.broken.push((sequence, what));
            }
            self.frame = Some(begins);
        }
    }

    fn take(&mut self, sequence: u64, record: &CheckoutRecord) {
        self.follow_frame(sequence, record);
        if let CheckoutFact::Till(TillFact::CashTendered { sale, given }) = &record.fact {
            self.paid(sale.0, *given);
        }
        if let CheckoutFact::Return(ReturnFact::PaidBack { sale, cash, .. }) = &record.fact {
            // What goes out is below zero.
            self.paid(sale.0, cash.negate().unwrap_or(*cash));
        }
        if let CheckoutFact::Sale(fact) = &record.fact {
            self.follow_sale(sequence, fact);
        }
    }

    /// I3: cash and decided payments before the closing cover it, with what cash was rounded by.
    /// I12: receipts have no gap.
    fn follow_sale(&mut self, sequence: u64, fact: &SaleFact) {
        let SaleFact::SaleClosed {
            sale,
            receipt,
            total,
            tenders,
            change,
            rounding,
            ..
        } = fact
        else {
            return;
        };
        self.receipts = self.receipts.saturating_add(1);
        if receipt.sequence != self.receipts {
            let what = format!("receipt {receipt} follows {}: I12", self.receipts - 1);
            self.broken.push((sequence, what));
        }
        let tendered: i64 = tenders.iter().map(|tender| tender.amount().minor()).sum();
        let cards: i64 = tenders.iter().map(card_minor).sum();
        let cash = self.paid_minor.remove(&sale.0).unwrap_or(0);
        let owed = total.minor().saturating_add(rounding.minor());
        let covered = tendered.saturating_sub(change.minor()) == owed;
        if !covered || cash != tendered.saturating_sub(cards) {
            let what = format!("sale {} is not covered by its tenders: I3", sale.0);
            self.broken.push((sequence, what));
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
        Tender::Card { .. }
        | Tender::Wallet { .. }
        | Tender::GiftCard { .. }
        | Tender::Voucher { .. }
        | Tender::ForeignCash { .. }
        | Tender::Owed { .. } => tender.amount().minor(),
    }
}
