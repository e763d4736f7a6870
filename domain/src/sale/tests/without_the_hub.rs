//! The table of docs/operations/without-hub-or-bank.md: what a lane does when the hub, or the bank,
//! is away, function by function, as lane and desk do it.

use std::{fmt::Write as _, fs, path::Path};

use super::{
    offline::lease,
    operators::{CASHIER, MANAGER, SUPERVISOR},
    *,
};
use crate::{
    desk::tests::decided_without_a_bank,
    ids::{ReceiptNumber, SaleNumber, SuspendedId},
    recall::RecallRefusal,
    returns::ReturnRefusal,
    sale::{WeighedBy, Weight},
    till::{Pieces, TillEvent, TillOf},
    words::Language,
};

const PAGE: &str = "../docs/operations/without-hub-or-bank.md";
const BOSS: Right = Right::HeldBy(MANAGER);

/// A lane with its cashier signed on, and a basket.
fn selling() -> Lane {
    let mut lane = Lane::with_cashier();
    lane.basket();
    lane
}

fn totalled() -> Lane {
    let mut lane = selling();
    lane.step(Event::Total);
    lane
}

fn suspended() -> Lane {
    let mut lane = selling();
    lane.step(Event::Suspend {
        label: String::new(),
    });
    lane
}

fn counting() -> Lane {
    let mut lane = Lane::with_cashier();
    lane.step(till(TillEvent::CountBegun {
        operator: CASHIER,
        right: BOSS,
    }));
    lane
}

fn locked_out() -> Lane {
    let mut lane = Lane::with_operators();
    for _ in 0..crate::limits::PIN_TRIES_MAX {
        lane.mono_ms += 120_000;
        lane.types(CASHIER, false);
    }
    lane.types(SUPERVISOR, true);
    lane
}

const fn till(event: TillEvent) -> Event {
    Event::Till(event)
}

