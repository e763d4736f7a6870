//! The checkout, event by event; then anything in any order.

#![allow(clippy::arithmetic_side_effects, reason = "a test may overflow loudly")]

mod age;
mod any_order;
mod baskets;
mod by_hand;
mod card;
mod cash;
mod frame;
mod offline;
mod on_the_spot;
mod operators;
mod printing;
mod recalling;
mod receipt;
mod restart;
mod returns;
mod rights;
mod suspended;
mod tax;
mod till;
mod till_any_order;
mod till_keys;
mod without_the_hub;

use crate::{
    card_ref::{CardRef, EntryMode, Funding, MaskedPan, Scheme},
    ids::{AuthCode, LaneEpoch, LaneId, OperatorId, PaymentId, ReceiptNumber, Rrn},
    money::{Currency, Money},
    payment::{Decision, HostFacts},
    sale::{
        BasketFact, Checkout, CheckoutConfig, CheckoutFact, CheckoutRecord, DateFact, Effect,
        Event, Figures, PricedItem, Prompt, Rejected, Right, SaleFact, TenderFact, TillFact,
    },
    time::{MonoMs, Now, WallMs},
};

const CONFIG: CheckoutConfig = CheckoutConfig::new(LaneId(3), LaneEpoch(1), Currency::CNY);

/// A checkout and all it ever wrote.
struct Lane {
    checkout: Checkout,
    records: Vec<CheckoutRecord>,
    /// The clock that only goes forward.
    mono_ms: u64,
}

impl Lane {
    fn new() -> Self {
        Self::of(CONFIG)
    }

    fn of(config: CheckoutConfig) -> Self {
        Self {
            checkout: Checkout::new(config),
            records: Vec::new(),
            mono_ms: 0,
        }
    }

    fn try_step(&mut self, event: Event) -> Result<Vec<Effect>, Rejected> {
        let now = Now {
            wall: WallMs(1_795_334_400_000),
            mono: MonoMs(self.mono_ms),
        };
        let effects = self.checkout.step(now, event)?;
        for effect in &effects {
            if let Effect::Persist(record) = effect {
                self.records.push(record.clone());
            }
        }
        Ok(effects)
    }

    fn step(&mut self, event: Event) -> Vec<Effect> {
        self.try_step(event).unwrap()
    }

    /// The printer says that the oldest receipt that is owed is out.
    fn printed(&mut self) -> Vec<Effect> {
        let receipt = self.checkout.receipts_owed().first().unwrap().number;
        self.step(is_out(receipt, false))
    }

    /// The same lane after a kill: nothing but the records is left.
    fn killed(&self) -> Self {
        let mut checkout = Checkout::new(*self.checkout.config());
        for record in &self.records {
            checkout.replay(record);
        }
        Self {
            checkout,
            records: self.records.clone(),
            mono_ms: self.mono_ms,
        }
    }

    /// A sale of two articles for 15.50, totalled.
    fn totalled() -> Self {
        let mut lane = Self::new();
        lane.basket();
        lane.step(Event::Total);
        lane
    }

    fn basket(&mut self) {
        self.step(Event::Open {
            operator: OperatorId(7),
            order_reference: "basket-1".to_owned(),
            price_version: "v1".to_owned(),
        });
        self.step(Event::Scanned(item("whole milk", 1, 1250)));
        self.step(Event::Scanned(item("yogurt", 2, 150)));
    }

    /// Card chosen and read; the intent is written.
    fn intended(&mut self, id: u128) -> Vec<Effect> {
        self.step(Event::CardChosen {
            payment_id: PaymentId(id),
        });
        self.step(card_read(id))
    }

    fn paid_by_card(id: u128, decision: Decision) -> (Self, Vec<Effect>) {
        let mut lane = Self::totalled();
        lane.intended(id);
        let effects = lane.step(Event::Decided {
            payment_id: PaymentId(id),
            decision,
        });
        (lane, effects)
    }
}

fn is_out(receipt: ReceiptNumber, reprint: bool) -> Event {
    Event::ReceiptPrinted {
        receipt,
        text: "text".to_owned(),
        reprint,
    }
}

fn receipt(sequence: u32) -> ReceiptNumber {
    ReceiptNumber {
        lane: CONFIG.lane,
        epoch: CONFIG.epoch,
        sequence,
    }
}

/// What the printer is asked for: number and whether it may be on paper already.
fn asked_to_print(effects: &[Effect]) -> Vec<(u32, bool)> {
    let asked = effects.iter().filter_map(|effect| match effect {
        Effect::Print { receipt, reprint } => Some((receipt.number.sequence, *reprint)),
        _ => None,
    });
    asked.collect()
}

fn cny(minor: i64) -> Money {
    Money::new(minor, Currency::CNY)
}

fn item(name: &str, quantity: u32, minor: i64) -> PricedItem {
    PricedItem {
        quantity,
        ..PricedItem::of_piece("6900000000014", name, cny(minor))
    }
}

fn card() -> CardRef {
    CardRef {
        masked: MaskedPan::new("621626*********0018").unwrap(),
        hash: None,
        scheme: Scheme::UnionPay,
        funding: Funding::Debit,
    }
}

fn card_read(id: u128) -> Event {
    Event::CardRead {
        payment_id: PaymentId(id),
        entry_mode: EntryMode::Chip,
        pin_entered: true,
        card: card(),
    }
}

fn host() -> HostFacts {
    HostFacts {
        rrn: Some(Rrn::new("000000000042").unwrap()),
        auth_code: Some(AuthCode::new("123456").unwrap()),
        stan: Some(crate::ids::Stan::new(123).unwrap()),
    }
}

fn approved(minor: i64) -> Decision {
    Decision::Approved {
        amount: cny(minor),
        host: host(),
    }
}

fn facts(effects: &[Effect]) -> Vec<&CheckoutFact> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Persist(record) => Some(&record.fact),
            _ => None,
        })
        .collect()
}

fn shown(effects: &[Effect]) -> Option<&Prompt> {
    effects.iter().rev().find_map(|effect| match effect {
        Effect::Show(screen) => Some(&screen.prompt),
        _ => None,
    })
}
