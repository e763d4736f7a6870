//! Payments: lane, hub and bank agree on each one, to the cent (I2, I4, I5, I7, I9, I10, I17, I19).

use std::collections::{BTreeMap, BTreeSet};

use proto::{
    journal::v1::{ForwardEndKind, ForwardKind},
    store::v1::{Decision, DecisionKind},
};

use crate::oracle::{
    evidence::{Evidence, terminal_of},
    hub_book::{HubPayment, Place},
    lane_book::{LanePayment, Sale},
    ledger::LedgerLine,
    values::minor,
    verdict::Verdict,
};

/// The store's limits for approvals without the bank, as the run's configuration sets them.
const STORE_CAP_MINOR: i64 = 5_000_000;
const CARD_CAP_MINOR: i64 = 100_000;

/// One payment with all that is known of it.
struct Case<'a> {
    id: &'a str,
    lane: Option<(&'a LanePayment, &'a Sale)>,
    hub: Option<&'a HubPayment>,
    ledger: &'a [&'a LedgerLine],
}

/// Checks every payment that lane, hub or bank has heard of.
pub(super) fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let by_payment = evidence.ledger.by_payment();
    let at_lanes: BTreeMap<&str, (&LanePayment, &Sale)> = evidence
        .lanes
        .values()
        .flat_map(|book| book.payments())
        .map(|(id, payment, sale)| (id, (payment, sale)))
        .collect();
    let at_hub = evidence.hub.payments.keys().map(String::as_str);
    let ids: BTreeSet<&str> = at_lanes
        .keys()
        .copied()
        .chain(at_hub)
        .chain(by_payment.keys().copied())
        .collect();
    for id in ids {
        let case = Case {
            id,
            lane: at_lanes.get(id).copied(),
            hub: evidence.hub.payments.get(id),
            ledger: by_payment.get(id).map_or(&[], Vec::as_slice),
        };
        case.check(evidence, verdict);
    }
    for orphan in &evidence.hub.orphan_records {
        verdict.broke("I4", None, format!("hub: {orphan}"));
    }
    check_places(evidence, verdict);
    check_queue(evidence, verdict);
    check_caps(evidence, verdict);
}

