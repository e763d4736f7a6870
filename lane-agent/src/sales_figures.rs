//! What a lane's records say while they are written, for metrics: how long payments took, and what
//! was sold. Nothing is decided by it.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use domain::{
    ids::PaymentId,
    money::{Currency, Money},
    sale::{CheckoutFact, SaleFact, Tender, TenderFact},
};
use monitoring::{Exposition, Histograms, Kind, WAIT_LIMITS};
use proto::store::v1::DecisionKind;
use records::{decision_to_proto, decision_word};
use tokio::time::Instant;

/// What becomes of a payment that the lane asked for.
const DECISIONS: [DecisionKind; 7] = [
    DecisionKind::Approved,
    DecisionKind::PartiallyApproved,
    DecisionKind::Declined,
    DecisionKind::Unknown,
    DecisionKind::Refused,
    DecisionKind::StandIn,
    DecisionKind::OfflineApproved,
];
/// The lane gave it up: no answer came in time, or the link was lost.
const ABANDONED: &str = "abandoned";

/// What was counted since the lane started.
#[derive(Debug)]
pub(crate) struct SalesFigures {
    payments: Histograms,
    /// What the till kept.
    cash_minor: AtomicU64,
    card_minor: AtomicU64,
    wallet_minor: AtomicU64,
}

impl Default for SalesFigures {
    fn default() -> Self {
        let mut words = DECISIONS.map(decision_word).to_vec();
        words.push(ABANDONED);
        Self {
            payments: Histograms::new("decision", &words, &WAIT_LIMITS),
            cash_minor: AtomicU64::new(0),
            card_minor: AtomicU64::new(0),
            wallet_minor: AtomicU64::new(0),
        }
    }
}

impl SalesFigures {
    pub(crate) fn tell(&self, currency: Currency, text: &mut Exposition) {
        self.payments.tell(
            text,
            "lanekeeper_lane_payment_seconds",
            "From a card that was read until the payment's decision, or until the lane gave it up.",
        );
        text.family(
            "lanekeeper_lane_sales_minor_total",
            Kind::Counter,
            "What was sold since the lane started, by tender, in minor units of the currency; \
             cash is what the till kept.",
        );
        for (tender, minor) in [
            ("cash", &self.cash_minor),
            ("card", &self.card_minor),
            ("wallet", &self.wallet_minor),
        ] {
            let labels = [("tender", tender), ("currency", currency.letters())];
            text.sample(&labels, minor.load(Ordering::Relaxed));
        }
    }

    fn closed(&self, tenders: &[Tender], change: Money) {
        let mut cash_minor = change.minor().saturating_neg();
        for tender in tenders {
            let minor = tender.amount().minor();
            match tender {
                Tender::Cash { .. } => cash_minor = cash_minor.saturating_add(minor),
                Tender::Card { .. } => add(&self.card_minor, minor),
                Tender::Wallet { .. } => add(&self.wallet_minor, minor),
                // None is taken yet: whoever takes it gives it a figure of its own.
                Tender::GiftCard { .. }
                | Tender::Voucher { .. }
                | Tender::ForeignCash { .. }
                | Tender::Owed { .. } => {}
            }
        }
        add(&self.cash_minor, cash_minor);
    }
}

/// A counter never goes down.
fn add(counter: &AtomicU64, minor: i64) {
    counter.fetch_add(u64::try_from(minor).unwrap_or(0), Ordering::Relaxed);
}

/// Follows the records.
#[derive(Debug)]
pub(crate) struct SalesMeter {
    figures: Arc<SalesFigures>,
    /// The payment that waits for its decision: a lane has one at a time.
    asked: Option<(PaymentId, Instant)>,
}

impl SalesMeter {
    pub(crate) const fn of(figures: Arc<SalesFigures>) -> Self {
        Self {
            figures,
            asked: None,
        }
    }

    /// A record is written.
    pub(crate) fn take(&mut self, fact: &CheckoutFact) {
        if let CheckoutFact::Sale(SaleFact::SaleClosed {
            tenders, change, ..
        }) = fact
        {
            self.figures.closed(tenders, *change);
        }
        if let CheckoutFact::Tender(fact) = fact {
            self.take_tender(fact);
        }
    }

