//! What the hub's records add up to, as `journal.v1.HubCheckpoint`: parts, each with a form.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    ConvertError, card_hash, lease_use_from_proto, lease_use_to_proto, money_from_proto,
    money_to_proto,
    parts::{part, state},
    payment_id,
};
use domain::{
    card_ref::CardHash,
    desk::{DeskCheckpoint, DeskPart, DeskState},
    ids::{BatchNumber, ForwardId, LaneId, LeaseId, PaymentId, Tid},
    risk::{EndedLease, Exposure, LeaseLedger},
    settlement::{Account, Balances},
    terminal::{BatchItem, Settling, Terminal},
    time::WallMs,
};
use proto::journal::v1 as journal;

use super::{
    baskets::{BASKETS_FORM, baskets_from_proto, baskets_to_proto},
    counts::{counts_from_proto, counts_to_proto},
    day::{DAYS_FORM, days_before_parts, days_from_proto, days_to_proto},
    fields::{
        all, batch, date, date_from_text, date_to_text, id_from_bytes, id_to_bytes, lane,
        lease_end_from_proto, lease_end_to_proto, needed, place_from_proto, place_to_proto, stan,
        tid, totals_from_proto, totals_to_proto,
    },
    file::{file_from_proto, file_to_proto},
    machine::{MACHINES_FORM, machines_before_parts, machines_from_proto, machines_to_proto},
    returns::{RETURNS_FORM, returns_from_proto, returns_to_proto},
    terminal::{upload_from_proto, upload_to_proto},
};

type Result<T> = std::result::Result<T, ConvertError>;

/// The form of the desk's part. Another one is another meaning of the same fields, or has fewer:
/// add one whenever the desk keeps something new.
const DESK_FORM: u32 = 4;
/// The message has parts, and each of them a form.
const IN_PARTS: u32 = 4;
/// All in one, as it was before it had parts.
const BEFORE_PARTS: u32 = 3;

/// As it is kept; `started` says whose journal it is. Every part in its newest form.
pub fn checkpoint_to_proto(
    kept: &DeskCheckpoint,
    started: journal::HubStarted,
) -> journal::HubCheckpoint {
    let desk = part(DeskPart::Desk.name(), DESK_FORM, &desk_to_proto(&kept.desk));
    let machines = kept.machines.as_ref().map(|machines| {
        let name = DeskPart::Machines.name();
        part(name, MACHINES_FORM, &machines_to_proto(machines))
    });
    let days = kept.days.as_ref().map(|days| {
        let name = DeskPart::Days.name();
        part(name, DAYS_FORM, &days_to_proto(days))
    });
    let returns = kept.returns.as_ref().map(|returns| {
        let name = DeskPart::Returns.name();
        part(name, RETURNS_FORM, &returns_to_proto(returns))
    });
    let baskets = kept.baskets.as_ref().map(|baskets| {
        let name = DeskPart::Baskets.name();
        part(name, BASKETS_FORM, &baskets_to_proto(baskets))
    });
    let parts = [Some(desk), machines, days, returns, baskets];
    journal::HubCheckpoint {
        form: IN_PARTS,
        started: Some(started),
        parts: parts.into_iter().flatten().collect(),
        ..journal::HubCheckpoint::default()
    }
}

/// A checkpoint as it was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptDesk {
    /// What it says. What could not be read of it is `None`.
    pub checkpoint: DeskCheckpoint,
    told: BTreeMap<DeskPart, u64>,
}

impl KeptDesk {
    /// Up to which record a part tells; 0: it is to be rebuilt.
    #[must_use]
    pub fn told(&self, part: DeskPart) -> u64 {
        self.told.get(&part).copied().unwrap_or(0)
    }

    /// The first record that a part has not seen.
    #[must_use]
    pub fn first_unseen(&self) -> u64 {
        let told = DeskPart::ALL.map(|part| self.told(part));
        let least = told.into_iter().min().unwrap_or(0);
        least.saturating_add(1)
    }
}

