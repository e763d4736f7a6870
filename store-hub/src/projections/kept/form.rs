//! Payments and sales as rows of a file, and the keys they are found by.

use domain::{
    ids::{LaneEpoch, LaneId, OperatorId, PaymentId, ReceiptNumber, SaleNumber},
    payment::Completion,
    time::{BusinessDate, WallMs},
};
use journal::LogId;
use prost::Message;
use proto::journal::v1::{KeptCapture, KeptIntent, KeptPayment, KeptPlace, KeptSale, KeptTender};
use records::{ConvertError, date_from_proto, date_to_proto, hub};

use super::file::Key;
use crate::projections::{
    payment::{Captured, Intent, PaymentEntry},
    sale::{SaleEntry, TenderEntry},
};

type Result<T> = std::result::Result<T, ConvertError>;

/// What a row holds.
pub(crate) enum Row {
    Payment(Box<PaymentEntry>),
    Sale(Box<SaleEntry>),
}

const PAYMENT: u8 = b'P';
const SALE: u8 = b'S';

impl Row {
    /// The date that it is kept under.
    pub(super) fn date(&self) -> BusinessDate {
        match self {
            Self::Payment(entry) => entry.kept_under,
            Self::Sale(sale) => sale.date,
        }
    }

    /// # Errors
    /// Bytes that are no row.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self> {
        let none = |error| ConvertError::new("row", error);
        match bytes.split_first() {
            Some((&PAYMENT, bytes)) => {
                let kept = KeptPayment::decode(bytes).map_err(none)?;
                Ok(Self::Payment(Box::new(payment_from(&kept)?)))
            }
            Some((&SALE, bytes)) => {
                let kept = KeptSale::decode(bytes).map_err(none)?;
                Ok(Self::Sale(Box::new(sale_from(&kept)?)))
            }
            Some(_) | None => Err(ConvertError::new("row", "is of no kind that is known")),
        }
    }
}

/// By what rows are found.
pub(crate) mod tag {
    /// A payment by its id.
    pub(crate) const PAYMENT: u8 = b'i';
    /// A payment by one of its queue entries.
    pub(crate) const ENTRY: u8 = b'q';
    /// A sale, and the payments of it, by its receipt.
    pub(crate) const RECEIPT: u8 = b'r';
    /// By an amount and the moment: a sale's total or one of its tenders, what a payment asked.
    pub(crate) const AMOUNT: u8 = b'a';
    /// A payment by the last four digits of its card, and its moment.
    pub(crate) const LAST_FOUR: u8 = b'f';
    /// By its lane and its moment.
    pub(crate) const LANE: u8 = b'l';
    /// A sale by its operator and its moment.
    pub(crate) const OPERATOR: u8 = b'o';
    /// By its moment.
    pub(crate) const TIME: u8 = b't';
}

/// The key of what has this value at this moment: rows of one value stand in the order of time.
pub(crate) fn at_moment(tag: u8, value: &[u8], at: WallMs) -> Key {
    Key::new(tag, &[value, &ordered(at.0)].concat())
}

/// A number so that keys sort as numbers do.
pub(crate) fn ordered(number: i64) -> [u8; 8] {
    (number ^ i64::MIN).to_be_bytes()
}

/// A receipt as a key's value.
pub(crate) fn receipt_value(receipt: ReceiptNumber) -> Vec<u8> {
    let mut value = receipt.lane.0.to_be_bytes().to_vec();
    value.extend_from_slice(&receipt.epoch.0.to_be_bytes());
    value.extend_from_slice(&receipt.sequence.to_be_bytes());
    value
}

impl PaymentEntry {
    /// The sale's receipt, as lane or hub tells it.
    pub(crate) fn receipt(&self) -> Option<ReceiptNumber> {
        let captured = self.captured.as_ref().map(|captured| captured.receipt);
        let completion = self.file.as_ref().map(|file| file.payment.completion);
        captured.or(match completion {
            Some(Completion::Completed(receipt)) => Some(receipt),
            Some(Completion::Open | Completion::Abandoned) | None => None,
        })
    }

