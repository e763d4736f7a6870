//! A sale begins and ends: number, change, receipt. And what start-up makes of a sale that was
//! interrupted.
//!
//! A closed sale is over: the next one begins at once. Its receipt is owed until it is printed, and
//! stands in a list beside the running sale. One receipt at a time is at the printer, the oldest
//! first; so after a kill only the first of the list may be on paper already, and says that it is a
//! reprint (I12).

use std::sync::Arc;

use crate::{
    ids::{LaneEpoch, LaneId, OperatorId, ReceiptNumber, SaleNumber, SuspendedId},
    money::Money,
    sale::{
        AbandonReason, Closing, DurableState, Effect, Prompt, Receipt, Rejected, Sale, Step,
        TaxMode, TaxSum, Tender,
    },
    time::WallMs,
};

/// What happened to a sale as a whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SaleFact {
    /// A sale began.
    SaleOpened {
        /// Gap-free per lane and epoch.
        sale: SaleNumber,
        /// Who sells.
        operator: OperatorId,
        /// The caller's own name for it, or empty.
        order_reference: String,
        /// Which price file it began with and keeps; empty: not known.
        price_version: String,
        /// The suspended sale whose lines come next: it does not wait any more.
        recalled: Option<SuspendedId>,
    },
    /// Paid: tenders less change equal the total and what cash was rounded by (I3).
    SaleClosed {
        /// The sale.
        sale: SaleNumber,
        /// Its receipt (I12).
        receipt: ReceiptNumber,
        /// What it cost.
        total: Money,
        /// What paid for it.
        tenders: Vec<Tender>,
        /// Given back, from cash only.
        change: Money,
        /// Pieces sold.
        items: u32,
        /// The caller's own name for it, or empty.
        order_reference: String,
        /// What cash was rounded by: negative when it was rounded down.
        rounding: Money,
        /// The tax of the total, by class.
        taxes: Vec<TaxSum>,
        /// Whether that tax is in the prices of the lines, or was added to them.
        tax_mode: TaxMode,
        /// The reservation at the hub that it uses up, by the revision of the basket; `None`:
        /// nothing came back with a receipt.
        returns: Option<u32>,
    },
    /// The basket waits for its customer, and is taken up in a sale of its own.
    SaleSuspended {
        /// What the basket is recalled by.
        sale: SaleNumber,
        /// What the cashier calls it, or empty.
        label: String,
    },
    /// A basket that waited here is another machine's from here on.
    BasketHandedOver {
        /// The sale it was.
        sale: SaleNumber,
        /// To this lane.
        to: LaneId,
        /// To this machine of it.
        to_epoch: LaneEpoch,
    },
    /// The customer went without buying.
    SaleVoided {
        /// The sale.
        sale: SaleNumber,
        /// Why, in words.
        reason: String,
    },
    /// Somebody at the hub wants a receipt once more, on this lane's printer.
    CopyOrdered {
        /// Of this lane or another.
        receipt: ReceiptNumber,
        /// Who wants it at the hub; `None`: the hub has no operators.
        by: Option<OperatorId>,
    },
    /// The receipt is out.
    ReceiptPrinted {
        /// Which.
        receipt: ReceiptNumber,
        /// The electronic journal: as it went to the printer.
        text: String,
        /// True when it may have been printed before.
        reprint: bool,
    },
}

impl SaleFact {
    /// Whether no sale is running behind this fact.
    #[must_use]
    pub const fn ends_sale(&self) -> bool {
        match self {
            Self::SaleClosed { .. } | Self::SaleVoided { .. } | Self::SaleSuspended { .. } => true,
            Self::SaleOpened { .. }
            | Self::ReceiptPrinted { .. }
            | Self::BasketHandedOver { .. }
            | Self::CopyOrdered { .. } => false,
        }
    }

    /// Whether nothing of a sale may be left to be done behind this fact.
    #[must_use]
    pub const fn may_leave_nothing(&self) -> bool {
        match self {
            Self::SaleVoided { .. } | Self::SaleSuspended { .. } | Self::ReceiptPrinted { .. } => {
                true
            }
            Self::SaleOpened { .. }
            | Self::SaleClosed { .. }
            | Self::BasketHandedOver { .. }
            | Self::CopyOrdered { .. } => false,
        }
    }
}