/// Reads what was kept behind record `applied`.
///
/// # Errors
/// The desk itself can't be read: its field that is missing or can't be. It is told by its records
/// and the dates together, so all of it is rebuilt.
pub fn checkpoint_from_proto(from: &journal::HubCheckpoint, applied: u64) -> Result<KeptDesk> {
    let upgraded = match from.form {
        BEFORE_PARTS => Some(in_parts(from)),
        _ => None,
    };
    let parts = upgraded.as_ref().unwrap_or(&from.parts);
    let form = |part: DeskPart, form| (part.name(), form);
    let desk = state(parts, form(DeskPart::Desk, DESK_FORM), applied);
    let (desk, until) = desk.ok_or_else(|| ConvertError::new("form", "is another version's"))?;
    let mut told = BTreeMap::from([(DeskPart::Desk, until)]);
    let machines = state(parts, form(DeskPart::Machines, MACHINES_FORM), applied);
    let machines = machines.and_then(|(machines, until)| {
        let machines = machines_from_proto(&machines).ok()?;
        told.insert(DeskPart::Machines, until);
        Some(machines)
    });
    let days = state(parts, form(DeskPart::Days, DAYS_FORM), applied);
    let days = days.and_then(|(days, until)| {
        let days = days_from_proto(&days).ok()?;
        told.insert(DeskPart::Days, until);
        Some(days)
    });
    let returns = state(parts, form(DeskPart::Returns, RETURNS_FORM), applied);
    let returns = returns.and_then(|(returns, until)| {
        let returns = returns_from_proto(&returns).ok()?;
        told.insert(DeskPart::Returns, until);
        Some(returns)
    });
    let baskets = state(parts, form(DeskPart::Baskets, BASKETS_FORM), applied);
    let baskets = baskets.and_then(|(baskets, until)| {
        let baskets = baskets_from_proto(&baskets).ok()?;
        told.insert(DeskPart::Baskets, until);
        Some(baskets)
    });
    let checkpoint = DeskCheckpoint {
        desk: desk_from_proto(&desk)?,
        machines,
        days,
        returns,
        baskets,
    };
    Ok(KeptDesk { checkpoint, told })
}

/// One from before there were parts.
fn in_parts(from: &journal::HubCheckpoint) -> Vec<journal::CheckpointPart> {
    let (machines, days) = (machines_before_parts(from), days_before_parts(from));
    let from = from.clone();
    let desk = journal::HubDesk {
        payments: from.payments,
        cards_ahead: from.cards_ahead,
        abandoned_early: from.abandoned_early,
        terminals: from.terminals,
        last_forward_id: from.last_forward_id,
        queue_depth_max: from.queue_depth_max,
        exposure_minor: from.exposure_minor,
        exposure_of_cards: from.exposure_of_cards,
        open_leases: from.open_leases,
        ended_leases: from.ended_leases,
        last_lease_id: from.last_lease_id,
        hot_cards: from.hot_cards,
        carried_forward_ids: from.carried_forward_ids,
        balances: from.balances,
        balances_archived: from.balances_archived,
        counts: from.counts,
        counts_before_today: from.counts_before_today,
        counts_of_days: from.counts_of_days,
        orphan_records: from.orphan_records,
    };
    vec![
        part(DeskPart::Desk.name(), 4, &desk),
        part(DeskPart::Machines.name(), 4, &machines),
        part(DeskPart::Days.name(), 4, &days),
    ]
}

fn desk_to_proto(kept: &DeskState) -> journal::HubDesk {
    let ids = |ids: &BTreeSet<PaymentId>| ids.iter().map(|id| id_to_bytes(*id)).collect();
    journal::HubDesk {
        payments: kept.payments.iter().map(file_to_proto).collect(),
        cards_ahead: ids(&kept.cards_ahead),
        abandoned_early: abandoned_to_proto(&kept.abandoned_early),
        terminals: kept.terminals.iter().map(terminal_to_proto).collect(),
        last_forward_id: kept.last_forward.0,
        queue_depth_max: u64::try_from(kept.queue_depth_max).unwrap_or(u64::MAX),
        exposure_minor: kept.exposure.store_minor(),
        exposure_of_cards: exposure_to_proto(&kept.exposure),
        open_leases: open_leases_to_proto(&kept.leases),
        ended_leases: kept.leases.ended().map(ended_lease_to_proto).collect(),
        last_lease_id: kept.leases.last_id().0,
        hot_cards: kept
            .hot_list
            .iter()
            .map(|card| card.0.to_vec().into())
            .collect(),
        carried_forward_ids: kept.carried.iter().map(|id| id.0).collect(),
        balances: balances_to_proto(&kept.balances),
        balances_archived: balances_to_proto(&kept.balances_archived),
        counts: Some(counts_to_proto(&kept.counts)),
        counts_before_today: Some(counts_to_proto(&kept.counts_before_today)),
        counts_of_days: kept
            .counts_of_days
            .iter()
            .map(|(date, counts)| journal::DayCounts {
                date: date.to_string(),
                counts: Some(counts_to_proto(counts)),
            })
            .collect(),
        orphan_records: kept.orphan_records,
    }
}

