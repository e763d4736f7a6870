//! The tiny day: four customers of one lane. One pays cash; one by card; one's approval is lost, so
//! that it is taken back and cash is paid; one is stood in for while the line is down, after a card
//! that was declined.

use std::{collections::BTreeMap, fs};

use journal::{Batch, EngineKind, Journal, LogId, sled_engine};
use prost::Message;
use proto::{
    journal::v1::{
        BatchClosed, BatchTotals, CashTendered, Completed, DayClosed, DayMarker, DayMarkerBy,
        Decided, ForwardEndKind, ForwardEnded, ForwardKind, ForwardQueued, ForwardSent, HubRecord,
        LaneRecord, LineAdded, PaymentAbandoned, PaymentDecided, PaymentIntended, ReceiptPrinted,
        Requested, SaleClosed, SaleOpened, SaleTotalled, Sent, Tender, hub_record, lane_record,
    },
    store::v1::{Decision, DecisionKind, Money, TenderKind},
};
use serde_json::json;

use crate::{
    acquirer_link::Approval,
    oracle::evidence::replica_log,
    store::{business_day::BusinessDay, folder::RunFolder, record::RunRecord},
    workload::{
        ScannedItem, Visit,
        card::{Entry, Funding},
        customer::{CashGiven, ScriptedTender},
    },
};

use super::sealed::{self, Sealed};

pub(super) const PAID: &str = "00000000000000000000000000000001";
pub(super) const LOST: &str = "00000000000000000000000000000002";
pub(super) const DECLINED: &str = "00000000000000000000000000000003";
pub(super) const STOOD_IN: &str = "00000000000000000000000000000004";
pub(super) const TID: &str = "LANE0001";
pub(super) const DATE: &str = "2026-11-22";
pub(super) const NEXT: &str = "2026-11-23";

/// Everything that is written about the day.
pub(super) struct Day {
    pub(super) visits: Vec<Visit>,
    pub(super) lane: Lane,
    pub(super) hub: Vec<hub_record::Body>,
    pub(super) ledger: Vec<Line>,
    pub(super) receipts: Vec<(String, String)>,
    pub(super) lost: Vec<Approval>,
    pub(super) log: String,
    /// The hub's copy of the lane's journal ends one record early.
    pub(super) copy_lacks_last: bool,
    /// Dates in the headers of the lane's records that are not those of their frames, by place.
    pub(super) stamps: BTreeMap<usize, &'static str>,
    /// In the order in which they were sealed.
    pub(super) sealed: Vec<Sealed>,
    /// Business days that the run was to live.
    pub(super) days: u16,
}

#[derive(Default)]
pub(super) struct Lane {
    pub(super) bodies: Vec<lane_record::Body>,
}

/// One line of the bank's ledger.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) mti: &'static str,
    pub(super) stan: u32,
    pub(super) amount_minor: i64,
    pub(super) f39: &'static str,
    pub(super) state: &'static str,
    pub(super) payment: String,
}

/// The day on disk; gone when dropped.
pub(super) struct Written {
    pub(super) run: RunFolder,
    _home: tempfile::TempDir,
}

pub(super) fn cny(minor: i64) -> Option<Money> {
    Some(Money {
        minor,
        currency: "CNY".to_owned(),
    })
}

fn decision(kind: DecisionKind, approved: Option<Money>) -> Option<Decision> {
    Some(Decision {
        kind: kind.into(),
        approved,
        ..Decision::default()
    })
}

impl Lane {
    /// Opens sale `number`, whose one article costs so much, and totals it.
    fn open(&mut self, number: u32, total_minor: i64) {
        self.bodies.push(lane_record::Body::SaleOpened(SaleOpened {
            sale_number: number,
            operator_id: 1,
            order_reference: format!("basket-{number}"),
            ..SaleOpened::default()
        }));
        self.bodies.push(lane_record::Body::LineAdded(LineAdded {
            sale_number: number,
            line_number: 1,
            barcode: "6900000000014".to_owned(),
            quantity: 1,
            unit_price: cny(total_minor),
            total: cny(total_minor),
            ..LineAdded::default()
        }));
        self.bodies
            .push(lane_record::Body::SaleTotalled(SaleTotalled {
                sale_number: number,
                total: cny(total_minor),
                ..SaleTotalled::default()
            }));
    }

