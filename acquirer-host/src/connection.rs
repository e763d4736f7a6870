//! One connection of a terminal or a hub: frames in, answers out, each answer when it is due. A
//! slow answer holds up nobody; a peer that sends nonsense harms itself only.

use std::{sync::Arc, time::Duration};

use futures::stream::{FuturesUnordered, StreamExt};
use iso8583::frame::{FrameError, FrameReader, FrameTimeouts, write_frame};
use ports::Io;
use tokio::time::sleep;
use tracing::{debug, info, warn};

use crate::host::{Host, Outgoing};

/// Answers due on one connection; more are not read before some have left.
const ANSWERS_MAX: usize = 256;
/// A connection with nothing to say for so long is closed.
const IDLE: Duration = Duration::from_secs(15 * 60);
/// From the first byte of a frame to its last.
const PARTIAL: Duration = Duration::from_secs(10);
const WRITE: Duration = Duration::from_secs(10);

/// Serves one connection to its end.
pub(crate) async fn serve(host: Arc<Host>, connection: Io) {
    let (read_half, mut write_half) = tokio::io::split(connection);
    let timeouts = FrameTimeouts {
        idle: Some(IDLE),
        partial: PARTIAL,
    };
    let mut frames = FrameReader::new(read_half, host.dialect.framing(), timeouts);
    let mut due = FuturesUnordered::new();
    let mut is_open = true;
    while is_open || !due.is_empty() {
        tokio::select! {
            biased;
            Some(answer) = due.next(), if !due.is_empty() => {
                let outgoing: Option<Outgoing> = answer;
                let Some(outgoing) = outgoing else {
                    return;
                };
                for _ in 0..outgoing.copies {
                    if let Err(fault) = write_frame(&mut write_half, &outgoing.frame, WRITE).await {
                        debug!(event = "answer not delivered", fault = %fault);
                        return;
                    }
                }
                // Whatever else is due on this connection is lost with it.
                if outgoing.closes {
                    debug!(event = "connection closed behind an answer");
                    return;
                }
            }
            received = frames.next(), if is_open && due.len() < ANSWERS_MAX => match received {
                Ok(Some(frame)) => {
                    if let Some(outgoing) = host.receive(frame) {
                        due.push(when_due(Arc::clone(&host), outgoing));
                    }
                }
                Ok(None) => is_open = false,
                Err(fault) => {
                    told(&fault);
                    return;
                }
            },
        }
    }
    debug!(event = "connection closed");
}

/// The answer once it may leave; `None`: the ledger is gone, and nothing may leave any more.
async fn when_due(host: Arc<Host>, outgoing: Outgoing) -> Option<Outgoing> {
    let mut durable = host.durable.clone();
    if !durable.wait(outgoing.ticket).await {
        return None;
    }
    if !outgoing.delay.is_zero() {
        sleep(outgoing.delay).await;
    }
    Some(outgoing)
}

fn told(fault: &FrameError) {
    match fault {
        FrameError::Idle => info!(event = "idle connection closed"),
        FrameError::TooLong { length, limit } => {
            warn!(event = "frame too long", length, limit);
        }
        other => debug!(event = "connection broken", fault = %other),
    }
}
