//! What a lane writes about its sales. The sales of a lane are exactly what these records say.

use crate::{
    ids::{LeaseId, OperatorId, PaymentId, ReceiptNumber, SaleNumber},
    money::Money,
    payment::Decision,
    risk::OfflineLease,
    sale::{AbandonReason, LeaseReturnReason, Line, PendingPayment, Tender},
    time::{BusinessDate, WallMs},
    words::Reason,
};

/// One durable fact with its time on the business clock.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SaleRecord {
    /// When it was decided.
    pub at: WallMs,
    /// The lane's running date then. `None`: no date was known, as before the first contact.
    pub date: Option<BusinessDate>,
    /// What.
    pub fact: SaleFact,
}

/// What happened. Each but `ReceiptPrinted` and those of leases and of the day belongs to a sale.
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
    },
    /// An article was added.
    LineAdded {
        /// The sale.
        sale: SaleNumber,
        /// The line, with its number.
        line: Line,
    },
    /// A line was taken back.
    LineVoided {
        /// The sale.
        sale: SaleNumber,
        /// The line.
        line_number: u32,
    },
    /// What the basket costs.
    SaleTotalled {
        /// The sale.
        sale: SaleNumber,
        /// The sum of its lines.
        total: Money,
    },
    /// Cash was given.
    CashTendered {
        /// The sale.
        sale: SaleNumber,
        /// All that was given.
        given: Money,
    },
    /// A card payment is about to be asked for; durable before a byte leaves (I6).
    PaymentIntended {
        /// The sale.
        sale: SaleNumber,
        /// What is asked.
        payment: PendingPayment,
    },
    /// What came back.
    PaymentDecided {
        /// The sale.
        sale: SaleNumber,
        /// The payment.
        payment_id: PaymentId,
        /// The decision.
        decision: Decision,
    },
    /// The payment is never a tender of this sale, whatever the bank says (rule 2).
    PaymentAbandoned {
        /// The sale.
        sale: SaleNumber,
        /// The payment.
        payment_id: PaymentId,
        /// Why.
        reason: Reason<AbandonReason>,
    },
    /// The reader gave up.
    CardNotRead {
        /// The sale.
        sale: SaleNumber,
        /// Why, in words.
        reason: String,
    },
    /// Paid: tenders less change equal the total (I3).
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
    },
    /// The customer went without buying.
    SaleVoided {
        /// The sale.
        sale: SaleNumber,
        /// Why, in words.
        reason: String,
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
    /// From here on the lane may approve under it.
    LeaseAccepted {
        /// Its terms.
        lease: OfflineLease,
    },
    /// From here on never again; what it did not spend is the store's.
    LeaseReturned {
        /// Which.
        lease: LeaseId,
        /// Approved under it.
        spent: Money,
        /// How many payments.
        payments: u32,
        /// Why.
        reason: Reason<LeaseReturnReason>,
    },
    /// The date was turned: this record carries the date that ended, all behind it the next.
    DayMarked {
        /// The date until here.
        ended: BusinessDate,
        /// The date from here on, always later.
        begins: BusinessDate,
        /// Who turned it.
        by: MarkedBy,
    },
    /// Stopped in order with no sale open; nothing is written until the next start.
    Rested,
}

/// Who turned a lane's date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MarkedBy {
    /// The hub said so.
    Hub,
    /// The lane, since its hub was away when the date was over.
    Lane,
}

impl SaleFact {
    /// Whether no sale is running behind this fact.
    #[must_use]
    pub const fn ends_sale(&self) -> bool {
        matches!(self, Self::SaleVoided { .. } | Self::ReceiptPrinted { .. })
    }
}
