//! What the customers of a simulated day buy and how they pay, out of a seed and nothing else: the
//! same seed and files give the same bytes.
//!
//! The written workload (`workload.jsonl`) is one of the two things the oracle trusts; the other is
//! the host's ledger.

pub mod barcode;
pub mod basket_file;
pub mod card;
pub mod customer;
pub mod days;
pub mod dice;
pub mod keys;
pub mod price_list;
pub mod returns;
pub mod staff;

use serde::{Deserialize, Serialize};

use basket_file::Basket;
use card::{Card, deal_cards};
use customer::{Customer, ScriptedTender, draw_customer};
use days::{Calendar, FIRST_DAY};
use dice::Dice;
use price_list::{Article, ArticleKind, PRICE_MINOR_MAX, PriceList};
use returns::BringsBack;
use staff::{Press, Typed};

/// 2026-11-22T08:00:00Z: the store opens. The business clock shows store time as if it were UTC.
pub const OPENING_WALL_MS: i64 = 1_795_334_400_000;
/// 22:00: the last customers have come.
pub const CLOSING_WALL_MS: i64 = OPENING_WALL_MS + 14 * HOUR_MS;
/// The business date of the first simulated day.
pub const BUSINESS_DATE: &str = "2026-11-22";
const HOUR_MS: i64 = 3_600_000;

/// One article as it is scanned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScannedItem {
    /// 13 digits.
    pub barcode: String,
    /// The category.
    pub name: String,
    /// What this one costs.
    pub price_minor: i64,
}

/// One customer's visit, a line of `workload.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Visit {
    /// `basket-` and the line of the basket file.
    pub order: String,
    /// Which lane serves it, from 1.
    pub lane: u16,
    /// On which of the simulated days, from 1, it comes.
    #[serde(default = "first_day", skip_serializing_if = "is_first_day")]
    pub day: u16,
    /// When it gets there, by the business clock.
    pub arrive_wall_ms: i64,
    /// What it buys.
    pub items: Vec<ScannedItem>,
    /// What the cashier scans first by mistake, and takes back: none of what it buys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mistake: Option<String>,
    /// What it would buy, and is too young for: none of what it buys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub too_young_for: Option<String>,
    /// Whether its basket waits, and is recalled, before it is paid.
    #[serde(default, skip_serializing_if = "is_not")]
    pub waits: bool,
    /// The lane that scans it, and lets it wait for the lane that takes it up and is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scanned_on: Option<u16>,
    /// What it brings back before it buys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brings_back: Option<BringsBack>,
    /// An article that it brings back without a receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without_receipt: Option<String>,
    /// What it will have to pay, but for what it brings back.
    pub total_minor: i64,
    /// How it pays.
    pub tenders: Vec<ScriptedTender>,
    /// Whether its first card is one that the hub may stand in for.
    pub may_be_stood_in: bool,
}

const fn first_day() -> u16 {
    FIRST_DAY
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands a reference over"
)]
const fn is_first_day(day: &u16) -> bool {
    *day == FIRST_DAY
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands a reference over"
)]
const fn is_not(said: &bool) -> bool {
    !*said
}

/// One line of a lane's script: what cashier and customer do.
#[derive(Debug, Default, Serialize)]
pub struct ScriptLine<'visit> {
    order: &'visit str,
    arrive_wall_ms: i64,
    items: Vec<&'visit str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mistake: Option<&'visit str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    too_young_for: Option<&'visit str>,
    #[serde(skip_serializing_if = "is_not")]
    waits: bool,
    #[serde(skip_serializing_if = "is_not")]
    for_another_lane: bool,
    #[serde(skip_serializing_if = "is_not")]
    from_another_lane: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    returns: Option<&'visit BringsBack>,
    tenders: &'visit [ScriptedTender],
    #[serde(skip_serializing_if = "Option::is_none")]
    operator: Option<Typed>,
    /// A wrong PIN, typed first.
    #[serde(skip_serializing_if = "Option::is_none")]
    mistyped: Option<Typed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    supervisor: Option<Typed>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    keys: Vec<Press>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    keys_on_basket: Vec<Press>,
    #[serde(skip_serializing_if = "is_not")]
    only_keys: bool,
    #[serde(skip)]
    total_minor: i64,
}

