//! What lanes sold: from their replicated journals.

use std::collections::BTreeMap;

use domain::ids::{LaneEpoch, LaneId};
use ports::StoreZone;
use proto::{
    journal::v1::{LaneRecord, SaleClosed, lane_record::Body},
    store::v1::Money,
};
use records::scheme_from_proto;

/// One lane's day.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct LaneDay {
    pub(crate) sales: u32,
    pub(crate) voided: u32,
    pub(crate) items: u64,
    pub(crate) total_minor: i64,
    pub(crate) change_minor: i64,
}

/// Count and sum of a kind of tender.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct TenderSum {
    pub(crate) count: u32,
    pub(crate) minor: i64,
}

/// A card tender on a receipt.
#[derive(Clone, Debug)]
pub(crate) struct Captured {
    pub(crate) date: String,
    pub(crate) minor: i64,
}

/// One business day of all lanes.
#[derive(Clone, Default, Debug)]
pub(crate) struct SalesDay {
    pub(crate) lanes: BTreeMap<(LaneId, LaneEpoch), LaneDay>,
    /// By tender and scheme; cash has no scheme. Cash is what the till kept: given less change.
    pub(crate) tenders: BTreeMap<(String, String), TenderSum>,
    /// By hour of the day, 0 to 23.
    pub(crate) hours: BTreeMap<u8, TenderSum>,
}

/// All days of all lanes.
#[derive(Debug)]
pub(crate) struct SalesBook {
    pub(crate) days: BTreeMap<String, SalesDay>,
    pub(crate) captured: BTreeMap<u128, Captured>,
    zone: StoreZone,
}

impl SalesBook {
    pub(super) const fn new(zone: StoreZone) -> Self {
        Self {
            days: BTreeMap::new(),
            captured: BTreeMap::new(),
            zone,
        }
    }

    /// Whose local time hours are.
    pub(crate) const fn zone(&self) -> &StoreZone {
        &self.zone
    }

    /// Sales closed and voided by a lane, over all days.
    pub(crate) fn counts_of(&self, lane: LaneId, epoch: LaneEpoch) -> (u32, u32) {
        let days = self.days.values();
        days.filter_map(|day| day.lanes.get(&(lane, epoch))).fold(
            (0, 0),
            |(sales, voided): (u32, u32), day| {
                let sales = sales.saturating_add(day.sales);
                (sales, voided.saturating_add(day.voided))
            },
        )
    }

    /// False when a sale can't be counted: then nothing of it is.
    pub(super) fn take(&mut self, lane: LaneId, epoch: LaneEpoch, record: &LaneRecord) -> bool {
        match &record.body {
            Some(Body::SaleClosed(closed)) => {
                return self.close(lane, epoch, record, closed).is_some();
            }
            Some(Body::SaleVoided(_)) => {
                let day = self.days.entry(record.business_date.clone()).or_default();
                let lane_day = day.lanes.entry((lane, epoch)).or_default();
                lane_day.voided = lane_day.voided.saturating_add(1);
            }
            _ => {}
        }
        true
    }

    /// `None` when an amount is beyond what can be: then nothing of the sale is counted.
    fn close(
        &mut self,
        lane: LaneId,
        epoch: LaneEpoch,
        record: &LaneRecord,
        closed: &SaleClosed,
    ) -> Option<()> {
        let total = minor(closed.total.as_ref());
        let change = minor(closed.change.as_ref());
        let mut amounts = closed.tenders.iter().map(|tender| tender.amount.as_ref());
        if !(amounts.all(can_be) && can_be(closed.total.as_ref()) && can_be(closed.change.as_ref()))
        {
            return None;
        }
        let hour = hour_of(self.zone.local_ms(record.wall_ms));
        let day = self.days.entry(record.business_date.clone()).or_default();
        let lane_day = day.lanes.entry((lane, epoch)).or_default();
        lane_day.total_minor = lane_day.total_minor.checked_add(total)?;
        lane_day.change_minor = lane_day.change_minor.checked_add(change)?;
        lane_day.sales = lane_day.sales.saturating_add(1);
        lane_day.items = lane_day.items.saturating_add(closed.items.into());
        add(day.hours.entry(hour).or_default(), total)?;
        for tender in &closed.tenders {
            let amount = minor(tender.amount.as_ref());
            let scheme = if tender.payment_id.is_empty() {
                String::new()
            } else {
                scheme_from_proto(tender.scheme()).name().to_owned()
            };
            let sum = day
                .tenders
                .entry((tender.kind.clone(), scheme))
                .or_default();
            add(sum, amount)?;
            if let Ok(id) = u128::from_str_radix(&tender.payment_id, 16) {
                let captured = Captured {
                    date: record.business_date.clone(),
                    minor: amount,
                };
                self.captured.insert(id, captured);
            }
        }
        if change != 0 {
            let cash = ("cash".to_owned(), String::new());
            let sum = day.tenders.entry(cash).or_default();
            sum.minor = sum.minor.checked_sub(change)?;
        }
        Some(())
    }
}

fn add(sum: &mut TenderSum, minor: i64) -> Option<()> {
    sum.count = sum.count.saturating_add(1);
    sum.minor = sum.minor.checked_add(minor)?;
    Some(())
}

/// No sale is larger: sums of such amounts stay far from what a sum can be.
const SALE_MINOR_MAX: u64 = 1_000_000_000_000;

fn can_be(money: Option<&Money>) -> bool {
    minor(money).unsigned_abs() <= SALE_MINOR_MAX
}

fn minor(money: Option<&Money>) -> i64 {
    money.map_or(0, |money| money.minor)
}

/// Hour of the day on the store's wall.
fn hour_of(wall_ms: i64) -> u8 {
    let hours = wall_ms.div_euclid(3_600_000).rem_euclid(24);
    u8::try_from(hours).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::journal::v1::Tender;

    fn money(minor: i64) -> Option<Money> {
        Some(Money {
            minor,
            currency: "CNY".to_owned(),
        })
    }

    /// F6: hours are those of the store's wall.
    #[test]
    fn cash_counts_what_the_till_kept_and_sums_equal_the_sales() {
        let mut book = SalesBook::new(StoreZone::named("Asia/Shanghai").unwrap());
        let record = LaneRecord {
            wall_ms: 1_795_334_400_000,
            business_date: "2026-11-22".to_owned(),
            body: Some(Body::SaleClosed(SaleClosed {
                total: money(1500),
                change: money(20),
                items: 3,
                tenders: vec![
                    Tender {
                        kind: "card".to_owned(),
                        amount: money(1000),
                        payment_id: format!("{:032x}", 9),
                        scheme: 1,
                    },
                    Tender {
                        kind: "cash".to_owned(),
                        amount: money(520),
                        ..Default::default()
                    },
                ],
                ..Default::default()
            })),
        };
        assert!(book.take(LaneId(1), LaneEpoch(1), &record));
        let day = &book.days["2026-11-22"];
        let sum: i64 = day.tenders.values().map(|sum| sum.minor).sum();
        assert_eq!(sum, 1500);
        assert_eq!(day.tenders[&("cash".to_owned(), String::new())].minor, 500);
        assert_eq!(book.captured[&9].minor, 1000);
        assert_eq!(day.hours.keys().copied().collect::<Vec<_>>(), [16]);
    }
}
