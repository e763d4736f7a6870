//! Goods come back: with a receipt, without one, in a basket with others.

use std::sync::Arc;

use super::*;
use crate::{
    ids::SaleNumber,
    limits,
    paper::PaperSetting,
    returns::{Original, OriginalLeft, ReturnRefusal, Taken, Taking, plan},
    sale::{CashRounding, Line, OwedBy, ReceiptForm, ReturnFact, TaxMode, Tender, ToReserve},
    time::{BusinessDate, LocalMs},
};

fn day() -> BusinessDate {
    BusinessDate::parse("2026-11-22").unwrap()
}

/// What the hub makes of a lane's records: the sale that was closed last.
fn original_of(lane: &Lane) -> Original {
    let mut told = Checkout::new(*lane.checkout.config());
    let mut found = None;
    for record in &lane.records {
        if let (Some(sale), CheckoutFact::Sale(fact)) = (told.sale(), &record.fact)
            && let Some(original) = Original::of(sale, fact, (day(), record.at)).unwrap()
        {
            found = Some(original);
        }
        told.replay(record);
    }
    found.unwrap()
}

/// A hub that knows one sale.
struct Hub {
    original: Original,
    taken: Taken,
}

impl Hub {
    fn of(lane: &Lane) -> Self {
        Self {
            original: original_of(lane),
            taken: Taken::default(),
        }
    }

    fn left(&self) -> Arc<OriginalLeft> {
        Arc::new(self.original.left(&self.taken).unwrap())
    }

    fn reserve(&self, ask: &ToReserve) -> Result<Box<Taking>, ReturnRefusal> {
        let known = (self.original.clone(), self.taken.clone());
        plan(&[known], &ask.wanted).map(Box::new)
    }
}

fn open(lane: &mut Lane) {
    lane.step(Event::Open {
        operator: OperatorId(7),
        order_reference: String::new(),
        price_version: "v1".to_owned(),
    });
}

/// Milk for 12.50 and two yogurts for 3.00, paid in cash.
fn sold_in_cash() -> (Lane, Hub) {
    let mut lane = Lane::totalled();
    lane.step(Event::CashTendered { given: cny(2000) });
    lane.printed();
    let hub = Hub::of(&lane);
    (lane, hub)
}

fn sold_by_card() -> (Lane, Hub) {
    let (mut lane, _) = Lane::paid_by_card(9, approved(1550));
    lane.printed();
    let hub = Hub::of(&lane);
    (lane, hub)
}

/// The receipt is at hand.
fn ask(lane: &mut Lane, hub: &Hub) {
    let receipt = hub.original.receipt;
    let effects = lane.step(Event::ReturnAsked {
        receipt,
        reason: "torn".to_owned(),
    });
    assert!(effects.contains(&Effect::AskOriginal(receipt)));
    let told = Ok(hub.left());
    let effects = lane.step(Event::OriginalTold { receipt, told });
    assert_eq!(shown(&effects), Some(&Prompt::ChooseReturn { receipt }));
}

fn choose(lane: &mut Lane, line_number: u32, pieces: u32) {
    let pieces = Some(pieces);
    lane.step(Event::ReturnLine {
        line_number,
        pieces,
    });
}

fn asked_to_reserve(effects: &[Effect]) -> ToReserve {
    let asked = effects.iter().find_map(|effect| match effect {
        Effect::Reserve(ask) => Some((**ask).clone()),
        _ => None,
    });
    asked.unwrap()
}

/// Total, and what the hub says to it.
fn total(lane: &mut Lane, hub: &Hub) -> Vec<Effect> {
    let ask = asked_to_reserve(&lane.step(Event::Total));
    let answer = hub.reserve(&ask);
    lane.step(Event::ReservationTold {
        sale: ask.sale,
        revision: ask.revision,
        answer,
    })
}

fn closed(effects: &[Effect]) -> (i64, Vec<Tender>, i64, Option<u32>) {
    let closed = facts(effects).into_iter().find_map(|fact| match fact {
        CheckoutFact::Sale(SaleFact::SaleClosed {
            total,
            tenders,
            rounding,
            returns,
            change,
            ..
        }) => {
            assert!(change.is_zero());
            Some((total.minor(), tenders.clone(), rounding.minor(), *returns))
        }
        _ => None,
    });
    closed.unwrap()
}

fn cash_tender(minor: i64) -> Tender {
    Tender::Cash { given: cny(minor) }
}

fn owed_tender(minor: i64) -> Tender {
    Tender::Owed {
        amount: cny(minor),
        by: OwedBy::Store,
    }
}

