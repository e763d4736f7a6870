//! `store-hub prices`: takes a price file, shows the versions, and which lane sells by which.

use std::{fmt::Write, fs, path::PathBuf};

use base16ct::lower::encode_string as hex;
use clap::{Subcommand, ValueEnum};
use domain::time::WallMs;
use ports::StoreZone;
use proto::store::v1::{
    ImportPricesRequest, ImportPricesResponse, LanePrices, PriceAnswer, PriceVersionView,
    PricesRequest, PricesResponse,
};
use serde_json::{Value, json};

use super::{
    Asked, Failed, NO, Outcome, USAGE,
    hub::{block_on, running},
    view::{View, show},
};
use crate::moment::{MOMENT_FORM, moment_in_words, read_moment};

/// Bytes of one message.
const CHUNK_BYTES: usize = 64 * 1024;

#[derive(Subcommand)]
pub(super) enum PriceAction {
    /// Checks a price file as a whole and takes it, or says all that is wrong with it
    Import {
        /// CSV: barcode,name,price_minor,currency,kind and optional columns
        file: PathBuf,
        /// From when on it sells, on the store's wall, as in 2026-12-01T06:00; without it at once
        #[arg(long, value_name = "MOMENT")]
        activate_at: Option<String>,
        /// How its text is encoded
        #[arg(long, value_enum, default_value = "utf-8")]
        encoding: TextEncoding,
    },
    /// The versions of the store, the newest import first
    List,
    /// What sells now, and what each lane says of it
    Status,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum TextEncoding {
    #[value(name = "utf-8")]
    Utf8,
    Gbk,
}

impl TextEncoding {
    const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Gbk => "gbk",
        }
    }
}

pub(super) fn prices(asked: &Asked, action: PriceAction) -> Outcome {
    match action {
        PriceAction::Import {
            file,
            activate_at,
            encoding,
        } => import(asked, &file, activate_at.as_deref(), encoding),
        PriceAction::List => {
            let (prices, zone) = ask(asked)?;
            show(asked.output, listed(&prices.versions, &zone))
        }
        PriceAction::Status => {
            let (prices, zone) = ask(asked)?;
            show(asked.output, status(&prices, &zone))
        }
    }
}

fn ask(asked: &Asked) -> Result<(PricesResponse, StoreZone), Failed> {
    block_on(async {
        let mut hub = running(asked).await?;
        let prices = hub.ask(async |hub| hub.prices(PricesRequest {}).await);
        Ok((prices.await?, hub.zone().await?))
    })
}

/// The moment that somebody typed; 0: at once.
fn begins(activate_at: Option<&str>, zone: &StoreZone) -> Result<i64, Failed> {
    let Some(text) = activate_at else {
        return Ok(0);
    };
    let none = || {
        let what = format!("--activate-at: \"{text}\" is neither {MOMENT_FORM}");
        Failed::new(USAGE, what)
    };
    read_moment(text, zone).map(|at| at.0).ok_or_else(none)
}

fn import(
    asked: &Asked,
    file: &std::path::Path,
    activate_at: Option<&str>,
    encoding: TextEncoding,
) -> Outcome {
    // What no zone can make a moment of needs no hub.
    begins(activate_at, &StoreZone::utc())?;
    let bytes = fs::read(file)
        .map_err(|error| Failed::new(USAGE, format!("{}: {error}", file.display())))?;
    let name = file.file_name().unwrap_or_default();
    let mut first = ImportPricesRequest {
        file_name: name.to_string_lossy().into_owned(),
        encoding: encoding.name().to_owned(),
        ..Default::default()
    };
    let chunks: Vec<ImportPricesRequest> = bytes
        .chunks(CHUNK_BYTES)
        .map(|chunk| ImportPricesRequest {
            chunk: chunk.to_vec().into(),
            ..Default::default()
        })
        .collect();
    let (answer, zone) = block_on(async {
        let mut hub = running(asked).await?;
        let zone = hub.zone().await?;
        first.activate_at_wall_ms = begins(activate_at, &zone)?;
        let requests = std::iter::once(first).chain(chunks).collect::<Vec<_>>();
        let answer = hub
            .ask(async |hub| hub.import_prices(futures::stream::iter(requests)).await)
            .await?;
        Ok((answer, zone))
    })?;
    show(asked.output, taken(&answer, &zone))?;
    if answer.taken {
        return Ok(());
    }
    let faults = u64::try_from(answer.faults.len())
        .unwrap_or(0)
        .saturating_add(answer.more_faults);
    let what = format!("HUB0030: {} is not taken, {faults} faults", file.display());
    Err(Failed::new(NO, what))
}

