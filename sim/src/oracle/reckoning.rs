//! Adds up the figures of a run from its journals.

use std::collections::BTreeSet;

use proto::{
    journal::v1::{ForwardEndKind, ForwardKind},
    store::v1::DecisionKind,
};

use crate::oracle::{
    evidence::Evidence,
    figures::{DayFigures, Figures, TerminalDay},
    values::{minor, tender_kind},
};

impl Figures {
    /// Adds everything up.
    #[must_use]
    pub(super) fn of(
        evidence: &Evidence,
        terminals: Vec<TerminalDay>,
        days: Vec<DayFigures>,
    ) -> Self {
        let mut figures = Self {
            days,
            ..Self::default()
        };
        figures.add_sales(evidence);
        figures.add_payments(evidence);
        figures.add_forwards(evidence);
        for day in &terminals {
            figures.settlement.batches += day.batches;
            figures.settlement.balanced += day.balanced;
            figures.settlement.lane_minor += day.lane_minor;
            figures.settlement.hub_minor += day.hub_minor;
            figures.settlement.host_minor += day.host_minor;
            figures.settlement.lost_minor += day.lost_minor;
            figures.settlement.not_taken_back_minor += day.not_taken_back_minor;
        }
        figures.terminals = terminals;
        figures
    }

    fn add_sales(&mut self, evidence: &Evidence) {
        let visits = evidence.visits.iter();
        let came_to_return: BTreeSet<&str> = visits
            .filter(|visit| visit.brings_back.is_some() || visit.without_receipt.is_some())
            .map(|visit| visit.order.as_str())
            .collect();
        let sales = evidence.lanes.values().flat_map(|book| book.sales.values());
        for sale in sales {
            let Some(closed) = &sale.closed else { continue };
            if sale.restarts > 0 {
                self.resumed.push(sale.order.clone());
            }
            self.sales += u64::from(!came_to_return.contains(sale.order.as_str()));
            self.returns += u64::from(sale.takes_back());
            self.moved += u64::from(sale.recalled_elsewhere.is_some());
            // What was sold is what was paid for it: tenders less change.
            self.sales_minor += minor(closed.total.as_ref()) + minor(closed.rounding.as_ref());
            self.rounding_minor += minor(closed.rounding.as_ref());
            self.change_minor += minor(closed.change.as_ref());
            for tender in &closed.tenders {
                let amount = minor(tender.amount.as_ref());
                match (tender_kind(tender), tender.payment_id.is_empty()) {
                    ("owed", _) => self.tenders.owed_minor += amount,
                    (_, true) => self.tenders.cash_minor += amount,
                    (_, false) => self.tenders.card_minor += amount,
                }
            }
        }
    }

    fn add_payments(&mut self, evidence: &Evidence) {
        for (id, payment) in &evidence.hub.payments {
            if payment.asked_minor.is_none() {
                continue;
            }
            self.payments.requested += 1;
            let count = match payment.kind() {
                DecisionKind::Approved => &mut self.payments.approved,
                DecisionKind::PartiallyApproved => &mut self.payments.partially_approved,
                DecisionKind::Declined => &mut self.payments.declined,
                DecisionKind::Unknown => &mut self.payments.unknown,
                DecisionKind::Refused => &mut self.payments.refused,
                DecisionKind::StandIn => &mut self.payments.stand_in,
                DecisionKind::OfflineApproved => &mut self.payments.offline_approved,
                DecisionKind::Unspecified => continue,
            };
            *count += 1;
            let example = match payment.kind() {
                DecisionKind::Approved if payment.completed.is_some() => {
                    &mut self.examples.approved
                }
                DecisionKind::Declined => &mut self.examples.declined,
                DecisionKind::StandIn => &mut self.examples.stood_in,
                DecisionKind::Approved
                | DecisionKind::PartiallyApproved
                | DecisionKind::Unknown
                | DecisionKind::Refused
                | DecisionKind::OfflineApproved
                | DecisionKind::Unspecified => continue,
            };
            example.get_or_insert_with(|| id.clone());
        }
    }

    fn add_forwards(&mut self, evidence: &Evidence) {
        self.forward.depth_max = evidence.hub.queue_depth_max;
        for forward in evidence.hub.forwards.values() {
            self.forward.queued += 1;
            match forward.end() {
                ForwardEndKind::Delivered => self.forward.delivered += 1,
                ForwardEndKind::Withdrawn => self.forward.withdrawn += 1,
                ForwardEndKind::DeadLetter => self.forward.dead_letters += 1,
                ForwardEndKind::Unspecified => {}
            }
            let is_reversal = forward.queued.kind() == ForwardKind::Reversal;
            if is_reversal && forward.end() == ForwardEndKind::Delivered {
                self.payments.reversed += 1;
                let id = forward.queued.payment_id.clone();
                // One that the bank had booked tells more than one it never saw.
                let was_booked = evidence.ledger.lines.iter().any(|line| {
                    line.state == "reversed" && line.payment_ref.as_deref() == Some(&id)
                });
                if was_booked || self.examples.reversed.is_none() {
                    self.examples.reversed = Some(id);
                }
            }
            let refused = forward.ends.iter().any(|end| end.declined_after_goods);
            self.payments.declined_after_goods += u64::from(refused);
        }
    }
}
