//! `store-hub owed`: what is owed to cards for goods that came back. `store-hub returns`: what is
//! reserved and not closed, and somebody who says that it never was.

use std::fmt::Write;

use clap::Subcommand;
use domain::words::Language;
use proto::store::v1::{
    OpenReturnView, OwedRequest, OwedResponse, OwedView, ReleaseReturnRequest, ReturnsRequest,
    ReturnsResponse,
};
use serde_json::{Value, json};

use super::{
    Asked, Outcome, Output,
    ask::of_desk,
    hub::{block_on, running},
    print, print_json,
    view::{Reader, View, amount, amount_json, show},
};
use crate::return_view;

#[derive(Subcommand)]
pub(super) enum ReturnAction {
    /// Gives back what a return reserved that was never closed: journaled, with who and why
    Release {
        /// LANE-EPOCH-SALE, as listed
        return_id: String,
        /// Why
        #[arg(long)]
        reason: String,
        /// Who decided it
        #[arg(long, default_value = "store manager")]
        by: String,
    },
}

pub(super) fn owed(asked: &Asked) -> Outcome {
    let (owed, reader) = of_desk(
        asked,
        async |hub| hub.owed(OwedRequest {}).await,
        |desk, _| return_view::owed(desk),
    )?;
    show(asked.output, owed_listed(&owed, &reader))
}

pub(super) fn returns(asked: &Asked, action: Option<ReturnAction>) -> Outcome {
    match action {
        None => list(asked),
        Some(ReturnAction::Release {
            return_id,
            reason,
            by,
        }) => release(asked, return_id, reason, by),
    }
}

fn list(asked: &Asked) -> Outcome {
    let (returns, reader) = of_desk(
        asked,
        async |hub| hub.returns(ReturnsRequest {}).await,
        |desk, _| return_view::returns(desk),
    )?;
    show(asked.output, listed(&returns, &reader))
}

fn release(asked: &Asked, return_id: String, reason: String, by: String) -> Outcome {
    let request = ReleaseReturnRequest {
        return_id: return_id.clone(),
        reason,
        by,
    };
    block_on(async {
        let mut hub = running(asked).await?;
        hub.ask(async |hub| hub.release_return(request).await).await
    })?;
    match asked.output {
        Output::Text => print(&format!("return {return_id}: given back\n")),
        Output::Json => print_json(&json!({"return_id": return_id, "released": true})),
    }
}

fn owed_listed(owed: &OwedResponse, reader: &Reader) -> View {
    let mut text = String::new();
    if owed.owed.is_empty() {
        // Writing to a String can't fail.
        let _ = writeln!(text, "{}", reader.words("none", "无"));
    }
    for view in &owed.owed {
        let (receipt, masked) = (&view.receipt_number, &view.masked);
        let (amount, since) = (
            amount(view.amount.as_ref()),
            reader.moment(view.since_wall_ms),
        );
        let payment = &view.payment_id;
        let line = match reader.language {
            Language::English => {
                format!("{receipt}  {amount} to {masked}  payment {payment}  since {since}")
            }
            Language::Chinese => {
                format!("{receipt}  {amount} 待退至 {masked}  支付号 {payment}  自 {since}")
            }
        };
        let _ = writeln!(text, "{line}");
    }
    let _ = writeln!(
        text,
        "{}: {}",
        reader.words("owed to cards", "待退银行卡合计"),
        amount(owed.total.as_ref())
    );
    let rows: Vec<Value> = owed.owed.iter().map(owed_row).collect();
    let json = json!({"owed": rows, "total": amount_json(owed.total.as_ref())});
    View { text, json }
}

fn owed_row(view: &OwedView) -> Value {
    json!({
        "receipt_number": view.receipt_number,
        "payment_id": view.payment_id,
        "masked": view.masked,
        "amount": amount_json(view.amount.as_ref()),
        "since_wall_ms": view.since_wall_ms,
        "business_date": view.business_date,
    })
}

fn listed(returns: &ReturnsResponse, reader: &Reader) -> View {
    let mut text = String::new();
    if returns.open.is_empty() {
        let _ = writeln!(text, "{}", reader.words("none", "无"));
    }
    for view in &returns.open {
        let (id, lane) = (&view.return_id, view.lane);
        let (value, since) = (
            amount(view.value.as_ref()),
            reader.moment(view.since_wall_ms),
        );
        let of = view.receipt_numbers.join(", ");
        let line = match reader.language {
            Language::English => {
                format!("{id}  lane {lane}  {value} of {of}  reserved since {since}")
            }
            Language::Chinese => {
                format!("{id}  {lane} 号收银台  {value}，原小票 {of}  自 {since} 起保留")
            }
        };
        let _ = writeln!(text, "{line}");
    }
    let rows: Vec<Value> = returns.open.iter().map(row).collect();
    View {
        text,
        json: json!({"open": rows}),
    }
}

fn row(view: &OpenReturnView) -> Value {
    json!({
        "return_id": view.return_id,
        "lane": view.lane,
        "epoch": view.epoch,
        "sale_number": view.sale_number,
        "receipt_numbers": view.receipt_numbers,
        "value": amount_json(view.value.as_ref()),
        "since_wall_ms": view.since_wall_ms,
    })
}
