//! What a lane sells: one basket after the other, and the tenders that pay for it.
//!
//! Decides: what a basket costs, which tender takes what, when a sale is closed, which number its
//! receipt gets, which date it belongs to, what both screens say. Never: reads a card, asks the
//! hub, prints or waits; and never counts a payment as paid that the hub has not approved. Keeps
//! I3, I6, I12, I19 and I20.
//!
//! ```text
//! Open ─► Scanning ─► Total ─► Tendering ◄────────────────┐ declined, unknown, abandoned,
//!          │    ▲                │    │                    │ refused, partial: next tender
//!          ▼    │ recalled, as a new sale                  │
//!        Suspended               │    │                    │
//!                                │    └─ card: Arm ─► Intended ─► Decided
//!                                └─ cash ──────► Closed ─► next sale
//!                                                  └─ receipt owed ─► printed
//! ```
//!
//! Start-up is replay: [`Checkout::replay`] every record, then [`Event::Recovered`]. A basket goes
//! on, a payment without a decision is given up, receipts that are owed are printed.

mod age;
mod asked;
mod basket;
mod by_hand;
mod cash_rounding;
mod checkpoint;
mod closing;
mod day_ends;
mod day_heard;
mod effect;
mod event;
mod fact;
mod figures;
mod frame;
mod key;
mod lease;
mod line;
mod operator_view;
mod operators;
mod original;
mod payment;
mod prompt;
mod reasons;
mod recalling;
mod receipt;
mod rejected;
mod return_fact;
mod return_view;
mod returning;
mod right;
mod state;
mod suspended;
mod suspended_view;
mod tax;
mod tender;
mod tendering;
#[cfg(test)]
mod tests;
mod till;
mod trade;

pub use crate::till::TillFact;
pub use crate::wall_time::{civil_date, date_and_time, midnight};
pub use age::AgeAnswer;
pub use basket::BasketFact;
pub use cash_rounding::{CashRounding, RoundTo};
pub use checkpoint::{CheckoutCheckpoint, CheckoutPart};
pub use closing::{SaleFact, SalesPart};
pub use day_ends::DayEnds;
pub use day_heard::MarkedBy;
pub use effect::Effect;
pub use event::Event;
pub use figures::Figures;
pub use frame::{DateFact, DatePart};
pub use key::{AtTheKeys, Key};
pub use lease::{LeaseFact, LeasePart};
pub use line::{
    Discount, Line, LineTax, NO_ARTICLE, OriginalLine, PriceSource, PricedItem, Returned, SoldBy,
    TypedAmount, WeighedBy, Weight,
};
pub use operator_view::OperatorView;
pub use payment::{PaymentsPart, TenderFact};
pub use prompt::{BasketView, LineView, NextView, Prompt, Screen};
pub use reasons::{AbandonReason, LeaseReturnReason, OwedBy, TenderKind};
pub use receipt::{Receipt, ReceiptForm};
pub use rejected::Rejected;
pub use return_fact::{ReturnFact, ToReserve};
pub use return_view::{PayBackView, ReturnLineView, ReturnView};
pub use returning::PayingBack;
pub use right::Right;
pub use state::{CardTender, Closing, FailedCard, OwedBack, PendingPayment, Sale, SuspendedBasket};
pub use suspended::SuspendedPart;
pub use suspended_view::SuspendedView;
pub use tax::{TaxMode, TaxSum};
pub use tender::Tender;

use std::{collections::BTreeSet, sync::Arc};

use day_heard::DayHeard;
use line::NextLine;
use operators::AtTheLane;
use recalling::Recalling;
use returning::Returning;

use crate::{
    day::Machine,
    ids::{LaneEpoch, LaneId, LeaseId, OperatorId, PaymentId, ReceiptNumber, Stan},
    money::{Currency, Money},
    operators::{OperatorFact, OperatorsPart},
    risk::{HotList, LeaseUse, Velocity},
    till::TillPart,
    time::{BusinessDate, MonoMs, Now, WallMs},
};

/// One durable fact with its time on the business clock.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CheckoutRecord {
    /// When it was decided.
    pub at: WallMs,
    /// The lane's running date then. `None`: no date was known, as before the first contact.
    pub date: Option<BusinessDate>,
    /// What.
    pub fact: CheckoutFact,
}

/// What happened, by what it happened to.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "a fact is made, written and dropped: a box for each line would cost more"
)]
pub enum CheckoutFact {
    /// To a sale: its beginning, its end, its receipt.
    Sale(SaleFact),
    /// To the basket of the running sale.
    Basket(BasketFact),
    /// To a card payment of the running sale.
    Tender(TenderFact),
    /// To goods that come back in the running sale.
    Return(ReturnFact),
    /// At the cash drawer.
    Till(TillFact),
    /// To the lane's offline lease.
    Lease(LeaseFact),
    /// To the lane's date.
    Date(DateFact),
    /// To whoever works at the lane.
    Operator(OperatorFact),
}