fn text(effects: &[Effect]) -> String {
    let receipt = effects.iter().find_map(|effect| match effect {
        Effect::Print { receipt, .. } => Some(receipt),
        _ => None,
    });
    let form = ReceiptForm {
        heading: crate::paper::Heading::default(),
        setting: PaperSetting::default(),
        closed: LocalMs(0),
        again: false,
    };
    receipt.unwrap().customer_copy(&form).plain_text()
}

#[test]
fn one_of_two_yogurts_comes_back_in_cash_and_the_drawer_opens() {
    let (mut lane, hub) = sold_in_cash();
    open(&mut lane);
    ask(&mut lane, &hub);
    choose(&mut lane, 2, 1);
    let effects = total(&mut lane, &hub);
    let (cash, owed) = (cny(150), cny(0));
    assert_eq!(shown(&effects), Some(&Prompt::PayBack { cash, owed }));
    let effects = lane.step(Event::PayBack);
    let revision = Some(1);
    assert_eq!(
        closed(&effects),
        (-150, vec![cash_tender(-150)], 0, revision)
    );
    assert!(effects.contains(&Effect::OpenDrawer));
    let paper = text(&effects);
    for words in ["RETURN", "3-1-000001", "torn", "yogurt", "1.50"] {
        assert!(paper.contains(words), "{words}: {paper}");
    }
    assert_eq!(lane.checkout.till().in_drawer, 1550 - 150);
    let trade = &lane.checkout.till().lane.trade;
    assert_eq!((trade.returns.count, trade.returns.minor), (1, -150));
    assert!(lane.killed().checkout.durable_equals(&lane.checkout));
}

#[test]
fn a_cards_part_is_owed_and_stands_on_the_paper() {
    let (mut lane, hub) = sold_by_card();
    open(&mut lane);
    ask(&mut lane, &hub);
    choose(&mut lane, 1, 1);
    let effects = total(&mut lane, &hub);
    let (cash, owed) = (cny(0), cny(1250));
    assert_eq!(shown(&effects), Some(&Prompt::PayBack { cash, owed }));
    let effects = lane.step(Event::PayBack);
    assert_eq!(closed(&effects).1, [owed_tender(-1250)]);
    assert!(!effects.contains(&Effect::OpenDrawer));
    let paper = text(&effects);
    for words in ["OWED", "621626*********0018", "12.50"] {
        assert!(paper.contains(words), "{words}: {paper}");
    }
}

#[test]
fn cash_for_a_card_takes_a_right_a_reason_and_has_a_cap() {
    let (mut lane, hub) = sold_by_card();
    open(&mut lane);
    ask(&mut lane, &hub);
    choose(&mut lane, 1, 1);
    total(&mut lane, &hub);
    let ask = |reason: &str, right| Event::CashForCard {
        reason: reason.to_owned(),
        right,
    };
    let manager = Right::HeldBy(OperatorId(301));
    let refused = lane.try_step(ask("card is gone", Right::Missing));
    assert_eq!(refused, Err(Rejected::NotAllowed));
    let refused = lane.try_step(ask(" ", manager));
    assert_eq!(refused, Err(Rejected::ReasonMissing));
    let effects = lane.step(ask("card is gone", manager));
    let [
        CheckoutFact::Return(ReturnFact::CashForCard {
            payment_id,
            amount,
            allowed_by,
            ..
        }),
    ] = facts(&effects)[..]
    else {
        panic!("{effects:?}");
    };
    assert_eq!((*payment_id, *amount), (PaymentId(9), cny(1250)));
    assert_eq!(*allowed_by, OperatorId(301));
    let (cash, owed) = (cny(1250), cny(0));
    assert_eq!(shown(&effects), Some(&Prompt::PayBack { cash, owed }));
    // Nothing is owed to a card any more.
    let refused = lane.try_step(ask("again", manager));
    assert_eq!(refused, Err(Rejected::NothingToPayBack));
    assert_eq!(closed(&lane.step(Event::PayBack)).1, [cash_tender(-1250)]);
}

#[test]
fn nobody_hands_out_more_cash_for_a_card_than_the_cap() {
    let mut lane = Lane::new();
    open(&mut lane);
    let price = i64::from(limits::CASH_FOR_CARD_UNITS_MAX) * 100 + 1;
    lane.step(Event::Scanned(item("television", 1, price)));
    lane.step(Event::Total);
    lane.intended(9);
    lane.step(Event::Decided {
        payment_id: PaymentId(9),
        decision: approved(price),
    });
    let hub = Hub::of(&lane);
    open(&mut lane);
    ask(&mut lane, &hub);
    choose(&mut lane, 1, 1);
    total(&mut lane, &hub);
    let refused = lane.try_step(Event::CashForCard {
        reason: "please".to_owned(),
        right: Right::HeldBy(OperatorId(301)),
    });
    assert_eq!(refused, Err(Rejected::NobodyMay));
}

