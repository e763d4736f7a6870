//! A lane's machine says hello: which of a lane's machines speaks for it.
//!
//! Each machine has an epoch, and the newest one speaks. What a hello says is not proven (who gave
//! the machine its number is not known here), so one may raise the epoch by one at most, and an
//! operator can take it back.

use crate::{
    desk::{Desk, HubFact, Rejected, outcome::Outcome},
    ids::{LaneEpoch, LaneId},
    limits::EPOCH_RAISE_MAX,
};

impl Desk {
    /// An older machine of a lane is fenced; a newer one takes over.
    pub(crate) fn lane_attached(
        &mut self,
        out: &mut Outcome,
        lane: LaneId,
        epoch: LaneEpoch,
    ) -> Result<(), Rejected> {
        self.check_epoch(lane, epoch)?;
        if self.epoch_of(lane) != Some(epoch) {
            self.note(out, HubFact::LaneAttached { lane, epoch });
        }
        self.lane_is_here(out, lane, epoch);
        Ok(())
    }

    /// Whether a machine of this epoch may speak for the lane. Of a lane that was never heard of
    /// any may: a hub that begins anew has to take its lanes as they are.
    ///
    /// # Errors
    /// A newer machine speaks for it, or the epoch is none that could follow.
    pub fn check_epoch(&self, lane: LaneId, epoch: LaneEpoch) -> Result<(), Rejected> {
        match self.epoch_of(lane) {
            Some(known) if epoch < known => Err(Rejected::Fenced { lane, known }),
            Some(known) if epoch.0.saturating_sub(known.0) > EPOCH_RAISE_MAX => {
                let said = epoch;
                Err(Rejected::EpochTooFar { lane, known, said })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// A machine raised the epoch that should not have: an older one speaks for the lane again.
    pub(crate) fn epoch_taken_back(
        &mut self,
        out: &mut Outcome,
        lane: LaneId,
        to: LaneEpoch,
        by: String,
        reason: String,
    ) -> Result<(), Rejected> {
        let from = self.epoch_of(lane).filter(|known| to < *known);
        let from = from.ok_or(Rejected::NoEpochToTakeBack { lane, to })?;
        Rejected::unless_said(&by, &reason)?;
        let fact = HubFact::EpochTakenBack {
            lane,
            from,
            to,
            by,
            reason,
        };
        self.note(out, fact);
        self.look_for_lease_of(lane);
        Ok(())
    }
}
