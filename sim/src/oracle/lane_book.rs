//! A lane's sales, told again from its journal.

use std::collections::BTreeMap;

use proto::{
    journal::v1::{
        LaneRecord, LineAdded, LineChanged, PaidBack, PaymentDecided, PaymentIntended, Returned,
        SaleClosed, SaleOpened, lane_record::Body,
    },
    store::v1::{Decision, DecisionKind},
};

use crate::oracle::{leases::LaneLeases, staff::StaffBook, tills::TillBook, values::minor};

/// One line of a basket, as rung up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RungUp {
    /// As scanned.
    pub barcode: String,
    /// What it came to.
    pub total_minor: i64,
    /// Pieces.
    pub quantity: i64,
    /// 0: counted.
    pub grams: i64,
    /// Of a piece, or of a kilogram.
    pub unit_minor: i64,
    /// Taken off.
    pub discount_minor: i64,
    /// Goods that come back.
    pub returned: bool,
    /// Receipt and line that they were bought with.
    pub original: Option<(String, u32)>,
    /// Its tax, looked at alone or as it was taken.
    pub tax_minor: i64,
    /// Class and rate in basis points; `None`: not taxed.
    pub taxed_as: Option<(String, i64)>,
    /// The customer's least age in years; 0: any.
    pub least_age: u32,
    /// The price file that it is priced by: what waited in another sale keeps that one's.
    pub price_version: String,
}

impl RungUp {
    fn of(line: &LineAdded, of_sale: &str) -> Self {
        let discount = line.discount.as_ref();
        let rate = line.tax_rate_basis_points;
        Self {
            barcode: line.barcode.clone(),
            total_minor: minor(line.total.as_ref()),
            quantity: line.quantity.into(),
            grams: line.weight_grams.into(),
            unit_minor: minor(line.unit_price.as_ref()),
            discount_minor: discount.map_or(0, |discount| minor(discount.amount.as_ref())),
            returned: line.returned.is_some(),
            original: line.returned.as_ref().and_then(original_of),
            tax_minor: minor(line.tax.as_ref()),
            least_age: line.least_age,
            taxed_as: rate.map(|rate| (line.tax_class.clone(), rate.into())),
            price_version: match line.price_file_version.as_str() {
                "" => of_sale.to_owned(),
                own => own.to_owned(),
            },
        }
    }
}

fn original_of(returned: &Returned) -> Option<(String, u32)> {
    let receipt = returned.receipt_number.clone();
    (!receipt.is_empty()).then_some((receipt, returned.line_number))
}

/// One card payment as the lane knows it.
#[derive(Clone, Debug, Default)]
pub(super) struct LanePayment {
    /// What was asked for.
    pub asked_minor: i64,
    /// What the lane was told; `None`: nothing.
    pub decision: Option<Decision>,
    /// Whether it was given up.
    pub abandoned: bool,
    /// How often the intent stands in the journal.
    pub intents: u32,
}

/// One sale.
#[derive(Clone, Debug, Default)]
pub(super) struct Sale {
    /// The customer it was for.
    pub order: String,
    /// The price file by which it began.
    pub price_version: String,
    /// What was rung up and not voided, by line number.
    pub lines: BTreeMap<u32, RungUp>,
    /// The lines with which it was suspended.
    pub suspended: Option<Vec<RungUp>>,
    /// The sale it took up, and how many lines that had.
    pub recalled: Option<(u32, usize)>,
    /// The sale of another lane that it took up.
    pub recalled_elsewhere: Option<(u16, u32)>,
    /// The lane that it was handed over to while it waited.
    pub handed_over: Option<u16>,
    /// What its first lines were when they came, taken back or not.
    pub first_lines: Vec<RungUp>,
    /// By how many sales it was taken up.
    pub taken_up: u32,
    /// What was totalled.
    pub totalled_minor: Option<i64>,
    /// The highest age that the cashier said the customer has.
    pub old_enough_for: u32,
    /// The age of what was totalled, where nobody had said that the customer has it.
    pub unasked_age: Option<u32>,
    /// Cash handed over so far.
    pub cash_minor: i64,
    /// Cash that was paid back.
    pub paid_back_minor: i64,
    /// Owed to each payment, and paid in cash for it.
    pub owed: BTreeMap<String, i64>,
    pub cash_for_card: BTreeMap<String, i64>,
    /// Its card payments.
    pub payments: BTreeMap<String, LanePayment>,
    /// How it was closed; what is in it was journaled before.
    pub closed: Option<SaleClosed>,
    /// Whether it was voided.
    pub voided: bool,
    /// Cash and payments as they stood when it was closed.
    pub at_close: Option<AtClose>,
    /// How often the lane was started again in the middle of it.
    pub restarts: u32,
}