impl Case<'_> {
    fn check(&self, evidence: &Evidence, verdict: &mut Verdict) {
        self.check_bank_is_known(evidence, verdict);
        self.check_agreement(verdict);
        self.check_answers_are_booked(evidence, verdict);
        self.check_net(evidence, verdict);
        self.check_sent_once(verdict);
    }

    fn fail_unless(
        &self,
        holds: bool,
        id: &str,
        verdict: &mut Verdict,
        why: impl FnOnce() -> String,
    ) {
        verdict.check(holds, id, Some(self.id), why);
    }

    /// I4: what the bank has booked, the hub has sent, from that terminal with that STAN, and for
    /// what was asked.
    fn check_bank_is_known(&self, evidence: &Evidence, verdict: &mut Verdict) {
        let places = self
            .hub
            .map(|hub| known_places(evidence, hub))
            .unwrap_or_default();
        for line in self.ledger {
            let place = line.place();
            self.fail_unless(places.contains(&place), "I4", verdict, || {
                let (tid, batch, stan) = &place;
                format!("the bank has {tid} batch {batch:06} STAN {stan:06}, the hub has not")
            });
            let asked = self.hub.and_then(|hub| hub.asked_minor).unwrap_or(0);
            let fits = match line.f39.as_str() {
                "10" => (1..=asked).contains(&line.amount_minor),
                _ => line.amount_minor == asked || self.is_reversal_of_part(line),
            };
            self.fail_unless(fits, "I2", verdict, || {
                format!(
                    "the bank's line says {}, {asked} was asked for",
                    line.amount_minor
                )
            });
        }
    }

    /// A reversal or void of a payment that was approved in part takes back that part.
    fn is_reversal_of_part(&self, line: &LedgerLine) -> bool {
        let takes_back = line.mti == "0400" || line.f3 == "200000";
        let charged = self.ledger.iter().filter(|line| line.is_charge());
        takes_back && charged.map(|line| line.amount_minor).sum::<i64>() == line.amount_minor
    }

    /// Lane and hub know the same amount and the same decision.
    fn check_agreement(&self, verdict: &mut Verdict) {
        let (Some((lane, _)), Some(hub)) = (self.lane, self.hub) else {
            let hub_has_it = self.hub.is_some();
            // Refused by the lane itself, since the hub was out of reach and no lease covered it.
            let is_open_at_lane = self.lane.is_some_and(|(lane, _)| {
                let kind = lane.decision.as_ref().map(|decision| decision.kind());
                kind.is_none_or(|kind| kind == DecisionKind::Refused) && self.ledger.is_empty()
            });
            self.fail_unless(!hub_has_it && is_open_at_lane, "I4", verdict, || {
                let knows = if hub_has_it { "hub" } else { "lane or bank" };
                format!("only the {knows} knows this payment")
            });
            return;
        };
        if let Some(asked) = hub.asked_minor {
            self.fail_unless(asked == lane.asked_minor, "I2", verdict, || {
                format!(
                    "the lane asked for {}, the hub has {asked}",
                    lane.asked_minor
                )
            });
        }
        if let (Some(told), Some(decided)) = (&lane.decision, hub.decision()) {
            let same = told.kind == decided.kind
                && minor(told.approved.as_ref()) == minor(decided.approved.as_ref());
            // A lane that heard nothing in time calls it unknown by itself, and gives it up.
            let gave_up = told.kind() == DecisionKind::Unknown && lane.abandoned;
            self.fail_unless(same || gave_up, "I2", verdict, || {
                format!(
                    "the hub decided {:?}, the lane has {:?}",
                    decided.kind(),
                    told.kind()
                )
            });
        }
    }

    /// What the hub says the bank has answered stands in the bank's ledger.
    fn check_answers_are_booked(&self, evidence: &Evidence, verdict: &mut Verdict) {
        let Some(hub) = self.hub else { return };
        let state = match hub.kind() {
            DecisionKind::Approved | DecisionKind::PartiallyApproved => "approved",
            DecisionKind::Declined if asks_to_sign_on(hub.decision()) => {
                let place = hub.sent.first();
                let mut own = self.ledger.iter().filter(|line| line.mti == "0200");
                let booked = own.any(|line| Some(&line.place()) == place);
                self.fail_unless(!booked, "I2", verdict, || {
                    "sent back to sign on, and the bank's ledger has a line of it".to_owned()
                });
                ""
            }
            DecisionKind::Declined => "declined",
            DecisionKind::Unspecified
            | DecisionKind::Unknown
            | DecisionKind::Refused
            | DecisionKind::StandIn
            | DecisionKind::OfflineApproved => "",
        };
        if !state.is_empty() {
            let place = hub.sent.first();
            self.fail_unless(self.is_booked(place, "0200", state), "I2", verdict, || {
                format!("the hub was told it is {state}, the bank's ledger has no such line")
            });
        }
        for forward in evidence.hub.forwards_of(hub) {
            if forward.end() != ForwardEndKind::Delivered {
                continue;
            }
            let mti = match forward.queued.kind() {
                ForwardKind::Reversal => "0400",
                ForwardKind::Advice => "0220",
                ForwardKind::Void | ForwardKind::Unspecified => "0200",
            };
            let place = forward.sent.last();
            let booked = self.ledger.iter().any(|line| {
                line.mti == mti && Some(&line.place()) == place && line.state != "declined"
            });
            self.fail_unless(booked, "I2", verdict, || {
                format!("a {mti} was delivered, the bank's ledger has no line of it")
            });
        }
        self.check_reversals(verdict);
    }

    fn is_booked(&self, place: Option<&Place>, mti: &str, state: &str) -> bool {
        self.ledger
            .iter()
            .any(|line| line.mti == mti && line.state == state && Some(&line.place()) == place)
    }

    /// What was taken back had been booked.
    fn check_reversals(&self, verdict: &mut Verdict) {
        for (index, line) in self.ledger.iter().enumerate() {
            if line.state != "reversed" {
                continue;
            }
            let mut before = self.ledger.iter().take(index);
            let had_original = before.any(|original| {
                original.is_original()
                    && original.state == "approved"
                    && original.place() == line.place()
                    && original.amount_minor == line.amount_minor
            });
            self.fail_unless(had_original, "I2", verdict, || {
                format!(
                    "the bank took {} back that it never booked",
                    line.amount_minor
                )
            });
        }
    }

    /// I2 and I5: at the end the bank has exactly what the sale was paid with, or it stands as a
    /// dead letter that somebody owns.
    fn check_net(&self, evidence: &Evidence, verdict: &mut Verdict) {
        let net: i64 = self.ledger.iter().map(|line| line.moved_minor()).sum();
        let tendered = self.tendered_minor();
        let owned = owned_minor(evidence, self.hub);
        let id = if tendered == 0 { "I5" } else { "I2" };
        self.fail_unless(
            net == tendered || owned.contains(&(tendered - net)),
            id,
            verdict,
            || match tendered {
                0 => format!("the bank has {net} for no sale"),
                _ => format!("the bank has {net}, the sale was paid with {tendered}"),
            },
        );
        let charges = self.ledger.iter().filter(|line| line.is_charge()).count();
        self.fail_unless(charges <= 1, "I2", verdict, || {
            format!("charged {charges} times")
        });
    }

    /// What the lane's receipt says was paid with this payment.
    fn tendered_minor(&self) -> i64 {
        let closed = self.lane.and_then(|(_, sale)| sale.closed.as_ref());
        closed.map_or(0, |closed| {
            let own = closed
                .tenders
                .iter()
                .filter(|tender| tender.payment_id == self.id);
            own.map(|tender| minor(tender.amount.as_ref())).sum()
        })
    }

    /// I19 and rule 3: a sale is sent once, decided once, asked for once.
    fn check_sent_once(&self, verdict: &mut Verdict) {
        let at_bank = self.ledger.iter().filter(|line| line.is_live()).count();
        self.fail_unless(at_bank <= 1, "I19", verdict, || {
            format!("the bank saw {at_bank} 0200")
        });
        if let Some(hub) = self.hub {
            let (sent, decided) = (hub.sent.len(), hub.decisions.len());
            self.fail_unless(sent <= 1 && decided <= 1, "I19", verdict, || {
                format!("sent {sent} times, decided {decided} times")
            });
            let abandoned_unasked = hub.abandoned && hub.asked_minor.is_none();
            self.fail_unless(decided == 1 || abandoned_unasked, "I17", verdict, || {
                "the hub never decided".to_owned()
            });
        }
        if let Some((lane, sale)) = self.lane {
            self.fail_unless(lane.intents == 1, "I19", verdict, || {
                format!("{} intents with one id", lane.intents)
            });
            let is_over = sale.closed.is_some() || sale.voided;
            self.fail_unless(is_over, "I17", verdict, || {
                "its sale was never finished".to_owned()
            });
        }
    }
}

