//! An approval never reaches the hub: unknown, taken back.

use super::{Ending, Misfortune, Moment, Plan, Step};

/// How long a lost answer may take to be unknown and reversed.
const REVERSAL_MS_MAX: u64 = 30_000;

#[derive(Debug)]
pub(super) struct LostAnswer {
    began_ms: u64,
    unknown: u64,
    reversed: u64,
    swallowed: usize,
}

impl LostAnswer {
    pub(super) fn begin(moment: &Moment<'_>) -> Self {
        let counts = moment.counts();
        Self {
            began_ms: moment.at_ms,
            unknown: counts.unknown,
            reversed: counts.reversed,
            swallowed: moment.swallowed.len(),
        }
    }
}

impl Misfortune for LostAnswer {
    fn go_on(&mut self, moment: &Moment<'_>, _: &Plan) -> Step {
        let counts = moment.counts();
        let lost = moment.swallowed.get(self.swallowed).cloned();
        let unknown = counts.unknown.saturating_sub(self.unknown);
        let reversed = counts.reversed.saturating_sub(self.reversed);
        let showed = lost.is_some() && unknown >= 1 && reversed >= 1;
        if !showed && moment.at_ms.saturating_sub(self.began_ms) < REVERSAL_MS_MAX {
            return Step::GoesOn(None);
        }
        let effect = match &lost {
            None => "no approval came that could have been lost".to_owned(),
            Some(lost) => format!(
                "the approval of {} STAN {:06} was lost: {unknown} unknown, {reversed} reversed",
                lost.tid, lost.stan
            ),
        };
        Step::IsOver(Ending {
            lost,
            ..Ending::now(moment, showed, effect)
        })
    }
}