impl Sale {
    /// Whether it was neither closed nor voided.
    #[must_use]
    pub(super) fn is_open(&self) -> bool {
        self.closed.is_none() && !self.voided && self.suspended.is_none()
    }

    /// What was bought in it, by line.
    pub(super) fn bought(&self) -> impl Iterator<Item = &RungUp> {
        self.lines.values().filter(|line| !line.returned)
    }

    /// Whether goods came back in it.
    #[must_use]
    pub(super) fn takes_back(&self) -> bool {
        self.lines.values().any(|line| line.returned)
    }

    fn ring_up(&mut self, line: &LineAdded) {
        let rung_up = RungUp::of(line, &self.price_version);
        let own = self.recalled.map_or(0, |(_, lines)| lines);
        // How many another lane's basket had, that lane's journal tells.
        let most = match self.recalled_elsewhere {
            Some(_) => usize::MAX,
            None => own,
        };
        if self.first_lines.len() < most {
            self.first_lines.push(rung_up.clone());
        }
        self.lines.insert(line.line_number, rung_up);
    }

    /// Whether a payment was asked for and nothing was heard of it.
    #[must_use]
    pub(super) fn waits_for_decision(&self) -> bool {
        let mut payments = self.payments.values();
        payments.any(|payment| payment.decision.is_none() && !payment.abandoned)
    }
}

/// What stood in the journal before a sale was closed.
#[derive(Clone, Debug, Default)]
pub(super) struct AtClose {
    /// Cash handed over, less what was paid back.
    pub cash_minor: i64,
    /// What is owed to cards for goods that came back.
    pub owed_minor: i64,
    /// What each payment had paid.
    pub paid_minor: BTreeMap<String, i64>,
}

/// All that a lane's journal tells.
#[derive(Clone, Debug, Default)]
pub(super) struct LaneBook {
    /// From 1.
    pub lane: u16,
    /// By number.
    pub sales: BTreeMap<u32, Sale>,
    /// Text of each printed receipt, by number; the last print of it.
    pub receipts: BTreeMap<String, String>,
    /// Numbers of the receipts in the order in which sales were closed.
    pub receipt_numbers: Vec<String>,
    /// Records about sales or payments that were never opened.
    pub orphan_records: Vec<String>,
    /// Offline leases and what was approved under them.
    pub leases: LaneLeases,
    /// Its drawer.
    pub tills: TillBook,
    /// Its people.
    pub staff: StaffBook,
}

impl LaneBook {
    /// Tells a lane's records again.
    #[must_use]
    pub(super) fn tell(lane: u16, records: &[(u64, LaneRecord)]) -> Self {
        let mut book = Self {
            lane,
            ..Self::default()
        };
        for (_, record) in records {
            if let Some(body) = &record.body {
                book.take(body);
            }
        }
        book
    }

    /// Every payment of the lane, with its sale.
    pub(super) fn payments(&self) -> impl Iterator<Item = (&str, &LanePayment, &Sale)> {
        self.sales.values().flat_map(|sale| {
            let own = sale.payments.iter();
            own.map(move |(id, payment)| (id.as_str(), payment, sale))
        })
    }