    /// What was asked, in minor units.
    pub(crate) fn asked_minor(&self) -> Option<i64> {
        let file = self.file.as_ref();
        let asked = file.map(|file| file.payment.request.amount.minor());
        asked.or(self.intent.as_ref().map(|intent| intent.minor))
    }

    /// When it was asked, by the lane's word or else the hub's.
    pub(crate) fn asked_at(&self) -> Option<WallMs> {
        let intended = self.intent.as_ref().map(|intent| intent.at);
        intended.or(self.file.as_ref().map(|file| file.payment.requested_at))
    }

    /// When it was asked, as it is told and looked for; the beginning of time where nobody says.
    pub(crate) fn moment(&self) -> WallMs {
        self.asked_at().unwrap_or(WallMs(0))
    }

    pub(super) fn row(&self) -> (Vec<u8>, Vec<Key>) {
        let mut bytes = vec![PAYMENT];
        bytes.extend(payment_to(self).encode_to_vec());
        let mut keys = vec![Key::new(tag::PAYMENT, &self.id.0.to_be_bytes())];
        let forwards = self.file.iter().flat_map(|file| &file.forwards);
        keys.extend(forwards.map(|entry| Key::new(tag::ENTRY, &entry.id.0.to_be_bytes())));
        if let Some(receipt) = self.receipt() {
            keys.push(Key::new(tag::RECEIPT, &receipt_value(receipt)));
        }
        let at = self.moment();
        if let Some(minor) = self.asked_minor() {
            keys.push(at_moment(tag::AMOUNT, &ordered(minor), at));
        }
        if !self.last_four().is_empty() {
            keys.push(at_moment(tag::LAST_FOUR, self.last_four().as_bytes(), at));
        }
        if let Some(lane) = self.lane() {
            keys.push(at_moment(tag::LANE, &lane.0.to_be_bytes(), at));
        }
        keys.push(at_moment(tag::TIME, &[], at));
        (bytes, keys)
    }
}

impl SaleEntry {
    pub(super) fn row(&self) -> (Vec<u8>, Vec<Key>) {
        let mut bytes = vec![SALE];
        bytes.extend(sale_to(self).encode_to_vec());
        let mut amounts: Vec<i64> = self.tenders.iter().map(|tender| tender.minor).collect();
        amounts.push(self.total_minor);
        amounts.sort_unstable();
        amounts.dedup();
        let amounts = amounts.into_iter();
        let mut keys: Vec<Key> = amounts
            .map(|minor| at_moment(tag::AMOUNT, &ordered(minor), self.at))
            .collect();
        keys.push(Key::new(tag::RECEIPT, &receipt_value(self.receipt)));
        let (lane, operator) = (self.receipt.lane.0, self.operator.0);
        keys.push(at_moment(tag::LANE, &lane.to_be_bytes(), self.at));
        keys.push(at_moment(tag::OPERATOR, &operator.to_be_bytes(), self.at));
        keys.push(at_moment(tag::TIME, &[], self.at));
        (bytes, keys)
    }
}

const fn place_to((log, sequence): (LogId, u64)) -> KeptPlace {
    KeptPlace {
        log: log.0,
        sequence,
    }
}

const fn place_from(kept: &KeptPlace) -> (LogId, u64) {
    (LogId(kept.log), kept.sequence)
}

fn payment_to(entry: &PaymentEntry) -> KeptPayment {
    KeptPayment {
        payment_id: entry.id.0.to_be_bytes().to_vec().into(),
        kept_under: entry.kept_under.to_string(),
        file: entry.file.as_ref().map(hub::file_to_proto),
        date: entry.date.to_string(),
        intent: entry.intent.as_ref().map(|intent| KeptIntent {
            lane: intent.lane.0.into(),
            epoch: intent.epoch.0,
            wall_ms: intent.at.0,
            minor: intent.minor,
            last_four: intent.last_four.clone(),
        }),
        captured: entry.captured.as_ref().map(|captured| KeptCapture {
            date: captured.date.to_string(),
            minor: captured.minor,
            receipt_number: captured.receipt.to_string(),
        }),
        asked_before: date_to_proto(entry.asked_before),
        carried: date_to_proto(entry.carried),
        in_open_sale: entry.in_open_sale,
        places: entry.places.iter().map(|place| place_to(*place)).collect(),
    }
}

