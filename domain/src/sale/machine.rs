//! The checkout of one lane: its running sale, its counters, and what a kill takes away.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    ids::{LaneEpoch, LaneId, LeaseId, PaymentId, SaleNumber, Stan},
    money::{Currency, Money},
    risk::{HotList, LeaseUse, Velocity},
    sale::{
        AbandonReason, BasketView, Effect, Event, LeaseReturnReason, Prompt, Rejected, Sale,
        SaleFact, SaleRecord, Screen, Tender, day_heard::DayHeard,
    },
    time::{BusinessDate, MonoMs, Now},
};

/// What a checkout is told once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CheckoutConfig {
    /// The lane.
    pub lane: LaneId,
    /// Its machine: receipts are numbered per lane and epoch.
    pub epoch: LaneEpoch,
    /// What it sells in.
    pub currency: Currency,
}

/// What the journal's records add up to: equal after a replay.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct DurableState {
    pub(super) last_sale: u32,
    pub(super) last_receipt: u32,
    pub(super) sales_closed: u32,
    pub(super) sales_voided: u32,
    pub(super) pin_entries: u32,
    pub(super) abandoned: BTreeSet<PaymentId>,
    /// The lease this lane holds, with its use.
    pub(super) lease: Option<LeaseUse>,
    /// The newest lease ever accepted: an older one, or the same again, is never taken.
    pub(super) last_lease: Option<LeaseId>,
    /// Field 11 of the last answer of the bank.
    pub(super) last_stan: Option<Stan>,
    pub(super) last_order_reference: String,
    /// The latest date that a record carries or a marker begins.
    pub(super) running: Option<BusinessDate>,
    pub(super) sale: Option<Sale>,
}

/// What no record tells: a kill takes it away.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct VolatileState {
    /// The reader waits for a card for this payment.
    pub(super) armed: Option<PaymentId>,
    /// A byte of the pending payment may have left.
    pub(super) left: bool,
    /// Until when the lease may be used. A restart takes it away: how long it took is not known.
    pub(super) lease_until: Option<MonoMs>,
    /// The hub's hot list, as far as it was told.
    pub(super) hot_list: Arc<HotList>,
    /// Cards approved here alone lately.
    pub(super) velocity: Velocity,
    /// The receipt being printed may have been printed before.
    pub(super) reprinting: bool,
    /// What is known of the date beside the records.
    pub(super) day: DayHeard,
}

impl VolatileState {
    /// What a sale leaves to the next one: the lease's time, what is known of cards and of the
    /// date.
    pub(super) fn next_sale(&self) -> Self {
        Self {
            lease_until: self.lease_until,
            hot_list: Arc::clone(&self.hot_list),
            velocity: self.velocity.clone(),
            day: self.day.clone(),
            ..Self::default()
        }
    }
}

/// The machine. One per lane.
#[derive(Clone, Debug)]
pub struct Checkout {
    config: CheckoutConfig,
    durable: DurableState,
    volatile: VolatileState,
}

impl Checkout {
    /// A lane that has never sold anything.
    #[must_use]
    pub fn new(config: CheckoutConfig) -> Self {
        Self {
            config,
            durable: DurableState::default(),
            volatile: VolatileState::default(),
        }
    }

    /// Field 11 of the last answer of the bank that this lane was told of.
    #[must_use]
    pub const fn last_stan(&self) -> Option<Stan> {
        self.durable.last_stan
    }

    /// The newest lease ever accepted.
    #[must_use]
    pub const fn last_lease(&self) -> Option<LeaseId> {
        self.durable.last_lease
    }

    /// What it was made with.
    #[must_use]
    pub const fn config(&self) -> &CheckoutConfig {
        &self.config
    }

    /// Takes in one record of the journal, oldest first.
    pub fn replay(&mut self, record: &SaleRecord) {
        self.durable.apply(record);
    }