    #[allow(
        clippy::too_many_lines,
        reason = "a table: each record and what it tells"
    )]
    fn take(&mut self, body: &Body) {
        self.tills.take(body);
        self.staff.take(body);
        match body {
            // Frames of a day are the day's oracle's to judge, drawers that of tills, and who was
            // at the lane that of staff.
            Body::CardNotRead(_)
            | Body::DayMarker(_)
            | Body::LaneRested(_)
            | Body::OperatorsTaken(_)
            | Body::OperatorSignedOn(_)
            | Body::OperatorSignedOff(_)
            | Body::PinRefused(_)
            | Body::OperatorLockedOut(_)
            | Body::OperatorUnlocked(_)
            | Body::SupervisorAllowed(_)
            | Body::ShiftBegun(_)
            | Body::ShiftEnded(_)
            | Body::CashMoved(_)
            | Body::DrawerOpened(_)
            | Body::CashCounted(_)
            | Body::ZTaken(_)
            | Body::TillDateEnded(_)
            // A paper more, and no money.
            | Body::CopyOrdered(_) => {}
            Body::Started(_) => self.start_again(),
            Body::LeaseAccepted(accepted) => {
                let lease = accepted.lease.clone().unwrap_or_default();
                self.leases.accept(&lease);
            }
            Body::LeaseReturned(returned) => self.leases.give_back(returned),
            Body::SaleOpened(opened) => self.open(opened),
            Body::LineAdded(line) => self.sale(line.sale_number).ring_up(line),
            Body::LineChanged(changed) => self.change(changed),
            Body::SaleSuspended(suspended) => {
                let sale = self.sale(suspended.sale_number);
                sale.suspended = Some(sale.lines.values().cloned().collect());
            }
            Body::BasketHandedOver(moved) => {
                let to = u16::try_from(moved.to_lane).ok();
                self.sale(moved.sale_number).handed_over = to;
            }
            Body::LineVoided(line) => {
                self.sale(line.sale_number).lines.remove(&line.line_number);
            }
            Body::AgeAnswered(answer) if answer.old_enough => {
                let sale = self.sale(answer.sale_number);
                sale.old_enough_for = sale.old_enough_for.max(answer.least_age);
            }
            // What the customer is too young for is voided by records of its own.
            Body::AgeAnswered(_) => {}
            Body::SaleTotalled(total) => {
                let sale = self.sale(total.sale_number);
                sale.totalled_minor = Some(minor(total.total.as_ref()));
                let ages = sale.bought().map(|line| line.least_age);
                let highest = ages.max().unwrap_or(0);
                sale.unasked_age = (highest > sale.old_enough_for).then_some(highest);
            }
            Body::CashTendered(cash) => {
                self.sale(cash.sale_number).cash_minor += minor(cash.given.as_ref());
            }
            // What it says is the hub's: the records of the hub are asked.
            Body::ReturnReserved(_) => {}
            Body::CashForCard(paid) => {
                let of = &mut self.sale(paid.sale_number).cash_for_card;
                *of.entry(paid.payment_id.clone()).or_default() += minor(paid.amount.as_ref());
            }
            Body::PaidBack(back) => self.pay_back(back),
            Body::PaymentIntended(intent) => self.intend(intent),
            Body::PaymentDecided(decided) => {
                self.offline(decided);
                let decision = decided.decision.clone();
                self.payment(decided.sale_number, &decided.payment_id)
                    .decision = decision;
            }
            Body::PaymentAbandoned(abandoned) => {
                self.payment(abandoned.sale_number, &abandoned.payment_id)
                    .abandoned = true;
            }
            Body::SaleClosed(closed) => self.close(closed),
            Body::SaleVoided(voided) => self.sale(voided.sale_number).voided = true,
            Body::ReceiptPrinted(printed) => {
                let number = printed.receipt_number.clone();
                self.receipts.insert(number, printed.text.clone());
            }
        }
    }

    fn start_again(&mut self) {
        self.leases.started();
        for sale in self.sales.values_mut().filter(|sale| sale.is_open()) {
            sale.restarts += 1;
        }
    }

    fn open(&mut self, opened: &SaleOpened) {
        let sale = self.sales.entry(opened.sale_number).or_default();
        sale.order.clone_from(&opened.order_reference);
        sale.price_version.clone_from(&opened.price_file_version);
        if let Some(recalled) = &opened.recalled {
            match u16::try_from(recalled.lane) {
                Ok(lane) if lane != self.lane => {
                    let sale = self.sale(opened.sale_number);
                    sale.recalled_elsewhere = Some((lane, recalled.sale_number));
                }
                Ok(_) | Err(_) => self.take_up(opened.sale_number, recalled.sale_number),
            }
        }
    }

    fn change(&mut self, changed: &LineChanged) {
        let line = changed.line.clone().unwrap_or_default();
        let sale = self.sale(line.sale_number);
        let rung_up = RungUp::of(&line, &sale.price_version);
        let before = sale.lines.insert(line.line_number, rung_up);
        if before.is_none() {
            let what = format!("line {} was changed and never rung up", line.line_number);
            self.orphan_records.push(what);
        }
    }

    fn pay_back(&mut self, back: &PaidBack) {
        let sale = self.sale(back.sale_number);
        sale.paid_back_minor += minor(back.cash.as_ref());
        for one in &back.owed {
            let owed = sale.owed.entry(one.payment_id.clone()).or_default();
            *owed += minor(one.amount.as_ref());
        }
    }

    fn intend(&mut self, intent: &PaymentIntended) {
        let sale = self.sale(intent.sale_number);
        let payment = sale.payments.entry(intent.payment_id.clone()).or_default();
        payment.asked_minor = minor(intent.amount.as_ref());
        payment.intents += 1;
    }

    fn offline(&mut self, decided: &PaymentDecided) {
        let kind = decided.decision.as_ref().map(Decision::kind);
        let alone = kind == Some(DecisionKind::OfflineApproved);
        match &decided.offline {
            Some(payment) if alone && payment.payment_id == decided.payment_id => {
                self.leases.approve(payment);
            }
            None if !alone => {}
            Some(_) | None => {
                let what = "approved offline and not told so, or the other way round";
                self.leases.fault(&decided.payment_id, what.to_owned());
            }
        }
    }

    /// What waited is taken up by a sale of its own.
    fn take_up(&mut self, sale: u32, suspended: u32) {
        let waiting = self.sale(suspended);
        waiting.taken_up += 1;
        let lines = waiting.suspended.as_ref().map_or(0, Vec::len);
        self.sale(sale).recalled = Some((suspended, lines));
    }

    fn close(&mut self, closed: &SaleClosed) {
        self.receipt_numbers.push(closed.receipt_number.clone());
        let sale = self.sale(closed.sale_number);
        sale.at_close = Some(AtClose {
            cash_minor: sale.cash_minor - sale.paid_back_minor,
            owed_minor: sale.owed.values().sum(),
            paid_minor: sale
                .payments
                .iter()
                .map(|(id, one)| (id.clone(), one.paid_minor()))
                .collect(),
        });
        sale.closed = Some(closed.clone());
    }

    fn sale(&mut self, number: u32) -> &mut Sale {
        if !self.sales.contains_key(&number) {
            self.orphan_records
                .push(format!("sale {number} was never opened"));
        }
        self.sales.entry(number).or_default()
    }

    fn payment(&mut self, sale_number: u32, id: &str) -> &mut LanePayment {
        let known = self.sale(sale_number).payments.contains_key(id);
        if !known {
            self.orphan_records
                .push(format!("payment {id} was decided without an intent"));
        }
        self.sale(sale_number)
            .payments
            .entry(id.to_owned())
            .or_default()
    }
}

