//! Prices: each sale is rung up by one price file of the run from its first line to its last, a
//! lane never goes back to an earlier one, and on each day it comes to that day's.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    oracle::{
        lane_book::{LaneBook, Sale},
        verdict::Verdict,
    },
    store::folder::RunFolder,
    workload::{Visit, days::FIRST_DAY, price_list::Article},
};

/// What each article costs, by day and number.
#[derive(Debug, Default)]
pub(super) struct PriceFiles {
    by_day: BTreeMap<u16, BTreeMap<String, i64>>,
}

impl PriceFiles {
    /// Reads the price files of a run of so many days.
    pub(super) fn read(folder: &RunFolder, days: u16, verdict: &mut Verdict) -> Self {
        let mut files = Self::default();
        for day in FIRST_DAY..=days {
            let path = match day {
                FIRST_DAY => folder.hub().join("prices.csv"),
                later => folder.prices_of(later),
            };
            let rows = csv::Reader::from_path(&path)
                .and_then(|mut reader| reader.deserialize().collect::<Result<Vec<Article>, _>>());
            match rows {
                Ok(articles) => {
                    let prices = articles
                        .into_iter()
                        .map(|one| (one.barcode, one.price_minor));
                    files.by_day.insert(day, prices.collect());
                }
                Err(error) => {
                    let what = format!("the prices of day {day}: {error}");
                    verdict.broke("readable", None, what);
                }
            }
        }
        files
    }

    /// Whether each day has prices of its own.
    pub(super) fn change(&self) -> bool {
        !self.by_day.is_empty()
    }

    /// What each thing of a visit costs by the prices of a day; what has no price in the file has
    /// it on its label.
    fn costs(&self, visit: &Visit, day: u16) -> Vec<i64> {
        let prices = self.by_day.get(&day);
        let items = visit.items.iter();
        items
            .map(|item| {
                let filed = prices.and_then(|prices| prices.get(&item.barcode));
                filed.copied().unwrap_or(item.price_minor)
            })
            .collect()
    }

    /// The days by whose prices a sale may have been rung up, for each version of prices in it: a
    /// basket that waited keeps its own. Labels alone tell no day.
    pub(super) fn days_of<'a>(
        &self,
        visit: &Visit,
        sale: &'a Sale,
    ) -> BTreeMap<&'a str, BTreeSet<u16>> {
        let versions = sale.bought().map(|line| line.price_version.as_str());
        let days = self.by_day.keys().copied();
        let days = FIRST_DAY..=days.last().unwrap_or(FIRST_DAY);
        versions
            .map(|version| {
                let fitting = |day: &u16| self.fits(visit, sale, version, *day);
                (version, days.clone().filter(fitting).collect())
            })
            .collect()
    }

    /// Whether what a sale holds of a version costs what it does on that day.
    fn fits(&self, visit: &Visit, sale: &Sale, version: &str, day: u16) -> bool {
        let costs = self.costs(visit, day).into_iter();
        let mut lines = costs.zip(sale.bought());
        lines.all(|(cost, line)| line.price_version != version || line.total_minor == cost)
    }

    /// What a visit comes to, each line by the first day of its version.
    pub(super) fn total_minor(
        &self,
        visit: &Visit,
        sale: &Sale,
        days: &BTreeMap<&str, BTreeSet<u16>>,
    ) -> i64 {
        let lines = sale.bought().map(|line| {
            let days = days.get(line.price_version.as_str());
            days.and_then(|days| days.first().copied())
        });
        let none = std::iter::repeat(None);
        let days = lines.chain(none).map(|day| day.unwrap_or(visit.day));
        let costs = days.zip(&visit.items).enumerate();
        costs
            .filter_map(|(place, (day, _))| self.costs(visit, day).get(place).copied())
            .sum()
    }
}

/// Which days' prices each version can be, by what was rung up under it.
#[derive(Debug, Default)]
pub(super) struct Versions<'a> {
    days: BTreeMap<&'a str, BTreeSet<u16>>,
}

impl<'a> Versions<'a> {
    /// A version names one price file, in every lane.
    pub(super) fn take(
        &mut self,
        of_sale: &BTreeMap<&'a str, BTreeSet<u16>>,
        order: &str,
        verdict: &mut Verdict,
    ) {
        for (version, days) in of_sale {
            let known = self.days.entry(version).or_insert_with(|| days.clone());
            known.retain(|day| days.contains(day));
            verdict.check(!known.is_empty(), "workload", None, || {
                format!("{order}: version {version} stood for other prices before")
            });
        }
    }