/// What a lane does by itself: its name, the lane before it, and what is done.
type Function = (&'static str, fn() -> Lane, fn(&mut Lane) -> Vec<Effect>);

const BY_ITSELF: &[Function] = &[
    ("sign on", Lane::with_operators, |lane| {
        lane.types(CASHIER, true)
    }),
    ("lock the lane", Lane::with_cashier, |lane| {
        lane.step(Event::SignOff)
    }),
    ("unlock an operator", locked_out, |lane| {
        lane.step(Event::Unlock { operator: CASHIER })
    }),
    ("scan an article", selling, |lane| {
        lane.step(Event::Scanned(item("tea", 1, 900)))
    }),
    ("quantity", selling, |lane| {
        lane.step(Event::QuantityAnnounced { quantity: 3 })
    }),
    ("weigh", selling, |lane| {
        lane.step(Event::Weighed(Weight {
            grams: 750,
            by: WeighedBy::Scale,
        }))
    }),
    ("line void", selling, |lane| {
        lane.step(Event::LineVoided { line_number: 2 })
    }),
    ("sale void, by a supervisor on the spot", selling, |lane| {
        let reason = "no money".to_owned();
        lane.allowed(SUPERVISOR, Event::VoidSale { reason })
    }),
    (
        "price override, by a supervisor on the spot",
        selling,
        |lane| {
            lane.allowed(
                SUPERVISOR,
                Event::PriceOverridden {
                    line_number: Some(1),
                    price: cny(1_000),
                    reason: "dented".to_owned(),
                    right: Right::Missing,
                },
            )
        },
    ),
    ("discount, by a supervisor on the spot", selling, |lane| {
        lane.allowed(
            SUPERVISOR,
            Event::Discounted {
                line_number: Some(1),
                amount: cny(600),
                reason: "best before today".to_owned(),
                right: Right::Missing,
            },
        )
    }),
    ("suspend", selling, |lane| {
        lane.step(Event::Suspend {
            label: String::new(),
        })
    }),
    ("recall on the same lane", suspended, |lane| {
        lane.step(Event::Recall {
            suspended: SaleNumber(1),
            operator: CASHIER,
            price_version: "v2".to_owned(),
        })
    }),
    (
        "a return without its receipt, by a supervisor on the spot",
        selling,
        |lane| {
            lane.allowed(
                SUPERVISOR,
                Event::ReturnWithout {
                    item: item("tea", 1, 900),
                    reason: "broken".to_owned(),
                    right: Right::Missing,
                },
            )
        },
    ),
    ("total", selling, |lane| lane.step(Event::Total)),
    ("cash, with change", totalled, |lane| {
        lane.step(Event::CashTendered { given: cny(2_000) })
    }),
    ("begin a shift", Lane::with_cashier, |lane| {
        lane.step(till(TillEvent::ShiftBegun { operator: CASHIER }))
    }),
    ("float", Lane::with_cashier, |lane| {
        lane.allowed(
            SUPERVISOR,
            till(TillEvent::Float {
                operator: CASHIER,
                amount: cny(20_000),
                right: Right::Missing,
            }),
        )
    }),
    ("pickup", Lane::with_cashier, |lane| {
        lane.allowed(
            SUPERVISOR,
            till(TillEvent::Pickup {
                operator: CASHIER,
                amount: cny(20_000),
                note: String::new(),
                right: Right::Missing,
            }),
        )
    }),
    ("no-sale", Lane::with_cashier, |lane| {
        lane.allowed(
            SUPERVISOR,
            till(TillEvent::NoSale {
                operator: CASHIER,
                reason: "a note to change".to_owned(),
                right: Right::Missing,
            }),
        )
    }),
    ("count the drawer", counting, |lane| {
        lane.step(till(TillEvent::Counted {
            operator: CASHIER,
            pieces: vec![Pieces {
                minor: 10_000,
                pieces: 2,
            }],
        }))
    }),
    ("X report", Lane::with_cashier, |lane| {
        lane.allowed(
            SUPERVISOR,
            till(TillEvent::X {
                of: TillOf::Lane,
                by: CASHIER,
                right: Right::Missing,
            }),
        )
    }),
    ("Z report", Lane::with_cashier, |lane| {
        lane.allowed(
            SUPERVISOR,
            till(TillEvent::Z {
                of: TillOf::Lane,
                by: CASHIER,
                right: Right::Missing,
            }),
        )
    }),
];

/// Whether the step asks the hub for something, and so may wait for it.
fn asks_the_hub(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| {
        matches!(
            effect,
            Effect::SendPayment(_)
                | Effect::AskOriginal(_)
                | Effect::Reserve(_)
                | Effect::AskBasket(_)
                | Effect::AskBaskets
        )
    })
}

/// A credit card's chip, without a PIN: what may be approved offline at all.
fn shows_a_credit_card(lane: &mut Lane) -> Vec<Effect> {
    let payment_id = PaymentId(9);
    lane.step(Event::CardChosen { payment_id });
    lane.step(Event::CardRead {
        payment_id,
        entry_mode: EntryMode::Chip,
        pin_entered: false,
        card: offline::credit(),
    })
}

/// A card is shown at a lane whose hub is away, with a part of the store's offline budget or not.
fn card_without_hub(has_lease: bool, minor: i64) -> String {
    let mut lane = Lane::with_cashier();
    if has_lease {
        lane.step(Event::LeaseOffered(lease(1)));
    }
    lane.basket();
    lane.step(Event::Scanned(item("tea", 1, minor - 1_550)));
    lane.step(Event::Total);
    let asked = shows_a_credit_card(&mut lane);
    assert!(asks_the_hub(&asked), "a card is the hub's to decide");
    let effects = lane.step(Event::HubUnreachable {
        payment_id: PaymentId(9),
    });
    outcome(&effects)
}

/// The hub is there, and its line to the bank is not.
fn card_without_bank(minor: i64) -> String {
    let mut lane = Lane::with_cashier();
    lane.basket();
    lane.step(Event::Scanned(item("tea", 1, minor - 1_550)));
    lane.step(Event::Total);
    shows_a_credit_card(&mut lane);
    let effects = lane.step(Event::Decided {
        payment_id: PaymentId(9),
        decision: decided_without_a_bank(minor),
    });
    outcome(&effects)
}

