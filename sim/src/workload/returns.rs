//! Customers who bring something back: on the last day, when all else is sold, on another lane than
//! they bought it, some with the next thing to buy, and two at once with one receipt.

use serde::{Deserialize, Serialize};

use super::{
    ScannedItem, Visit,
    customer::{CashGiven, ScriptedTender},
    days::Calendar,
    dice::Dice,
};

/// What comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BringsBack {
    /// The receipt, as its lane will number it: each earlier customer of it gets one.
    pub receipt: String,
    /// A piece of each of these lines.
    pub lines: Vec<u32>,
}

/// Stores with fewer baskets have no returns.
const BASKETS_MIN: usize = 40;
/// In a hundred baskets.
const RETURNS_PERCENT: usize = 2;
/// A supervisor takes back so much without a receipt, in minor units.
const ALLOWED_MINOR: i64 = 20_000;
/// At least: the pair, and one that buys something else.
const RETURNS_MIN: usize = 3;

/// The visits of those who bring something back; they come when all others have.
pub(super) fn draw(seed: u64, calendar: Calendar, visits: &[Visit]) -> Vec<Visit> {
    if visits.len() < BASKETS_MIN {
        return Vec::new();
    }
    let mut dice = Dice::new(seed, "returns");
    let count = (visits.len() * RETURNS_PERCENT / 100).max(RETURNS_MIN);
    let mut returns: Vec<Visit> = Vec::with_capacity(count);
    for index in 0..count {
        let lane = u16::try_from(index % usize::from(calendar.lanes)).unwrap_or(0) + 1;
        // The second one has the receipt of the first, and comes at once.
        let twin = returns.first().filter(|_| index == 1);
        let brings = match twin {
            Some(twin) => twin.brings_back.clone(),
            None => draw_original(&mut dice, lane, visits),
        };
        let Some(brings) = brings else {
            continue;
        };
        let buys = (index % 3 == 2).then(|| something(visits, calendar.days));
        let moment = match index {
            0 | 1 => 1,
            later => i64::try_from(later).unwrap_or(1),
        };
        returns.push(visit(
            calendar,
            (index, lane),
            brings,
            (buys.flatten(), moment),
            visits,
        ));
    }
    let moment = i64::try_from(count).unwrap_or(1);
    returns.extend(without_receipt(calendar, moment, visits));
    returns
}

/// On each lane somebody has lost the receipt of what does not work.
fn without_receipt(calendar: Calendar, moment: i64, visits: &[Visit]) -> Vec<Visit> {
    let last = visits.last().map_or(0, |visit| visit.arrive_wall_ms);
    let lost = something(visits, calendar.days).filter(|item| item.price_minor < ALLOWED_MINOR);
    let on = |lane: u16, item: &ScannedItem| Visit {
        order: format!("no-receipt-{lane}"),
        lane,
        day: calendar.days,
        arrive_wall_ms: last + moment + 1,
        items: Vec::new(),
        mistake: None,
        too_young_for: None,
        waits: false,
        scanned_on: None,
        brings_back: None,
        without_receipt: Some(item.barcode.clone()),
        total_minor: 0,
        tenders: vec![ScriptedTender::Cash {
            give: CashGiven::Exact,
        }],
        may_be_stood_in: false,
    };
    let lanes = 1..=calendar.lanes;
    lost.iter()
        .flat_map(|item| lanes.clone().map(|lane| on(lane, item)))
        .collect()
}

fn visit(
    calendar: Calendar,
    (index, lane): (usize, u16),
    brings: BringsBack,
    (buys, moment): (Option<ScannedItem>, i64),
    visits: &[Visit],
) -> Visit {
    let last = visits.last().map_or(0, |visit| visit.arrive_wall_ms);
    let items: Vec<ScannedItem> = buys.into_iter().collect();
    Visit {
        order: format!("return-{}", index + 1),
        lane,
        day: calendar.days,
        arrive_wall_ms: last + moment,
        total_minor: items.iter().map(|item| item.price_minor).sum(),
        items,
        mistake: None,
        too_young_for: None,
        waits: false,
        scanned_on: None,
        brings_back: Some(brings),
        without_receipt: None,
        tenders: vec![ScriptedTender::Cash {
            give: CashGiven::Exact,
        }],
        may_be_stood_in: false,
    }
}

/// A sale of another lane, if there is one, and a line of it.
fn draw_original(dice: &mut Dice, lane: u16, visits: &[Visit]) -> Option<BringsBack> {
    let elsewhere: Vec<usize> = (0..visits.len() * 3 / 4)
        .filter(|at| visits[*at].lane != lane)
        .collect();
    let all: Vec<usize> = (0..visits.len() * 3 / 4).collect();
    let from = if elsewhere.is_empty() { all } else { elsewhere };
    let at = usize::try_from(dice.below(u64::try_from(from.len()).ok()?)).ok()?;
    let at = *from.get(at)?;
    let bought = visits.get(at)?;
    let same_lane = visits[..=at].iter().filter(|one| one.lane == bought.lane);
    let sequence = same_lane.count();
    let item = dice.below(u64::try_from(bought.items.len()).ok()?);
    // What was scanned by mistake stands first, unless the basket waited without it.
    let before = u32::from(bought.mistake.is_some() && !bought.waits);
    Some(BringsBack {
        receipt: format!("{}-1-{sequence:06}", bought.lane),
        lines: vec![u32::try_from(item).ok()? + 1 + before],
    })
}

/// A piece that is sold on the last day.
fn something(visits: &[Visit], day: u16) -> Option<ScannedItem> {
    let mut items = visits.iter().filter(|visit| visit.day == day);
    items.find_map(|visit| {
        let mut pieces = visit.items.iter();
        pieces.find(|item| !item.barcode.starts_with('2')).cloned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::{Workload, basket_file::read_baskets, price_list::PriceList};

    #[test]
    fn some_bring_back_on_another_lane_and_two_come_at_once() {
        let baskets = read_baskets(None, 200).unwrap();
        let prices = &mut PriceList::read(None).unwrap();
        let calendar = Calendar { lanes: 4, days: 2 };
        let workload = Workload::draw(3, calendar, &baskets, prices);
        let returns: Vec<&Visit> = workload
            .visits
            .iter()
            .filter(|visit| visit.brings_back.is_some())
            .collect();
        assert_eq!(returns.len(), 4);
        let brings = |at: usize| returns[at].brings_back.clone().unwrap();
        assert_eq!(brings(0), brings(1));
        assert_ne!(returns[0].lane, returns[1].lane);
        assert_eq!(returns[0].arrive_wall_ms, returns[1].arrive_wall_ms);
        for visit in &returns[2..] {
            let lane = format!("{}-", visit.lane);
            assert!(
                !visit
                    .brings_back
                    .as_ref()
                    .unwrap()
                    .receipt
                    .starts_with(&lane)
            );
        }
        assert!(returns.iter().any(|visit| !visit.items.is_empty()));
    }
}