/// Where messages of this payment may stand at the bank: its own 0200, and its queue entries.
fn known_places(evidence: &Evidence, hub: &HubPayment) -> BTreeSet<Place> {
    let forwarded = evidence
        .hub
        .forwards_of(hub)
        .flat_map(|forward| forward.sent.iter().cloned());
    hub.sent.iter().cloned().chain(forwarded).collect()
}

/// What dead letters of this payment stand for: a loss of goods for an advice that was refused or
/// cut, a charge not taken back for a reversal or void.
fn owned_minor(evidence: &Evidence, hub: Option<&HubPayment>) -> Vec<i64> {
    let Some(hub) = hub else { return Vec::new() };
    let dead = evidence
        .hub
        .forwards_of(hub)
        .filter(|forward| forward.is_dead_letter());
    dead.map(|forward| {
        let amount = minor(forward.queued.amount.as_ref());
        match forward.queued.kind() {
            ForwardKind::Advice => amount - forward.delivered_minor(),
            ForwardKind::Reversal | ForwardKind::Void | ForwardKind::Unspecified => -amount,
        }
    })
    .collect()
}

/// I7: per terminal and batch a STAN belongs to one payment, at the bank and at the hub.
fn check_places(evidence: &Evidence, verdict: &mut Verdict) {
    let mut at_bank: BTreeMap<Place, &str> = BTreeMap::new();
    for line in evidence
        .ledger
        .lines
        .iter()
        .filter(|line| line.is_original())
    {
        let id = line.payment_ref.as_deref().unwrap_or_default();
        let other = at_bank.insert(line.place(), id);
        verdict.check(
            other.is_none_or(|other| other == id),
            "I7",
            Some(id),
            || {
                format!(
                    "STAN {} of {} batch {} stands for two payments",
                    line.stan, line.tid, line.batch
                )
            },
        );
    }
    let mut at_hub: BTreeMap<&Place, &str> = BTreeMap::new();
    for (id, payment) in &evidence.hub.payments {
        let own_terminal = terminal_of(u16::try_from(payment.lane).unwrap_or(0));
        let advices = evidence
            .hub
            .forwards_of(payment)
            .filter(|forward| forward.queued.kind() != ForwardKind::Reversal)
            .flat_map(|forward| forward.sent.iter().take(1));
        for place in payment.sent.iter().chain(advices) {
            let other = at_hub.insert(place, id);
            let fits = other.is_none() && place.0 == own_terminal;
            verdict.check(fits, "I7", Some(id), || {
                let (tid, batch, stan) = place;
                format!("{tid} batch {batch:06} STAN {stan:06} is used twice or not the lane's")
            });
        }
    }
}

