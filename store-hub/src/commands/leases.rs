//! `store-hub leases`: what lanes may approve alone, and a manager who writes a lease off.

use std::fmt::Write;

use clap::Subcommand;
use domain::words::Language;
use proto::store::v1::{
    LeaseState, LeaseView, LeasesRequest, LeasesResponse, WriteOffLeaseRequest,
};
use serde_json::{Value, json};

use super::{
    Asked, Outcome, Output,
    ask::of_desk,
    hub::{block_on, running},
    print, print_json,
    view::{Reader, View, amount, amount_json, show},
};
use crate::{lease_view, presentation};

#[derive(Subcommand)]
pub(super) enum LeaseAction {
    /// Gives up a lease whose lane does not come back: journaled, with who and why
    WriteOff {
        /// Number of the lease
        lease_id: u64,
        /// Why
        #[arg(long)]
        reason: String,
        /// Who decided it
        #[arg(long, default_value = "store manager")]
        by: String,
    },
}

pub(super) fn leases(asked: &Asked, action: Option<LeaseAction>) -> Outcome {
    match action {
        None => list(asked),
        Some(LeaseAction::WriteOff {
            lease_id,
            reason,
            by,
        }) => write_off(asked, lease_id, reason, by),
    }
}

fn list(asked: &Asked) -> Outcome {
    let (leases, reader) = of_desk(
        asked,
        async |hub| hub.leases(LeasesRequest {}).await,
        lease_view::leases,
    )?;
    show(asked.output, listed(&leases, &reader))
}

fn write_off(asked: &Asked, lease_id: u64, reason: String, by: String) -> Outcome {
    let request = WriteOffLeaseRequest {
        lease_id,
        reason,
        by,
    };
    block_on(async {
        let mut hub = running(asked).await?;
        hub.ask(async |hub| hub.write_off_lease(request).await)
            .await
    })?;
    let state = presentation::lease_state(LeaseState::WrittenOff.into());
    match asked.output {
        Output::Text => print(&format!(
            "lease {lease_id}: {}\n",
            state.read_in(asked.language.into())
        )),
        Output::Json => print_json(&json!({"lease_id": lease_id, "state": state.english})),
    }
}

fn listed(leases: &LeasesResponse, reader: &Reader) -> View {
    let mut text = String::new();
    if leases.leases.is_empty() {
        let _ = writeln!(text, "{}", reader.words("none", "无"));
    }
    for view in &leases.leases {
        let lease = view.lease.clone().unwrap_or_default();
        let state = presentation::lease_state(view.lease_state);
        let (id, lane, epoch) = (lease.lease_id, lease.lane, lease.lane_epoch);
        let (budget, spent) = (amount(lease.budget.as_ref()), amount(view.spent.as_ref()));
        let (left, counts) = (amount(view.left.as_ref()), amount(view.counts.as_ref()));
        let (per_card, payments) = (amount(lease.per_card_cap.as_ref()), view.payments);
        let (granted, state) = (reader.clock(view.granted_wall_ms), reader.read(&state));
        let line = match reader.language {
            Language::English => format!(
                "{id}  lane {lane}, epoch {epoch}  {state}  budget {budget}  spent {spent} \
                 ({payments})  left {left}  per card {per_card}  counts {counts}  granted {granted}"
            ),
            Language::Chinese => format!(
                "{id}  {lane} 号收银台，纪元 {epoch}  {state}  额度 {budget}  已用 {spent} \
                 （{payments} 笔）  剩余 {left}  单卡 {per_card}  占用 {counts}  授予 {granted}"
            ),
        };
        // Writing to a String can't fail.
        let _ = writeln!(text, "{line}{}", written_off(view, reader));
    }
    let _ = writeln!(
        text,
        "{}: {}",
        reader.words("against the store's cap", "占用门店总额度"),
        amount(leases.counts.as_ref())
    );
    let rows: Vec<Value> = leases.leases.iter().map(row).collect();
    let json = json!({"leases": rows, "counts": amount_json(leases.counts.as_ref())});
    View { text, json }
}

fn written_off(view: &LeaseView, reader: &Reader) -> String {
    match view.by.as_str() {
        "" => String::new(),
        by => format!("  {} {by}: {}", reader.words("by", "经手人"), view.reason),
    }
}

fn row(view: &LeaseView) -> Value {
    let lease = view.lease.clone().unwrap_or_default();
    json!({
        "lease_id": lease.lease_id,
        "lane": lease.lane,
        "lane_epoch": lease.lane_epoch,
        "state": presentation::lease_state(view.lease_state).english,
        "budget": amount_json(lease.budget.as_ref()),
        "per_payment_cap": amount_json(lease.per_payment_cap.as_ref()),
        "per_card_cap": amount_json(lease.per_card_cap.as_ref()),
        "count_max": lease.count_max,
        "hot_list_version": lease.hot_list_version,
        "valid_for_ms": lease.valid_for_ms,
        "spent": amount_json(view.spent.as_ref()),
        "payments": view.payments,
        "left": amount_json(view.left.as_ref()),
        "counts": amount_json(view.counts.as_ref()),
        "granted_wall_ms": view.granted_wall_ms,
        "ended_wall_ms": view.ended_wall_ms,
        "by": view.by,
        "reason": view.reason,
    })
}
