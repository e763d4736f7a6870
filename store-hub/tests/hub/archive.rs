//! Payments of a closed day lie in files of their own: a start does not build them again, and none
//! is forgotten. Nor is a start that finds a checkpoint another start.

use std::{path::Path, time::Duration};

use acquirer_host::MemoryLedger;
use domain::{ids::PaymentId, limits::PAYMENTS_ARCHIVED_AT_ONCE};
use journal::{EngineKind, SimulatedDisk, Write};
use proto::store::v1::{DecisionKind, HistoryStep, RefusalReason, lane_frame};

use crate::{
    lane::{Lane, new_id},
    metrics::{scrape, scrape_until},
    stopped_journal::{done, refused, store_hub},
    store::{APPROVED_PAN, DECLINED_PAN, Host, Hub, SILENT_PAN, Store},
};

/// A sale, a payment taken back, one more whose sale is running; then the day closes, and what is
/// over is archived.
struct Closed {
    bank: Host,
    store: Store,
    hub: Hub,
    lane: Lane,
    sold: PaymentId,
    doubtful: PaymentId,
}

impl Closed {
    async fn day() -> Self {
        let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
        let store = Store::new(bank.address);
        let hub = store.start();
        hub.signed_on().await;
        let mut lane = Lane::attach(&hub, 1).await;
        let (sold, doubtful, running) = (new_id(), new_id(), new_id());
        lane.pay(sold, APPROVED_PAN, 1250).await;
        lane.pay(doubtful, SILENT_PAN, 3000).await;
        let mut records = vec![Lane::abandoned(doubtful)];
        records.extend(lane.sale(4250, &[(sold, 1250)]));
        lane.replicate(records).await.unwrap();
        lane.pay(running, APPROVED_PAN, 700).await;
        hub.close_day().await.unwrap();
        held(&hub, 1).await;
        Self {
            bank,
            store,
            hub,
            lane,
            sold,
            doubtful,
        }
    }

    async fn asked_again(&mut self, id: PaymentId, minor: i64) -> proto::store::v1::Decision {
        let request = self.lane.request(id, APPROVED_PAN, minor, None);
        self.lane.send(lane_frame::Body::Payment(request)).await;
        self.lane.decision_of(id).await
    }

    /// The hub is killed and started again; the lane comes back.
    async fn after_a_kill(mut self) -> Self {
        self.hub.crash();
        self.hub = self.store.start();
        self.hub.signed_on().await;
        self.lane = self.lane.again(&self.hub).await;
        self
    }

    fn stop(self) -> Stopped {
        drop(self.lane);
        self.hub.stop();
        Stopped {
            bank: self.bank,
            store: self.store,
            sold: self.sold,
            doubtful: self.doubtful,
        }
    }
}

/// The day, and a hub that was stopped in good order.
struct Stopped {
    bank: Host,
    store: Store,
    sold: PaymentId,
    doubtful: PaymentId,
}

impl Stopped {
    fn says(&self, command: &[&str]) -> String {
        done(&store_hub(&self.store, command))
    }

    async fn start(self) -> Closed {
        let hub = self.store.start();
        hub.signed_on().await;
        let lane = Lane::attach(&hub, 1).await;
        Closed {
            bank: self.bank,
            store: self.store,
            hub,
            lane,
            sold: self.sold,
            doubtful: self.doubtful,
        }
    }
}

async fn held(hub: &Hub, payments: i64) {
    let wanted = [("lanekeeper_hub_payments_held", payments)];
    scrape_until(hub, "that many payments are held", &wanted).await;
}

#[tokio::test]
async fn a_payment_of_a_closed_day_is_answered_as_it_was_and_charged_once() {
    let mut day = Closed::day().await;
    for round in ["running", "killed and started again"] {
        let sold = day.sold;
        let decision = day.asked_again(sold, 1250).await;
        assert_eq!(decision.kind(), DecisionKind::Approved, "{round}");
        assert_eq!(decision.approved.unwrap().minor, 1250);
        let other = day.asked_again(sold, 99).await;
        assert_eq!(other.refusal_reason(), RefusalReason::ContentDiffers);
        assert_eq!(day.bank.lines(sold).len(), 1, "{round}: one 0200");
        let history = day.hub.history(sold).await.unwrap();
        assert!(
            history
                .hub
                .iter()
                .any(|line| line.step() == HistoryStep::Bound)
        );
        held(&day.hub, 1).await;
        day = day.after_a_kill().await;
    }
    let told = day.stop().says(&["verify", "--rebuild"]);
    assert!(told.contains("values of the keyed state"), "{told}");
}

