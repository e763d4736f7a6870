//! The hub's keyed state once more, from its logs alone: what `verify --rebuild` compares.
//!
//! Six kinds of keys. How far the consequences of a lane's log were drawn: in the commit of its
//! last record, so it is that record's place. Which cards lie at rest, each under its day: what the
//! desk says of a payment whose card came. The file of each payment that was archived: what the
//! desk knew of it then. Price files that were taken. Operators, and whose PIN was wrong
//! at the hub. Which days have a salt: an index of the side
//! table, which is erasable and in no log, so it is taken from there.

use std::collections::BTreeMap;

use domain::{
    desk::{ArchiveFact, Desk, DeskConfig, DeskFact, TerminalFact},
    ids::PaymentId,
    time::BusinessDate,
};
use journal::{LogId, RebuiltState, Record};
use proto::journal::v1::hub_record::Body;

use crate::{
    card_vault::{day_key, held_key},
    operators, payment_archive, prices,
    replica::{lane_log, position_key},
};

/// Builds the keyed state record by record, the own log first.
pub(crate) struct KeyedState {
    desk: Desk,
    /// Cards that came, each with the day it came on.
    came: BTreeMap<PaymentId, BusinessDate>,
    /// The hub that wrote what is read holds cards until their batch is over.
    keeps_cards: bool,
    /// Days with a salt in the side table, until they are told.
    salted: Vec<BusinessDate>,
    prices: prices::Rebuilt,
    operators: operators::Rebuilt,
}

impl KeyedState {
    /// For a hub of this configuration whose side table has salts for these days.
    pub(crate) fn new(desk: DeskConfig, salted: Vec<BusinessDate>) -> Self {
        Self {
            desk: Desk::new(desk),
            came: BTreeMap::new(),
            keeps_cards: false,
            salted,
            prices: prices::Rebuilt::default(),
            operators: operators::Rebuilt::default(),
        }
    }

    /// Adds what follows from one record.
    pub(crate) fn fold(&mut self, state: &mut RebuiltState, log: LogId, record: &Record) {
        for day in std::mem::take(&mut self.salted) {
            state.put(day_key(day), b"");
        }
        if lane_log(log).is_some() {
            state.put(position_key(log), record.sequence.to_be_bytes());
        } else if log == LogId::OWN {
            self.fold_own(state, record);
        }
    }

    /// A record that can't be understood says nothing here: `verify` names it.
    fn fold_own(&mut self, state: &mut RebuiltState, record: &Record) {
        let decoded = records::hub::decode(&record.bytes).ok();
        let of_prices = decoded.iter().flat_map(|record| self.prices.fold(record));
        let of_operators = decoded
            .iter()
            .flat_map(|record| self.operators.fold(record));
        for (key, value) in of_prices.chain(of_operators) {
            match value {
                Some(value) => state.put(key, value),
                None => state.delete(&key),
            }
        }
        let body = decoded.as_ref().and_then(|record| record.body.as_ref());
        if let Some(Body::Started(started)) = body {
            self.keeps_cards |= started.keeps_cards;
        }
        let Some(Ok(Some(record))) = decoded.as_ref().map(records::hub::desk_record) else {
            return;
        };
        if let DeskFact::Archive(ArchiveFact::Archived { payment_ids }) = &record.fact {
            let files = payment_ids.iter().filter_map(|id| self.desk.file(*id));
            for file in files {
                state.put(
                    payment_archive::file_key(file.payment_id()),
                    payment_archive::file_value(&file),
                );
            }
        }
        self.desk.replay(&record);
        if ends_a_batch(&record.fact) {
            self.forget_cards(state);
        }
        let Some(payment_id) = self.desk.payment_of(&record.fact) else {
            return;
        };
        if brings_card(&record.fact) {
            self.came.insert(payment_id, self.desk.business_date());
        }
        let Some(date) = self.came.get(&payment_id) else {
            return;
        };
        if self.holds_card(payment_id) {
            state.put(held_key(payment_id), date.to_string());
        } else {
            state.delete(&held_key(payment_id));
        }
    }

    fn holds_card(&self, payment_id: PaymentId) -> bool {
        match self.keeps_cards {
            true => self.desk.holds_card(payment_id),
            false => self.desk.held_card_before(payment_id),
        }
    }

    /// The cards of a whole batch are needed no more.
    fn forget_cards(&self, state: &mut RebuiltState) {
        let over = self.came.keys().filter(|id| !self.holds_card(**id));
        for payment_id in over {
            state.delete(&held_key(*payment_id));
        }
    }
}

const fn ends_a_batch(fact: &DeskFact) -> bool {
    matches!(
        fact,
        DeskFact::Terminal(
            TerminalFact::BatchClosed { .. } | TerminalFact::UploadAnswered { ended: true, .. }
        )
    )
}

const fn brings_card(fact: &DeskFact) -> bool {
    match fact {
        DeskFact::Payment(fact) => fact.brings_card(),
        DeskFact::Forward(_)
        | DeskFact::Terminal(_)
        | DeskFact::Day(_)
        | DeskFact::Lease(_)
        | DeskFact::Return(_)
        | DeskFact::Suspended(_)
        | DeskFact::Hub(_)
        | DeskFact::Archive(_) => false,
    }
}
