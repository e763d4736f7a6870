//! Scripted people and devices: a file plays the cashier, the scanner and the customer with the
//! card, against the lane's real screens. For tests, demonstration and simulation.

mod cashier;
mod chip;
mod pin_pad;
mod reader;
mod script;

use domain::money::Money;
use futures::future::{LocalBoxFuture, pending};
use tokio::sync::{mpsc, watch};

use super::{
    Device, DeviceClass, DeviceError, DeviceState, Devices, PosKeyboard, PosPrinter, Scanner,
    Stroke, Wiring,
};
use crate::config::PinPadConfig;

pub use script::{
    CardOnScript, CashGiven, Entry, FundingOnScript, IdentityOnScript, KeyOnScript, Order,
    ScriptError, TenderOnScript, WalletOnScript,
};
pub use script::{parse_script, read_script};

/// One thing at a time passes between people and a device.
const HANDED_OVER_MAX: usize = 1;

/// All devices of a lane, played from `orders`.
///
/// # Errors
/// The PIN pad's keys can't be used.
pub fn devices(
    orders: Vec<Order>,
    pin_pad: Option<&PinPadConfig>,
    printer: Box<dyn PosPrinter>,
    wiring: Wiring,
) -> Result<Devices, DeviceError> {
    let (keys, pressed) = mpsc::channel(HANDED_OVER_MAX);
    let (articles, scanned) = mpsc::channel(HANDED_OVER_MAX);
    let held_card = watch::Sender::new(None);
    let pin_pad = pin_pad
        .map(|config| pin_pad::ScriptedPinPad::new(config, wiring.pin_entries))
        .transpose()?;
    let reader = reader::ScriptedReader::new(
        held_card.subscribe(),
        pin_pad,
        wiring.random.clone(),
        wiring.wall,
    );
    let by_hand = held_card.clone();
    let people = cashier::ScriptedCashier {
        clock: wiring.clock,
        screens: wiring.screens,
        keys,
        articles,
        held_card,
        finished: wiring.script_finished,
    };
    Ok(Devices {
        keyboard: Box::new(FromScript::new(DeviceClass::PosKeyboard, pressed)),
        scanner: Box::new(FromScript::new(DeviceClass::Scanner, scanned)),
        reader: Box::new(reader),
        printer,
        people: Some(Box::pin(people.play(orders, wiring.last_order_reference))),
        held_card: Some(by_hand),
    })
}

/// A device whose input comes from the script.
struct FromScript<T> {
    class: DeviceClass,
    state: DeviceState,
    input: mpsc::Receiver<T>,
}

impl<T> FromScript<T> {
    const fn new(class: DeviceClass, input: mpsc::Receiver<T>) -> Self {
        Self {
            class,
            state: DeviceState::Closed,
            input,
        }
    }

    /// What comes next; after the end of the script nothing does, and the device stays there.
    async fn next(&mut self) -> Option<T> {
        match self.input.recv().await {
            Some(input) => Some(input),
            None => pending().await,
        }
    }
}

impl<T> Device for FromScript<T> {
    fn class(&self) -> DeviceClass {
        self.class
    }

    fn state(&self) -> DeviceState {
        self.state
    }

    fn open(&mut self) -> Result<(), DeviceError> {
        self.state = DeviceState::Idle;
        Ok(())
    }

    fn release(&mut self) {
        self.state = DeviceState::Closed;
    }

    fn check_health(&self) -> Result<(), DeviceError> {
        Ok(())
    }
}

impl PosKeyboard for FromScript<Stroke> {
    fn next_stroke(&mut self) -> LocalBoxFuture<'_, Option<Stroke>> {
        Box::pin(self.next())
    }
}

impl Scanner for FromScript<String> {
    fn next_scan(&mut self) -> LocalBoxFuture<'_, Option<String>> {
        Box::pin(self.next())
    }
}

/// What a customer gives in cash for what is open.
fn cash_for(given: CashGiven, open: Money) -> i64 {
    match given {
        CashGiven::Exact => open.minor(),
        CashGiven::RoundUp => round_up(open.minor()),
    }
}

/// The next whole ten (of the major unit of two minor digits), or hundred for larger sums.
fn round_up(minor: i64) -> i64 {
    let note = if minor > 10_000 { 10_000 } else { 1_000 };
    let rest = minor.rem_euclid(note);
    if rest == 0 {
        minor
    } else {
        minor.saturating_add(note.saturating_sub(rest))
    }
}
