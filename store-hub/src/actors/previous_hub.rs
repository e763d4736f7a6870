//! A lane remembers more than this hub's journal does: the journal was lost and begun anew, or an
//! older copy of it was put back (payments.md, "Identity, swap, rebuild").
//!
//! Either way this is a rebuilt hub. It says so, takes a later epoch, skips STANs and leases far
//! ahead, never sends what the previous hub may have sent, and takes its lanes' knowledge. What an
//! older copy was goes on as another journal, with a history of its own: two that differ must not
//! bear one name.

use actix::{Context, Handler, Message};
use domain::{
    desk::Event,
    ids::{LaneEpoch, LaneId, PaymentId},
};
use journal::Head;

use super::{commit::Commit, lane_memory::PreviousHub, payment_desk::PaymentDesk};
use crate::replica::log_of;

impl PaymentDesk {
    /// What the lane gave up meanwhile may have been sent by the previous hub.
    pub(super) fn compare_with_memory(
        &mut self,
        commit: &mut Commit,
        lane: LaneId,
        epoch: LaneEpoch,
        before: &PreviousHub,
        abandoned: &[PaymentId],
    ) {
        let memory = before.memory;
        if before.history == self.history {
            if !self.is_behind(lane, epoch, before) {
                return;
            }
            self.is_an_older_copy(commit, lane, memory.hub_epoch);
        } else if self.outdated == Some(before.history) {
            tracing::warn!(event = "lane knew a later journal of the hub", code = "HUB0040", %lane);
        } else {
            let epoch = memory.hub_epoch;
            tracing::warn!(event = "journal of the hub was lost", code = "HUB0015", %lane, epoch);
        }
        if memory.hub_epoch >= self.hub_epoch {
            self.hub_epoch = memory.hub_epoch.saturating_add(1);
            self.begin_epoch(commit);
        }
        self.step_into(commit, Event::LaneRemembers { lane, memory });
        for payment_id in abandoned.iter().copied() {
            self.step_into(commit, Event::AbandonedAtPreviousHub { payment_id, lane });
        }
    }

    /// The journal is the one that the lane knew, and lacks what the lane knows of it.
    fn is_behind(&self, lane: LaneId, epoch: LaneEpoch, before: &PreviousHub) -> bool {
        let terminal = before.terminal.as_ref();
        before.memory.hub_epoch > self.hub_epoch
            || self.desk.is_behind(lane, terminal, &before.memory)
            || self.has_lost(lane, epoch, before.acknowledged)
    }

    /// Records of the lane's journal that a hub of this history once acknowledged are not here.
    fn has_lost(&self, lane: LaneId, epoch: LaneEpoch, acknowledged: Option<Head>) -> bool {
        let held = self.parts.journal.head(log_of(lane, epoch)).sequence;
        acknowledged.is_some_and(|acknowledged| acknowledged.sequence > held)
    }

    /// From here on it is another journal. Every terminal skips ahead, and not the telling lane's
    /// alone: whose lane heard no answer can't tell. Other lanes that are attached say hello again,
    /// and tell what they know.
    fn is_an_older_copy(&mut self, commit: &mut Commit, lane: LaneId, lane_hub_epoch: u64) {
        let hub_epoch = self.hub_epoch;
        self.outdated = Some(self.history);
        self.history = self.parts.random.next_u128();
        self.hub_epoch = hub_epoch.max(lane_hub_epoch).saturating_add(1);
        self.begin_epoch(commit);
        tracing::error!(
            event = "journal of the hub is an older copy", code = "HUB0040", %lane,
            hub_epoch = self.hub_epoch
        );
        let others: Vec<LaneId> = self.parts.terminals.iter().map(|(_, _, of)| *of).collect();
        for other in others.into_iter().filter(|other| *other != lane) {
            let memory = self.desk.own_memory(other, hub_epoch);
            self.step_into(
                commit,
                Event::LaneRemembers {
                    lane: other,
                    memory,
                },
            );
        }
        for (other, session) in &self.sessions {
            if *other != lane && session.outlet.end().is_err() {
                tracing::debug!(event = "session is over already", lane = %other);
            }
        }
    }
}

/// A lane's replica begins, and a hub had acknowledged more of it than is held here: told before
/// any record of it is taken, for those would hide it.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct CompareCopy {
    pub(crate) lane: LaneId,
    pub(crate) epoch: LaneEpoch,
    pub(crate) history: u128,
    pub(crate) acknowledged: Option<Head>,
}

impl Handler<CompareCopy> for PaymentDesk {
    type Result = ();

    fn handle(&mut self, told: CompareCopy, _: &mut Context<Self>) {
        let CompareCopy { lane, epoch, .. } = told;
        if told.history != self.history || !self.has_lost(lane, epoch, told.acknowledged) {
            return;
        }
        let mut commit = Commit::default();
        self.is_an_older_copy(&mut commit, lane, 0);
        let memory = self.desk.own_memory(lane, self.hub_epoch.saturating_sub(1));
        self.step_into(&mut commit, Event::LaneRemembers { lane, memory });
        if let Some(session) = self.sessions.get(&lane)
            && session.outlet.end().is_err()
        {
            tracing::debug!(event = "session is over already", %lane);
        }
        self.commit(commit);
    }
}