/// What a checkout is told once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CheckoutConfig {
    /// The lane.
    pub lane: LaneId,
    /// Its machine: receipts are numbered per lane and epoch.
    pub epoch: LaneEpoch,
    /// What it sells in.
    pub currency: Currency,
    /// Whether its prices hold the tax.
    pub tax: TaxMode,
    /// How cash is rounded.
    pub cash_rounding: CashRounding,
    /// The most that should lie in the drawer: above it the screens ask for a pickup. `None`: any.
    pub pickup_above: Option<Money>,
}

impl CheckoutConfig {
    /// Of a store that says no more: prices hold their tax, and cash is rounded as is usual for the
    /// currency.
    #[must_use]
    pub const fn new(lane: LaneId, epoch: LaneEpoch, currency: Currency) -> Self {
        Self {
            lane,
            epoch,
            currency,
            tax: TaxMode::Inclusive,
            cash_rounding: CashRounding::usual(currency),
            pickup_above: None,
        }
    }

    /// Whose journal it writes.
    #[must_use]
    pub const fn machine(&self) -> Machine {
        Machine {
            lane: self.lane,
            epoch: self.epoch,
        }
    }
}

/// What the journal's records add up to: equal after a replay. Each part is told by the records and
/// the running sale alone, never by another part, so that each can be rebuilt by itself.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(in crate::sale) struct DurableState {
    pub(in crate::sale) sales: SalesPart,
    pub(in crate::sale) payments: PaymentsPart,
    pub(in crate::sale) lease: LeasePart,
    pub(in crate::sale) date: DatePart,
    pub(in crate::sale) suspended: SuspendedPart,
    pub(in crate::sale) operators: OperatorsPart,
    /// A step copies all else; the drawer is copied when something changes it.
    pub(in crate::sale) till: Arc<TillPart>,
    pub(in crate::sale) sale: Option<Sale>,
    /// Of closed sales, not printed yet, oldest first.
    pub(in crate::sale) receipts_owed: Vec<Arc<Receipt>>,
}

/// What no record tells: a kill takes it away.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(in crate::sale) struct VolatileState {
    /// The reader waits for a card for this payment.
    pub(in crate::sale) armed: Option<PaymentId>,
    /// A byte of the pending payment may have left.
    pub(in crate::sale) left: bool,
    /// Until when the lease may be used. A restart takes it away: how long it took is not known.
    pub(in crate::sale) lease_until: Option<MonoMs>,
    /// The hub's hot list, as far as it was told.
    pub(in crate::sale) hot_list: Arc<HotList>,
    /// Cards approved here alone lately.
    pub(in crate::sale) velocity: Velocity,
    /// What was said of the next line before it came.
    pub(in crate::sale) next_line: NextLine,
    /// An article that waits for its weight.
    pub(in crate::sale) to_weigh: Option<PricedItem>,
    /// The least age in years that the cashier was asked about.
    pub(in crate::sale) age_asked: Option<u8>,
    /// An earlier sale that goods come back from.
    pub(in crate::sale) returning: Returning,
    /// A basket that waits elsewhere.
    pub(in crate::sale) recalling: Recalling,
    /// The receipt that is at the printer.
    pub(in crate::sale) printing: Option<ReceiptNumber>,
    /// The receipt of the sale that the screens show as closed.
    pub(in crate::sale) closed_last: Option<ReceiptNumber>,
    /// What is known of the date beside the records.
    pub(in crate::sale) day: DayHeard,
    /// What is known of operators beside the records.
    pub(in crate::sale) operators: AtTheLane,
}

impl VolatileState {
    /// What a sale leaves to the next one: the lease's time, what is known of cards, of the date
    /// and of operators, what is at the printer.
    pub(in crate::sale) fn next_sale(&self) -> Self {
        Self {
            lease_until: self.lease_until,
            hot_list: Arc::clone(&self.hot_list),
            velocity: self.velocity.clone(),
            day: self.day.clone(),
            operators: self.operators.clone(),
            printing: self.printing,
            ..Self::default()
        }
    }
}

