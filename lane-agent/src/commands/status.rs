//! `lane-agent status`: what a running lane says at its port for metrics and health, or what the
//! journal of a stopped one says.

use std::path::PathBuf;

use clap::Args;
use command_line::Peer;
use journal::{Journal, LogId, OpenError};
use serde_json::json;

use super::{Exit, Failed, Outcome, Output, answer, open_code};
use crate::{
    config::Config,
    health::LaneHealth,
    recovery,
    start::StartError,
    store_day::{StoreDay, WRONG_CLOCK},
};

#[derive(Args)]
pub(super) struct StatusArgs {
    /// The configuration file of a lane that does not run
    #[arg(long, value_name = "FILE", required_unless_present = "address")]
    config: Option<PathBuf>,
    /// Ask the running lane whose metrics and health are here; no configuration is needed then
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "config")]
    address: Option<String>,
    /// How to print data
    #[arg(long, value_enum, default_value = "text")]
    output: Output,
}

pub(super) fn status(args: &StatusArgs) -> Outcome {
    if let Some(address) = &args.address {
        let health = ask(&Peer::lane_at(address)?)?;
        return answer(args.output, &health.text(), &json!(health));
    }
    let path = args.config.clone().unwrap_or_default();
    let config = Config::load(&path).map_err(|error| Failed::new(Exit::Usage, error))?;
    let (text, json) = read(&config).map_err(|error| failed(&error))?;
    answer(args.output, &text, &json)
}

fn ask(peer: &Peer) -> Result<LaneHealth, Failed> {
    let page = actix::System::new().block_on(peer.page("/health"))?;
    let health = serde_json::from_str::<LaneHealth>(&page).ok();
    let health = health.filter(|health| health.lane > 0);
    health.ok_or_else(|| peer.is_another())
}

fn failed(error: &StartError) -> Failed {
    let StartError::Journal(opened) = error else {
        return Failed::new(Exit::No, error);
    };
    let hint = match opened {
        OpenError::InUse { .. } => {
            ": the lane runs, ask it (`status --address`, where it listens) or the hub"
        }
        _ => "",
    };
    Failed::new(open_code(opened), format!("{error}{hint}"))
}

fn read(config: &Config) -> Result<(String, serde_json::Value), StartError> {
    let folder = &config.journal.folder;
    if !folder.is_dir() {
        return Err(OpenError::NoJournal {
            folder: folder.clone(),
        }
        .into());
    }
    let journal = Journal::open_to_read(config.journal.engine.open_to_read(folder)?)?;
    let checkout = recovery::replay(&journal, config.checkout)?;
    let sequence = journal.durable_head(LogId::OWN).sequence;
    let sale = checkout.sale().map(|sale| sale.number.0);
    let running = sale.map_or("no sale is open".to_owned(), |number| {
        format!("sale {number} is open and goes on at the next start")
    });
    let no_room = journal.refuses_new_work().map(|why| why.to_string());
    let disk = no_room.as_ref().map_or_else(String::new, |why| {
        format!("\nno new sale would be begun: {why} (LANE0009)")
    });
    // Damaged, it tells nothing, and the hub tells it again.
    let day = StoreDay::open(&config.store_day_file());
    let day = day.unwrap_or_else(|_| StoreDay::untold());
    let date = checkout.running_date().map(|date| date.to_string());
    let dated = date.as_deref().unwrap_or("none before the first contact");
    let clock = day.clock_fault();
    let clocks = clock
        .as_ref()
        .map_or_else(String::new, |what| format!("\n{what} ({WRONG_CLOCK})"));
    let text = format!(
        "{} epoch {}: stopped\nrecords {sequence}, all durable; sales closed {}, voided {}, \
         payments given up {}\nbusiness date {dated}, time zone {}\n{running}{disk}{clocks}",
        config.checkout.lane,
        config.checkout.epoch.0,
        checkout.sales_closed(),
        checkout.sales_voided(),
        checkout.abandoned().len(),
        day.zone_name(),
    );
    let json = json!({
        "lane": config.checkout.lane.0,
        "epoch": config.checkout.epoch.0,
        "running": false,
        "journal_sequence": sequence,
        // Nothing of a lane that doesn't run waits for its disk.
        "journal_durable_lag_batches": 0,
        "sales_closed": checkout.sales_closed(),
        "sales_voided": checkout.sales_voided(),
        "payments_abandoned": checkout.abandoned().len(),
        "business_date": date,
        "time_zone": day.zone_name(),
        "clock_ahead_ms": day.told.clock_ahead_ms,
        "sale_open": sale,
        "no_room": no_room,
    });
    Ok((text, json))
}