/// Part of the checkpoint: what sales add up to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SalesPart {
    /// The last sale that was opened.
    pub last_sale: u32,
    /// The sequence of the last receipt number (I12).
    pub last_receipt: u32,
    /// Sales closed since the epoch began.
    pub closed: u32,
    /// Sales voided since the epoch began.
    pub voided: u32,
    /// Of the last sale that has ended.
    pub last_order_reference: String,
}

impl SalesPart {
    /// `running`: the sale that the fact meets.
    pub(super) fn apply(&mut self, fact: &SaleFact, running: Option<&Sale>) {
        match fact {
            SaleFact::SaleOpened { sale, .. } => self.last_sale = sale.0,
            SaleFact::SaleClosed { receipt, .. } => {
                self.last_receipt = receipt.sequence;
                self.closed = self.closed.saturating_add(1);
            }
            SaleFact::SaleVoided { .. } => self.voided = self.voided.saturating_add(1),
            SaleFact::SaleSuspended { .. }
            | SaleFact::BasketHandedOver { .. }
            | SaleFact::ReceiptPrinted { .. }
            | SaleFact::CopyOrdered { .. } => {}
        }
        if let Some(ended) = running.filter(|_| fact.ends_sale()) {
            self.last_order_reference.clone_from(&ended.order_reference);
        }
    }

    pub(super) fn next_sale(&self) -> SaleNumber {
        SaleNumber(self.last_sale.saturating_add(1))
    }
}

impl DurableState {
    /// What a sale's own facts make of the running sale.
    pub(super) fn apply_to_running(&mut self, fact: &SaleFact, at: WallMs) {
        match fact {
            SaleFact::SaleOpened {
                sale,
                operator,
                order_reference,
                price_version,
                ..
            } => {
                self.sale = Some(Sale {
                    number: *sale,
                    operator: *operator,
                    order_reference: order_reference.clone(),
                    price_version: price_version.clone(),
                    opened_at: at,
                    lines: Vec::new(),
                    total: None,
                    taxes: Vec::new(),
                    tax_mode: TaxMode::default(),
                    old_enough_for: None,
                    tenders_tried: 0,
                    tenders: Vec::new(),
                    card_tenders: Vec::new(),
                    failed_cards: Vec::new(),
                    payment_ids: Vec::new(),
                    pending: None,
                    revision: 0,
                    reserved: None,
                    cash_for_card: Vec::new(),
                    owed_back: Vec::new(),
                });
            }
            SaleFact::SaleClosed {
                receipt,
                change,
                rounding,
                ..
            } => {
                let closing = Closing {
                    receipt: *receipt,
                    at,
                    change: *change,
                    rounding: *rounding,
                };
                let sale = self.sale.take();
                let owed = sale.and_then(|sale| Receipt::of(sale, closing));
                self.receipts_owed.extend(owed.map(Arc::new));
            }
            SaleFact::SaleVoided { .. } | SaleFact::SaleSuspended { .. } => self.sale = None,
            SaleFact::BasketHandedOver { .. } => {}
            SaleFact::ReceiptPrinted { receipt, .. } => {
                self.receipts_owed.retain(|owed| owed.number != *receipt);
            }
            SaleFact::CopyOrdered { .. } => {}
        }
    }
}

impl Step {
    /// It stands in the journal before it is on paper; nothing of a sale changes by it.
    pub(super) fn print_copy(
        &mut self,
        receipt: ReceiptNumber,
        text: String,
        by: Option<OperatorId>,
    ) {
        self.record(SaleFact::CopyOrdered { receipt, by });
        self.then(Effect::PrintCopy { receipt, text });
    }