impl Visit {
    /// This visit as the script of a lane tells it; `None`: the lane has nothing to do with it.
    #[must_use]
    pub fn script_line(&self, lane: u16) -> Option<ScriptLine<'_>> {
        let scans_for_another = self.scanned_on == Some(lane);
        if !scans_for_another && self.lane != lane {
            return None;
        }
        Some(ScriptLine {
            order: &self.order,
            arrive_wall_ms: self.arrive_wall_ms,
            items: self
                .items
                .iter()
                .map(|item| item.barcode.as_str())
                .collect(),
            mistake: self.mistake.as_deref(),
            too_young_for: self.too_young_for.as_deref(),
            waits: self.waits,
            for_another_lane: scans_for_another,
            from_another_lane: !scans_for_another && self.scanned_on.is_some(),
            returns: self.brings_back.as_ref(),
            tenders: &self.tenders,
            keys_on_basket: self
                .without_receipt
                .as_deref()
                .map(staff::comes_back)
                .into_iter()
                .collect(),
            total_minor: self.total_minor,
            ..ScriptLine::default()
        })
    }
}

/// All customers of a run.
#[derive(Debug)]
pub struct Workload {
    /// In the order they arrive.
    pub visits: Vec<Visit>,
    /// Their cards.
    pub cards: Vec<Card>,
}

impl Workload {
    /// Draws the days: baskets go in turn to the lanes that are open, as they arrive.
    #[must_use]
    pub fn draw(seed: u64, calendar: Calendar, baskets: &[Basket], prices: &mut PriceList) -> Self {
        let cards = deal_cards(seed, baskets.len());
        let mut weights = Dice::new(seed, "weights");
        let mut customers = Dice::new(seed, "customers");
        let mut cashiers = Dice::new(seed, "cashiers");
        let mut young = Dice::new(seed, "young customers");
        let mut moves = Dice::new(seed, "moves");
        let mut shelf = Vec::new();
        let arrivals = calendar.draw_arrivals(seed, baskets.len());
        let mut visits: Vec<Visit> = baskets
            .iter()
            .zip(arrivals)
            .map(|(basket, arrival)| {
                let items = scan(&mut weights, basket, prices);
                let customer = match arrival.pays_by_card {
                    true => draw_card_customer(&mut customers, &cards),
                    false => draw_customer(&mut customers, &cards),
                };
                let (mistake, waits) = draw_cashier(&mut cashiers, &shelf, &items);
                let scanned_on = draw_first_lane(&mut moves, calendar, arrival.lane);
                shelf.extend(a_piece(&items));
                let too_young_for = draw_young(&mut young, prices, &items);
                Visit {
                    order: format!("basket-{}", basket.line),
                    lane: arrival.lane,
                    day: arrival.day,
                    arrive_wall_ms: arrival.wall_ms,
                    mistake: mistake.filter(|_| scanned_on.is_none()),
                    too_young_for: too_young_for.filter(|_| scanned_on.is_none()),
                    waits: waits && scanned_on.is_none(),
                    scanned_on,
                    brings_back: None,
                    without_receipt: None,
                    total_minor: items.iter().map(|item| item.price_minor).sum(),
                    items,
                    tenders: customer.tenders,
                    may_be_stood_in: customer.may_be_stood_in,
                }
            })
            .collect();
        let returns = returns::draw(seed, calendar, &visits);
        visits.extend(returns);
        Self { visits, cards }
    }

    /// How many articles are bought in all.
    #[must_use]
    pub fn items(&self) -> usize {
        self.visits.iter().map(|visit| visit.items.len()).sum()
    }
}

