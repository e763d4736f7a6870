//! All that the logs say of one payment: the hub's records, its lane's, and where they stand.

use domain::{
    desk::{ForwardFact, PaymentFact, PaymentFile},
    ids::{LaneEpoch, LaneId, PaymentId, ReceiptNumber},
    payment::Payment,
    time::{BusinessDate, WallMs},
};
use journal::LogId;

/// What its lane asked: all there is to know of one that never came to the hub.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Intent {
    pub(crate) lane: LaneId,
    pub(crate) epoch: LaneEpoch,
    pub(crate) at: WallMs,
    pub(crate) minor: i64,
    pub(crate) last_four: String,
}

/// The closed sale that it is a tender of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Captured {
    /// The date of the sale's end.
    pub(crate) date: BusinessDate,
    pub(crate) minor: i64,
    pub(crate) receipt: ReceiptNumber,
}

/// One payment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PaymentEntry {
    pub(crate) id: PaymentId,
    /// The date of the first record about it: the file it is kept in.
    pub(crate) kept_under: BusinessDate,
    /// What the hub's records say; `None`: only its lane knows it.
    pub(crate) file: Option<PaymentFile>,
    /// The date it is booked under, once the hub was asked: that of the lane's frame then.
    pub(crate) date: BusinessDate,
    pub(crate) intent: Option<Intent>,
    pub(crate) captured: Option<Captured>,
    /// A lost hub before this one may have sent it: the date on which that was heard of.
    pub(crate) asked_before: Option<BusinessDate>,
    /// The close of this date did not wait for it; the last such date.
    pub(crate) carried: Option<BusinessDate>,
    /// It was tried in the sale that its lane has open.
    pub(crate) in_open_sale: bool,
    /// Where its records stand, as they were read.
    pub(crate) places: Vec<(LogId, u64)>,
}

impl PaymentEntry {
    pub(crate) const fn new(id: PaymentId, date: BusinessDate) -> Self {
        Self {
            id,
            kept_under: date,
            file: None,
            date,
            intent: None,
            captured: None,
            asked_before: None,
            carried: None,
            in_open_sale: false,
            places: Vec::new(),
        }
    }

    /// A record of the hub about it. What comes before it was asked for changes nothing.
    pub(super) fn take(&mut self, fact: &PaymentFact, at: WallMs, header: BusinessDate) {
        let Some(request) = fact.asked() else {
            if let Some(file) = &mut self.file {
                fact.change(&mut file.payment);
            }
            return;
        };
        if self.file.is_none() {
            self.date = request.business_date.unwrap_or(header);
            self.file = Some(PaymentFile {
                payment: Payment::asked(request.clone(), at),
                forwards: Vec::new(),
                offline: None,
                card_came: false,
            });
        }
    }

    /// A record of the hub about one of its queue entries.
    pub(super) fn take_forward(&mut self, fact: &ForwardFact, at: WallMs, header: BusinessDate) {
        if let ForwardFact::CarriedOver { .. } = fact {
            let asked = self.file.as_ref().map(|_| self.date);
            self.carried = Some(asked.unwrap_or(header));
            return;
        }
        let Some(file) = &mut self.file else {
            return;
        };
        if let Some(entry) = fact.entry(at) {
            file.payment.forwards.push(entry.id);
            file.forwards.push(entry);
            return;
        }
        let id = fact.forward_id();
        if let Some(entry) = file.forwards.iter_mut().find(|entry| entry.id == id) {
            fact.change(entry, at);
        }
    }

    /// The date of the sale that it belongs to: that of its end, or of the request before it has
    /// ended.
    pub(crate) fn sold_on(&self) -> BusinessDate {
        let captured = self.captured.as_ref();
        captured.map_or(self.date, |captured| captured.date)
    }

    /// Whether something is still to come of it.
    pub(crate) fn is_open(&self) -> bool {
        self.in_open_sale || self.file.as_ref().is_some_and(PaymentFile::is_open)
    }

    /// Its lane.
    pub(crate) fn lane(&self) -> Option<LaneId> {
        let file = self.file.as_ref().map(|file| file.payment.request.lane);
        file.or(self.intent.as_ref().map(|intent| intent.lane))
    }

    /// The last four digits of its card.
    pub(crate) fn last_four(&self) -> &str {
        let file = self.file.as_ref();
        let masked = file.map(|file| file.payment.request.card.masked.as_str());
        let intent = self.intent.as_ref().map(|intent| intent.last_four.as_str());
        last_four(masked.or(intent).unwrap_or(""))
    }
}

/// The last four digits of a masked number.
pub(crate) fn last_four(masked: &str) -> &str {
    let from = masked.len().saturating_sub(4);
    masked.get(from..).unwrap_or("")
}