impl LanePayment {
    /// What the customer has paid with it: nothing once it is given up.
    #[must_use]
    pub(super) fn paid_minor(&self) -> i64 {
        match &self.decision {
            Some(decision) if !self.abandoned => minor(decision.approved.as_ref()),
            Some(_) | None => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use proto::journal::v1::{SaleSuspended, SuspendedSale};

    use super::*;

    #[test]
    fn what_waited_over_a_change_of_prices_is_what_was_suspended() {
        let opened = |sale_number, version: &str, recalled| {
            Body::SaleOpened(SaleOpened {
                sale_number,
                price_file_version: version.to_owned(),
                recalled,
                ..SaleOpened::default()
            })
        };
        let line = |sale_number, version: &str| {
            Body::LineAdded(LineAdded {
                sale_number,
                line_number: 1,
                barcode: "6900000000014".to_owned(),
                price_file_version: version.to_owned(),
                ..LineAdded::default()
            })
        };
        let waited = SuspendedSale {
            lane: 1,
            epoch: 1,
            sale_number: 1,
        };
        let mut book = LaneBook {
            lane: 1,
            ..LaneBook::default()
        };
        for body in [
            opened(1, "a", None),
            line(1, ""),
            Body::SaleSuspended(SaleSuspended {
                sale_number: 1,
                ..SaleSuspended::default()
            }),
            opened(2, "b", Some(waited)),
            line(2, "a"),
        ] {
            book.take(&body);
        }
        let suspended = book.sales[&1].suspended.as_ref();
        assert_eq!(suspended, Some(&book.sales[&2].first_lines));
        assert_eq!(book.sales[&2].lines[&1].price_version, "a");
    }
}