    fn take_tender(&mut self, fact: &TenderFact) {
        match fact {
            TenderFact::PaymentIntended { payment, .. } => {
                self.asked = Some((payment.payment_id, Instant::now()));
            }
            TenderFact::PaymentDecided {
                payment_id,
                decision,
                ..
            } => self.ended(
                *payment_id,
                decision_word(decision_to_proto(decision).kind()),
            ),
            TenderFact::PaymentAbandoned { payment_id, .. } => self.ended(*payment_id, ABANDONED),
            TenderFact::CardNotRead { .. } => {}
        }
    }

    /// One that an earlier run asked for is not measured.
    fn ended(&mut self, payment_id: PaymentId, word: &str) {
        if let Some((_, since)) = self.asked.take_if(|(id, _)| *id == payment_id) {
            self.figures.payments.record(word, since.elapsed());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::{
        card_ref::Scheme,
        ids::{ReceiptNumber, SaleNumber},
        sale::TaxMode,
        words::Reason,
    };

    use super::*;

    fn cny(minor: i64) -> Money {
        Money::new(minor, Currency::CNY)
    }

    fn page(figures: &SalesFigures) -> Vec<String> {
        let mut page = Exposition::default();
        figures.tell(Currency::CNY, &mut page);
        page.into_text().lines().map(str::to_owned).collect()
    }

    #[test]
    fn sales_add_up_by_tender_and_change_is_no_sale() {
        let figures = Arc::new(SalesFigures::default());
        let mut meter = SalesMeter::of(Arc::clone(&figures));
        let closed: CheckoutFact = SaleFact::SaleClosed {
            sale: SaleNumber(1),
            receipt: ReceiptNumber::parse("1-1-000001").unwrap(),
            total: cny(1500),
            tenders: vec![
                Tender::Card {
                    amount: cny(1000),
                    payment_id: PaymentId(9),
                    scheme: Scheme::UnionPay,
                },
                Tender::Cash { given: cny(520) },
            ],
            change: cny(20),
            items: 3,
            order_reference: String::new(),
            rounding: cny(0),
            taxes: Vec::new(),
            tax_mode: TaxMode::Inclusive,
            returns: None,
        }
        .into();
        meter.take(&closed);
        meter.take(&closed);
        let page = page(&figures);
        let name = "lanekeeper_lane_sales_minor_total";
        for (tender, minor) in [("cash", 1000), ("card", 2000)] {
            let line = format!("{name}{{tender=\"{tender}\",currency=\"CNY\"}} {minor}");
            assert!(page.contains(&line), "{line} in {page:#?}");
        }
    }

    #[test]
    fn a_payment_given_up_is_told_apart_and_one_of_an_earlier_run_not_at_all() {
        let figures = Arc::new(SalesFigures::default());
        let mut meter = SalesMeter::of(Arc::clone(&figures));
        let abandoned = |id| {
            CheckoutFact::Tender(TenderFact::PaymentAbandoned {
                sale: SaleNumber(1),
                payment_id: PaymentId(id),
                reason: Reason::InWords(String::new()),
            })
        };
        let since = Instant::now().checked_sub(Duration::from_secs(3));
        meter.asked = Some((PaymentId(2), since.unwrap()));
        meter.take(&abandoned(1));
        meter.take(&abandoned(2));
        meter.take(&abandoned(2));
        let page = page(&figures);
        let name = "lanekeeper_lane_payment_seconds";
        for line in [
            format!("{name}_count{{decision=\"abandoned\"}} 1"),
            format!("{name}_bucket{{decision=\"abandoned\",le=\"2.5\"}} 0"),
            format!("{name}_bucket{{decision=\"abandoned\",le=\"5\"}} 1"),
            format!("{name}_count{{decision=\"approved\"}} 0"),
        ] {
            assert!(page.contains(&line), "{line} in {page:#?}");
        }
    }
}