    fn pay_by_card(&mut self, number: u32, id: &str, asked_minor: i64, told: Option<Decision>) {
        self.bodies
            .push(lane_record::Body::PaymentIntended(PaymentIntended {
                sale_number: number,
                payment_id: id.to_owned(),
                amount: cny(asked_minor),
                ..PaymentIntended::default()
            }));
        self.bodies
            .push(lane_record::Body::PaymentDecided(PaymentDecided {
                offline: None,
                sale_number: number,
                payment_id: id.to_owned(),
                decision: told,
            }));
    }

    fn pay_cash(&mut self, number: u32, given_minor: i64) {
        self.bodies
            .push(lane_record::Body::CashTendered(CashTendered {
                sale_number: number,
                given: cny(given_minor),
            }));
    }

    fn close(&mut self, number: u32, total_minor: i64, tender: Tender, change_minor: i64) {
        let receipt_number = format!("1-1-{number:06}");
        self.bodies.push(lane_record::Body::SaleClosed(SaleClosed {
            sale_number: number,
            receipt_number: receipt_number.clone(),
            total: cny(total_minor),
            tenders: vec![tender],
            change: cny(change_minor),
            items: 1,
            order_reference: format!("basket-{number}"),
            ..SaleClosed::default()
        }));
        self.bodies
            .push(lane_record::Body::ReceiptPrinted(ReceiptPrinted {
                receipt_number,
                text: receipt_text(total_minor),
                reprint: false,
            }));
    }

    /// The tender of a closed sale that was paid with this payment.
    pub(super) fn card_tender(&mut self, id: &str) -> &mut Tender {
        let closed = self.bodies.iter_mut().filter_map(|body| match body {
            lane_record::Body::SaleClosed(closed) => Some(closed),
            _ => None,
        });
        closed
            .flat_map(|closed| &mut closed.tenders)
            .find(|one| one.payment_id == id)
            .unwrap()
    }
}

fn receipt_text(total_minor: i64) -> String {
    format!("TOTAL CNY {}.{:02}\n", total_minor / 100, total_minor % 100)
}

fn cash(given_minor: i64) -> Tender {
    Tender {
        tender: TenderKind::Cash.into(),
        amount: cny(given_minor),
        ..Tender::default()
    }
}

fn card(id: &str, paid_minor: i64) -> Tender {
    Tender {
        kind: "card".to_owned(),
        amount: cny(paid_minor),
        payment_id: id.to_owned(),
        ..Tender::default()
    }
}

fn line(mti: &'static str, stan: u32, amount_minor: i64, state: &'static str, id: &str) -> Line {
    Line {
        mti,
        stan,
        amount_minor,
        f39: if state == "declined" { "51" } else { "00" },
        state,
        payment: id.to_owned(),
    }
}

impl Day {
    /// A day on which everything is right.
    pub(super) fn good() -> Self {
        Self {
            visits: (1..=4).map(visit).collect(),
            lane: good_lane(),
            hub: good_hub(),
            ledger: vec![
                line("0200", 1, 2_000, "approved", PAID),
                line("0200", 2, 3_000, "approved", LOST),
                line("0400", 2, 3_000, "reversed", LOST),
                line("0200", 3, 4_000, "declined", DECLINED),
                line("0220", 4, 4_000, "approved", STOOD_IN),
            ],
            receipts: (1..=4)
                .map(|number| (format!("1-1-{number:06}"), receipt_text(number * 1_000)))
                .collect(),
            lost: vec![Approval {
                tid: TID.to_owned(),
                stan: 2,
            }],
            log: "event=\"lane attached\"\n".to_owned(),
            copy_lacks_last: false,
            stamps: BTreeMap::new(),
            sealed: Vec::new(),
            days: 1,
        }
        .and_sealed()
    }

    fn and_sealed(mut self) -> Self {
        let through = self.lane.bodies.len();
        self.sealed = vec![Sealed::honest(&self.lane.bodies, DATE, 1, through)];
        self
    }

    pub(super) fn write(&self) -> Written {
        let home = tempfile::tempdir().unwrap();
        let run = RunFolder::at(home.path());
        run.lay_out(1).unwrap();
        let lines = |lines: Vec<String>| lines.join("\n") + "\n";
        let visits = self
            .visits
            .iter()
            .map(|visit| serde_json::to_string(visit).unwrap());
        fs::write(run.workload(), lines(visits.collect())).unwrap();
        fs::write(
            run.ledger(),
            lines(self.ledger.iter().map(Line::json).collect()),
        )
        .unwrap();
        fs::write(run.logs().join("store-hub.log"), &self.log).unwrap();
        for (number, text) in &self.receipts {
            fs::write(run.receipts(1).join(format!("{number}.txt")), text).unwrap();
        }
        self.write_journals(&run);
        sealed::write(&run, &self.sealed);
        record_of(self.days).write(&run).unwrap();
        Written { run, _home: home }
    }