    /// Decides what follows from an event. The records come first among the effects; when the event
    /// is rejected nothing has changed.
    ///
    /// # Errors
    /// Why the event changes nothing here.
    pub fn step(&mut self, now: Now, event: Event) -> Result<Vec<Effect>, Rejected> {
        let mut step = Step {
            config: self.config,
            durable: self.durable.clone(),
            volatile: self.volatile.clone(),
            now,
            records: Vec::new(),
            after: Vec::new(),
        };
        step.take(event)?;
        self.durable = step.durable;
        self.volatile = step.volatile;
        let mut effects = step.records;
        effects.append(&mut step.after);
        Ok(effects)
    }

    /// The date of the frame that the journal is in; `None` before the first record of a lane.
    #[must_use]
    pub const fn running_date(&self) -> Option<BusinessDate> {
        self.durable.running
    }

    /// The running sale.
    #[must_use]
    pub const fn sale(&self) -> Option<&Sale> {
        self.durable.sale.as_ref()
    }

    /// Payments ever given up: the hub must hear of each.
    #[must_use]
    pub const fn abandoned(&self) -> &BTreeSet<PaymentId> {
        &self.durable.abandoned
    }

    /// The lease it holds, if any. After a restart it may hold one that it will not use.
    #[must_use]
    pub const fn lease(&self) -> Option<&LeaseUse> {
        self.durable.lease.as_ref()
    }

    /// Sales closed since the epoch began.
    #[must_use]
    pub const fn sales_closed(&self) -> u32 {
        self.durable.sales_closed
    }

    /// Sales voided since the epoch began.
    #[must_use]
    pub const fn sales_voided(&self) -> u32 {
        self.durable.sales_voided
    }

    /// Payments that were intended with a PIN: the key counter of a PIN pad goes on from here.
    #[must_use]
    pub const fn pin_entries(&self) -> u32 {
        self.durable.pin_entries
    }

    /// The order reference of the last sale that was closed or voided, its receipt printed or not;
    /// empty before the first.
    #[must_use]
    pub fn last_order_reference(&self) -> &str {
        let closed = self.sale().filter(|sale| sale.closing.is_some());
        closed.map_or(&self.durable.last_order_reference, |sale| {
            &sale.order_reference
        })
    }

    pub(super) const fn durable(&self) -> &DurableState {
        &self.durable
    }

    pub(super) fn from_durable(config: CheckoutConfig, durable: DurableState) -> Self {
        Self {
            config,
            durable,
            volatile: VolatileState::default(),
        }
    }

    /// Whether two checkouts stand where the same records lead.
    #[must_use]
    pub fn durable_equals(&self, other: &Self) -> bool {
        self.durable == other.durable
    }
}

/// One step in the making: thrown away when the event is rejected.
pub(super) struct Step {
    pub(super) config: CheckoutConfig,
    pub(super) durable: DurableState,
    pub(super) volatile: VolatileState,
    pub(super) now: Now,
    records: Vec<Effect>,
    after: Vec<Effect>,
}

impl Step {
    fn take(&mut self, event: Event) -> Result<(), Rejected> {
        if self.volatile.day.resting {
            return Err(Rejected::Resting);
        }
        self.turn_the_date();
        self.follow(event)?;
        self.turn_the_date();
        Ok(())
    }