/// The machine. One per lane.
#[derive(Clone, PartialEq, Eq, Debug)]
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
        self.durable.payments.last_stan
    }

    /// The newest lease ever accepted.
    #[must_use]
    pub const fn last_lease(&self) -> Option<LeaseId> {
        self.durable.lease.last
    }

    /// What it was made with.
    #[must_use]
    pub const fn config(&self) -> &CheckoutConfig {
        &self.config
    }

    /// Takes in one record of the journal, oldest first.
    pub fn replay(&mut self, record: &CheckoutRecord) {
        self.durable.apply(record, self.config.machine(), |_| true);
    }

    /// The same, for the parts that have not seen it.
    pub fn replay_into(&mut self, record: &CheckoutRecord, takes: impl Fn(CheckoutPart) -> bool) {
        self.durable.apply(record, self.config.machine(), takes);
    }

    /// Decides what follows from an event. The records come first among the effects; when the event
    /// is rejected nothing has changed.
    ///
    /// # Errors
    /// Why the event changes nothing here.
    pub fn step(&mut self, now: Now, event: Event) -> Result<Vec<Effect>, Rejected> {
        let mut step = self.begin(now);
        step.take(event)?;
        self.durable = step.durable;
        self.volatile = step.volatile;
        let mut effects = step.records;
        effects.append(&mut step.after);
        Ok(effects)
    }

    fn begin(&self, now: Now) -> Step {
        Step {
            config: self.config,
            durable: self.durable.clone(),
            volatile: self.volatile.clone(),
            now,
            allowed_by: None,
            records: Vec::new(),
            after: Vec::new(),
        }
    }

    /// The date of the frame that the journal is in; `None` before the first record of a lane.
    #[must_use]
    pub const fn running_date(&self) -> Option<BusinessDate> {
        self.durable.date.running
    }

    /// The running sale.
    #[must_use]
    pub const fn sale(&self) -> Option<&Sale> {
        self.durable.sale.as_ref()
    }

    /// Baskets that wait for their customers, oldest first.
    #[must_use]
    pub fn suspended(&self) -> &[Arc<SuspendedBasket>] {
        &self.durable.suspended.baskets
    }

    /// The cash drawer.
    #[must_use]
    pub fn till(&self) -> &TillPart {
        &self.durable.till
    }

    /// Payments ever given up: the hub must hear of each.
    #[must_use]
    pub const fn abandoned(&self) -> &BTreeSet<PaymentId> {
        &self.durable.payments.abandoned
    }

    /// The lease it holds, if any. After a restart it may hold one that it will not use.
    #[must_use]
    pub const fn lease(&self) -> Option<&LeaseUse> {
        self.durable.lease.held.as_ref()
    }

    /// Sales closed since the epoch began.
    #[must_use]
    pub const fn sales_closed(&self) -> u32 {
        self.durable.sales.closed
    }

    /// Sales voided since the epoch began.
    #[must_use]
    pub const fn sales_voided(&self) -> u32 {
        self.durable.sales.voided
    }

    /// Payments that were intended with a PIN: the key counter of a PIN pad goes on from here.
    #[must_use]
    pub const fn pin_entries(&self) -> u32 {
        self.durable.payments.pin_entries
    }

    /// The order reference of the last sale that was closed or voided, its receipt printed or not;
    /// empty before the first.
    #[must_use]
    pub fn last_order_reference(&self) -> &str {
        &self.durable.sales.last_order_reference
    }

    /// A card payment that pays for goods, of the running sale or of a closed one whose receipt is
    /// owed.
    #[must_use]
    pub fn card_tender(&self, payment_id: PaymentId) -> Option<&CardTender> {
        let running = self.sale().into_iter().flat_map(|sale| &sale.card_tenders);
        let owed = self.durable.receipts_owed.iter();
        let closed = owed.flat_map(|receipt| &receipt.card_tenders);
        let mut all = running.chain(closed);
        all.find(|tender| tender.payment.payment_id == payment_id)
    }

    /// Receipts of closed sales that are not printed yet, oldest first.
    #[must_use]
    pub fn receipts_owed(&self) -> &[Arc<Receipt>] {
        &self.durable.receipts_owed
    }

    pub(in crate::sale) const fn durable(&self) -> &DurableState {
        &self.durable
    }

    pub(in crate::sale) fn from_durable(config: CheckoutConfig, durable: DurableState) -> Self {
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
pub(in crate::sale) struct Step {
    pub(in crate::sale) config: CheckoutConfig,
    pub(in crate::sale) durable: DurableState,
    pub(in crate::sale) volatile: VolatileState,
    pub(in crate::sale) now: Now,
    /// Who has the right to what is being decided, where there are operators.
    pub(in crate::sale) allowed_by: Option<OperatorId>,
    pub(in crate::sale) records: Vec<Effect>,
    pub(in crate::sale) after: Vec<Effect>,
}

impl Step {
    fn take(&mut self, event: Event) -> Result<(), Rejected> {
        if self.volatile.day.resting {
            return Err(Rejected::Resting);
        }
        self.turn_the_date();
        self.sign_off_when_due();
        self.check_right(&event)?;
        self.follow(event)?;
        self.turn_the_date();
        Ok(())
    }

    /// Writes a fact and lets it count at once.
    pub(in crate::sale) fn record(&mut self, fact: impl Into<CheckoutFact>) {
        let record = CheckoutRecord {
            at: self.now.wall,
            date: self.running_date(),
            fact: fact.into(),
        };
        self.durable.apply(&record, self.config.machine(), |_| true);
        self.records.push(Effect::Persist(record));
    }

    /// To be done once the records are durable.
    pub(in crate::sale) fn then(&mut self, effect: Effect) {
        self.after.push(effect);
    }

    /// Shows a prompt over the basket as it stands.
    pub(in crate::sale) fn show(&mut self, prompt: Prompt) {
        let screen = self.screen(prompt);
        self.then(Effect::Show(screen));
    }

    /// The screens with the basket as it stands.
    pub(in crate::sale) fn screen(&self, prompt: Prompt) -> Screen {
        let sale = self.durable.sale.as_ref();
        let basket = sale.map(|sale| BasketView::of(sale, &self.volatile, &self.config));
        Screen {
            prompt,
            basket,
            returning: self.return_view(),
            suspended: self.suspended_views(),
            elsewhere: self.volatile.recalling.elsewhere.clone(),
            operator: self.operator_view(),
            pickup_due: self.pickup_due(),
            refused: None,
        }
    }

    pub(in crate::sale) fn sale(&self) -> Result<&Sale, Rejected> {
        self.durable.sale.as_ref().ok_or(Rejected::NoSale)
    }

    /// The running sale with its total, waiting for a tender.
    pub(in crate::sale) fn tendering_sale(&self) -> Result<&Sale, Rejected> {
        let sale = self.sale()?;
        if sale.total.is_none() {
            return Err(Rejected::NotTotalled);
        }
        if sale.pending.is_some() {
            return Err(Rejected::PaymentUnderWay);
        }
        if self.needs_reservation()? {
            return Err(Rejected::NotReserved);
        }
        if sale.total.is_some_and(Money::is_negative) {
            return Err(Rejected::PaysBack);
        }
        Ok(sale)
    }

    pub(in crate::sale) fn open_amount(&self) -> Result<Money, Rejected> {
        Ok(self.sale()?.open_amount(self.config.currency)?)
    }
}

impl DurableState {
    /// `own`: whose journal it is; `takes`: which parts have not seen the record.
    fn apply(
        &mut self,
        record: &CheckoutRecord,
        own: Machine,
        takes: impl Fn(CheckoutPart) -> bool,
    ) {
        if takes(CheckoutPart::Date) {
            self.date.carried(record.date);
        }
        let running = self.sale.as_ref();
        match &record.fact {
            CheckoutFact::Sale(fact) => {
                if takes(CheckoutPart::Sales) {
                    self.sales.apply(fact, running);
                }
                if takes(CheckoutPart::Suspended) {
                    self.suspended.apply(fact, running, (record.at, own));
                }
            }
            CheckoutFact::Tender(fact) => {
                if takes(CheckoutPart::Payments) {
                    self.payments.apply(fact);
                }
                if let TenderFact::PaymentDecided { decision, .. } = fact
                    && takes(CheckoutPart::Lease)
                {
                    self.lease.book(decision, running);
                }
            }
            CheckoutFact::Lease(fact) if takes(CheckoutPart::Lease) => self.lease.apply(fact),
            CheckoutFact::Date(fact) if takes(CheckoutPart::Date) => self.date.apply(fact),
            CheckoutFact::Operator(fact) if takes(CheckoutPart::Operators) => {
                self.operators.apply(fact);
            }
            CheckoutFact::Basket(_)
            | CheckoutFact::Return(_)
            | CheckoutFact::Till(_)
            | CheckoutFact::Lease(_)
            | CheckoutFact::Date(_)
            | CheckoutFact::Operator(_) => {}
        }
        if takes(CheckoutPart::Till) {
            self.follow_till(record);
        }
        self.follow_sale(record);
    }

    fn follow_sale(&mut self, record: &CheckoutRecord) {
        match (&record.fact, &mut self.sale) {
            (CheckoutFact::Sale(fact), _) => self.apply_to_running(fact, record.at),
            (CheckoutFact::Basket(fact), Some(sale)) => sale.apply_basket(fact),
            (CheckoutFact::Tender(fact), Some(sale)) => sale.apply_tender(fact),
            (CheckoutFact::Return(fact), Some(sale)) => sale.apply_return(fact),
            (CheckoutFact::Till(fact), Some(sale)) => sale.apply_till(fact),
            (
                CheckoutFact::Basket(_)
                | CheckoutFact::Tender(_)
                | CheckoutFact::Return(_)
                | CheckoutFact::Till(_),
                None,
            )
            | (CheckoutFact::Lease(_) | CheckoutFact::Date(_) | CheckoutFact::Operator(_), _) => {}
        }
    }
}
