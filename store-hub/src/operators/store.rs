//! The operators that the journal holds, and what is written when they change.

use std::collections::BTreeSet;

use domain::{
    ids::OperatorId,
    operators::{
        NotSignedOn, OfficePins, Operator, OperatorOrder, OperatorStep, PinOutcome, PinVerifier,
        Roster, RosterFault, SignedOn,
    },
    time::{BusinessDate, MonoMs, WallMs},
    words::Worded,
};
use hmac::{Hmac, KeyInit, Mac};
use journal::{Batch, Journal};
use operator_pin::{badge_hash, is_usable};
use prost::Message;
use proto::{
    journal::v1::{
        OfficePinRefused, OfficeSignedOn, OfficeUnlocked, OperatorEntry, hub_record::Body,
    },
    store::v1::{OperatorList, OperatorView, OperatorsResponse},
};
use records::{
    date_to_proto,
    hub::{operator_body, operator_entry, operator_of_entry, wrong_pins_from_proto},
    operators_to_proto,
};
use sha2::Sha256;

use super::entry::{
    OPERATORS, WRONG_PINS, hash_of, operator_key, record, verifier_key, wrong_pins, wrong_pins_key,
};

/// Where a PIN's verifier is gone: no PIN fits.
const NO_VERIFIER: &str = "$argon2id$gone";
/// What makes the key of badges of the key of card hashes.
const BADGE_CONTEXT: &[u8] = b"lanekeeper 2026-11 hash of an operator's badge";

/// Why operators can't be read.
#[derive(Debug, thiserror::Error)]
pub enum OperatorsError {
    /// The journal.
    #[error("the journal can't be read: {0}")]
    Journal(String),
    /// What the configuration names for a store without operators.
    #[error("operators.file {path}: {fault}")]
    File {
        /// Which.
        path: String,
        /// What is wrong with it.
        fault: String,
    },
}

/// What is wanted at a hub.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum HubOrder {
    /// Of the list.
    List(OperatorOrder),
    /// Wrong PINs of somebody at the hub count no more.
    Unlock(OperatorId),
}

impl HubOrder {
    const fn number(&self) -> Option<OperatorId> {
        match self {
            Self::List(OperatorOrder::Add(new)) => new.number,
            Self::List(
                OperatorOrder::Change(number, _)
                | OperatorOrder::End(number, _)
                | OperatorOrder::SetPin(number, _),
            )
            | Self::Unlock(number) => Some(*number),
        }
    }
}

/// What orders came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Ordered {
    /// Of the list from here on.
    pub(crate) version: u64,
    /// Whom each was about.
    pub(crate) numbers: Vec<OperatorId>,
    /// Something was written.
    pub(crate) changed: bool,
}

/// When and by whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) at: WallMs,
    pub(crate) on: BusinessDate,
    /// `None`: a command on the hub's machine.
    pub(crate) by: Option<OperatorId>,
}

/// All of it.
pub(crate) struct OperatorStore {
    roster: Roster,
    pins: OfficePins,
    /// Whose verifier is gone or is another one than their record says.
    lost: BTreeSet<OperatorId>,
    badge_key: [u8; 32],
}

impl OperatorStore {
    /// What the journal holds.
    pub(crate) fn open(journal: &Journal, card_hash_key: &[u8]) -> Result<Self, OperatorsError> {
        let failed = |error: &dyn std::fmt::Display| OperatorsError::Journal(error.to_string());
        let mut store = Self {
            roster: Roster::default(),
            pins: OfficePins::default(),
            lost: BTreeSet::new(),
            badge_key: badge_key(card_hash_key),
        };
        for (_, value) in journal.scan(OPERATORS).map_err(|error| failed(&error))? {
            let entry = OperatorEntry::decode(value.as_slice()).map_err(|error| failed(&error))?;
            let number = OperatorId(entry.number);
            let kept = journal.get_side(verifier_key(number));
            let kept = kept.map_err(|error| failed(&error))?;
            let operator = operator_of_entry(&entry, store.verifier(&entry, kept.as_deref()));
            store
                .roster
                .apply(operator.map_err(|error| failed(&error))?);
        }
        for (_, value) in journal.scan(WRONG_PINS).map_err(|error| failed(&error))? {
            let refused = OfficePinRefused::decode(value.as_slice());
            let refused = refused.map_err(|error| failed(&error))?;
            let (number, wrong) = wrong_pins_from_proto(&refused);
            store.pins.apply(number, Some(wrong));
        }
        Ok(store)
    }

