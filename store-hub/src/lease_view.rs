//! Leases as an operator sees them: the same over gRPC as from the journal of a stopped hub.

use domain::{
    desk::Desk,
    money::Money,
    risk::{EndedLease, LeaseEnd, LeaseUse},
    time::WallMs,
};
use proto::store::v1::{LeaseState, LeaseView, LeasesResponse};
use records::{lease_to_proto, money_to_proto};

/// All leases, oldest first.
pub(crate) fn leases(desk: &Desk, now: WallMs) -> LeasesResponse {
    let ledger = desk.leases();
    let ended = ledger.ended().map(ended_lease);
    let open = ledger.open().map(|account| {
        let granted_at = ledger.granted_at(account.lease.id);
        open_lease(account, granted_at.unwrap_or_default(), now)
    });
    let mut leases: Vec<LeaseView> = ended.chain(open).collect();
    leases.sort_by_key(|view| view.lease.as_ref().map(|lease| lease.lease_id));
    let counts = Money::new(ledger.reserved_minor(), desk.config().currency);
    LeasesResponse {
        leases,
        counts: Some(money_to_proto(counts)),
    }
}

/// The lane counts the time from its acceptance, by a clock of its own: the hub can only tell when
/// it is over at the earliest.
fn open_lease(account: &LeaseUse, granted_at: WallMs, now: WallMs) -> LeaseView {
    let valid_for_ms = i64::try_from(account.lease.valid_for_ms).unwrap_or(i64::MAX);
    let is_over = now.0 >= granted_at.0.saturating_add(valid_for_ms);
    let state = match is_over {
        true => LeaseState::Expired,
        false => LeaseState::Open,
    };
    let mut view = view(account, granted_at);
    view.counts.clone_from(&view.left);
    view.set_lease_state(state);
    view
}

fn ended_lease(ended: &EndedLease) -> LeaseView {
    let mut view = view(&ended.account, ended.granted_at);
    let nothing = Money::zero(ended.account.lease.budget.currency());
    view.counts = Some(money_to_proto(nothing));
    view.ended_wall_ms = ended.ended_at.0;
    match &ended.end {
        LeaseEnd::Returned => view.set_lease_state(LeaseState::Returned),
        LeaseEnd::WrittenOff { by, reason } => {
            view.set_lease_state(LeaseState::WrittenOff);
            view.by.clone_from(by);
            view.reason.clone_from(reason);
        }
    }
    view
}

fn view(account: &LeaseUse, granted_at: WallMs) -> LeaseView {
    let currency = account.lease.budget.currency();
    let left = Money::new(account.remaining_minor(), currency);
    LeaseView {
        lease: Some(lease_to_proto(&account.lease)),
        spent: Some(money_to_proto(account.spent())),
        payments: account.payments(),
        left: Some(money_to_proto(left)),
        granted_wall_ms: granted_at.0,
        ..Default::default()
    }
}