    fn follow(&mut self, event: Event) -> Result<(), Rejected> {
        match event {
            Event::Recovered => {
                self.return_lease(LeaseReturnReason::LaneRestarted);
                self.recover()
            }
            Event::Open {
                operator,
                order_reference,
                price_version,
            } => self.open(operator, order_reference, price_version),
            Event::Scanned(item) => self.scan(item),
            Event::NotFound { barcode } => self.not_found(barcode),
            Event::LineVoided { line_number } => self.void_line(line_number),
            Event::Total => self.total(),
            Event::CashTendered { given } => self.take_cash(given),
            Event::CardChosen { payment_id } => self.choose_card(payment_id),
            Event::CardRead {
                payment_id,
                entry_mode,
                pin_entered,
                card,
            } => self.intend(payment_id, entry_mode, pin_entered, card),
            Event::CardNotRead { payment_id, reason } => self.card_not_read(payment_id, reason),
            Event::PaymentLeft { payment_id } => self.payment_left(payment_id),
            Event::Decided {
                payment_id,
                decision,
            } => self.decided(payment_id, decision),
            Event::HubUnreachable { payment_id } => self.hub_unreachable(payment_id),
            Event::LinkLost { payment_id } => self.give_up(payment_id, AbandonReason::LinkBroke),
            Event::ResultTimedOut { payment_id } => {
                self.give_up(payment_id, AbandonReason::NoResultInTime)
            }
            Event::HotListReceived(list) => {
                self.volatile.hot_list = list;
                Ok(())
            }
            Event::LeaseOffered(lease) => self.lease_offered(lease),
            Event::HubReached => {
                self.review_lease();
                Ok(())
            }
            Event::DayNamed {
                date,
                cut_within_ms,
            } => {
                self.day_named(date, cut_within_ms);
                Ok(())
            }
            Event::ClockRead { local, alone } => {
                self.clock_read(local, alone);
                Ok(())
            }
            Event::Rest => self.rest(),
            Event::ReceiptPrinted { text } => self.receipt_printed(text),
            Event::VoidSale { reason } => self.void_sale(reason),
        }
    }

    /// Writes a fact and lets it count at once.
    pub(super) fn record(&mut self, fact: SaleFact) {
        let record = SaleRecord {
            at: self.now.wall,
            date: self.running_date(),
            fact,
        };
        self.durable.apply(&record);
        self.records.push(Effect::Persist(record));
    }

    /// To be done once the records are durable.
    pub(super) fn then(&mut self, effect: Effect) {
        self.after.push(effect);
    }

    /// Shows a prompt over the basket as it stands.
    pub(super) fn show(&mut self, prompt: Prompt) {
        let basket = self
            .durable
            .sale
            .as_ref()
            .map(|sale| BasketView::of(sale, self.config.currency));
        self.then(Effect::Show(Screen { prompt, basket }));
    }

    pub(super) fn sale(&self) -> Result<&Sale, Rejected> {
        self.durable.sale.as_ref().ok_or(Rejected::NoSale)
    }

    /// The running sale, if it still takes events of the cashier.
    pub(super) fn open_sale(&self) -> Result<&Sale, Rejected> {
        let sale = self.sale()?;
        if sale.closing.is_some() {
            return Err(Rejected::SaleClosed);
        }
        Ok(sale)
    }

    /// The running sale with its total, waiting for a tender.
    pub(super) fn tendering_sale(&self) -> Result<&Sale, Rejected> {
        let sale = self.open_sale()?;
        if sale.total.is_none() {
            return Err(Rejected::NotTotalled);
        }
        if sale.pending.is_some() {
            return Err(Rejected::PaymentUnderWay);
        }
        Ok(sale)
    }

    pub(super) fn open_amount(&self) -> Result<Money, Rejected> {
        Ok(self.sale()?.open_amount(self.config.currency)?)
    }
}