#[test]
fn i13_a_return_is_not_closed_before_the_hub_has_reserved_it() {
    let (mut lane, hub) = sold_in_cash();
    open(&mut lane);
    ask(&mut lane, &hub);
    choose(&mut lane, 1, 1);
    let asked = asked_to_reserve(&lane.step(Event::Total));
    let early = [
        Event::PayBack,
        Event::CashTendered { given: cny(0) },
        Event::CardChosen {
            payment_id: PaymentId(7),
        },
    ];
    for event in &early {
        assert_eq!(lane.try_step(event.clone()), Err(Rejected::NotReserved));
    }
    let told = |answer| Event::ReservationTold {
        sale: asked.sale,
        revision: asked.revision,
        answer,
    };
    let why = ReturnRefusal::ReservedElsewhere;
    let effects = lane.step(told(Err(why)));
    assert_eq!(shown(&effects), Some(&Prompt::ReturnRefused { why }));
    assert_eq!(lane.try_step(early[0].clone()), Err(Rejected::NotReserved));
    // Asked again, it is the same question.
    assert_eq!(asked_to_reserve(&lane.step(Event::Total)), asked);
    // After a kill, too, and by itself.
    let mut lane = lane.killed();
    assert_eq!(asked_to_reserve(&lane.step(Event::Recovered)), asked);
    lane.step(told(hub.reserve(&asked)));
    for event in &early[1..] {
        assert_eq!(lane.try_step(event.clone()), Err(Rejected::PaysBack));
    }
    // What is reserved outlives a kill.
    let mut lane = lane.killed();
    let effects = lane.step(Event::Recovered);
    assert!(matches!(shown(&effects), Some(Prompt::PayBack { .. })));
    assert_eq!(closed(&lane.step(Event::PayBack)).0, -1250);
}

#[test]
fn an_answer_for_another_basket_is_none() {
    let (mut lane, hub) = sold_in_cash();
    open(&mut lane);
    ask(&mut lane, &hub);
    choose(&mut lane, 2, 1);
    let early = asked_to_reserve(&lane.step(Event::Total));
    choose(&mut lane, 2, 1);
    let told = |of: &ToReserve, answer| Event::ReservationTold {
        sale: of.sale,
        revision: of.revision,
        answer,
    };
    let late = told(&early, hub.reserve(&early));
    assert_eq!(lane.try_step(late), Err(Rejected::NotAskedFor));
    let now = asked_to_reserve(&lane.step(Event::Total));
    assert!(now.revision > early.revision);
    assert_eq!(now.wanted[0].lines[0].pieces, 2);
    // A hub that reserved something else is not believed.
    let effects = lane.step(told(&now, hub.reserve(&early)));
    let why = ReturnRefusal::Changed;
    assert_eq!(shown(&effects), Some(&Prompt::ReturnRefused { why }));
    lane.step(told(&now, hub.reserve(&now)));
    // What is reserved is reserved for this basket.
    lane.step(Event::LineVoided { line_number: 1 });
    assert_eq!(lane.try_step(Event::PayBack), Err(Rejected::NotTotalled));
    total(&mut lane, &hub);
    assert_eq!(closed(&lane.step(Event::PayBack)).0, -150);
}

#[test]
fn no_more_than_is_left_is_chosen_and_no_line_that_comes_back_is_changed() {
    let (mut lane, mut hub) = sold_in_cash();
    hub.taken.lines.insert(1, 1);
    open(&mut lane);
    let choose = |line_number, pieces| Event::ReturnLine {
        line_number,
        pieces,
    };
    assert_eq!(lane.try_step(choose(1, None)), Err(Rejected::NoOriginal));
    ask(&mut lane, &hub);
    let nothing_left = Err(Rejected::NothingLeftToReturn);
    assert_eq!(lane.try_step(choose(1, None)), nothing_left);
    assert_eq!(lane.try_step(choose(2, Some(3))), nothing_left);
    assert_eq!(lane.try_step(choose(2, Some(0))), nothing_left);
    assert_eq!(lane.try_step(choose(3, None)), Err(Rejected::NoSuchLine));
    lane.step(choose(2, Some(1)));
    let effects = lane.step(choose(2, None));
    let [CheckoutFact::Basket(BasketFact::LineAdded { line, .. })] = facts(&effects)[..] else {
        panic!("{effects:?}");
    };
    assert_eq!((line.quantity, line.total), (1, cny(-150)));
    assert_eq!(lane.try_step(choose(2, None)), nothing_left);
    let changed = lane.try_step(Event::QuantityChanged {
        line_number: None,
        quantity: 9,
    });
    assert_eq!(changed, Err(Rejected::ReturnedLine));
    let suspended = lane.try_step(Event::Suspend {
        label: String::new(),
    });
    assert_eq!(suspended, Err(Rejected::ReturnInBasket));
}

