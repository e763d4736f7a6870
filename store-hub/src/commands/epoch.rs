//! `store-hub lanes take-back-epoch`: an older machine speaks for a lane again, after one raised
//! the lane's epoch that should not have.

use clap::Args;
use proto::store::v1::TakeBackEpochRequest;
use serde_json::json;

use super::{
    Asked, Outcome, Output,
    hub::{block_on, running},
    print, print_json,
};

#[derive(Args)]
pub(super) struct TakeBackEpoch {
    /// The lane
    #[arg(long, value_name = "N")]
    lane: u16,
    /// The epoch that speaks for it from now on
    #[arg(long, value_name = "N")]
    to: u32,
    /// Why
    #[arg(long)]
    reason: String,
    /// Who decided it
    #[arg(long, default_value = "store manager")]
    by: String,
}

pub(super) fn take_back(asked: &Asked, order: TakeBackEpoch) -> Outcome {
    let (lane, to) = (order.lane, order.to);
    block_on(async {
        let mut hub = running(asked).await?;
        let request = TakeBackEpochRequest {
            lane: lane.into(),
            to,
            reason: order.reason,
            by: order.by,
        };
        hub.ask(async |hub| hub.take_back_epoch(request).await)
            .await
    })?;
    match asked.output {
        Output::Text => print(&format!("lane {lane}: epoch {to} speaks for it\n")),
        Output::Json => print_json(&json!({"lane": lane, "epoch": to})),
    }
}