/// A lane says again what it said of a payment long over: nothing new is written. What it says for
/// the first time is.
#[tokio::test]
async fn what_a_lane_tells_of_it_late_is_taken_and_what_it_repeats_changes_nothing() {
    let mut day = Closed::day().await;
    let before = day.hub.status().await.journal_sequence;
    let (sold, doubtful) = (day.sold, day.doubtful);
    day.lane.abandon(doubtful).await;
    assert_eq!(
        day.hub.status().await.journal_sequence,
        before,
        "told again"
    );
    held(&day.hub, 1).await;

    // Declined, so nobody has said yet what became of its sale.
    let declined = new_id();
    let decision = day.lane.pay(declined, DECLINED_PAN, 500).await;
    assert_eq!(decision.kind(), DecisionKind::Declined);
    day.hub.close_day().await.unwrap();
    held(&day.hub, 1).await;
    day.lane.abandon(declined).await;
    held(&day.hub, 2).await;
    let mut day = day.after_a_kill().await;
    held(&day.hub, 2).await;
    assert_eq!(
        day.asked_again(sold, 1250).await.kind(),
        DecisionKind::Approved
    );
    day.stop().says(&["verify", "--rebuild"]);
}

fn below(folder: &Path, change: impl Fn(&dyn journal::Engine) -> Write) {
    let engine = EngineKind::Sled.open(&folder.join("journal")).unwrap();
    let write = change(engine.as_ref());
    engine.write(&[write]).unwrap();
    engine.sync().unwrap();
}

#[tokio::test]
async fn a_start_from_the_checkpoint_is_a_start_from_the_first_record() {
    let mut day = Closed::day().await;
    day.lane.pay(new_id(), APPROVED_PAN, 300).await;
    let seen = day.hub.status().await;
    let stopped = day.stop();
    let verified = stopped.says(&["verify", "--rebuild"]);
    let from_checkpoint = stopped.says(&["status"]);

    // Damaged by a bad disk: it is told, it is not used, and it is removed when asked for.
    below(stopped.store.folder.path(), |engine| {
        let pairs = engine.scan(b"p", Some(b"q"), 1).unwrap();
        let (key, mut value) = pairs.into_iter().next().unwrap();
        *value.last_mut().unwrap() ^= 1;
        let value = Some(value);
        Write { key, value }
    });
    refused(
        &store_hub(&stopped.store, &["verify"]),
        1,
        &["the checkpoint", "--restore"],
    );
    let from_the_log = stopped.says(&["status"]);
    assert!(
        from_the_log.starts_with(&from_checkpoint) && from_the_log.contains("not used"),
        "{from_the_log}"
    );
    stopped.says(&["verify", "--rebuild", "--restore"]);
    assert_eq!(stopped.says(&["verify", "--rebuild"]), verified);
    assert_eq!(stopped.says(&["status"]), from_checkpoint);

    let mut day = stopped.start().await;
    let again = day.hub.status().await;
    assert_eq!(
        (again.counts, again.queue_depth),
        (seen.counts, seen.queue_depth)
    );
    assert_eq!(again.business_date, seen.business_date);
    let sold = day.sold;
    assert_eq!(
        day.asked_again(sold, 1250).await.kind(),
        DecisionKind::Approved
    );
    assert_eq!(day.bank.lines(sold).len(), 1);
}

/// Killed on a slow disk when the first hundred has gone, the second is on its way and some wait.
#[tokio::test]
async fn a_hub_killed_while_it_lays_payments_away_goes_on_with_the_rest() {
    let [quick, slow] = [1, 300].map(Duration::from_millis);
    let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
    let (store, disk) = (Store::new(bank.address), SimulatedDisk::new());
    let hub = store.start_on_disk(&disk, quick);
    hub.signed_on().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let count = 2 * PAYMENTS_ARCHIVED_AT_ONCE + 20;
    for _ in 0..count {
        lane.pay(new_id(), DECLINED_PAN, 500).await;
    }
    drop(lane);
    hub.stop();
    let hub = store.start_on_disk(&disk, slow);
    hub.signed_on().await;
    hub.close_day().await.unwrap();
    while scrape(&hub).await["lanekeeper_hub_payments_held"] > 20 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    hub.crash();
    let hub = store.start_on_disk(&disk, quick);
    held(&hub, 0).await;
    hub.stop();
}