/// One cashier in twenty takes a wrong article first, one customer in thirty forgot something. The
/// wrong one stood in an earlier basket: each day has its price.
fn draw_cashier(
    dice: &mut Dice,
    shelf: &[String],
    items: &[ScannedItem],
) -> (Option<String>, bool) {
    let (errs, waits) = (dice.chance(50), dice.chance(33));
    let index = dice.below(u64::try_from(shelf.len()).unwrap_or(0));
    let wrong = usize::try_from(index).ok().and_then(|at| shelf.get(at));
    let is_other = |wrong: &&String| items.iter().all(|item| item.barcode != **wrong);
    let mistake = wrong.filter(is_other).filter(|_| errs);
    (mistake.cloned(), waits)
}

/// One customer in forty would buy what only older ones get; whoever buys such a thing is old
/// enough.
fn draw_young(dice: &mut Dice, prices: &PriceList, items: &[ScannedItem]) -> Option<String> {
    let kinds = u64::try_from(prices.with_least_age().count()).unwrap_or(0);
    let (tries, at) = (dice.chance(25), dice.below(kinds));
    let is_grown_up = items.iter().any(|item| {
        let mut all = prices.with_least_age();
        all.any(|barcode| barcode == item.barcode)
    });
    let wanted = prices.with_least_age().nth(usize::try_from(at).ok()?);
    wanted.filter(|_| tries && !is_grown_up).map(str::to_owned)
}

/// One basket in twenty is scanned on one lane and paid on another: on one that stays open in the
/// evening.
fn draw_first_lane(dice: &mut Dice, calendar: Calendar, lane: u16) -> Option<u16> {
    let moves = dice.chance(50);
    let stay = calendar.lanes.saturating_sub(calendar.lanes_to_rest());
    let index = dice.below(u64::from(stay));
    let first = u16::try_from(index).ok()? + 1;
    (moves && first != lane && stay > 1).then_some(first)
}

/// An article of a basket that carries no price on its label.
fn a_piece(items: &[ScannedItem]) -> Option<String> {
    let mut pieces = items.iter().filter(|item| !item.barcode.starts_with('2'));
    pieces.next().map(|item| item.barcode.clone())
}

/// Tries before a customer who pays otherwise has to do.
const DRAWS_MAX: u32 = 100;

/// A customer whose first card the bank approves at once.
fn draw_card_customer(dice: &mut Dice, cards: &[Card]) -> Customer {
    let mut customer = draw_customer(dice, cards);
    for _ in 0..DRAWS_MAX {
        if customer.is_sure_to_be_approved(cards) {
            return customer;
        }
        customer = draw_customer(dice, cards);
    }
    customer
}

fn scan(dice: &mut Dice, basket: &Basket, prices: &mut PriceList) -> Vec<ScannedItem> {
    basket
        .names
        .iter()
        .map(|name| {
            let article = prices.article(name);
            match article.kind {
                ArticleKind::Piece => ScannedItem {
                    barcode: article.barcode,
                    name: article.name,
                    price_minor: article.price_minor,
                },
                ArticleKind::PriceEmbedded => weigh(dice, article),
            }
        })
        .collect()
}

