//! A slice of a load: all lanes pay beside each other for a while.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::future::try_join_all;
use tokio::{
    task::JoinHandle,
    time::{Instant, MissedTickBehavior, interval_at},
};

use super::{LoadError, journal_entries::Paid, lane::Lane};

/// How the lanes pay.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slice {
    /// When no further payment begins.
    pub(super) lasts: Duration,
    /// Payments after which a lane, and with it the slice, ends.
    pub(super) payments_per_lane: usize,
    /// Between two payments of a lane; without it one follows the other.
    pub(super) pace: Option<Duration>,
    /// Whether each sale is closed before the next payment.
    pub(super) full_life: bool,
}

/// How it went.
#[derive(Debug, Default)]
pub(super) struct Sliced {
    /// From the first request to the last result.
    pub(super) took: Duration,
    /// Of each payment, from request to result, in microseconds.
    pub(super) latencies_us: Vec<u64>,
}

/// Lanes, each with the payments whose sales it still has to close.
pub(super) type Tills = Vec<(Lane, Vec<Paid>)>;

/// Runs a slice. `over` is set once its time is over or a lane has paid as often as it may.
pub(super) async fn run(
    tills: Tills,
    slice: Slice,
    over: &Arc<AtomicBool>,
) -> Result<(Tills, Sliced), LoadError> {
    let began = Instant::now();
    let lanes = u32::try_from(tills.len()).unwrap_or(u32::MAX).max(1);
    let mut running = Vec::with_capacity(tills.len());
    for (place, (lane, paid)) in (0..).zip(tills) {
        let offset = slice
            .pace
            .map_or(Duration::ZERO, |pace| pace * place / lanes);
        let till = Till {
            lane,
            paid,
            latencies_us: Vec::new(),
            over: Arc::clone(over),
        };
        running.push(tokio::spawn(till.work(slice, began, offset)));
    }
    let ended = try_join_all(running.into_iter().map(joined)).await?;
    let took = began.elapsed();
    let mut sliced = Sliced {
        took,
        ..Sliced::default()
    };
    let mut tills = Vec::with_capacity(ended.len());
    for till in ended {
        sliced.latencies_us.extend(till.latencies_us);
        tills.push((till.lane, till.paid));
    }
    Ok((tills, sliced))
}

/// One lane at work.
struct Till {
    lane: Lane,
    paid: Vec<Paid>,
    latencies_us: Vec<u64>,
    over: Arc<AtomicBool>,
}

impl Till {
    async fn work(
        mut self,
        slice: Slice,
        began: Instant,
        offset: Duration,
    ) -> Result<Self, LoadError> {
        let mut ticks = slice.pace.map(|pace| {
            let mut ticks = interval_at(began + offset, pace);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        });
        while !self.over.load(Ordering::Relaxed) {
            if let Some(ticks) = &mut ticks {
                ticks.tick().await;
            }
            let is_last = self.latencies_us.len() >= slice.payments_per_lane;
            if is_last || began.elapsed() >= slice.lasts {
                self.over.store(true, Ordering::Relaxed);
                break;
            }
            let (paid, took) = self.lane.pay().await?;
            self.latencies_us.push(micros(took));
            match slice.full_life {
                true => self.lane.close_sales(&[paid]).await?,
                false => self.paid.push(paid),
            }
        }
        Ok(self)
    }
}

/// Closes what is open, in all lanes beside each other.
pub(super) async fn close_sales(tills: Tills) -> Result<Tills, LoadError> {
    let closing = tills.into_iter().map(|(mut lane, paid)| {
        joined(tokio::spawn(async move {
            lane.close_sales(&paid).await?;
            Ok((lane, Vec::new()))
        }))
    });
    try_join_all(closing).await
}

/// A day's payments with their sales, spread over the lanes, as fast as they can be.
pub(super) async fn sell(lanes: Vec<Lane>, payments: usize) -> Result<Vec<Lane>, LoadError> {
    let count = lanes.len().max(1);
    let selling = lanes.into_iter().enumerate().map(|(place, mut lane)| {
        let own = payments / count + usize::from(place < payments % count);
        joined(tokio::spawn(async move {
            for _ in 0..own {
                let (paid, _) = lane.pay().await?;
                lane.close_sales(&[paid]).await?;
            }
            Ok(lane)
        }))
    });
    try_join_all(selling).await
}

/// Each lane turns its date.
pub(super) async fn turn_dates(mut lanes: Vec<Lane>) -> Result<Vec<Lane>, LoadError> {
    try_join_all(lanes.iter_mut().map(Lane::turn_date)).await?;
    Ok(lanes)
}

pub(super) async fn joined<T>(task: JoinHandle<Result<T, LoadError>>) -> Result<T, LoadError> {
    let ended = task.await;
    ended.map_err(|error| LoadError::BrokeOff(error.to_string()))?
}

pub(super) fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}
