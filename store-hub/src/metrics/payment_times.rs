//! How long a lane waits for the result of a payment.

use std::{sync::Arc, time::Duration};

use monitoring::{Exposition, Histograms, WAIT_LIMITS};
use proto::store::v1::{Decision, DecisionKind};
use records::decision_word;

/// What a hub can say to a lane that asked.
const DECISIONS: [DecisionKind; 6] = [
    DecisionKind::Approved,
    DecisionKind::PartiallyApproved,
    DecisionKind::Declined,
    DecisionKind::Unknown,
    DecisionKind::Refused,
    DecisionKind::StandIn,
];

/// Shared by the sessions of lanes, which measure, and the page. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct PaymentTimes(Arc<Histograms>);

impl Default for PaymentTimes {
    fn default() -> Self {
        let words = DECISIONS.map(decision_word);
        Self(Arc::new(Histograms::new("decision", &words, &WAIT_LIMITS)))
    }
}

impl PaymentTimes {
    /// A result was told, so long after it was asked for.
    pub(crate) fn told(&self, decision: Option<&Decision>, took: Duration) {
        if let Some(decision) = decision {
            self.0.record(decision_word(decision.kind()), took);
        }
    }

    pub(super) fn tell(&self, text: &mut Exposition) {
        self.0.tell(
            text,
            "lanekeeper_hub_payment_seconds",
            "From a lane's request until its result was told, by the decision; unknown are those \
             that the bank did not answer in time.",
        );
    }
}
