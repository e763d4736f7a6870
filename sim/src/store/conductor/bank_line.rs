//! The acquirer link is cut while cards are being sold: stand-ins, forwarded once it is back.

use super::{Ending, Misfortune, Moment, Order, Plan, Step};

/// A cut lasts at least so long, even when stand-ins come at once.
const CUT_MS_MIN: u64 = 3_000;
/// And at most so long, even when none come.
const CUT_MS_MAX: u64 = 20_000;
/// Stand-ins to wait for beyond the first, where cards come fast.
const STAND_INS_WANTED: u64 = 5;

#[derive(Debug)]
pub(super) struct BankLine {
    began_ms: u64,
    healed_ms: Option<u64>,
    stand_in: u64,
    delivered: u64,
}

impl BankLine {
    pub(super) fn begin(moment: &Moment<'_>) -> Self {
        let counts = moment.counts();
        Self {
            began_ms: moment.at_ms,
            healed_ms: None,
            stand_in: counts.stand_in,
            delivered: counts.forward_delivered,
        }
    }

    fn stay_cut(&mut self, moment: &Moment<'_>, plan: &Plan) -> Option<Order> {
        let stand_ins = self.stand_ins(moment);
        let lasted_ms = moment.at_ms.saturating_sub(self.began_ms);
        let enough = stand_ins >= STAND_INS_WANTED
            || (stand_ins >= 1 && plan.card_sales_left(moment.sight) == 0);
        let over = (lasted_ms >= CUT_MS_MIN && enough) || lasted_ms >= CUT_MS_MAX;
        self.healed_ms = over.then_some(moment.at_ms);
        over.then_some(Order::MendLine)
    }

    fn stand_ins(&self, moment: &Moment<'_>) -> u64 {
        moment.counts().stand_in.saturating_sub(self.stand_in)
    }
}

impl Misfortune for BankLine {
    fn go_on(&mut self, moment: &Moment<'_>, plan: &Plan) -> Step {
        let Some(healed_ms) = self.healed_ms else {
            return Step::GoesOn(self.stay_cut(moment, plan));
        };
        if !moment.sight.status.link_up || moment.sight.status.queue_depth > 0 {
            // The watchdog sees to it that this doesn't last for ever.
            return Step::GoesOn(None);
        }
        let stand_ins = self.stand_ins(moment);
        let counts = moment.counts();
        let delivered = counts.forward_delivered.saturating_sub(self.delivered);
        let drained_ms = moment.at_ms.saturating_sub(healed_ms);
        let effect = format!(
            "{stand_ins} stand-ins; {delivered} forwarded within {drained_ms} ms of its return"
        );
        Step::IsOver(Ending {
            healed_ms,
            ..Ending::now(moment, stand_ins >= 1 && delivered >= 1, effect)
        })
    }
}
