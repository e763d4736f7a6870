//! A lane is killed in the middle of a sale, between its payment and the answer: it goes on with
//! the basket where its journal stands, and the payment is given up and taken back.

use crate::acquirer_link::Approval;

use super::{Ending, Killed, Misfortune, Moment, Order, Plan, Step};

/// How long it may take from the order until the lane sells again.
const RESUMED_MS_MAX: u64 = 30_000;

#[derive(Debug)]
pub(super) struct LaneKill {
    began_ms: u64,
    /// Once its payment is at the bank: the lane, and how much it had sold.
    victim: Option<(u16, u64)>,
}

impl LaneKill {
    pub(super) fn begin(moment: &Moment<'_>) -> Self {
        Self {
            began_ms: moment.at_ms,
            victim: None,
        }
    }

    /// The lane whose approval is kept back waits for it, in the middle of a sale.
    fn strike(&mut self, moment: &Moment<'_>) -> Option<Order> {
        let lane = lane_of(moment.held?)?;
        self.victim = Some((lane, sales_of(moment, lane)));
        Some(Order::KillLane(lane))
    }
}

impl Misfortune for LaneKill {
    fn go_on(&mut self, moment: &Moment<'_>, _: &Plan) -> Step {
        let too_long = moment.at_ms.saturating_sub(self.began_ms) >= RESUMED_MS_MAX;
        let Some((lane, sold)) = self.victim else {
            return match too_long {
                false => Step::GoesOn(self.strike(moment)),
                true => Step::IsOver(Ending {
                    order: Some(Order::DropHeld),
                    ..Ending::now(moment, false, "no lane was seen paying".to_owned())
                }),
            };
        };
        let killed = moment.killed.filter(|killed| killed.lane == lane);
        let sells_again = is_connected(moment, lane) && sales_of(moment, lane) > sold;
        match killed {
            Some(killed) if sells_again => Step::IsOver(over(moment, killed)),
            Some(_) | None if too_long => {
                let effect = format!("lane {lane} was killed and never sold again");
                Step::IsOver(Ending::now(moment, false, effect))
            }
            Some(_) | None => Step::GoesOn(None),
        }
    }
}

fn over(moment: &Moment<'_>, killed: &Killed) -> Ending {
    let Killed { lane, away_ms, .. } = killed;
    let Some(sale) = &killed.open_sale else {
        let effect = format!("lane {lane} was killed between two sales, back after {away_ms} ms");
        return Ending::now(moment, false, effect);
    };
    let payment = match sale.payment_in_flight {
        true => "its payment in flight",
        false => "no payment in flight",
    };
    let effect = format!(
        "lane {lane} was killed in the middle of {}, {} articles rung up, {payment}, and was back \
         after {away_ms} ms",
        sale.order, sale.lines
    );
    Ending {
        interrupted: Some(sale.order.clone()),
        ..Ending::now(moment, sale.payment_in_flight, effect)
    }
}

/// The run names its terminals after the lanes: `LANE0002`.
fn lane_of(approval: &Approval) -> Option<u16> {
    approval.tid.strip_prefix("LANE")?.parse().ok()
}

fn sales_of(moment: &Moment<'_>, lane: u16) -> u64 {
    let lanes = moment.sight.lanes.iter();
    let own = lanes.filter(|view| view.lane == u32::from(lane));
    own.map(|view| u64::from(view.sales_closed)).sum()
}

fn is_connected(moment: &Moment<'_>, lane: u16) -> bool {
    let mut lanes = moment.sight.lanes.iter();
    lanes.any(|view| view.lane == u32::from(lane) && view.connected)
}