    /// No lane goes back, and the last customer of a day pays that day's prices.
    pub(super) fn check_lane(
        &self,
        book: &LaneBook,
        visits: &BTreeMap<&str, &Visit>,
        verdict: &mut Verdict,
    ) {
        let lane = book.lane;
        let mut latest = FIRST_DAY;
        let mut last_of_day: BTreeMap<u16, u16> = BTreeMap::new();
        for sale in book.sales.values().filter(|sale| sale.closed.is_some()) {
            let Some(of_version) = self.days.get(sale.price_version.as_str()) else {
                continue;
            };
            let order = &sale.order;
            let day = of_version.iter().copied().find(|day| *day >= latest);
            verdict.check(day.is_some(), "workload", None, || {
                format!("{order}: lane {lane} went back from the prices of day {latest}")
            });
            latest = day.unwrap_or(latest);
            if let Some(visit) = visits.get(order.as_str()) {
                let newest = of_version.last().copied().unwrap_or(FIRST_DAY);
                last_of_day.insert(visit.day, newest);
            }
        }
        for (day, newest) in last_of_day {
            verdict.check(newest >= day, "workload", None, || {
                format!("lane {lane} ended day {day} with the prices of day {newest}")
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::lane_book::RungUp;
    use crate::workload::ScannedItem;
    use proto::journal::v1::SaleClosed;

    const PIECE: &str = "6900000000014";

    fn files() -> PriceFiles {
        let of_day = |day: u16| {
            let price_minor = 100 + 10 * i64::from(day);
            (day, BTreeMap::from([(PIECE.to_owned(), price_minor)]))
        };
        PriceFiles {
            by_day: (1..=3).map(of_day).collect(),
        }
    }

    fn visit(day: u16) -> Visit {
        let item = |barcode: &str| ScannedItem {
            barcode: barcode.to_owned(),
            name: "bread".to_owned(),
            price_minor: 110,
        };
        Visit {
            order: format!("basket-{day}"),
            lane: 1,
            day,
            arrive_wall_ms: 0,
            items: vec![item(PIECE), item("2100001001103")],
            mistake: None,
            too_young_for: None,
            brings_back: None,
            waits: false,
            scanned_on: None,
            without_receipt: None,
            total_minor: 220,
            tenders: Vec::new(),
            may_be_stood_in: false,
        }
    }

    /// Of the visit of that day, rung up at this price.
    fn sale(day: u16, version: &str, price_minor: i64) -> Sale {
        let line = |total_minor| RungUp {
            total_minor,
            price_version: version.to_owned(),
            ..RungUp::default()
        };
        Sale {
            order: format!("basket-{day}"),
            price_version: version.to_owned(),
            lines: BTreeMap::from([(1, line(price_minor)), (2, line(110))]),
            closed: Some(SaleClosed::default()),
            ..Sale::default()
        }
    }

    /// What is wrong with a lane that sold so, one sale on each day.
    fn wrong(sales: [Sale; 3]) -> Vec<String> {
        let (files, mut verdict) = (files(), Verdict::default());
        let visits: Vec<Visit> = (1..=3).map(visit).collect();
        let book = LaneBook {
            sales: (1..).zip(sales).collect(),
            ..LaneBook::default()
        };
        let mut versions = Versions::default();
        for (sale, visit) in book.sales.values().zip(&visits) {
            let days = files.days_of(visit, sale);
            versions.take(&days, &visit.order, &mut verdict);
        }
        let by_order = visits.iter().map(|one| (one.order.as_str(), one)).collect();
        versions.check_lane(&book, &by_order, &mut verdict);
        verdict.broken.into_iter().map(|one| one.detail).collect()
    }

    #[test]
    fn a_lane_that_sells_by_each_day_s_prices_is_right() {
        let sales = [sale(1, "a", 110), sale(2, "b", 120), sale(3, "c", 130)];
        assert_eq!(wrong(sales), [""; 0]);
    }

    #[test]
    fn old_prices_on_a_new_day_and_two_prices_under_one_name_are_found() {
        let stays = wrong([sale(1, "a", 110), sale(2, "a", 110), sale(3, "c", 130)]);
        assert_eq!(stays, ["lane 0 ended day 2 with the prices of day 1"]);
        let back = wrong([sale(1, "a", 110), sale(2, "b", 120), sale(3, "a", 110)]);
        assert!(back[0].contains("basket-3: lane 0 went back"), "{back:?}");
        let mixed = wrong([sale(1, "a", 110), sale(2, "a", 120), sale(3, "c", 130)]);
        assert!(
            mixed[0].contains("version a stood for other prices"),
            "{mixed:?}"
        );
        let of_no_day = sale(1, "a", 115);
        let of_none = files().days_of(&visit(1), &of_no_day);
        assert!(of_none["a"].is_empty());
    }

    #[test]
    fn a_basket_that_waited_over_a_change_of_prices_keeps_its_own() {
        let waited = |own: &str, price_minor| {
            let mut sale = sale(2, "b", price_minor);
            for line in sale.lines.values_mut() {
                line.price_version = own.to_owned();
            }
            sale
        };
        let (first, last) = (sale(1, "a", 110), sale(3, "c", 130));
        let of_day_1 = waited("a", 110);
        let days = files().days_of(&visit(2), &of_day_1);
        assert_eq!(days, BTreeMap::from([("a", BTreeSet::from([1]))]));
        assert_eq!(files().total_minor(&visit(2), &of_day_1, &days), 220);
        assert_eq!(wrong([first.clone(), of_day_1, last.clone()]), [""; 0]);
        let other = wrong([first, waited("a", 120), last]);
        assert!(
            other[0].starts_with("basket-2: version a stood for"),
            "{other:?}"
        );
    }
}
