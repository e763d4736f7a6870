//! What each record makes of the books.

use domain::{
    day::Machine,
    desk::{DeskFact, DeskRecord, ForwardFact, HubFact, PaymentFact, TerminalFact},
    ids::{OperatorId, PaymentId, SaleNumber},
    sale::{CheckoutFact, CheckoutRecord, PendingPayment, SaleFact, TenderFact, TenderKind},
    till::TillFact,
    time::BusinessDate,
    words::Worded,
};
use journal::LogId;

use super::{
    books::{Books, OpenSale},
    date_book::Closed,
    figures::Sign,
    payment::{Captured, Intent, last_four},
    sale::{SaleEntry, TenderEntry},
    tills::is_of_a_date,
};

impl Books {
    /// A record of the hub.
    pub(super) fn take_hub(&mut self, sequence: u64, record: &DeskRecord) {
        match &record.fact {
            DeskFact::Payment(fact) => self.take_payment(sequence, record, fact),
            DeskFact::Forward(fact) => self.take_forward(sequence, record, fact),
            DeskFact::Terminal(fact) => self.take_terminal(record.date, fact),
            DeskFact::Hub(HubFact::AskedOfPreviousHub { payment_id, .. }) => {
                let date = record.date;
                self.hold(*payment_id);
                self.change(*payment_id, date, |entry| entry.asked_before = Some(date));
            }
            DeskFact::Hub(_)
            | DeskFact::Day(_)
            | DeskFact::Lease(_)
            | DeskFact::Return(_)
            | DeskFact::Suspended(_)
            | DeskFact::Archive(_) => {}
        }
        if let Some(fact) = record.of_dates() {
            self.days.take(&fact);
        }
    }

    fn take_payment(&mut self, sequence: u64, record: &DeskRecord, fact: &PaymentFact) {
        let id = fact.payment_id();
        match fact.asked() {
            Some(_) => self.hold_if_late(id, record.date),
            None => self.hold(id),
        }
        self.change(id, record.date, |entry| {
            entry.take(fact, record.at, record.date);
            entry.places.push((LogId::OWN, sequence));
        });
    }

    fn take_forward(&mut self, sequence: u64, record: &DeskRecord, fact: &ForwardFact) {
        let forward_id = fact.forward_id();
        let id = fact.payment_id();
        let Some(id) = id.or_else(|| self.payment_of_entry(forward_id)) else {
            return;
        };
        self.hold(id);
        if let ForwardFact::Queued { .. } = fact {
            self.forwards.insert(forward_id, id);
        }
        self.change(id, record.date, |entry| {
            entry.take_forward(fact, record.at, record.date);
            if !matches!(fact, ForwardFact::CarriedOver { .. }) {
                entry.places.push((LogId::OWN, sequence));
            }
        });
    }

    fn take_terminal(&mut self, header: BusinessDate, fact: &TerminalFact) {
        if let TerminalFact::UnmatchedAnswer { .. } = fact {
            Sign::Plus.count(&mut self.date_mut(header).payments.late_answers);
        }
        if let TerminalFact::BatchClosed {
            tid,
            batch,
            totals,
            balanced,
            date,
            ..
        } = fact
        {
            let closed = Closed {
                debit_minor: totals.debit.minor(),
                debit_count: totals.debit_count,
                credit_minor: totals.credit.minor(),
                credit_count: totals.credit_count,
                balanced: *balanced,
            };
            let place = (tid.to_string(), batch.number());
            self.close_batch(place, date.unwrap_or(header), closed);
        }
    }

    /// A record of a lane. False when it can't be counted: then nothing of it is.
    pub(super) fn take_lane(
        &mut self,
        log: LogId,
        machine: Machine,
        sequence: u64,
        record: &CheckoutRecord,
    ) -> bool {
        let place = (log, sequence);
        match &record.fact {
            CheckoutFact::Sale(fact) => self.take_sale(place, machine, record, fact),
            CheckoutFact::Tender(fact) => {
                self.take_tender(place, machine, record, fact);
                true
            }
            CheckoutFact::Till(fact) => {
                self.take_till(machine, record, fact);
                true
            }
            CheckoutFact::Basket(_)
            | CheckoutFact::Return(_)
            | CheckoutFact::Lease(_)
            | CheckoutFact::Date(_)
            | CheckoutFact::Operator(_) => true,
        }
    }