    fn write_journals(&self, run: &RunFolder) {
        let dated = sealed::dated(&self.lane.bodies).into_iter().enumerate();
        let lane: Vec<Vec<u8>> = dated
            .map(|(place, (date, body))| {
                let date = self.stamps.get(&place).copied().unwrap_or(date);
                LaneRecord {
                    business_date: date.to_owned(),
                    body: Some(body.clone()),
                    ..LaneRecord::default()
                }
                .encode_to_vec()
            })
            .collect();
        let (journal, mut committer) = open(&run.lane(1));
        for record in &lane {
            append(&journal, Batch::new().record(record.clone()));
        }
        committer.commit_waiting().unwrap();
        let copied = journal.read(LogId::OWN, 1, lane.len()).unwrap();
        drop((journal, committer));
        let (journal, mut committer) = open(&run.hub());
        for body in self.hub.iter().cloned() {
            let record = HubRecord {
                body: Some(body),
                ..HubRecord::default()
            }
            .encode_to_vec();
            append(&journal, Batch::new().record(record));
        }
        let missing = usize::from(self.copy_lacks_last);
        for record in copied.into_iter().take(lane.len() - missing) {
            let log = replica_log(1, 1);
            let mut batch = Batch::new();
            append(
                &journal,
                batch.replica(log, record.sequence, record.hash, record.bytes),
            );
        }
        committer.commit_waiting().unwrap();
    }
}

fn visit(number: i64) -> Visit {
    let item = ScannedItem {
        barcode: "6900000000014".to_owned(),
        name: "soda".to_owned(),
        price_minor: number * 1_000,
    };
    let card = ScriptedTender::Card {
        pan: "4111111111111111".to_owned(),
        expiry: "3012".to_owned(),
        card_sequence: "001".to_owned(),
        entry: Entry::Chip,
        pin: Some("1234".to_owned()),
        service_code: "201".to_owned(),
        funding: Funding::Credit,
    };
    let cash = ScriptedTender::Cash {
        give: CashGiven::Exact,
    };
    Visit {
        order: format!("basket-{number}"),
        lane: 1,
        day: 1,
        arrive_wall_ms: 0,
        items: vec![item],
        mistake: None,
        too_young_for: None,
        brings_back: None,
        waits: false,
        scanned_on: None,
        without_receipt: None,
        total_minor: number * 1_000,
        tenders: vec![card, cash],
        may_be_stood_in: true,
    }
}

fn good_lane() -> Lane {
    let mut lane = Lane::default();
    lane.open(1, 1_000);
    lane.pay_cash(1, 2_000);
    lane.close(1, 1_000, cash(2_000), 1_000);
    lane.open(2, 2_000);
    lane.pay_by_card(2, PAID, 2_000, decision(DecisionKind::Approved, cny(2_000)));
    lane.close(2, 2_000, card(PAID, 2_000), 0);
    lane.open(3, 3_000);
    lane.pay_by_card(3, LOST, 3_000, decision(DecisionKind::Unknown, None));
    lane.bodies
        .push(lane_record::Body::PaymentAbandoned(PaymentAbandoned {
            sale_number: 3,
            payment_id: LOST.to_owned(),
            reason: "unknown".to_owned(),
            ..PaymentAbandoned::default()
        }));
    lane.pay_cash(3, 3_000);
    lane.close(3, 3_000, cash(3_000), 0);
    lane.open(4, 4_000);
    lane.pay_by_card(4, DECLINED, 4_000, decision(DecisionKind::Declined, None));
    lane.pay_by_card(
        4,
        STOOD_IN,
        4_000,
        decision(DecisionKind::StandIn, cny(4_000)),
    );
    lane.close(4, 4_000, card(STOOD_IN, 4_000), 0);
    lane.bodies.push(marker(DATE, NEXT));
    lane
}

/// The lane's own end of a day.
pub(super) fn marker(ended: &str, begins: &str) -> lane_record::Body {
    lane_record::Body::DayMarker(DayMarker {
        ended: ended.to_owned(),
        begins: begins.to_owned(),
        by: DayMarkerBy::Hub.into(),
    })
}