impl DurableState {
    fn apply(&mut self, record: &SaleRecord) {
        // Journals from before there were markers carry what the hub said last: never back.
        self.running = self.running.max(record.date);
        match &record.fact {
            SaleFact::DayMarked { begins, .. } => self.running = self.running.max(Some(*begins)),
            SaleFact::Rested => {}
            SaleFact::SaleOpened {
                sale,
                operator,
                order_reference,
                price_version,
            } => {
                self.last_sale = sale.0;
                self.sale = Some(Sale {
                    number: *sale,
                    operator: *operator,
                    order_reference: order_reference.clone(),
                    price_version: price_version.clone(),
                    opened_at: record.at,
                    lines: Vec::new(),
                    total: None,
                    tenders_tried: 0,
                    tenders: Vec::new(),
                    card_tenders: Vec::new(),
                    failed_cards: Vec::new(),
                    payment_ids: Vec::new(),
                    pending: None,
                    closing: None,
                });
            }
            SaleFact::PaymentAbandoned { payment_id, .. } => {
                self.abandoned.insert(*payment_id);
                self.apply_to_sale(record);
            }
            SaleFact::PaymentIntended { payment, .. } => {
                if payment.pin_entered {
                    self.pin_entries = self.pin_entries.saturating_add(1);
                }
                self.apply_to_sale(record);
            }
            SaleFact::SaleClosed { receipt, .. } => {
                self.last_receipt = receipt.sequence;
                self.sales_closed = self.sales_closed.saturating_add(1);
                self.apply_to_sale(record);
            }
            SaleFact::SaleVoided { .. } => {
                self.sales_voided = self.sales_voided.saturating_add(1);
                self.end_sale();
            }
            SaleFact::ReceiptPrinted { .. } => self.end_sale(),
            SaleFact::LeaseAccepted { lease } => {
                self.last_lease = Some(lease.id);
                self.lease = Some(LeaseUse::new(lease.clone()));
            }
            SaleFact::LeaseReturned { .. } => self.lease = None,
            SaleFact::PaymentDecided { decision, .. } => {
                self.last_stan = decision.stan().or(self.last_stan);
                self.book_on_lease(decision);
                self.apply_to_sale(record);
            }
            SaleFact::LineAdded { .. }
            | SaleFact::LineVoided { .. }
            | SaleFact::SaleTotalled { .. }
            | SaleFact::CashTendered { .. }
            | SaleFact::CardNotRead { .. } => self.apply_to_sale(record),
        }
    }

    fn apply_to_sale(&mut self, record: &SaleRecord) {
        if let Some(sale) = &mut self.sale {
            sale.apply(record);
        }
    }

    fn end_sale(&mut self) {
        if let Some(sale) = self.sale.take() {
            self.last_order_reference = sale.order_reference;
        }
    }

    pub(super) fn next_sale(&self) -> SaleNumber {
        SaleNumber(self.last_sale.saturating_add(1))
    }
}

impl Sale {
    fn apply(&mut self, record: &SaleRecord) {
        match &record.fact {
            SaleFact::LineAdded { line, .. } => {
                self.lines.push(line.clone());
                self.total = None;
            }
            SaleFact::LineVoided { line_number, .. } => {
                self.total = None;
                for line in &mut self.lines {
                    line.voided |= line.number == *line_number;
                }
            }
            SaleFact::SaleTotalled { total, .. } => self.total = Some(*total),
            SaleFact::CashTendered { given, .. } => {
                self.tenders_tried = self.tenders_tried.saturating_add(1);
                self.tenders.push(Tender::Cash { given: *given });
            }
            SaleFact::CardNotRead { .. } => {
                self.tenders_tried = self.tenders_tried.saturating_add(1);
            }
            SaleFact::PaymentIntended { payment, .. } => {
                self.tenders_tried = self.tenders_tried.saturating_add(1);
                self.payment_ids.push(payment.payment_id);
                self.pending = Some(payment.clone());
            }
            SaleFact::PaymentDecided { decision, .. } => self.apply_decision(decision),
            SaleFact::PaymentAbandoned { payment_id, .. } => self.forget_payment(*payment_id),
            SaleFact::SaleClosed {
                receipt, change, ..
            } => {
                self.closing = Some(crate::sale::Closing {
                    receipt: *receipt,
                    at: record.at,
                    change: *change,
                });
            }
            SaleFact::SaleOpened { .. }
            | SaleFact::SaleVoided { .. }
            | SaleFact::LeaseAccepted { .. }
            | SaleFact::LeaseReturned { .. }
            | SaleFact::DayMarked { .. }
            | SaleFact::Rested
            | SaleFact::ReceiptPrinted { .. } => {}
        }
    }
}
