//! The figures of a run, added up from the journals.

use proto::{
    journal::v1::{ForwardEndKind, ForwardKind},
    store::v1::DecisionKind,
};
use serde::{Deserialize, Serialize};

use crate::oracle::{
    days::DayFigures, evidence::Evidence, lane_book::minor, settlement::TerminalDay,
};

/// What was sold and how it was paid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Closed sales.
    pub sales: u64,
    /// Sum of their totals.
    pub sales_minor: i64,
    /// How they were paid.
    pub tenders: Tenders,
    /// Cash given back.
    pub change_minor: i64,
    /// Decisions, counted.
    pub payments: Payments,
    /// The queue to the bank.
    pub forward: Forward,
    /// All terminals together.
    pub settlement: Settlement,
    /// Each terminal.
    pub terminals: Vec<TerminalDay>,
    /// Payments worth a look.
    pub examples: Examples,
    /// Orders in the middle of which their lane was started again, and which it sold all the same.
    pub resumed: Vec<String>,
    /// Each business day, oldest first.
    pub days: Vec<DayFigures>,
}

/// Sums of tenders by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenders {
    /// Handed over, change not yet taken off.
    pub cash_minor: i64,
    /// Paid by card.
    pub card_minor: i64,
}

/// Payments by decision; `reversed` and `declined_after_goods` come on top.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are those of the decisions")]
pub struct Payments {
    pub requested: u64,
    pub approved: u64,
    pub partially_approved: u64,
    pub declined: u64,
    pub unknown: u64,
    pub refused: u64,
    pub reversed: u64,
    pub stand_in: u64,
    pub offline_approved: u64,
    pub declined_after_goods: u64,
}

/// Queue entries by how they ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are those of the ends")]
pub struct Forward {
    pub queued: u64,
    pub delivered: u64,
    pub withdrawn: u64,
    pub dead_letters: u64,
    /// The most that waited at once.
    pub depth_max: u64,
}

/// The terminals' days added up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// Batches closed.
    pub batches: u32,
    /// Those the bank found balanced.
    pub balanced: u32,
    /// See [`TerminalDay`].
    pub lane_minor: i64,
    /// See [`TerminalDay`].
    pub hub_minor: i64,
    /// See [`TerminalDay`].
    pub host_minor: i64,
    /// See [`TerminalDay`].
    pub lost_minor: i64,
    /// See [`TerminalDay`].
    #[serde(default)]
    pub not_taken_back_minor: i64,
}

/// One payment of each kind that is worth following.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Examples {
    /// Taken back after nobody knew.
    pub reversed: Option<String>,
    /// Approved without the bank, forwarded later.
    pub stood_in: Option<String>,
    /// Refused by the bank.
    pub declined: Option<String>,
    /// Nothing special.
    pub approved: Option<String>,
}

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
        let sales = evidence.lanes.values().flat_map(|book| book.sales.values());
        for sale in sales {
            let Some(closed) = &sale.closed else { continue };
            if sale.restarts > 0 {
                self.resumed.push(sale.order.clone());
            }
            self.sales += 1;
            self.sales_minor += minor(closed.total.as_ref());
            self.change_minor += minor(closed.change.as_ref());
            for tender in &closed.tenders {
                let amount = minor(tender.amount.as_ref());
                match tender.payment_id.is_empty() {
                    true => self.tenders.cash_minor += amount,
                    false => self.tenders.card_minor += amount,
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