/// Between 150 and 1,500 grams, priced to the nearest minor unit, half up.
fn weigh(dice: &mut Dice, article: Article) -> ScannedItem {
    let grams = 150 + i64::try_from(dice.below(1_351)).unwrap_or(0);
    let price_minor = ((article.price_minor * grams + 500) / 1_000).clamp(1, PRICE_MINOR_MAX);
    ScannedItem {
        barcode: barcode::price_label(&article.barcode, price_minor),
        name: article.name,
        price_minor,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::basket_file::read_baskets;

    fn day(seed: u64) -> Workload {
        let baskets = read_baskets(None, 400).unwrap();
        let prices = &mut PriceList::read(None).unwrap();
        Workload::draw(seed, Calendar::of_one_day(4), &baskets, prices)
    }

    fn lines(workload: &Workload) -> String {
        let lines = workload
            .visits
            .iter()
            .map(|visit| serde_json::to_string(visit).unwrap());
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_same_seed_gives_the_same_day_and_another_gives_another() {
        assert_eq!(lines(&day(5)), lines(&day(5)));
        assert_ne!(lines(&day(5)), lines(&day(6)));
    }

    #[test]
    fn some_cashiers_err_and_some_baskets_wait() {
        let day = day(1);
        let wrong: Vec<_> = day
            .visits
            .iter()
            .filter(|one| one.mistake.is_some())
            .collect();
        assert!((8..40).contains(&wrong.len()), "{}", wrong.len());
        for visit in wrong {
            let mistake = visit.mistake.as_deref();
            let bought = visit.items.iter().map(|item| Some(item.barcode.as_str()));
            assert!(!bought.into_iter().any(|item| item == mistake));
        }
        let moved = day.visits.iter().filter(|one| one.scanned_on.is_some());
        let moved: Vec<_> = moved.collect();
        assert!((5..35).contains(&moved.len()), "{}", moved.len());
        assert!(moved.iter().all(|one| one.scanned_on != Some(one.lane)));
        let young = day.visits.iter().filter(|one| one.too_young_for.is_some());
        assert!((3..25).contains(&young.count()));
        let waiting = day.visits.iter().filter(|one| one.waits).count();
        assert!((4..30).contains(&waiting), "{waiting}");
    }

    #[test]
    fn customers_arrive_in_opening_hours_and_lanes_take_turns() {
        let day = day(1);
        // Two of them in returns.
        assert_eq!(day.items(), 1_577);
        let mut last = OPENING_WALL_MS;
        for (index, visit) in day.visits.iter().enumerate() {
            assert!((last..CLOSING_WALL_MS).contains(&visit.arrive_wall_ms));
            assert_eq!(usize::from(visit.lane), index % 4 + 1);
            last = visit.arrive_wall_ms;
        }
    }

    #[test]
    fn several_days_share_the_baskets_and_the_evening_belongs_to_the_lanes_that_stay() {
        let baskets = read_baskets(None, 300).unwrap();
        let prices = &mut PriceList::read(None).unwrap();
        let days = Workload::draw(1, Calendar { lanes: 4, days: 3 }, &baskets, prices);
        for day in 1..=3 {
            let own = days.visits.iter().filter(|visit| visit.day == day);
            let (day_opens, day_closes) = (days::opens_wall_ms(day), days::opens_wall_ms(day + 1));
            for visit in own.clone() {
                assert!((day_opens..day_closes).contains(&visit.arrive_wall_ms));
            }
            let bought = own.clone().filter(|visit| !visit.items.is_empty());
            let bought = bought.filter(|visit| visit.brings_back.is_none());
            assert_eq!(bought.count(), 100);
            let evening = own.filter(|visit| visit.arrive_wall_ms >= days::evening_wall_ms(day));
            let (staying, resting): (Vec<_>, Vec<_>) = evening.partition(|visit| visit.lane <= 2);
            if day < 3 {
                assert!(staying.len() >= 15 && resting.is_empty(), "day {day}");
            }
        }
        let order = days.visits.windows(2);
        assert!(
            order
                .into_iter()
                .all(|two| two[0].arrive_wall_ms <= two[1].arrive_wall_ms)
        );
    }

    #[test]
    fn a_label_carries_the_price_the_workload_expects() {
        let day = day(1);
        let labels = day.visits.iter().flat_map(|visit| &visit.items);
        let mut seen = 0;
        for item in labels.filter(|item| item.barcode.starts_with("21")) {
            assert_eq!(
                item.barcode[7..12].parse::<i64>().unwrap(),
                item.price_minor
            );
            assert!(barcode::is_ean13(&item.barcode));
            seen += 1;
        }
        assert!(seen > 100, "{seen}");
    }
}
