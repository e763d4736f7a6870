//! What a payment takes beside a summary and beside the close of a day, and what it takes without.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::future::try_join_all;
use tokio::time::sleep;

use super::{
    LoadError,
    lane::Lane,
    rig::Rig,
    slice::{joined, micros, turn_dates},
    summary::{BesideFigures, Spell},
};

/// Lanes that pay meanwhile; the others rest.
const PAYING_LANES: usize = 4;
/// Quiet spells and spells with summaries take turns: what a sync costs changes by the minute.
const TURNS: usize = 3;
/// Payments of a lane in a spell.
const PAYMENTS_PER_SPELL: usize = 40;
/// Between two payments of a lane.
const PAUSE: Duration = Duration::from_millis(30);

/// Between two summaries: more than ten screens that are always fresh ask for.
const SUMMARY_PAUSE: Duration = Duration::from_millis(100);

/// From request to result, in microseconds.
#[derive(Debug, Default)]
pub(super) struct Beside {
    quiet: Vec<u64>,
    summary: Vec<u64>,
    close: Vec<u64>,
}

impl Beside {
    /// Pays with nothing beside it, and while summaries of the day are asked for.
    pub(super) async fn summaries(
        &mut self,
        rig: &Rig,
        mut lanes: Vec<Lane>,
        date: &str,
    ) -> Result<Vec<Lane>, LoadError> {
        let never = Arc::new(AtomicBool::new(false));
        let mut resting = lanes.split_off(PAYING_LANES.min(lanes.len()));
        for _ in 0..TURNS {
            lanes = spell(lanes, PAYMENTS_PER_SPELL, &never, &mut self.quiet).await?;
            let over = Arc::new(AtomicBool::new(false));
            let paying = async {
                let most = PAYMENTS_PER_SPELL;
                let lanes = spell(lanes, most, &never, &mut self.summary).await;
                over.store(true, Ordering::Relaxed);
                lanes
            };
            let asking = async {
                while !over.load(Ordering::Relaxed) {
                    rig.summary(date.to_owned()).await?;
                    sleep(SUMMARY_PAUSE).await;
                }
                Ok::<(), LoadError>(())
            };
            let (paid, asked) = tokio::join!(paying, asking);
            asked?;
            lanes = paid?;
        }
        lanes.append(&mut resting);
        Ok(lanes)
    }

    /// Closes the day while some lanes pay on; how long the close took.
    pub(super) async fn close(
        &mut self,
        rig: &Rig,
        mut lanes: Vec<Lane>,
        date: &str,
    ) -> Result<(Vec<Lane>, Duration), LoadError> {
        let resting = lanes.split_off(PAYING_LANES.min(lanes.len()));
        let over = Arc::new(AtomicBool::new(false));
        let closing = async {
            let closed = rig.close_day(date.to_owned()).await;
            over.store(true, Ordering::Relaxed);
            closed
        };
        let paying = spell(lanes, usize::MAX, &over, &mut self.close);
        let (closed, paid, resting) = tokio::join!(closing, paying, turn_dates(resting));
        let mut lanes = paid?;
        lanes.append(&mut resting?);
        Ok((lanes, closed?))
    }

    pub(super) fn told(self) -> BesideFigures {
        let quiet = Spell::of(&self.quiet);
        let (summary, close) = (Spell::of(&self.summary), Spell::of(&self.close));
        BesideFigures {
            summary_ratio_p99: summary.ratio_p99(&quiet),
            close_ratio_p99: close.ratio_p99(&quiet),
            quiet,
            summary,
            close,
        }
    }
}

/// Each lane pays, closes its sale and rests, so many times or until it is over.
async fn spell(
    lanes: Vec<Lane>,
    most: usize,
    over: &Arc<AtomicBool>,
    latencies_us: &mut Vec<u64>,
) -> Result<Vec<Lane>, LoadError> {
    let working = lanes.into_iter().map(|mut lane| {
        let over = Arc::clone(over);
        joined(tokio::spawn(async move {
            let mut latencies_us = Vec::new();
            while latencies_us.len() < most && !over.load(Ordering::Relaxed) {
                lane.turn_if_told().await?;
                let (paid, took) = lane.pay().await?;
                latencies_us.push(micros(took));
                lane.close_sales(&[paid]).await?;
                sleep(PAUSE).await;
            }
            Ok((lane, latencies_us))
        }))
    });
    let ended = try_join_all(working).await?;
    let mut lanes = Vec::with_capacity(ended.len());
    for (lane, its) in ended {
        latencies_us.extend(its);
        lanes.push(lane);
    }
    Ok(lanes)
}