/// I9 and I17: each queue entry has left the queue, once, and a withdrawn one was never sent.
fn check_queue(evidence: &Evidence, verdict: &mut Verdict) {
    for (number, forward) in &evidence.hub.forwards {
        let id = Some(forward.queued.payment_id.as_str());
        verdict.check(forward.ends.len() == 1, "I17", id, || {
            format!(
                "queue entry {number} left the queue {} times",
                forward.ends.len()
            )
        });
        let withdrawn = forward.end() == ForwardEndKind::Withdrawn;
        verdict.check(!withdrawn || forward.sent.is_empty(), "I9", id, || {
            format!("queue entry {number} was withdrawn after it had been sent")
        });
        let same_place = forward
            .sent
            .windows(2)
            .all(|tries| tries.first() == tries.last());
        verdict.check(same_place, "I8", id, || {
            format!("queue entry {number} was repeated under another STAN or batch")
        });
    }
}

/// I10: never more approved without the bank than the caps allow.
fn check_caps(evidence: &Evidence, verdict: &mut Verdict) {
    let (all, card) = (
        evidence.hub.exposure_max_minor,
        evidence.hub.card_exposure_max_minor,
    );
    verdict.check(all <= STORE_CAP_MINOR, "I10", None, || {
        format!("{all} stood approved without the bank, {STORE_CAP_MINOR} is the store's cap")
    });
    verdict.check(card <= CARD_CAP_MINOR, "I10", None, || {
        format!("{card} of one card stood approved without the bank, {CARD_CAP_MINOR} is the cap")
    });
}

/// A terminal that the bank does not know (it was started again) is sent back before anything is
/// booked: its ledger has no line of that.
fn asks_to_sign_on(decision: Option<&Decision>) -> bool {
    decision.is_some_and(|decision| matches!(decision.response_code.as_str(), "77" | "97"))
}
