//! What a person does at a page, taken in order and once.
//!
//! Each order carries its window and a counter. An order that comes again, because its answer was
//! lost, gets the answer it had and is not taken again. One that another run of the agent may have
//! taken is refused: nobody can say whether it was, so the cashier looks at the basket.

use std::collections::BTreeMap;

use actix::Addr;
use domain::{limits, sale::Key};
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, Semaphore};

use crate::actors::{Identify, Press, Scanned, TransactionFlow, Withdraw};

/// One order of a window.
#[derive(Debug, Deserialize)]
pub(super) struct Order {
    /// Which window; drawn by the page.
    pub(super) window: String,
    /// Which run of the agent the window was made by or has met since.
    pub(super) run: String,
    /// From 1, without a gap.
    counter: u64,
    #[serde(flatten)]
    what: What,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum What {
    /// A code was scanned or typed.
    Scan(String),
    /// A key, with what was typed before it.
    Press { key: String, typed: String },
    /// Nobody is to allow what was refused.
    Withdraw {},
}

/// What came of an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Outcome {
    Taken,
    /// The screens say why.
    Refused,
}

/// The orders of all windows.
pub(super) struct Orders {
    flow: Addr<TransactionFlow>,
    /// The last order of each window, the latest windows only.
    windows: Mutex<BTreeMap<String, Window>>,
    waiting: Semaphore,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    counter: u64,
    outcome: Outcome,
    /// Grows with each order of any window.
    age: u64,
}

impl Orders {
    pub(super) fn new(flow: Addr<TransactionFlow>) -> Self {
        Self {
            flow,
            windows: Mutex::new(BTreeMap::new()),
            waiting: Semaphore::new(limits::SCREEN_ORDERS_WAITING_MAX),
        }
    }

    /// One order after the other, whichever window it comes from.
    pub(super) async fn take(&self, order: Order) -> Option<Outcome> {
        let _one = self.waiting.try_acquire().ok()?;
        let mut windows = self.windows.lock().await;
        if let Some(known) = windows.get(&order.window)
            && order.counter <= known.counter
        {
            return Some(known.outcome);
        }
        let outcome = self.carry_out(order.what).await?;
        let age = windows.values().map(|window| window.age).max();
        let window = Window {
            counter: order.counter,
            outcome,
            age: age.unwrap_or_default().saturating_add(1),
        };
        windows.insert(order.window, window);
        forget_the_oldest(&mut windows);
        Some(outcome)
    }

    /// In turn with the orders of all windows.
    pub(super) async fn identify(&self, identify: Identify) -> Option<Outcome> {
        let _one = self.waiting.try_acquire().ok()?;
        let _turn = self.windows.lock().await;
        let taken = self.flow.send(identify).await.ok()?.is_ok();
        Some(Outcome::of(taken))
    }

    async fn carry_out(&self, what: What) -> Option<Outcome> {
        let taken = match what {
            What::Scan(code) => self.flow.send(Scanned(code)).await.ok()?.is_ok(),
            What::Press { key, typed } => match Key::named(&key, &typed) {
                Some(key) => self.flow.send(Press(key)).await.ok()?.is_ok(),
                None => false,
            },
            What::Withdraw {} => {
                self.flow.send(Withdraw).await.ok()?;
                true
            }
        };
        Some(Outcome::of(taken))
    }
}

impl Outcome {
    const fn of(taken: bool) -> Self {
        match taken {
            true => Self::Taken,
            false => Self::Refused,
        }
    }
}

fn forget_the_oldest(windows: &mut BTreeMap<String, Window>) {
    if windows.len() <= limits::SCREEN_WINDOWS_MAX {
        return;
    }
    let oldest = windows.iter().min_by_key(|(_, window)| window.age);
    if let Some(oldest) = oldest.map(|(name, _)| name.clone()) {
        windows.remove(&oldest);
    }
}
