//! What can be seen of the running store: asked of the hub over gRPC, as any operator could.

use std::{net::SocketAddr, time::Duration};

use proto::store::v1::{
    CloseDayProgress, CloseDayRequest, LaneView, LanesRequest, StatusRequest, StatusResponse,
    operations_service_client::OperationsServiceClient,
};
use tonic::{
    Code, Status,
    transport::{Channel, Endpoint},
};

/// Questions are answered from memory.
const ASK_TIMEOUT: Duration = Duration::from_secs(10);
/// Settling takes the bank's time for each terminal.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(180);

/// The store at one moment.
#[derive(Clone, Debug, Default)]
pub struct Sight {
    /// Payments, queue and line.
    pub status: StatusResponse,
    /// The lanes, by number.
    pub lanes: Vec<LaneView>,
}

impl Sight {
    /// Baskets that are sold, in all lanes.
    #[must_use]
    pub fn sales_done(&self) -> u64 {
        self.lanes
            .iter()
            .map(|lane| u64::from(lane.sales_closed) + u64::from(lane.sales_voided))
            .sum()
    }

    /// Whether so many lanes are connected.
    #[must_use]
    pub fn has_connected(&self, lanes: u16) -> bool {
        let connected = self.lanes.iter().filter(|lane| lane.connected);
        connected.count() == usize::from(lanes)
    }

    /// Baskets that are sold in one lane, and whether the hub has all of its journal.
    #[must_use]
    pub fn lane_done(&self, lane: u16) -> (u64, bool) {
        let mut lanes = self.lanes.iter();
        let known = lanes.find(|known| known.lane == u32::from(lane));
        known.map_or((0, false), |known| {
            let sold = u64::from(known.sales_closed) + u64::from(known.sales_voided);
            (sold, known.replicated_sequence >= known.journal_sequence)
        })
    }

    /// Records in a lane's journal, as the lane says.
    #[must_use]
    pub fn lane_records(&self, lane: u16) -> u64 {
        let mut lanes = self.lanes.iter();
        let known = lanes.find(|known| known.lane == u32::from(lane));
        known.map_or(0, |known| known.journal_sequence)
    }

    /// Whether so many lanes have sold everything, the hub has all of it, and nothing is owed to
    /// the bank.
    #[must_use]
    pub fn is_at_rest(&self, lanes: u16) -> bool {
        let lanes_done = self.lanes.iter().filter(|lane| lane_is_done(lane)).count();
        lanes_done == usize::from(lanes)
            && self.status.link_up
            && self.status.queue_depth == 0
            && self.status.payments_in_flight == 0
    }

    /// Changes whenever something gets on.
    #[must_use]
    pub fn progress_mark(&self) -> Vec<u64> {
        let hub = [
            self.status.journal_sequence,
            u64::from(self.status.queue_depth),
        ];
        let lanes = self
            .lanes
            .iter()
            .flat_map(|lane| [lane.journal_sequence, lane.replicated_sequence]);
        hub.into_iter().chain(lanes).collect()
    }

    /// Who waits for what, for a run that stands still.
    #[must_use]
    pub fn who_waits(&self) -> String {
        let mut waits: Vec<String> = self
            .lanes
            .iter()
            .filter(|lane| !lane_is_done(lane))
            .map(lane_waits)
            .collect();
        if !self.status.link_up {
            waits.push("the hub waits for the line to the bank".to_owned());
        }
        if self.status.payments_in_flight > 0 {
            let count = self.status.payments_in_flight;
            waits.push(format!("{count} payments wait for the bank's answer"));
        }
        for terminal in &self.status.terminals {
            if terminal.stopped {
                waits.push(format!("terminal {} is stopped", terminal.tid));
            } else if terminal.queue_depth > 0 {
                let (depth, tid) = (terminal.queue_depth, &terminal.tid);
                waits.push(format!("{depth} entries of {tid} wait to be forwarded"));
            }
        }
        match waits.is_empty() {
            true => "nobody says what it waits for".to_owned(),
            false => waits.join("; "),
        }
    }
}

