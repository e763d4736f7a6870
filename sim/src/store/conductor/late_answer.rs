//! An approval reaches the hub after its payment was given up and taken back: it is counted, and it
//! changes nothing.

use crate::acquirer_link::Approval;

use super::{Ending, Misfortune, Moment, Order, Plan, Step};

/// How long it may take from the order to the late answer.
const LATE_MS_MAX: u64 = 30_000;

#[derive(Debug)]
pub(super) struct LateAnswer {
    began_ms: u64,
    unknown: u64,
    reversed: u64,
    late_answers: u64,
    /// Once one is kept back: which, and since when.
    kept: Option<(Approval, u64)>,
    /// How late it was, once it was let go on.
    late_ms: Option<u64>,
}

impl LateAnswer {
    pub(super) fn begin(moment: &Moment<'_>) -> Self {
        let counts = moment.counts();
        Self {
            began_ms: moment.at_ms,
            unknown: counts.unknown,
            reversed: counts.reversed,
            late_answers: counts.late_answers,
            kept: None,
            late_ms: None,
        }
    }

    /// Over in any case: it came too late even for being late.
    fn given_up(&self, moment: &Moment<'_>) -> Ending {
        let effect = match &self.kept {
            None => "no approval came that could have been late".to_owned(),
            Some((kept, _)) => format!(
                "the approval of {} STAN {:06} was never taken back or never counted as late",
                kept.tid, kept.stan
            ),
        };
        Ending {
            order: Some(Order::DropHeld),
            ..Ending::now(moment, false, effect)
        }
    }

    fn over(&self, moment: &Moment<'_>, kept: &Approval, late_ms: u64) -> Ending {
        let counts = moment.counts();
        let late = counts.late_answers.saturating_sub(self.late_answers);
        let reversed = counts.reversed.saturating_sub(self.reversed);
        let effect = format!(
            "the approval of {} STAN {:06} came {late_ms} ms late, after its reversal: \
             {reversed} reversed, {late} late and without effect",
            kept.tid, kept.stan
        );
        Ending {
            lost: Some(kept.clone()),
            ..Ending::now(moment, true, effect)
        }
    }
}

impl Misfortune for LateAnswer {
    fn go_on(&mut self, moment: &Moment<'_>, _: &Plan) -> Step {
        if moment.at_ms.saturating_sub(self.began_ms) >= LATE_MS_MAX {
            return Step::IsOver(self.given_up(moment));
        }
        let Some((kept, since_ms)) = &self.kept else {
            self.kept = moment.held.map(|held| (held.clone(), moment.at_ms));
            return Step::GoesOn(None);
        };
        let counts = moment.counts();
        let Some(late_ms) = self.late_ms else {
            let taken_back = counts.unknown > self.unknown && counts.reversed > self.reversed;
            self.late_ms = taken_back.then(|| moment.at_ms.saturating_sub(*since_ms));
            return Step::GoesOn(self.late_ms.map(|_| Order::Release));
        };
        match counts.late_answers > self.late_answers {
            true => Step::IsOver(self.over(moment, kept, late_ms)),
            false => Step::GoesOn(None),
        }
    }
}