#[test]
fn what_the_hub_does_not_tell_is_refused_with_the_next_step() {
    let mut lane = Lane::new();
    open(&mut lane);
    let receipt = receipt(77);
    for why in [ReturnRefusal::HubAway, ReturnRefusal::UnknownReceipt] {
        lane.step(Event::ReturnAsked {
            receipt,
            reason: String::new(),
        });
        let told = Err(why);
        let effects = lane.step(Event::OriginalTold { receipt, told });
        let prompt = shown(&effects).unwrap();
        assert_eq!(prompt, &Prompt::ReturnRefused { why });
        let words = prompt.cashier();
        assert!(words.english.contains("supervisor") && words.chinese.contains("主管"));
    }
    let told = Err(ReturnRefusal::HubAway);
    let late = lane.try_step(Event::OriginalTold { receipt, told });
    assert_eq!(late, Err(Rejected::NotAskedFor));
}

#[test]
fn without_a_receipt_it_takes_a_right_and_a_reason_and_no_hub() {
    let mut lane = Lane::new();
    open(&mut lane);
    let without = |reason: &str, right| Event::ReturnWithout {
        item: item("yogurt", 1, 157),
        reason: reason.to_owned(),
        right,
    };
    let supervisor = Right::HeldBy(OperatorId(201));
    let refused = lane.try_step(without("sour", Right::Missing));
    assert_eq!(refused, Err(Rejected::NotAllowed));
    let refused = lane.try_step(without("", supervisor));
    assert_eq!(refused, Err(Rejected::ReasonMissing));
    lane.step(Event::QuantityAnnounced { quantity: 2 });
    lane.step(without("sour", supervisor));
    let effects = lane.step(Event::Total);
    // Whole coins, and never more than it was worth.
    let (cash, owed) = (cny(310), cny(0));
    assert_eq!(shown(&effects), Some(&Prompt::PayBack { cash, owed }));
    let effects = lane.step(Event::PayBack);
    assert_eq!(closed(&effects), (-314, vec![cash_tender(-310)], 4, None));
    let paper = text(&effects);
    for words in ["Without receipt", "sour", "3.10"] {
        assert!(paper.contains(words), "{words}: {paper}");
    }
}

#[test]
fn a_basket_nets_and_what_it_was_exchanged_for_goes_back_the_same_way() {
    let (mut lane, hub) = sold_by_card();
    open(&mut lane);
    lane.step(Event::Scanned(item("cheese", 1, 2000)));
    ask(&mut lane, &hub);
    choose(&mut lane, 1, 1);
    let effects = total(&mut lane, &hub);
    assert_eq!(shown(&effects), Some(&Prompt::ChooseTender));
    let effects = lane.step(Event::CashTendered { given: cny(1000) });
    let fact = facts(&effects).into_iter().find_map(|fact| match fact {
        CheckoutFact::Sale(SaleFact::SaleClosed { total, change, .. }) => Some((*total, *change)),
        _ => None,
    });
    assert_eq!(fact, Some((cny(750), cny(250))));
    // Of the cheese 7.50 were paid in cash; the rest is the card's, as the hub knows.
    let exchanged = original_of(&lane);
    let paid: Vec<i64> = exchanged
        .paid
        .iter()
        .map(|part| part.value.minor())
        .collect();
    assert_eq!((paid, exchanged.lines.len()), (vec![750], 1));
}