fn lane_is_done(lane: &LaneView) -> bool {
    lane.script_finished && lane.replicated_sequence >= lane.journal_sequence
}

fn lane_waits(lane: &LaneView) -> String {
    let number = lane.lane;
    if !lane.connected {
        return format!("lane {number} is not connected to the hub");
    }
    if lane.script_finished {
        let (own, copied) = (lane.journal_sequence, lane.replicated_sequence);
        return format!("lane {number} has {copied} of {own} journal records copied to the hub");
    }
    let (state, sold) = (lane.lane_state(), lane.sales_closed);
    format!("lane {number} is {state:?} after {sold} sales")
}

/// A connection to the hub's operations service.
#[derive(Clone, Debug)]
pub struct HubWatch {
    client: OperationsServiceClient<Channel>,
}

impl HubWatch {
    /// A connection that is made when it is first needed, and made again when it breaks.
    ///
    /// # Errors
    /// The address is none.
    pub fn of(hub: SocketAddr) -> Result<Self, tonic::transport::Error> {
        let endpoint = Endpoint::from_shared(format!("http://{hub}"))?
            .connect_timeout(Duration::from_secs(3))
            .tcp_nodelay(true);
        let client = OperationsServiceClient::new(endpoint.connect_lazy());
        Ok(Self { client })
    }

    /// The store as it is now.
    ///
    /// # Errors
    /// The hub doesn't answer.
    pub async fn look(&mut self) -> Result<Sight, Status> {
        let status = self
            .client
            .status(timed(StatusRequest {}, ASK_TIMEOUT))
            .await?;
        let lanes = self
            .client
            .lanes(timed(LanesRequest {}, ASK_TIMEOUT))
            .await?;
        Ok(Sight {
            status: status.into_inner(),
            lanes: lanes.into_inner().lanes,
        })
    }

    /// Closes this business day and waits for it.
    ///
    /// # Errors
    /// The hub refuses, says so in its status, or ends without having closed.
    pub async fn close_day(&mut self, date: String) -> Result<CloseDayProgress, Status> {
        let request = CloseDayRequest {
            business_date: date,
        };
        let request = timed(request, CLOSE_TIMEOUT);
        let mut steps = self.client.close_day(request).await?.into_inner();
        let mut last = None;
        while let Some(step) = steps.message().await? {
            if step.done {
                return Ok(step);
            }
            last = Some(step);
        }
        let step = last.map_or_else(|| "the start".to_owned(), |step| format!("{:?}", step.at()));
        Err(Status::new(
            Code::Aborted,
            format!("it stopped after {step}"),
        ))
    }
}

fn timed<T>(body: T, limit: Duration) -> tonic::Request<T> {
    let mut request = tonic::Request::new(body);
    request.set_timeout(limit);
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(lane: u32) -> LaneView {
        LaneView {
            lane,
            connected: true,
            script_finished: true,
            journal_sequence: 10,
            replicated_sequence: 10,
            ..LaneView::default()
        }
    }

    fn at_rest() -> Sight {
        let status = StatusResponse {
            link_up: true,
            ..StatusResponse::default()
        };
        Sight {
            status,
            lanes: vec![done(1), done(2)],
        }
    }

    #[test]
    fn rest_needs_every_lane_copied_and_an_empty_queue() {
        assert!(at_rest().is_at_rest(2));
        assert!(!at_rest().is_at_rest(3));
        let mut owed = at_rest();
        owed.status.queue_depth = 1;
        assert!(!owed.is_at_rest(2));
        let mut behind = at_rest();
        behind.lanes[1].replicated_sequence = 9;
        assert!(!behind.is_at_rest(2));
        assert!(
            behind
                .who_waits()
                .contains("lane 2 has 9 of 10 journal records")
        );
    }

    #[test]
    fn a_store_that_stands_still_says_who_waits() {
        let mut sight = at_rest();
        sight.status.link_up = false;
        sight.lanes[0].connected = false;
        sight.lanes[0].script_finished = false;
        let text = sight.who_waits();
        assert!(text.contains("lane 1 is not connected"), "{text}");
        assert!(text.contains("waits for the line"), "{text}");
    }
}
