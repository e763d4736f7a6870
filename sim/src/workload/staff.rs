//! Who works at the lanes of a simulated store, and what they do beside selling: they sign on,
//! mistype, lock the lane, hand over in mid-day, and at the drawer put a float in, have some taken
//! out, ask for reports, count blind and end the day with a Z. A supervisor stands by each lane.
//!
//! All of it is drawn from the seed. The PINs protect nothing.

use operator_pin::{Cost, NotMade, Pin, SALT_BYTES, verifier_of};
use serde::Serialize;

use super::{ScriptLine, customer::ScriptedTender, dice::Dice};

/// Somebody as the script types them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Typed {
    number: u32,
    pin: String,
}

/// A key as the script presses it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Press {
    press: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    typed: String,
}

fn press(press: &'static str, typed: impl Into<String>) -> Press {
    let typed = typed.into();
    Press { press, typed }
}

const SUPERVISOR: u32 = 201;
const MANAGER: u32 = 301;
/// What lies in a drawer when the shift begins.
const FLOAT_MINOR: i64 = 50_000;
const PICKUP_MINOR: i64 = 20_000;

/// The first and the second cashier of a lane.
fn cashier(lane: u16, turn: u32) -> u32 {
    1_000 + u32::from(lane) * 10 + turn
}

fn typed(number: u32) -> Typed {
    // Six digits that nobody tries first.
    let pin = (u64::from(number) * 7_919 + 104_729) % 900_000 + 100_000;
    let pin = pin.to_string();
    Typed { number, pin }
}

/// `operators.csv`, as a hub takes it at its first start.
///
/// # Errors
/// A verifier that can't be made, which none of these is.
pub fn file(seed: u64, lanes: u16) -> Result<String, NotMade> {
    let mut dice = Dice::new(seed, "operators");
    let mut text = "number,name,role,pin_verifier\n".to_owned();
    let cashiers = (1..=lanes).flat_map(|lane| [1, 2].map(|turn| cashier(lane, turn)));
    let others = [(SUPERVISOR, "supervisor"), (MANAGER, "manager")];
    let all = others
        .into_iter()
        .chain(cashiers.map(|number| (number, "cashier")));
    for (number, role) in all {
        let pin = Pin::new(&typed(number).pin).ok_or(NotMade)?;
        let mut salt = [0; SALT_BYTES];
        salt.copy_from_slice(&dice.bytes(SALT_BYTES));
        let verifier = verifier_of(&pin, &salt, Cost::Least)?;
        let verifier = verifier.as_str();
        text += &format!("{number},{role} {number},{role},\"{verifier}\"\n");
    }
    Ok(text)
}

/// The working day of a lane, laid over its customers: `lines` are those, in order.
pub fn work<'visit>(seed: u64, lane: u16, lines: &mut Vec<ScriptLine<'visit>>) {
    let mut dice = Dice::new(seed, &format!("staff of lane {lane}"));
    let handed_over = lines.len() / 2;
    let mut in_drawer = FLOAT_MINOR;
    for (index, line) in lines.iter_mut().enumerate() {
        line.supervisor = Some(typed(SUPERVISOR));
        if index == 0 {
            line.operator = Some(typed(cashier(lane, 1)));
            line.keys.extend([
                press("begin-shift", ""),
                press("float", FLOAT_MINOR.to_string()),
            ]);
        } else if index == handed_over {
            line.operator = Some(typed(cashier(lane, 2)));
            line.keys.push(press("take-over", ""));
            line.mistyped = dice.chance(500).then(|| Typed {
                number: cashier(lane, 2),
                pin: "000000".to_owned(),
            });
        } else {
            in_between(&mut dice, line, &mut in_drawer);
        }
        let pays_cash = matches!(line.tenders.first(), Some(ScriptedTender::Cash { .. }));
        if pays_cash && !line.for_another_lane {
            in_drawer += line.total_minor - line.total_minor % 10;
        }
    }
    if let Some(last) = lines.last() {
        let arrive_wall_ms = last.arrive_wall_ms;
        lines.push(end_of_day(arrive_wall_ms, in_drawer));
    }
}

/// An article comes back without its receipt.
pub(super) fn comes_back(article: &str) -> Press {
    press("return-without", format!("{article} does not work"))
}

/// Between two customers: mostly nothing.
fn in_between(dice: &mut Dice, line: &mut ScriptLine<'_>, in_drawer: &mut i64) {
    let (opens, reads, collects, locks) = (
        dice.chance(20),
        dice.chance(15),
        dice.chance(15),
        dice.chance(15),
    );
    if opens {
        line.keys.push(press("no-sale", "change for a customer"));
    }
    if reads {
        line.keys.push(press("x", ""));
    }
    if collects && *in_drawer > PICKUP_MINOR {
        *in_drawer -= PICKUP_MINOR;
        let what = format!("{PICKUP_MINOR} much in the drawer");
        line.keys.push(press("pickup", what));
    }
    if locks {
        line.keys.push(press("sign-off", ""));
    }
}

/// The drawer is counted by somebody who sees no figure, and the Z is taken.
fn end_of_day<'visit>(arrive_wall_ms: i64, in_drawer: i64) -> ScriptLine<'visit> {
    let (notes, coins) = (in_drawer / 100, in_drawer % 100 / 10);
    let keys = vec![
        press("begin-count", ""),
        press("count", format!("100x{notes} 10x{coins}")),
        press("x", ""),
        press("z", ""),
        press("end-shift", ""),
    ];
    ScriptLine {
        order: "end-of-day",
        arrive_wall_ms,
        supervisor: Some(typed(SUPERVISOR)),
        keys,
        only_keys: true,
        ..ScriptLine::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::{
        Workload, basket_file::read_baskets, days::Calendar, price_list::PriceList,
    };

    fn script(seed: u64, lane: u16) -> String {
        let baskets = read_baskets(None, 200).unwrap();
        let prices = &mut PriceList::read(None).unwrap();
        let workload = Workload::draw(seed, Calendar::of_one_day(4), &baskets, prices);
        let visits = workload.visits.iter();
        let mut lines: Vec<_> = visits.filter_map(|one| one.script_line(lane)).collect();
        work(seed, lane, &mut lines);
        let lines = lines
            .iter()
            .map(|line| serde_json::to_string(line).unwrap());
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn each_lane_has_its_day_out_of_the_seed_and_the_lane_can_read_it() {
        let mut seen = std::collections::BTreeSet::new();
        for lane in 1..=4 {
            let text = script(3, lane);
            assert_eq!(text, script(3, lane));
            assert_ne!(text, script(4, lane));
            let orders = lane_agent::devices::scripted::parse_script(&text).unwrap();
            assert_eq!(
                orders
                    .iter()
                    .filter(|order| order.operator.is_some())
                    .count(),
                2
            );
            assert!(orders.last().unwrap().only_keys);
            for key in [
                "no-sale", "pickup", "sign-off", "\"x\"", "float", "mistyped",
            ] {
                if text.contains(key) {
                    seen.insert(key);
                }
            }
        }
        assert_eq!(seen.len(), 6, "{seen:?}");
    }

    #[test]
    fn everybody_of_the_script_is_in_the_file_and_no_pin_is() {
        let file = file(3, 4).unwrap();
        assert_eq!(file.lines().count(), 1 + 2 + 8);
        for number in [SUPERVISOR, MANAGER, cashier(4, 2)] {
            assert!(file.contains(&format!("\n{number},")));
            assert!(!file.contains(&typed(number).pin));
        }
        assert_eq!(file, super::file(3, 4).unwrap());
    }
}