/// Goods come back with their receipt, and the hub can't be asked.
fn return_without_hub() -> String {
    let mut lane = selling();
    let receipt = ReceiptNumber::parse("3-1-000042").unwrap();
    let asked = lane.step(Event::ReturnAsked {
        receipt,
        reason: "broken".to_owned(),
    });
    assert!(asks_the_hub(&asked), "what is left the hub knows");
    let told = Err(ReturnRefusal::HubAway);
    let effects = lane.step(Event::OriginalTold { receipt, told });
    let Some(Prompt::ReturnRefused { why }) = shown(&effects) else {
        panic!("{effects:?}");
    };
    format!("no: {}", why.for_cashier().read_in(Language::English))
}

/// A basket waits on another lane, and the hub can't be asked for it.
fn recall_without_hub() -> String {
    let mut lane = Lane::with_cashier();
    let basket = SuspendedId::parse("7-1-42").unwrap();
    let asked = lane.step(Event::BasketAsked {
        basket,
        operator: CASHIER,
        price_version: "v2".to_owned(),
    });
    assert!(asks_the_hub(&asked), "its lane hands it over");
    let told = Err(RecallRefusal::HubAway.into());
    let effects = lane.step(Event::BasketTold { basket, told });
    let Some(Prompt::RecallRefused(refused)) = shown(&effects) else {
        panic!("{effects:?}");
    };
    let said = refused.for_cashier();
    format!("no: {}", said.read_in(Language::English))
}

/// What stands on the cashier's screen, and what comes next.
fn outcome(effects: &[Effect]) -> String {
    let decided = facts(effects).into_iter().find_map(|fact| match fact {
        CheckoutFact::Tender(TenderFact::PaymentDecided { decision, .. }) => Some(decision.clone()),
        _ => None,
    });
    match decided.unwrap() {
        Decision::OfflineApproved { .. } => "works: the lane approves by itself".to_owned(),
        Decision::StandIn { .. } => "works: the hub stands in for the bank".to_owned(),
        Decision::Refused { reason } => {
            let said = reason.for_cashier();
            let next = matches!(shown(effects), Some(Prompt::Refused { .. }));
            assert!(next, "another tender may follow");
            format!("no: {}", said.read_in(Language::English))
        }
        other => panic!("{other:?}"),
    }
}

const HEAD: &str = "\
# What works without the hub, and without the bank

Generated from lane and hub themselves. What asks the hub for nothing works whatever is away: here
each function is done, and nothing it does waits for anybody. What a card needs is shown by doing it
with the hub out of reach, and with the hub's line to the bank down.
The test `the_page_of_what_works_away_is_what_lane_and_desk_do` holds this page to the code.

| function | the hub is away | the bank is away |
|---|---|---|
";

fn page() -> String {
    let mut page = HEAD.to_owned();
    for (name, before, act) in BY_ITSELF {
        let mut lane = before();
        let effects = act(&mut lane);
        assert_ne!(effects, [], "{name}");
        assert_eq!(operators::said(&effects), None, "{name}");
        assert!(!asks_the_hub(&effects), "{name} waits for the hub");
        writeln!(page, "| {name} | works | works |").unwrap();
    }
    let small = 1_900;
    for (name, hub, bank) in [
        (
            "a card, within the limits for offline",
            card_without_hub(true, small),
            card_without_bank(small),
        ),
        (
            "a card, above them",
            card_without_hub(true, 40_000),
            card_without_bank(200_000),
        ),
        (
            "a card, at a lane that the hub lent nothing",
            card_without_hub(false, small),
            "as above".to_owned(),
        ),
        (
            "recall on another lane",
            recall_without_hub(),
            "works".to_owned(),
        ),
        (
            "a return with its receipt",
            return_without_hub(),
            "works".to_owned(),
        ),
    ] {
        writeln!(page, "| {name} | {hub} | {bank} |").unwrap();
    }
    page
}

#[test]
fn the_page_of_what_works_away_is_what_lane_and_desk_do() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (page, written) = (page(), fs::read_to_string(home.join(PAGE)));
    if written.is_ok_and(|written| written == page) {
        return;
    }
    let now = home.join("../target/without-hub-or-bank.md");
    fs::create_dir_all(home.join("../target")).unwrap();
    fs::write(&now, page).unwrap();
    panic!("{PAGE} is old: as it has to be it is in {}", now.display());
}
