//! `find`: sales and payments by what a customer can tell: the receipt, the amount, the time, the
//! last four digits of the card, the lane.

use std::fmt::Write;

use clap::Args;
use ports::StoreZone;
use proto::store::v1::{FindRequest, FindResponse, FoundLine};
use serde_json::json;

use super::{
    Asked, Failed, NO, Outcome, USAGE,
    hub::{Source, block_on, source},
    stopped::Stopped,
    view::{Reader, View, amount, amount_json, show},
};
use crate::{
    find_view,
    moment::{MOMENT_FORM, read_moment},
    presentation,
};

/// All of what is given must fit.
#[derive(Args)]
pub(super) struct Wanted {
    /// Number of the receipt, as in 3-1-000042
    #[arg(long, value_name = "RECEIPT")]
    receipt: Option<String>,
    /// An amount: a sale's total or one of its tenders, what a payment asked
    #[arg(long, value_name = "12.90")]
    amount: Option<String>,
    /// The last four digits of the card
    #[arg(long, value_name = "DIGITS")]
    last_four: Option<String>,
    /// Not before this moment of the store, as in 2026-12-01T06:00
    #[arg(long, value_name = "MOMENT")]
    from: Option<String>,
    /// Not after this moment
    #[arg(long, value_name = "MOMENT")]
    to: Option<String>,
    /// On this lane
    #[arg(long)]
    lane: Option<u32>,
    /// Sold by this operator
    #[arg(long)]
    operator: Option<u32>,
    /// The most that are told
    #[arg(long, default_value_t = 100)]
    limit: u32,
}

pub(super) fn find(asked: &Asked, wanted: &Wanted) -> Outcome {
    let (found, reader) = block_on(async {
        let mut source = source(asked).await?;
        let reader = source.reader(asked).await?;
        let request = request(wanted, &reader.zone)?;
        let config = match source {
            Source::Running(mut hub) => {
                let answer = hub.ask(async |hub| hub.find(request).await);
                return Ok((answer.await?, reader));
            }
            Source::Stopped(config) => config,
        };
        let currency = config.store.currency;
        let query = find_view::query(&request, currency);
        let query = query.map_err(|error| Failed::new(USAGE, error))?;
        let books = Stopped::open(&config)?.books(&config)?;
        let found = books.find(&query).map_err(|error| Failed::new(NO, error))?;
        Ok((find_view::response(&found, &query, currency), reader))
    })?;
    let none = found.found.is_empty();
    show(asked.output, view(&found, &reader))?;
    match none {
        true => Err(Failed::new(NO, "nothing fits")),
        false => Ok(()),
    }
}

fn request(wanted: &Wanted, zone: &StoreZone) -> Result<FindRequest, Failed> {
    let moment = |option: &'static str, text: &Option<String>| {
        let read = text.as_ref().map(|text| {
            let none = || {
                let what = format!("{option}: \"{text}\" is neither {MOMENT_FORM}");
                Failed::new(USAGE, what)
            };
            read_moment(text, zone).map(|at| at.0).ok_or_else(none)
        });
        read.transpose()
    };
    Ok(FindRequest {
        receipt_number: wanted.receipt.clone().unwrap_or_default(),
        amount: wanted.amount.clone().unwrap_or_default(),
        last_four: wanted.last_four.clone().unwrap_or_default(),
        from_wall_ms: moment("--from", &wanted.from)?,
        to_wall_ms: moment("--to", &wanted.to)?,
        lane: wanted.lane,
        operator_id: wanted.operator,
        limit: wanted.limit,
    })
}

fn view(found: &FindResponse, reader: &Reader) -> View {
    let mut text = String::new();
    for line in &found.found {
        let (at, lane) = (reader.moment(line.wall_ms), reader.words("lane", "收银台"));
        let _ = writeln!(
            text,
            "{at}  {lane} {:<3} {:<13} {:>14}  {:<4}  {:<32}  {}",
            line.lane,
            line.receipt_number,
            amount(line.amount.as_ref()),
            line.last_four,
            line.payment_id,
            reader.read(&presentation::found_state(line))
        );
    }
    if found.more {
        let more = reader.words(
            "there may be more: --limit shows more, --from and --to less",
            "可能还有更多：--limit 增加条数，--from 和 --to 缩小范围",
        );
        let _ = writeln!(text, "{more}");
    }
    let lines: Vec<_> = found
        .found
        .iter()
        .map(|line| line_json(line, reader))
        .collect();
    View {
        text,
        json: json!({"found": lines, "more": found.more}),
    }
}

fn line_json(line: &FoundLine, reader: &Reader) -> serde_json::Value {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    json!({
        "business_date": line.business_date,
        "at": reader.moment(line.wall_ms),
        "wall_ms": line.wall_ms,
        "lane": line.lane,
        "receipt_number": some(&line.receipt_number),
        "payment_id": some(&line.payment_id),
        "amount": amount_json(line.amount.as_ref()),
        "last_four": some(&line.last_four),
        "status": presentation::found_state(line).english,
    })
}
