//! Operators as the journal tells them: records, and beside them the keyed state, so that a start
//! reads nothing else.

use std::collections::BTreeMap;

use domain::{
    ids::OperatorId,
    operators::{PinVerifier, WrongPins},
    time::{BusinessDate, WallMs},
};
use prost::Message;
use proto::journal::v1::{HubRecord, OfficePinRefused, OperatorEntry, hub_record::Body};
use records::hub::{wrong_pins_from_proto, wrong_pins_to_proto};
use sha2::{Digest, Sha256};

/// Keyed state of all operators.
pub(super) const OPERATORS: &[u8] = b"operator/";
/// Keyed state of those whose PIN was wrong at the hub.
pub(super) const WRONG_PINS: &[u8] = b"office-wrong-pin/";
/// Side table: what checks PINs.
const VERIFIERS: &[u8] = b"operator-pin/";

pub(super) fn operator_key(number: OperatorId) -> Vec<u8> {
    [OPERATORS, &number.0.to_be_bytes()].concat()
}

pub(super) fn wrong_pins_key(number: OperatorId) -> Vec<u8> {
    [WRONG_PINS, &number.0.to_be_bytes()].concat()
}

pub(super) fn verifier_key(number: OperatorId) -> Vec<u8> {
    [VERIFIERS, &number.0.to_be_bytes()].concat()
}

/// What a record says of what checks a PIN. Its salt is random: nobody finds a PIN by it.
pub(super) fn hash_of(verifier: &PinVerifier) -> [u8; 32] {
    Sha256::digest(verifier.as_str().as_bytes()).into()
}

pub(super) fn record(at: WallMs, on: BusinessDate, body: Body) -> Vec<u8> {
    HubRecord {
        wall_ms: at.0,
        business_date: on.to_string(),
        body: Some(body),
    }
    .encode_to_vec()
}

pub(super) fn wrong_pins(operator: OperatorId, wrong: WrongPins) -> OfficePinRefused {
    wrong_pins_to_proto(operator, wrong)
}

/// The keyed state of operators once more, from the records: what `verify --rebuild` compares.
#[derive(Default)]
pub(crate) struct Rebuilt {
    wrong: BTreeMap<OperatorId, WrongPins>,
}

/// A key with its value, or without one when it goes.
type KeyedChange = (Vec<u8>, Option<Vec<u8>>);

impl Rebuilt {
    /// What a record changes.
    pub(crate) fn fold(&mut self, record: &HubRecord) -> Vec<KeyedChange> {
        match &record.body {
            Some(
                Body::OperatorAdded(entry)
                | Body::OperatorChanged(entry)
                | Body::OperatorEnded(entry)
                | Body::OperatorPinSet(entry),
            ) => vec![kept(entry)],
            Some(Body::OfficePinRefused(refused)) => {
                let (number, wrong) = wrong_pins_from_proto(refused);
                self.wrong.insert(number, wrong);
                vec![(wrong_pins_key(number), Some(refused.encode_to_vec()))]
            }
            Some(Body::OfficeSignedOn(on)) => self.forgotten(OperatorId(on.operator_id)),
            Some(Body::OfficeUnlocked(unlocked)) => {
                self.forgotten(OperatorId(unlocked.operator_id))
            }
            _ => Vec::new(),
        }
    }

    fn forgotten(&mut self, number: OperatorId) -> Vec<KeyedChange> {
        match self.wrong.remove(&number) {
            Some(_) => vec![(wrong_pins_key(number), None)],
            None => Vec::new(),
        }
    }
}

fn kept(entry: &OperatorEntry) -> KeyedChange {
    let key = operator_key(OperatorId(entry.number));
    (key, Some(entry.encode_to_vec()))
}