    /// Closes a sale whose tenders cover its total and the rounding of cash (I3), and gives its
    /// receipt the next number of this lane and epoch (I12). The screens keep its basket until the
    /// next one.
    pub(super) fn close(&mut self, rounding: Money) -> Result<(), Rejected> {
        let change = self.open_amount()?.add(rounding)?.negate()?;
        let shown = self.screen(Prompt::Printing { change });
        let sale = self.sale()?;
        let number = sale.number;
        let cash = sale
            .tenders
            .iter()
            .any(|tender| matches!(tender, Tender::Cash { .. }));
        let receipt = ReceiptNumber {
            lane: self.config.lane,
            epoch: self.config.epoch,
            sequence: self.durable.sales.last_receipt.saturating_add(1),
        };
        let fact = SaleFact::SaleClosed {
            sale: number,
            receipt,
            total: sale.total.unwrap_or(Money::zero(self.config.currency)),
            tenders: sale.tenders.clone(),
            change,
            items: sale.items(),
            order_reference: sale.order_reference.clone(),
            rounding,
            taxes: sale.taxes.clone(),
            tax_mode: sale.tax_mode,
            returns: sale.reserved.as_ref().map(|_| sale.revision),
        };
        self.record(fact);
        if cash {
            self.then(Effect::OpenDrawer);
        }
        self.print_next(false);
        self.volatile.closed_last = Some(receipt);
        self.then(Effect::Show(shown));
        self.then(Effect::Finished(number));
        Ok(())
    }

    /// What cash was rounded by, if the tenders cover the total.
    pub(super) fn covered(&self) -> Result<Option<Money>, Rejected> {
        let (currency, rounding) = (self.config.currency, self.config.cash_rounding);
        Ok(self.sale()?.covered(currency, rounding)?)
    }

    /// A receipt is out. Its customer is said goodbye to, if nothing else was shown since.
    pub(super) fn receipt_printed(
        &mut self,
        receipt: ReceiptNumber,
        text: String,
        reprint: bool,
    ) -> Result<(), Rejected> {
        let mut owed = self.durable.receipts_owed.iter();
        let printed = owed.find(|owed| owed.number == receipt);
        let change = printed.ok_or(Rejected::NotOwed(receipt))?.change;
        self.record(SaleFact::ReceiptPrinted {
            receipt,
            text,
            reprint,
        });
        if self.volatile.printing == Some(receipt) {
            self.volatile.printing = None;
        }
        self.print_next(false);
        if self.volatile.closed_last == Some(receipt) {
            self.volatile.closed_last = None;
            self.show(Prompt::Goodbye { change });
        }
        Ok(())
    }

    /// Takes up what a kill left: receipts that are owed are printed, a payment without a decision
    /// is given up (its card data and PIN are gone, so it can't be asked again), a basket goes on.
    pub(super) fn recover(&mut self) -> Result<(), Rejected> {
        self.print_next(true);
        let Some(sale) = &self.durable.sale else {
            self.recover_between_sales();
            return Ok(());
        };
        if let Some(pending) = &sale.pending {
            let payment_id = pending.payment_id;
            self.give_up(payment_id, AbandonReason::LaneRestarted)?;
        } else if sale.total.is_some() {
            self.recover_tendering()?;
        } else {
            self.show(Prompt::Scan);
        }
        Ok(())
    }

    /// A decision and the closing it leads to are one commit, so that a paid sale is closed; should
    /// the journal hold one without the other, it is closed now.
    fn recover_tendering(&mut self) -> Result<(), Rejected> {
        let sale = self.sale()?;
        if sale.takes_back() && sale.tenders.is_empty() {
            return self.after_total();
        }
        match self.covered()? {
            None => {
                self.show(Prompt::ChooseTender);
                Ok(())
            }
            Some(rounding) => self.close(rounding),
        }
    }

    fn recover_between_sales(&mut self) {
        match self.durable.receipts_owed.last() {
            None => self.show(Prompt::Ready),
            Some(last) => {
                let (number, change) = (last.number, last.change);
                self.volatile.closed_last = Some(number);
                self.show(Prompt::Printing { change });
            }
        }
    }

    /// Hands the oldest receipt that is owed to the printer, unless it has one.
    fn print_next(&mut self, reprint: bool) {
        if self.volatile.printing.is_some() {
            return;
        }
        if let Some(receipt) = self.durable.receipts_owed.first().map(Arc::clone) {
            self.volatile.printing = Some(receipt.number);
            self.then(Effect::Print { receipt, reprint });
        }
    }
}