    /// The one that the record says; else none that a PIN fits, and somebody has to know.
    fn verifier(&mut self, entry: &OperatorEntry, kept: Option<&[u8]>) -> PinVerifier {
        let kept = kept.and_then(|kept| PinVerifier::new(str::from_utf8(kept).ok()?));
        match kept.filter(|kept| hash_of(kept) == entry.pin_verifier_sha256.as_ref()) {
            Some(kept) => kept,
            None => {
                let operator = entry.number;
                tracing::error!(
                    event = "pin of an operator lost",
                    code = "HUB0061",
                    operator
                );
                self.lost.insert(OperatorId(operator));
                nothing_fits()
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.roster.is_empty()
    }

    /// Of what stands on a badge.
    pub(crate) fn badge(&self, on_badge: &str) -> Option<domain::operators::BadgeHash> {
        badge_hash(&self.badge_key, on_badge)
    }

    /// Carries out all of the orders, or none. What has to be written joins the batch.
    pub(crate) fn order(
        &mut self,
        orders: Vec<HubOrder>,
        asked: Asked,
        batch: &mut Batch,
    ) -> Result<Ordered, RosterFault> {
        let mut numbers: Vec<Option<OperatorId>> = orders.iter().map(HubOrder::number).collect();
        let (mut unlocked, mut of_list) = (Vec::new(), Vec::new());
        for order in orders {
            match order {
                HubOrder::List(order) => of_list.push(order),
                HubOrder::Unlock(number) => unlocked.push(number),
            }
        }
        for number in &unlocked {
            self.roster
                .get(*number)
                .ok_or(RosterFault::Unknown(*number))?;
        }
        let done = self.roster.decide(of_list, asked.at, asked.on)?;
        let added = done.iter().filter(|(step, _)| *step == OperatorStep::Added);
        let mut added = added.map(|(_, operator)| operator.number);
        for number in numbers.iter_mut().filter(|number| number.is_none()) {
            *number = added.next();
        }
        let mut changed = !done.is_empty();
        for (step, operator) in done {
            self.write(step, operator, asked, batch);
        }
        for number in unlocked {
            changed |= self.unlock(number, asked, batch);
        }
        Ok(Ordered {
            version: self.roster.version(),
            numbers: numbers.into_iter().flatten().collect(),
            changed,
        })
    }

    fn write(&mut self, step: OperatorStep, operator: Operator, asked: Asked, batch: &mut Batch) {
        let number = operator.number;
        let by = asked.by.map_or(0, |by| by.0);
        let keeps_lost = self.lost.contains(&number)
            && !matches!(step, OperatorStep::PinSet | OperatorStep::Added);
        // What is gone stays named as gone, whatever else changes of them.
        let hash = match keeps_lost {
            true => [0; 32],
            false => hash_of(&operator.pin),
        };
        let entry = operator_entry(&operator, hash, by);
        batch.put(operator_key(number), entry.encode_to_vec());
        if matches!(step, OperatorStep::PinSet | OperatorStep::Added) {
            batch.put_side(verifier_key(number), operator.pin.as_str());
            self.lost.remove(&number);
        }
        batch.record(record(asked.at, asked.on, operator_body(step, entry)));
        self.roster.apply(operator);
    }

    fn unlock(&mut self, number: OperatorId, asked: Asked, batch: &mut Batch) -> bool {
        let wrong = self.roster.get(number).and_then(|one| self.pins.of(one));
        if wrong.is_none() {
            return false;
        }
        let unlocked = OfficeUnlocked {
            operator_id: number.0,
            by_operator_id: asked.by.map_or(0, |by| by.0),
        };
        batch.record(record(asked.at, asked.on, Body::OfficeUnlocked(unlocked)));
        batch.delete(wrong_pins_key(number));
        self.pins.apply(number, None);
        true
    }

    /// What lanes are told; `None`: there is no list that a lane could be run by.
    pub(crate) fn told(&self) -> Option<OperatorList> {
        let list = self.roster.list(|number| !self.lost.contains(&number))?;
        let has_badges = list.operators().iter().any(|one| one.badge.is_some());
        let key: &[u8] = if has_badges { &self.badge_key } else { &[] };
        Some(operators_to_proto(&list, key))
    }

    /// Somebody has typed a PIN at the hub.
    pub(crate) fn begin_sign_on(
        &mut self,
        number: OperatorId,
        on: BusinessDate,
        now: MonoMs,
    ) -> Result<Operator, NotSignedOn> {
        self.pins.begin(&self.roster, number, on, now)?;
        self.roster.get(number).cloned().ok_or(NotSignedOn::Wrong)
    }

    /// The check has ended; what has to be written joins the batch. It counts for the person as
    /// they are: who got another PIN meanwhile types it again.
    pub(crate) fn end_sign_on(
        &mut self,
        checked: &Operator,
        is_right: bool,
        (asked, now): (Asked, MonoMs),
        batch: &mut Batch,
    ) -> Result<SignedOn, NotSignedOn> {
        let number = checked.number;
        let is_same = self.roster.get(number) == Some(checked);
        match self.pins.end(checked, is_right, now) {
            PinOutcome::Right if is_same => {
                let on = SignedOn {
                    operator: number,
                    role: checked.role,
                };
                let told = OfficeSignedOn {
                    operator_id: number.0,
                    role: on.role.number(),
                };
                batch.record(record(asked.at, asked.on, Body::OfficeSignedOn(told)));
                batch.delete(wrong_pins_key(number));
                self.pins.apply(number, None);
                Ok(on)
            }
            PinOutcome::Right => Err(NotSignedOn::Wrong),
            PinOutcome::Refused(wrong) => {
                let refused = wrong_pins(number, wrong);
                batch.put(wrong_pins_key(number), refused.encode_to_vec());
                batch.record(record(asked.at, asked.on, Body::OfficePinRefused(refused)));
                self.pins.apply(number, Some(wrong));
                let operator = number.0;
                if wrong.locked {
                    tracing::warn!(event = "operator locked out", code = "HUB0062", operator);
                    return Err(NotSignedOn::Locked);
                }
                Err(NotSignedOn::Wrong)
            }
        }
    }

    /// Somebody who is signed on, as they are now; `None`: they work here no more.
    pub(crate) fn at_work(&self, number: OperatorId, on: BusinessDate) -> Option<&Operator> {
        let operator = self.roster.get(number)?;
        operator.is_active(Some(on)).then_some(operator)
    }

    /// Everybody, without what checks their PINs.
    pub(crate) fn views(&self, on: BusinessDate) -> OperatorsResponse {
        let views = self.roster.operators().map(|one| {
            let wrong = self.pins.of(one);
            OperatorView {
                number: one.number.0,
                name: one.name.clone(),
                role: one.role.number(),
                has_badge: one.badge.is_some(),
                active_from: date_to_proto(one.active_from),
                active_until: date_to_proto(one.active_until),
                active: one.is_active(Some(on)),
                version: one.version,
                pin_lost: self.lost.contains(&one.number),
                wrong_pins: wrong.map_or(0, |wrong| wrong.count),
                locked: wrong.is_some_and(|wrong| wrong.locked),
            }
        });
        OperatorsResponse {
            version: self.roster.version(),
            operators: views.collect(),
        }
    }
}

/// Whether a PIN could ever fit it.
pub(super) fn usable(verifier: &str) -> Option<PinVerifier> {
    PinVerifier::new(verifier).filter(is_usable)
}

fn nothing_fits() -> PinVerifier {
    let Some(verifier) = PinVerifier::new(NO_VERIFIER) else {
        // A constant that is one.
        std::process::abort();
    };
    verifier
}

/// Lanes hash badges by it; card hashes have another one.
fn badge_key(card_hash_key: &[u8]) -> [u8; 32] {
    let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(card_hash_key) else {
        // HMAC takes a key of any length.
        std::process::abort();
    };
    mac.update(BADGE_CONTEXT);
    mac.finalize().into_bytes().into()
}
