//! `store-hub prices`: takes a price file, shows the versions, and which lane sells by which.

use std::{fmt::Write, fs, path::PathBuf};

use base16ct::lower::encode_string as hex;
use clap::{Subcommand, ValueEnum};
use domain::words::Language;
use ports::StoreZone;
use proto::store::v1::{
    self as wire, ImportPricesRequest, ImportPricesResponse, LanePrices, PriceAnswer,
    PriceVersionState, PriceVersionView, PricesRequest, PricesResponse,
};
use serde_json::{Value, json};

use super::{
    Asked, Failed, NO, Outcome, USAGE,
    hub::{block_on, running},
    view::{Reader, View, show},
};
use crate::{
    moment::{MOMENT_FORM, read_moment},
    presentation,
};

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
    const fn to_proto(self) -> wire::TextEncoding {
        match self {
            Self::Utf8 => wire::TextEncoding::Utf8,
            Self::Gbk => wire::TextEncoding::Gbk,
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
            let (prices, reader) = ask(asked)?;
            show(asked.output, listed(&prices.versions, &reader))
        }
        PriceAction::Status => {
            let (prices, reader) = ask(asked)?;
            show(asked.output, status(&prices, &reader))
        }
    }
}

fn ask(asked: &Asked) -> Result<(PricesResponse, Reader), Failed> {
    block_on(async {
        let mut hub = running(asked).await?;
        let prices = hub.ask(async |hub| hub.prices(PricesRequest {}).await);
        Ok((prices.await?, hub.reader(asked).await?))
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
        text_encoding: encoding.to_proto().into(),
        ..Default::default()
    };
    let chunks: Vec<ImportPricesRequest> = bytes
        .chunks(CHUNK_BYTES)
        .map(|chunk| ImportPricesRequest {
            chunk: chunk.to_vec().into(),
            ..Default::default()
        })
        .collect();
    let (answer, reader) = block_on(async {
        let mut hub = running(asked).await?;
        let reader = hub.reader(asked).await?;
        first.activate_at_wall_ms = begins(activate_at, &reader.zone)?;
        let requests = std::iter::once(first).chain(chunks).collect::<Vec<_>>();
        let answer = hub
            .ask(async |hub| hub.import_prices(futures::stream::iter(requests)).await)
            .await?;
        Ok((answer, reader))
    })?;
    show(asked.output, taken(&answer, &reader))?;
    if answer.taken {
        return Ok(());
    }
    let faults = u64::try_from(answer.faults.len())
        .unwrap_or(0)
        .saturating_add(answer.more_faults);
    let what = format!("HUB0030: {} is not taken, {faults} faults", file.display());
    Err(Failed::new(NO, what))
}

fn taken(answer: &ImportPricesResponse, reader: &Reader) -> View {
    let mut text = String::new();
    // Writing to a String can't fail, here and below.
    if answer.taken {
        let known = match answer.known {
            true => reader.words(", known already", "，早已登记"),
            false => "",
        };
        let from = reader.moment(answer.from_wall_ms);
        let (version, articles) = (&answer.version, answer.articles);
        let _ = match reader.language {
            Language::English => writeln!(
                text,
                "version {version}: {articles} articles, sold by from {from} on{known}"
            ),
            Language::Chinese => {
                writeln!(
                    text,
                    "版本 {version}：{articles} 种商品，自 {from} 起生效{known}"
                )
            }
        };
    }
    for fault in &answer.faults {
        let column = match fault.column.as_str() {
            "" => String::new(),
            column => format!(", {column}"),
        };
        let line = reader.words("line", "行");
        let _ = writeln!(text, "{line} {}{column}: {}", fault.line, fault.what);
    }
    if answer.more_faults > 0 {
        let more = reader.words("faults more", "处其他错误");
        let _ = writeln!(
            text,
            "{} {} {more}",
            reader.words("and", "另有"),
            answer.more_faults
        );
    }
    for column in &answer.columns_not_read {
        let (heading, not_read) = (
            reader.words("column", "列"),
            reader.words("not read", "未读取"),
        );
        let _ = writeln!(text, "{heading} {column}: {not_read}");
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

fn listed(versions: &[PriceVersionView], reader: &Reader) -> View {
    let mut text = String::new();
    for view in versions {
        let state = presentation::price_version_state(view.version_state);
        let source = presentation::price_source(view.came_by);
        let (version, articles, name) = (&view.version, view.articles, &view.file_name);
        let (state, source) = (reader.read(&state), reader.read(&source));
        let from = reader.moment(view.from_wall_ms);
        let taken = reader.moment(view.imported_wall_ms);
        let _ = match reader.language {
            Language::English => writeln!(
                text,
                "{version}  {state:<7}  {articles} articles  from {from}  taken {taken} by \
                 {source}: {name}"
            ),
            Language::Chinese => writeln!(
                text,
                "{version}  {state}  {articles} 种商品  自 {from} 起  {taken} 登记，{source}：{name}"
            ),
        };
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
        "state": presentation::price_version_state(view.version_state).english,
        "articles": view.articles,
        "from_wall_ms": view.from_wall_ms,
        "begun_wall_ms": view.begun_wall_ms,
        "imported_wall_ms": view.imported_wall_ms,
        "source": presentation::price_source(view.came_by).english,
        "file_name": view.file_name,
        "sha256": hex(&view.sha256),
    })
}

fn status(prices: &PricesResponse, reader: &Reader) -> View {
    let (heading, sells) = (
        reader.words("version", "版本"),
        reader.words("sells", "在用"),
    );
    let mut text = format!("{heading} {} {sells}\n", prices.version);
    for view in prices.versions.iter().filter(|view| waits(view)) {
        let (from, version) = (reader.moment(view.from_wall_ms), &view.version);
        let _ = match reader.language {
            Language::English => writeln!(text, "version {version} sells from {from} on"),
            Language::Chinese => writeln!(text, "版本 {version} 自 {from} 起生效"),
        };
    }
    for lane in &prices.lanes {
        let _ = writeln!(
            text,
            "{} {:<3}{}",
            reader.words("lane", "收银台"),
            lane.lane,
            lane_in_words(lane, &prices.version, reader)
        );
    }
    let current = |lane: &LanePrices| lane.version == prices.version;
    let lanes: Vec<Value> = prices.lanes.iter().map(lane_json).collect();
    let waiting: Vec<Value> = prices
        .versions
        .iter()
        .filter(|view| waits(view))
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

fn waits(view: &PriceVersionView) -> bool {
    view.version_state() == PriceVersionState::Waiting
}

fn lane_in_words(lane: &LanePrices, selling: &str, reader: &Reader) -> String {
    let mut words = match lane.version.as_str() {
        "" => reader
            .words("no prices told of yet", "尚未告知价格")
            .to_owned(),
        version if version == selling => reader.words("sells by it", "已在用").to_owned(),
        version => format!("{} {version}", reader.words("SELLS BY", "仍在用")),
    };
    if !lane.connected {
        words.push_str(reader.words(", not connected", "，未连接"));
    }
    for answer in &lane.answers {
        match answer.refused_because.as_str() {
            "" if answer.active => {}
            "" => {
                let _ = write!(
                    words,
                    "{} {}",
                    reader.words(", has", "，已有"),
                    answer.version
                );
            }
            why => {
                let cannot = reader.words(", CAN'T TAKE", "，无法使用");
                let _ = write!(words, "{cannot} {} (HUB0031): {why}", answer.version);
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