#[test]
fn cash_rounding_goes_both_ways_and_all_parts_are_what_was_taken() {
    let mut lane = Lane::new();
    open(&mut lane);
    lane.step(Event::Scanned(item("nut", 3, 519)));
    lane.step(Event::Total);
    lane.step(Event::CashTendered { given: cny(1550) });
    lane.printed();
    let mut hub = Hub::of(&lane);
    let mut out = Vec::new();
    for _ in 0..3 {
        open(&mut lane);
        ask(&mut lane, &hub);
        choose(&mut lane, 1, 1);
        let asked = asked_to_reserve(&lane.step(Event::Total));
        let taking = hub.reserve(&asked).unwrap();
        *hub.taken.lines.entry(1).or_default() += 1;
        let source = taking.plan[0].source;
        *hub.taken.paid.entry(source).or_default() += taking.plan[0].value.minor();
        lane.step(Event::ReservationTold {
            sale: asked.sale,
            revision: asked.revision,
            answer: Ok(taking),
        });
        let (total, tenders, rounding, _) = closed(&lane.step(Event::PayBack));
        assert_eq!(tenders[0].amount().minor(), total + rounding, "I3");
        out.push(tenders[0].amount().minor());
        lane.printed();
    }
    assert_eq!(out, [-510, -520, -520]);
    assert_eq!(lane.checkout.till().in_drawer, 0);
}

#[test]
fn tax_on_top_goes_back_as_it_was_taken() {
    let mut lane = Lane::of(CheckoutConfig {
        tax: TaxMode::Exclusive,
        cash_rounding: CashRounding::NONE,
        ..CONFIG
    });
    open(&mut lane);
    for _ in 0..3 {
        lane.step(Event::Scanned(PricedItem {
            tax_class: "A".to_owned(),
            tax_rate_basis_points: Some(500),
            ..item("gum", 1, 10)
        }));
    }
    lane.step(Event::Total);
    // 0.30 and 0.015 on top, which is 0.02.
    lane.step(Event::CashTendered { given: cny(32) });
    lane.printed();
    let hub = Hub::of(&lane);
    let taxes: Vec<i64> = hub
        .original
        .lines
        .iter()
        .map(|line| line.tax.minor())
        .collect();
    assert_eq!(taxes, [0, 1, 1]);
    open(&mut lane);
    ask(&mut lane, &hub);
    for line_number in 1..=3 {
        choose(&mut lane, line_number, 1);
    }
    total(&mut lane, &hub);
    let effects = lane.step(Event::PayBack);
    assert_eq!(closed(&effects).0, -32);
    let lines: Vec<&Line> = lane.records.iter().filter_map(returned_line).collect();
    assert_eq!(lines.len(), 3);
    // A lane that has the tax in its prices takes none of it back.
    let mut other = Lane::new();
    open(&mut other);
    let receipt = hub.original.receipt;
    other.step(Event::ReturnAsked {
        receipt,
        reason: String::new(),
    });
    let told = Ok(hub.left());
    let effects = other.step(Event::OriginalTold { receipt, told });
    let why = ReturnRefusal::OtherTax;
    assert_eq!(shown(&effects), Some(&Prompt::ReturnRefused { why }));
}

/// Figured anew, one stick of gum would give back 0.01, and the three 0.03 of the 0.02 taken.
#[test]
fn a_sale_takes_back_the_tax_that_was_taken_and_not_what_it_would_figure() {
    let mut lane = Lane::of(CheckoutConfig {
        tax: TaxMode::Exclusive,
        cash_rounding: CashRounding::NONE,
        ..CONFIG
    });
    open(&mut lane);
    for _ in 0..3 {
        lane.step(Event::Scanned(PricedItem {
            tax_class: "A".to_owned(),
            tax_rate_basis_points: Some(500),
            ..item("gum", 1, 10)
        }));
    }
    lane.step(Event::Total);
    lane.step(Event::CashTendered { given: cny(32) });
    lane.printed();
    let hub = Hub::of(&lane);
    open(&mut lane);
    ask(&mut lane, &hub);
    choose(&mut lane, 1, 1);
    total(&mut lane, &hub);
    assert_eq!(closed(&lane.step(Event::PayBack)).0, -10);
}

fn returned_line(record: &CheckoutRecord) -> Option<&Line> {
    match &record.fact {
        CheckoutFact::Basket(BasketFact::LineAdded { line, .. }) => {
            line.returned.as_ref().map(|_| line)
        }
        _ => None,
    }
}

#[test]
fn a_return_that_is_voided_leaves_no_trace_of_money() {
    let (mut lane, hub) = sold_in_cash();
    open(&mut lane);
    ask(&mut lane, &hub);
    choose(&mut lane, 1, 1);
    total(&mut lane, &hub);
    let effects = lane.step(Event::VoidSale {
        reason: "keeps it".to_owned(),
    });
    let sale = SaleNumber(2);
    assert!(effects.contains(&Effect::Finished(sale)));
    assert!(!effects.contains(&Effect::OpenDrawer));
    assert_eq!(lane.checkout.till().in_drawer, 1550);
}
