//! What the hub's records add up to, as `journal.v1.HubCheckpoint`.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    ConvertError, card_hash, lease_use_from_proto, lease_use_to_proto, money_from_proto,
    money_to_proto, payment_id, text,
};
use domain::{
    card_ref::CardHash,
    desk::{DeskCheckpoint, PreviousHub},
    ids::{BatchNumber, ForwardId, LaneEpoch, LaneId, LeaseId, PaymentId, Tid},
    risk::{EndedLease, Exposure, LeaseLedger},
    settlement::{Account, Balances},
    terminal::{BatchItem, Settling, Terminal},
    time::{BusinessDate, WallMs},
};
use proto::journal::v1 as journal;

use super::{
    counts::{counts_from_proto, counts_to_proto},
    day::{upload_from_proto, upload_to_proto},
    fields::{
        batch, date, id_from_bytes, id_to_bytes, lane, lease_end_from_proto, lease_end_to_proto,
        needed, place_from_proto, place_to_proto, stan, tid, totals_from_proto, totals_to_proto,
    },
    file::{file_from_proto, file_to_proto},
};

type Result<T> = std::result::Result<T, ConvertError>;

/// The version of the message. Another one is another meaning of the same fields, or has fewer: add
/// one whenever the desk keeps something new.
const FORM: u32 = 3;

/// As it is kept; `started` says whose journal it is.
pub fn checkpoint_to_proto(
    kept: &DeskCheckpoint,
    started: journal::HubStarted,
) -> journal::HubCheckpoint {
    let ids = |ids: &BTreeSet<PaymentId>| ids.iter().map(|id| id_to_bytes(*id)).collect();
    journal::HubCheckpoint {
        form: FORM,
        started: Some(started),
        payments: kept.payments.iter().map(file_to_proto).collect(),
        cards_ahead: ids(&kept.cards_ahead),
        abandoned_early: abandoned_to_proto(&kept.abandoned_early),
        lane_epochs: epochs_to_proto(&kept.lane_epochs),
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
        previous_hub_epoch: kept.previous_hub.epoch,
        previous_last_lease_id: kept.previous_hub.last_lease.0,
        asked_before: asked_to_proto(&kept.previous_hub),
        closing: date_to_text(kept.closing),
        running: date_to_text(kept.running),
        closed: date_to_text(kept.closed),
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

/// Whether this version reads it: one of another form is rebuilt from the log.
pub const fn is_current_form(kept: &journal::HubCheckpoint) -> bool {
    kept.form == FORM
}

/// Reads what was kept.
///
/// # Errors
/// The field that is missing or can't be.
pub fn checkpoint_from_proto(from: &journal::HubCheckpoint) -> Result<DeskCheckpoint> {
    if !is_current_form(from) {
        return Err(ConvertError::new("form", "is another version's"));
    }
    Ok(DeskCheckpoint {
        payments: all(&from.payments, file_from_proto)?,
        cards_ahead: all(&from.cards_ahead, |bytes| id_from_bytes(bytes))?,
        abandoned_early: all(&from.abandoned_early, |one| {
            Ok((payment_id(&one.payment_id)?, lane(one.lane)?))
        })?,
        lane_epochs: all(&from.lane_epochs, |one| {
            Ok((lane(one.lane)?, LaneEpoch(one.epoch)))
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
        previous_hub: PreviousHub {
            epoch: from.previous_hub_epoch,
            last_lease: LeaseId(from.previous_last_lease_id),
            asked: all(&from.asked_before, |one| {
                let asked = (lane(one.lane)?, WallMs(one.at_ms));
                Ok((payment_id(&one.payment_id)?, asked))
            })?,
        },
        closing: date_from_text(&from.closing)?,
        running: date_from_text(&from.running)?,
        closed: date_from_text(&from.closed)?,
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

fn all<F, T, C: FromIterator<T>>(from: &[F], read: impl Fn(&F) -> Result<T>) -> Result<C> {
    from.iter().map(read).collect()
}

fn abandoned_to_proto(abandoned: &BTreeMap<PaymentId, LaneId>) -> Vec<journal::Abandoned> {
    let abandoned = abandoned.iter();
    let one = |(id, lane): (&PaymentId, &LaneId)| journal::Abandoned {
        payment_id: id.to_string(),
        lane: lane.0.into(),
    };
    abandoned.map(one).collect()
}

fn epochs_to_proto(epochs: &BTreeMap<LaneId, LaneEpoch>) -> Vec<journal::LaneAttached> {
    let epochs = epochs.iter();
    let one = |(lane, epoch): (&LaneId, &LaneEpoch)| journal::LaneAttached {
        lane: lane.0.into(),
        epoch: epoch.0,
    };
    epochs.map(one).collect()
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

fn exposure_from_proto(from: &journal::HubCheckpoint) -> Result<Exposure> {
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

fn asked_to_proto(previous: &PreviousHub) -> Vec<journal::AskedBefore> {
    let asked = previous.asked.iter();
    let one = |(id, (lane, at)): (&PaymentId, &(LaneId, WallMs))| journal::AskedBefore {
        payment_id: id.to_string(),
        lane: lane.0.into(),
        at_ms: at.0,
    };
    asked.map(one).collect()
}

fn date_to_text(date: Option<BusinessDate>) -> String {
    let date = date.map(|date| date.to_string());
    text(date.as_deref())
}

fn date_from_text(text: &str) -> Result<Option<BusinessDate>> {
    crate::optional(text, date)
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