/// A run that was gone on with: nobody asks who was selling when its date turned.
fn record_of(days: u16) -> RunRecord {
    RunRecord {
        version: 1,
        seed: 1,
        lanes: 1,
        priced_by_rule: Vec::new(),
        day: BusinessDay::starting(0, 22_000),
        engine: EngineKind::Sled,
        captured: false,
        days,
        lanes_to_rest: 0,
        prices_change: false,
        by_hand: None,
        resumed: true,
        lost: Vec::new(),
        manifest_sha256: None,
        summary: None,
    }
}

fn good_hub() -> Vec<hub_record::Body> {
    let mut hub = Vec::new();
    ask(
        &mut hub,
        PAID,
        2_000,
        Some(1),
        decision(DecisionKind::Approved, cny(2_000)),
    );
    complete(&mut hub, PAID, 2);
    ask(
        &mut hub,
        LOST,
        3_000,
        Some(2),
        decision(DecisionKind::Unknown, None),
    );
    forward(&mut hub, 1, LOST, ForwardKind::Reversal, 3_000, 2);
    ask(
        &mut hub,
        DECLINED,
        4_000,
        Some(3),
        decision(DecisionKind::Declined, None),
    );
    ask(
        &mut hub,
        STOOD_IN,
        4_000,
        None,
        decision(DecisionKind::StandIn, cny(4_000)),
    );
    complete(&mut hub, STOOD_IN, 4);
    forward(&mut hub, 2, STOOD_IN, ForwardKind::Advice, 4_000, 4);
    hub.push(hub_record::Body::BatchClosed(BatchClosed {
        tid: TID.to_owned(),
        batch: 1,
        totals: Some(BatchTotals {
            debit: cny(6_000),
            debit_count: 2,
            credit: cny(0),
            credit_count: 0,
        }),
        balanced: true,
        ..BatchClosed::default()
    }));
    hub.push(closed(DATE));
    hub
}

/// The hub's word for the end of a day.
pub(super) fn closed(date: &str) -> hub_record::Body {
    hub_record::Body::DayClosed(DayClosed {
        date: date.to_owned(),
    })
}

fn ask(
    hub: &mut Vec<hub_record::Body>,
    id: &str,
    asked_minor: i64,
    stan: Option<u32>,
    told: Option<Decision>,
) {
    hub.push(hub_record::Body::Requested(Requested {
        payment_id: id.to_owned(),
        lane: 1,
        epoch: 1,
        amount: cny(asked_minor),
        ..Requested::default()
    }));
    if let Some(stan) = stan {
        hub.push(hub_record::Body::Sent(Sent {
            payment_id: id.to_owned(),
            tid: TID.to_owned(),
            stan,
            batch: 1,
        }));
    }
    hub.push(hub_record::Body::Decided(Decided {
        payment_id: id.to_owned(),
        decision: told,
    }));
}

fn complete(hub: &mut Vec<hub_record::Body>, id: &str, sale: u32) {
    hub.push(hub_record::Body::Completed(Completed {
        payment_id: id.to_owned(),
        receipt_number: format!("1-1-{sale:06}"),
    }));
}

fn forward(
    hub: &mut Vec<hub_record::Body>,
    forward_id: u64,
    id: &str,
    kind: ForwardKind,
    amount_minor: i64,
    stan: u32,
) {
    hub.push(hub_record::Body::ForwardQueued(ForwardQueued {
        forward_id,
        payment_id: id.to_owned(),
        tid: TID.to_owned(),
        kind: kind.into(),
        amount: cny(amount_minor),
        ..ForwardQueued::default()
    }));
    hub.push(hub_record::Body::ForwardSent(ForwardSent {
        forward_id,
        stan,
        batch: 1,
        attempt: 1,
    }));
    hub.push(hub_record::Body::ForwardEnded(ForwardEnded {
        forward_id,
        end: ForwardEndKind::Delivered.into(),
        response_code: "00".to_owned(),
        delivered: cny(amount_minor),
        ..ForwardEnded::default()
    }));
}

impl Line {
    fn json(&self) -> String {
        json!({
            "tid": TID, "mid": "898310054110001", "batch": "000001",
            "stan": format!("{:06}", self.stan), "mti": self.mti, "f3": "000000",
            "amount_minor": self.amount_minor, "f39": self.f39, "rrn": "000000000001",
            "state": self.state, "payment_ref": self.payment,
        })
        .to_string()
    }
}

fn open(folder: &std::path::Path) -> (Journal, journal::Committer) {
    Journal::open(sled_engine(&folder.join("journal")).unwrap()).unwrap()
}

fn append(journal: &Journal, batch: &mut Batch) {
    journal.append(std::mem::take(batch)).unwrap();
}