fn taken(answer: &ImportPricesResponse, zone: &StoreZone) -> View {
    let mut text = String::new();
    // Writing to a String can't fail, here and below.
    if answer.taken {
        let known = if answer.known { ", known already" } else { "" };
        let from = moment_in_words(WallMs(answer.from_wall_ms), zone);
        let _ = writeln!(
            text,
            "version {}: {} articles, sold by from {from} on{known}",
            answer.version, answer.articles
        );
    }
    for fault in &answer.faults {
        let column = match fault.column.as_str() {
            "" => String::new(),
            column => format!(", {column}"),
        };
        let _ = writeln!(text, "line {}{column}: {}", fault.line, fault.what);
    }
    if answer.more_faults > 0 {
        let _ = writeln!(text, "and {} faults more", answer.more_faults);
    }
    for column in &answer.columns_not_read {
        let _ = writeln!(text, "column {column}: not read");
    }
    let faults: Vec<Value> = answer
        .faults
        .iter()
        .map(|fault| json!({"line": fault.line, "column": fault.column, "what": fault.what}))
        .collect();
    let json = json!({
        "taken": answer.taken,
        "version": answer.version,
        "articles": answer.articles,
        "from_wall_ms": answer.from_wall_ms,
        "known": answer.known,
        "faults": faults,
        "more_faults": answer.more_faults,
        "columns_not_read": answer.columns_not_read,
    });
    View { text, json }
}

fn listed(versions: &[PriceVersionView], zone: &StoreZone) -> View {
    let mut text = String::new();
    for view in versions {
        let _ = writeln!(
            text,
            "{}  {:<7}  {} articles  from {}  taken {} by {}: {}",
            view.version,
            view.state,
            view.articles,
            moment_in_words(WallMs(view.from_wall_ms), zone),
            moment_in_words(WallMs(view.imported_wall_ms), zone),
            view.source,
            view.file_name,
        );
    }
    let rows: Vec<Value> = versions.iter().map(version_json).collect();
    View {
        text,
        json: json!({"versions": rows}),
    }
}

fn version_json(view: &PriceVersionView) -> Value {
    json!({
        "version": view.version,
        "state": view.state,
        "articles": view.articles,
        "from_wall_ms": view.from_wall_ms,
        "begun_wall_ms": view.begun_wall_ms,
        "imported_wall_ms": view.imported_wall_ms,
        "source": view.source,
        "file_name": view.file_name,
        "sha256": hex(&view.sha256),
    })
}

fn status(prices: &PricesResponse, zone: &StoreZone) -> View {
    let mut text = format!("version {} sells\n", prices.version);
    for view in prices
        .versions
        .iter()
        .filter(|view| view.state == "waiting")
    {
        let from = moment_in_words(WallMs(view.from_wall_ms), zone);
        let _ = writeln!(text, "version {} sells from {from} on", view.version);
    }
    for lane in &prices.lanes {
        let _ = writeln!(
            text,
            "lane {:<3}{}",
            lane.lane,
            lane_in_words(lane, &prices.version)
        );
    }
    let current = |lane: &LanePrices| lane.version == prices.version;
    let lanes: Vec<Value> = prices.lanes.iter().map(lane_json).collect();
    let waiting: Vec<Value> = prices
        .versions
        .iter()
        .filter(|view| view.state == "waiting")
        .map(version_json)
        .collect();
    let json = json!({
        "version": prices.version,
        "waiting": waiting,
        "lanes_current": prices.lanes.iter().filter(|lane| current(lane)).count(),
        "lanes": lanes,
    });
    View { text, json }
}

fn lane_in_words(lane: &LanePrices, selling: &str) -> String {
    let mut words = match lane.version.as_str() {
        "" => "no prices told of yet".to_owned(),
        version if version == selling => "sells by it".to_owned(),
        version => format!("SELLS BY {version}"),
    };
    if !lane.connected {
        words.push_str(", not connected");
    }
    for answer in &lane.answers {
        match answer.refused_because.as_str() {
            "" if answer.active => {}
            "" => {
                let _ = write!(words, ", has {}", answer.version);
            }
            why => {
                let _ = write!(words, ", CAN'T TAKE {} (HUB0031): {why}", answer.version);
            }
        }
    }
    words
}

fn lane_json(lane: &LanePrices) -> Value {
    let answers: Vec<Value> = lane.answers.iter().map(answer_json).collect();
    json!({
        "lane": lane.lane,
        "connected": lane.connected,
        "version": lane.version,
        "answers": answers,
    })
}

pub(super) fn answer_json(answer: &PriceAnswer) -> Value {
    json!({
        "version": answer.version,
        "active": answer.active,
        "refused_because": answer.refused_because,
    })
}
