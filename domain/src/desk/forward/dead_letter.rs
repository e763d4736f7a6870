//! Somebody resolves a dead letter by hand: retry, settled with a reference, written off.

use crate::{
    desk::{Desk, ForwardFact, Rejected, outcome::Outcome},
    forward::{Forward, ForwardEnd, Resolution},
    ids::ForwardId,
};

impl Desk {
    pub(crate) fn dead_letter_resolved(
        &mut self,
        out: &mut Outcome,
        id: ForwardId,
        how: Resolution,
    ) -> Result<(), Rejected> {
        let forward = self.durable.forwards.get(&id);
        let forward = forward.ok_or(Rejected::UnknownForward(id))?;
        let is_dead = matches!(forward.end, Some(ForwardEnd::DeadLetter { .. }));
        if !is_dead || forward.resolution.is_some() {
            return Err(Rejected::NotAnOpenDeadLetter(id));
        }
        match &how {
            Resolution::Retry if self.is_of_closed_batch(forward) => {
                return Err(Rejected::BatchIsClosed(id));
            }
            Resolution::Retry if self.is_outside_lease(forward.payment_id) => {
                return Err(Rejected::NeverForwarded(id));
            }
            Resolution::Retry => {}
            Resolution::SettledByHand { reference: note }
            | Resolution::WrittenOff { reason: note } => {
                if note.trim().is_empty() {
                    return Err(Rejected::NoteMissing);
                }
            }
        }
        let (tid, payment_id) = (forward.tid.clone(), forward.payment_id);
        let record = ForwardFact::Resolved {
            forward_id: id,
            how,
        };
        self.note(out, record);
        out.touch(&tid);
        self.erase_card_if_done(out, payment_id);
        Ok(())
    }

    fn is_of_closed_batch(&self, forward: &Forward) -> bool {
        let open = self.durable.terminals.get(&forward.tid);
        let open = open.and_then(|terminal| terminal.batch);
        forward.batch().is_some_and(|batch| open != Some(batch))
    }
}