    fn take_sale(
        &mut self,
        place: (LogId, u64),
        machine: Machine,
        record: &CheckoutRecord,
        fact: &SaleFact,
    ) -> bool {
        match fact {
            SaleFact::SaleOpened { sale, operator, .. } => {
                self.open_sale(place.0, *sale).operator = *operator;
            }
            SaleFact::SaleClosed { .. } => {
                return self.closed(place, machine, record, fact).is_some();
            }
            SaleFact::SaleVoided { .. } => {
                if let Some(date) = record.date {
                    let day = &mut self.date_mut(date).sales;
                    day.void((machine.lane.0, machine.epoch.0));
                }
                let counts = self.sold.entry((machine.lane, machine.epoch)).or_default();
                counts.1 = counts.1.saturating_add(1);
            }
            // Its customer comes back to a sale of its own; what was tried here paid nothing.
            SaleFact::SaleSuspended { .. } => {
                let open = self.open_sales.remove(&place.0);
                self.not_open(&open.map(|open| open.tried).unwrap_or_default());
            }
            SaleFact::BasketHandedOver { .. } | SaleFact::CopyOrdered { .. } => {}
            SaleFact::ReceiptPrinted { receipt, .. } => {
                if let Some(sale) = self.sales.get_mut(receipt) {
                    self.changed.sales.insert(*receipt);
                    sale.printed = Some(place);
                }
            }
        }
        true
    }

    fn take_till(&mut self, machine: Machine, record: &CheckoutRecord, fact: &TillFact) {
        if let TillFact::CashMoved(movement) = fact {
            for (account, minor) in &mut self.cash {
                let changed = movement.kind.changes(*account, movement.amount.minor());
                *minor = minor.saturating_add(changed.unwrap_or(0));
            }
        }
        // A record without a date is in no frame: the dates know that it is there.
        if is_of_a_date(fact)
            && let Some(date) = record.date
        {
            let of = (machine.lane.0, machine.epoch.0);
            self.date_mut(date).tills.take(of, fact);
        }
    }

    fn take_tender(
        &mut self,
        place: (LogId, u64),
        machine: Machine,
        record: &CheckoutRecord,
        fact: &TenderFact,
    ) {
        match fact {
            TenderFact::PaymentIntended { sale, payment } => {
                self.intended(place, machine, record, (*sale, payment));
            }
            TenderFact::PaymentDecided { payment_id, .. }
            | TenderFact::PaymentAbandoned { payment_id, .. } => {
                self.noted(*payment_id, record, place);
            }
            TenderFact::CardNotRead { .. } => {}
        }
    }

    /// The sale that a lane has open. Payments tried in another one are of an open sale no more.
    fn open_sale(&mut self, log: LogId, sale: SaleNumber) -> &mut OpenSale {
        let known = self.open_sales.get(&log);
        if known.is_none_or(|known| known.sale != sale) {
            let new = OpenSale {
                sale,
                operator: OperatorId(0),
                tried: Vec::new(),
            };
            let before = self.open_sales.insert(log, new);
            self.not_open(&before.map(|before| before.tried).unwrap_or_default());
        }
        self.open_sales.entry(log).or_insert_with(|| OpenSale {
            sale,
            operator: OperatorId(0),
            tried: Vec::new(),
        })
    }

    fn not_open(&mut self, tried: &[PaymentId]) {
        for id in tried {
            self.hold(*id);
            let date = self.days.running();
            self.change(*id, date, |entry| entry.in_open_sale = false);
        }
    }

