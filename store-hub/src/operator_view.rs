//! The desk as an operator sees it: the same over gRPC as from the journal of a stopped hub.

use domain::{
    desk::{DayState, Desk, Owner, TerminalView},
    forward::{Forward, ForwardEnd},
    time::{BusinessDate, WallMs},
    words::{Reason, Worded},
};
use journal::NoRoom;
use proto::store::v1::{
    self as wire, DeadLetter, DeadLettersResponse, StatusResponse, TerminalStatus, Unresolved,
    UnresolvedResponse,
};
use records::{
    hub::{forward_kind_to_proto, payments_to_proto},
    money_to_proto,
};

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// What the desk can't say of itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HubFigures<'a> {
    pub(crate) store_id: &'a str,
    pub(crate) business_date: BusinessDate,
    pub(crate) hub_epoch: u64,
    pub(crate) journal_sequence: u64,
    /// Why the disk takes no new payments, if so.
    pub(crate) no_room: Option<NoRoom>,
    /// Batches taken and not durable yet.
    pub(crate) journal_lag_batches: u64,
}

/// The whole store in a few lines.
pub(crate) fn status(desk: &Desk, hub: HubFigures<'_>) -> StatusResponse {
    let day = match desk.day() {
        DayState::Open { .. } => wire::DayState::Open,
        DayState::Closing { .. } => wire::DayState::Closing,
    };
    let unresolved = desk
        .dead_letters()
        .filter(|letter| letter.resolution.is_none());
    StatusResponse {
        store_id: hub.store_id.to_owned(),
        business_date: hub.business_date.to_string(),
        hub_epoch: hub.hub_epoch,
        link_up: desk.link_up(),
        queue_depth: number(desk.queue_depth()),
        queue_depth_max: number(desk.queue_depth_max()),
        queue_amount: Some(money_to_proto(desk.queue_amount())),
        dead_letters: number(unresolved.count()),
        payments_in_flight: number(desk.payments_in_flight()),
        journal_sequence: hub.journal_sequence,
        journal_durable_lag_batches: hub.journal_lag_batches,
        terminals: desk.terminals().map(|view| terminal(&view)).collect(),
        day: day.into(),
        counts: Some(payments_to_proto(&desk.counts_today())),
        lanes_in_trouble: Vec::new(),
        disk: hub.no_room.map(no_room),
        ..StatusResponse::default()
    }
}

fn no_room(why: NoRoom) -> wire::NoRoom {
    match why {
        NoRoom::Full {
            needed_bytes,
            available_bytes,
        } => wire::NoRoom {
            kind: wire::NoRoomKind::Full.into(),
            needed_bytes,
            available_bytes,
        },
        NoRoom::ReadOnly => wire::NoRoom {
            kind: wire::NoRoomKind::ReadOnly.into(),
            ..wire::NoRoom::default()
        },
    }
}

fn terminal(view: &TerminalView) -> TerminalStatus {
    TerminalStatus {
        tid: view.tid.to_string(),
        lane: view.lane.map_or(0, |lane| lane.0.into()),
        signed_on: view.signed_on,
        stopped: view.stopped,
        batch: view.batch.map_or(0, |batch| batch.number()),
        next_stan: view.next_stan.number(),
        queue_depth: number(view.queue_depth),
        settling: view.is_settling,
    }
}

/// Payments whose end is not known yet; `now` for their age.
pub(crate) fn unresolved(desk: &Desk, now: WallMs) -> UnresolvedResponse {
    let payments = desk.unresolved().into_iter();
    let payments = payments
        .map(|payment| Unresolved {
            payment_id: payment.payment_id.to_string(),
            lane: payment.lane.0.into(),
            amount: payment.amount.map(money_to_proto),
            payment_status: payment.status.number(),
            since_wall_ms: payment.since.0,
            owned_by: payment.owner.number(),
        })
        .collect();
    UnresolvedResponse {
        payments,
        wall_ms: now.0,
    }
}

/// Dead letters, resolved ones too.
pub(crate) fn dead_letters(desk: &Desk) -> DeadLettersResponse {
    DeadLettersResponse {
        dead_letters: desk.dead_letters().map(dead_letter).collect(),
    }
}

/// One of them.
pub(crate) fn dead_letter(forward: &Forward) -> DeadLetter {
    let reason = match &forward.end {
        Some(ForwardEnd::DeadLetter { reason, .. }) => Some(reason),
        Some(ForwardEnd::Delivered { .. } | ForwardEnd::Withdrawn) | None => None,
    };
    let (because, because_text) = match reason {
        Some(Reason::Named(reason)) => (reason.number(), String::new()),
        Some(Reason::InWords(text)) => (0, text.clone()),
        None => (0, String::new()),
    };
    DeadLetter {
        forward_id: forward.id.0,
        payment_id: forward.payment_id.to_string(),
        forward_kind: forward_kind_to_proto(&forward.kind).into(),
        amount: Some(money_to_proto(forward.amount)),
        because,
        because_text,
        owned_by: Owner::StoreManager.number(),
        first_try_wall_ms: forward.first_try.map_or(0, |at| at.0),
        last_try_wall_ms: forward.last_try.map_or(0, |at| at.0),
        last_answer: forward
            .last_code
            .map_or_else(String::new, |code| code.to_string()),
        resolved: forward.resolution.is_some(),
    }
}

/// What a lane calls its state.
pub(crate) fn lane_state(word: &str) -> wire::LaneState {
    match word {
        "" => wire::LaneState::Unspecified,
        "starting" => wire::LaneState::Starting,
        "open" => wire::LaneState::Open,
        "selling" => wire::LaneState::Selling,
        "no-room" => wire::LaneState::NoRoom,
        "closed" => wire::LaneState::Closed,
        _ => wire::LaneState::Other,
    }
}