fn id_from(field: &'static str, bytes: &[u8]) -> Result<PaymentId> {
    let bytes: [u8; 16] = bytes
        .try_into()
        .map_err(|_| ConvertError::new(field, "has 16 bytes"))?;
    Ok(PaymentId(u128::from_be_bytes(bytes)))
}

fn date(field: &'static str, text: &str) -> Result<BusinessDate> {
    BusinessDate::parse(text).map_err(|error| ConvertError::new(field, error))
}

fn receipt(text: &str) -> Result<ReceiptNumber> {
    ReceiptNumber::parse(text).map_err(|error| ConvertError::new("receipt_number", error))
}

fn lane(number: u32) -> Result<LaneId> {
    let number = u16::try_from(number).map_err(|error| ConvertError::new("lane", error))?;
    Ok(LaneId(number))
}

fn payment_from(kept: &KeptPayment) -> Result<PaymentEntry> {
    let intent = kept.intent.as_ref().map(|intent| {
        Ok::<_, ConvertError>(Intent {
            lane: lane(intent.lane)?,
            epoch: LaneEpoch(intent.epoch),
            at: WallMs(intent.wall_ms),
            minor: intent.minor,
            last_four: intent.last_four.clone(),
        })
    });
    let captured = kept.captured.as_ref().map(|captured| {
        Ok::<_, ConvertError>(Captured {
            date: date("captured.date", &captured.date)?,
            minor: captured.minor,
            receipt: receipt(&captured.receipt_number)?,
        })
    });
    let file = kept.file.as_ref().map(hub::file_from_proto);
    Ok(PaymentEntry {
        id: id_from("payment_id", &kept.payment_id)?,
        kept_under: date("kept_under", &kept.kept_under)?,
        file: file.transpose()?,
        date: date("date", &kept.date)?,
        intent: intent.transpose()?,
        captured: captured.transpose()?,
        asked_before: date_from_proto("asked_before", &kept.asked_before)?,
        carried: date_from_proto("carried", &kept.carried)?,
        in_open_sale: kept.in_open_sale,
        places: kept.places.iter().map(place_from).collect(),
    })
}

fn sale_to(entry: &SaleEntry) -> KeptSale {
    KeptSale {
        date: entry.date.to_string(),
        receipt_number: entry.receipt.to_string(),
        sale_number: entry.sale.0,
        operator_id: entry.operator.0,
        wall_ms: entry.at.0,
        total_minor: entry.total_minor,
        tenders: entry.tenders.iter().map(tender_to).collect(),
        closed: Some(place_to(entry.closed)),
        printed: entry.printed.map(place_to),
    }
}

fn tender_to(tender: &TenderEntry) -> KeptTender {
    let id = tender.payment_id.map(|id| id.0.to_be_bytes().to_vec());
    KeptTender {
        kind: tender.kind.clone(),
        minor: tender.minor,
        payment_id: id.unwrap_or_default().into(),
    }
}

fn sale_from(kept: &KeptSale) -> Result<SaleEntry> {
    let closed = kept.closed.as_ref().map(place_from);
    let tenders = kept.tenders.iter().map(|tender| {
        let id = match tender.payment_id.is_empty() {
            true => None,
            false => Some(id_from("tenders.payment_id", &tender.payment_id)?),
        };
        Ok(TenderEntry {
            kind: tender.kind.clone(),
            minor: tender.minor,
            payment_id: id,
        })
    });
    Ok(SaleEntry {
        date: date("date", &kept.date)?,
        receipt: receipt(&kept.receipt_number)?,
        sale: SaleNumber(kept.sale_number),
        operator: OperatorId(kept.operator_id),
        at: WallMs(kept.wall_ms),
        total_minor: kept.total_minor,
        tenders: tenders.collect::<Result<_>>()?,
        closed: closed.ok_or_else(|| ConvertError::missing("closed"))?,
        printed: kept.printed.as_ref().map(place_from),
    })
}