fn desk_from_proto(from: &journal::HubDesk) -> Result<DeskState> {
    Ok(DeskState {
        payments: all(&from.payments, file_from_proto)?,
        cards_ahead: all(&from.cards_ahead, |bytes| id_from_bytes(bytes))?,
        abandoned_early: all(&from.abandoned_early, |one| {
            Ok((payment_id(&one.payment_id)?, lane(one.lane)?))
        })?,
        terminals: all(&from.terminals, terminal_from_proto)?,
        last_forward: ForwardId(from.last_forward_id),
        queue_depth_max: usize::try_from(from.queue_depth_max)
            .map_err(|error| ConvertError::new("queue_depth_max", error))?,
        exposure: exposure_from_proto(from)?,
        leases: LeaseLedger::restored(
            all(&from.open_leases, |one| {
                let used = lease_use_from_proto(needed("use", one.r#use.as_ref())?)?;
                Ok((used, WallMs(one.granted_at_ms)))
            })?,
            all(&from.ended_leases, ended_lease_from_proto)?,
            LeaseId(from.last_lease_id),
        ),
        hot_list: all(&from.hot_cards, |bytes| card_hash(bytes))?,
        carried: from
            .carried_forward_ids
            .iter()
            .map(|id| ForwardId(*id))
            .collect(),
        balances: balances_from_proto(&from.balances)?,
        balances_archived: balances_from_proto(&from.balances_archived)?,
        counts: counts_from_proto(from.counts.as_ref())?,
        counts_before_today: counts_from_proto(from.counts_before_today.as_ref())?,
        counts_of_days: all(&from.counts_of_days, |day| {
            Ok((date(&day.date)?, counts_from_proto(day.counts.as_ref())?))
        })?,
        orphan_records: from.orphan_records,
    })
}

fn abandoned_to_proto(abandoned: &BTreeMap<PaymentId, LaneId>) -> Vec<journal::Abandoned> {
    let abandoned = abandoned.iter();
    let one = |(id, lane): (&PaymentId, &LaneId)| journal::Abandoned {
        payment_id: id.to_string(),
        lane: lane.0.into(),
    };
    abandoned.map(one).collect()
}

fn terminal_to_proto(terminal: &Terminal) -> journal::TerminalState {
    let sent = match terminal.settling {
        Settling::Open | Settling::Closed => None,
        Settling::Sent { stan, totals } => Some(journal::SettlementSent {
            tid: String::new(),
            batch: 0,
            stan: stan.number(),
            totals: Some(totals_to_proto(&totals)),
        }),
    };
    journal::TerminalState {
        tid: terminal.tid.to_string(),
        batch: terminal.batch.map(BatchNumber::number),
        next_stan: terminal.next_stan.number(),
        host_batch: terminal.stopped.map(BatchNumber::number),
        last_financial: terminal
            .last_financial
            .map(|(batch, stan)| place_to_proto(batch, stan)),
        items: terminal
            .items
            .iter()
            .map(|((batch, stan), item)| journal::BatchItem {
                place: Some(place_to_proto(*batch, *stan)),
                payment_id: item.payment_id.to_string(),
                amount: Some(money_to_proto(item.amount)),
                is_credit: item.is_credit,
            })
            .collect(),
        settlement_sent: sent,
        settled: terminal.settling == Settling::Closed,
        settlement_due: date_to_text(terminal.due),
        upload: terminal
            .upload
            .as_ref()
            .map(|upload| upload_to_proto(&terminal.tid, upload)),
    }
}

fn terminal_from_proto(from: &journal::TerminalState) -> Result<Terminal> {
    let settling = match (&from.settlement_sent, from.settled) {
        (_, true) => Settling::Closed,
        (None, false) => Settling::Open,
        (Some(sent), false) => Settling::Sent {
            stan: stan(sent.stan)?,
            totals: totals_from_proto(sent.totals.as_ref())?,
        },
    };
    let last = from.last_financial.as_ref().map(place_from_proto);
    let tid: Tid = tid(&from.tid)?;
    Ok(Terminal {
        batch: from.batch.map(batch).transpose()?,
        next_stan: stan(from.next_stan)?,
        stopped: from.host_batch.map(batch).transpose()?,
        last_financial: last.transpose()?,
        items: all(&from.items, |item| {
            let place = needed("items.place", item.place.as_ref())?;
            let held = BatchItem {
                payment_id: payment_id(&item.payment_id)?,
                amount: money_from_proto("items.amount", item.amount.as_ref())?,
                is_credit: item.is_credit,
            };
            Ok((place_from_proto(place)?, held))
        })?,
        settling,
        due: date_from_text(&from.settlement_due)?,
        upload: from.upload.as_ref().map(upload_from_proto).transpose()?,
        ..Terminal::new(tid)
    })
}

fn exposure_to_proto(exposure: &Exposure) -> Vec<journal::CardUse> {
    let cards = exposure.cards();
    let one = |(card, minor): (&CardHash, i64)| journal::CardUse {
        card_hash: card.0.to_vec().into(),
        spent_minor: minor,
    };
    cards.map(one).collect()
}

fn exposure_from_proto(from: &journal::HubDesk) -> Result<Exposure> {
    let cards = all(&from.exposure_of_cards, |card| {
        Ok((card_hash(&card.card_hash)?, card.spent_minor))
    })?;
    Ok(Exposure::restored(from.exposure_minor, cards))
}

fn open_leases_to_proto(leases: &LeaseLedger) -> Vec<journal::OpenLease> {
    let open = leases.open();
    open.map(|one| journal::OpenLease {
        r#use: Some(lease_use_to_proto(one)),
        granted_at_ms: leases.granted_at(one.lease.id).map_or(0, |at| at.0),
    })
    .collect()
}

fn ended_lease_to_proto(one: &EndedLease) -> journal::EndedLease {
    journal::EndedLease {
        r#use: Some(lease_use_to_proto(&one.account)),
        granted_at_ms: one.granted_at.0,
        ended: Some(lease_end_to_proto(&one.end)),
        ended_at_ms: one.ended_at.0,
    }
}

fn ended_lease_from_proto(from: &journal::EndedLease) -> Result<EndedLease> {
    Ok(EndedLease {
        account: lease_use_from_proto(needed("use", from.r#use.as_ref())?)?,
        granted_at: WallMs(from.granted_at_ms),
        end: lease_end_from_proto(needed("ended", from.ended.as_ref())?)?,
        ended_at: WallMs(from.ended_at_ms),
    })
}

fn balances_to_proto(balances: &Balances) -> Vec<journal::AccountBalance> {
    let accounts = balances.accounts();
    accounts
        .map(|(account, minor)| journal::AccountBalance {
            account: account.name().to_owned(),
            minor: minor.to_be_bytes().to_vec().into(),
        })
        .collect()
}

fn balances_from_proto(from: &[journal::AccountBalance]) -> Result<Balances> {
    let accounts: Vec<(Account, i128)> = all(from, |one| {
        let mut known = Account::ALL.into_iter();
        let account = known.find(|account| account.name() == one.account);
        let account = account.ok_or_else(|| ConvertError::new("account", "is none"))?;
        let minor = <[u8; 16]>::try_from(one.minor.as_ref());
        let minor = minor.map_err(|_| ConvertError::new("minor", "is not 16 bytes"))?;
        Ok((account, i128::from_be_bytes(minor)))
    })?;
    Ok(Balances::restored(accounts))
}