    fn intended(
        &mut self,
        place: (LogId, u64),
        machine: Machine,
        record: &CheckoutRecord,
        (sale, payment): (SaleNumber, &PendingPayment),
    ) {
        let id = payment.payment_id;
        let date = record.date.unwrap_or(self.days.running());
        self.hold_if_late(id, date);
        self.open_sale(place.0, sale).tried.push(id);
        self.change(id, date, |entry| {
            entry.intent = Some(Intent {
                lane: machine.lane,
                epoch: machine.epoch,
                at: record.at,
                minor: payment.amount.minor(),
                last_four: last_four(payment.card.masked.as_str()).to_owned(),
            });
            entry.in_open_sale = true;
            entry.places.push(place);
        });
    }

    /// Something a lane says of a payment, for its history.
    fn noted(&mut self, id: PaymentId, record: &CheckoutRecord, place: (LogId, u64)) {
        let date = record.date.unwrap_or(self.days.running());
        self.hold(id);
        self.change(id, date, |entry| entry.places.push(place));
    }

    /// `None` when an amount is beyond what can be.
    fn closed(
        &mut self,
        place: (LogId, u64),
        machine: Machine,
        record: &CheckoutRecord,
        fact: &SaleFact,
    ) -> Option<()> {
        let SaleFact::SaleClosed {
            sale,
            receipt,
            total,
            tenders,
            change,
            rounding,
            ..
        } = fact
        else {
            return Some(());
        };
        // A record without a date is in no frame: the dates know that it is there.
        let Some(date) = record.date else {
            return Some(());
        };
        let hour = hour_of(self.zone.local_ms(record.at.0));
        let of = (machine.lane.0, machine.epoch.0);
        self.date_mut(date).sales.close(of, hour, fact)?;
        let counts = self.sold.entry((machine.lane, machine.epoch)).or_default();
        counts.0 = counts.0.saturating_add(1);
        let open = self.open_sales.remove(&place.0);
        let open = open.filter(|open| open.sale == *sale);
        let tenders: Vec<TenderEntry> = tenders.iter().map(TenderEntry::of).collect();
        // What goes back is no sale: a counter never goes down.
        for tender in tenders.iter().filter(|tender| tender.minor > 0) {
            self.take(&tender.kind, tender.minor);
        }
        self.take(TenderKind::Cash.english(), change.minor().saturating_neg());
        let operator = open.as_ref().map_or(OperatorId(0), |open| open.operator);
        let tried = open.map(|open| open.tried).unwrap_or_default();
        self.captured(place, date, (*receipt, &tenders), tried);
        let entry = SaleEntry {
            date,
            receipt: *receipt,
            sale: *sale,
            operator,
            at: record.at,
            // As its receipt says it: what was paid.
            total_minor: total.minor().saturating_add(rounding.minor()),
            tenders,
            closed: place,
            printed: None,
        };
        self.sales.insert(*receipt, entry);
        self.changed.sales.insert(*receipt);
        Some(())
    }

    fn take(&mut self, kind: &str, minor: i64) {
        if minor != 0 {
            let taken = self.taken.entry(kind.to_owned()).or_default();
            *taken = taken.saturating_add(minor);
        }
    }

    /// The sale has ended: its tenders are captured, the rest was tried.
    fn captured(
        &mut self,
        place: (LogId, u64),
        date: BusinessDate,
        (receipt, tenders): (domain::ids::ReceiptNumber, &[TenderEntry]),
        mut tried: Vec<PaymentId>,
    ) {
        let paid = tenders.iter().filter_map(|tender| tender.payment_id);
        tried.extend(paid);
        tried.sort_unstable();
        tried.dedup();
        for id in tried {
            self.hold(id);
            let mut paid = tenders.iter();
            let paid = paid.find(|tender| tender.payment_id == Some(id));
            self.change(id, date, |entry| {
                entry.in_open_sale = false;
                if let Some(tender) = paid {
                    entry.captured = Some(Captured {
                        date,
                        minor: tender.minor,
                        receipt,
                    });
                }
                entry.places.push(place);
            });
        }
    }
}

/// Hour of the day on the store's wall.
fn hour_of(wall_ms: i64) -> u8 {
    let hours = wall_ms.div_euclid(3_600_000).rem_euclid(24);
    u8::try_from(hours).unwrap_or(0)
}
