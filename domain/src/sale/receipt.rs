//! The receipt of a closed sale: what it tells, and as which paper.
//!
//! A receipt is a function of the sale's records, of the store's name and of its time zone: printed
//! again after a break it says the same, and that it is a reprint.

use crate::{
    ids::{LaneId, ReceiptNumber, SaleNumber},
    money::Money,
    paper::{
        self, Article, CardOutcome, CardSlip, Heading, Measured, MerchantCopyOf, OwedToCard,
        PaidBy, Paper, PaperSetting, Reduction, ReturnReceipt, SaleReceipt,
    },
    payment::{Decision, HostFacts},
    sale::{
        CardTender, Closing, FailedCard, Line, OwedBack, OwedBy, PendingPayment, Sale, TaxSum,
        Tender, WeighedBy, Weight,
    },
    time::{LocalMs, WallMs},
    words::Worded as _,
};

/// A closed sale as its receipt tells it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// Its number.
    pub number: ReceiptNumber,
    /// The lane.
    pub lane: LaneId,
    /// The sale.
    pub sale: SaleNumber,
    /// When the sale was closed.
    pub at: WallMs,
    /// What was sold.
    pub lines: Vec<Line>,
    /// What it cost.
    pub total: Money,
    /// What cash was rounded by: negative when it was rounded down.
    pub rounding: Money,
    /// The tax of it, by class.
    pub taxes: Vec<TaxSum>,
    /// What paid for it, in the order it was given.
    pub tenders: Vec<Tender>,
    /// The card tenders in full.
    pub card_tenders: Vec<CardTender>,
    /// Card payments that came to nothing.
    pub failed_cards: Vec<FailedCard>,
    /// Given back.
    pub change: Money,
    /// Pieces sold.
    pub items: u32,
    /// What is owed to cards for goods that came back.
    pub owed_back: Vec<OwedBack>,
}

/// What a receipt is printed with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReceiptForm {
    /// Whose it is.
    pub heading: Heading,
    /// How it is set.
    pub setting: PaperSetting,
    /// When the sale was closed, in the store's own time.
    pub closed: LocalMs,
    /// It may have been printed before, and says so.
    pub again: bool,
}

impl Receipt {
    /// The receipt of a sale that is closed so; `None` where it never had a total.
    pub(super) fn of(sale: Sale, closing: Closing) -> Option<Self> {
        Some(Self {
            number: closing.receipt,
            lane: closing.receipt.lane,
            sale: sale.number,
            at: closing.at,
            items: sale.items(),
            total: sale.total?,
            rounding: closing.rounding,
            taxes: sale.taxes,
            lines: sale.lines.into_iter().filter(|line| !line.voided).collect(),
            tenders: sale.tenders,
            card_tenders: sale.card_tenders,
            failed_cards: sale.failed_cards,
            change: closing.change,
            owed_back: sale.owed_back,
        })
    }

    /// The customer's copy: a return's where nothing was sold.
    #[must_use]
    pub fn customer_copy(&self, form: &ReceiptForm) -> Paper {
        let returns = self.lines.iter().all(|line| line.returned.is_some());
        if returns && !self.lines.is_empty() {
            return self.as_return(form);
        }
        let told = SaleReceipt {
            number: self.number,
            lane: self.lane,
            sale: self.sale,
            at: form.closed,
            articles: self.lines.iter().map(article).collect(),
            items: self.items,
            taxes: self.taxes.iter().map(tax).collect(),
            rounding: (!self.rounding.is_zero()).then_some(self.rounding),
            total: self.total.add(self.rounding).unwrap_or(self.total),
            paid_by: {
                let tenders = self.tenders.iter().filter_map(|one| self.paid_by(one));
                let owed = self.owed_back.iter().map(owed_slip).map(PaidBy::Owed);
                tenders.chain(owed).collect()
            },
            change: self.change,
            failed_cards: self.failed_cards.iter().map(failed_slip).collect(),
        };
        told.lay_out(&form.heading, form.setting, form.again)
    }

    /// Amounts as the customer gets them.
    fn as_return(&self, form: &ReceiptForm) -> Paper {
        let back = |amount: Money| amount.negate().unwrap_or(amount);
        let originals = self.lines.iter().filter_map(Line::original);
        let mut originals: Vec<ReceiptNumber> = originals.map(|of| of.receipt).collect();
        originals.sort_unstable();
        originals.dedup();
        let returned = || self.lines.iter().filter_map(|line| line.returned.as_ref());
        let mut reasons: Vec<&str> = returned().map(|one| one.reason.as_str()).collect();
        reasons.retain(|reason| !reason.is_empty());
        reasons.dedup();
        let cash = self.tenders.iter().filter_map(|tender| match tender {
            Tender::Cash { given } => Some(PaidBy::cash(back(*given))),
            Tender::Card { .. }
            | Tender::Wallet { .. }
            | Tender::GiftCard { .. }
            | Tender::Voucher { .. }
            | Tender::ForeignCash { .. }
            | Tender::Owed { .. } => None,
        });
        let taxes = self.taxes.iter().map(|sum| TaxSum {
            taxed: back(sum.taxed),
            tax: back(sum.tax),
            ..sum.clone()
        });
        let told = ReturnReceipt {
            number: self.number,
            lane: self.lane,
            at: form.closed,
            originals,
            without_receipt: returned().any(|one| one.original.is_none()),
            reason: reasons.join("; "),
            articles: self.lines.iter().map(came_back).collect(),
            taxes: taxes.map(|sum| tax(&sum)).collect(),
            rounding: (!self.rounding.is_zero()).then(|| back(self.rounding)),
            total: back(self.total.add(self.rounding).unwrap_or(self.total)),
            back_to: cash.collect(),
            owed: self.owed_back.iter().map(owed_slip).collect(),
        };
        told.lay_out(&form.heading, form.setting, form.again)
    }

    /// What the merchant keeps: a copy of each card payment that he wants one of.
    #[must_use]
    pub fn merchant_copies(&self, form: &ReceiptForm) -> Vec<Paper> {
        let of = MerchantCopyOf {
            heading: &form.heading,
            lane: self.lane,
            number: self.number,
            at: form.closed,
            reprint: form.again,
        };
        let slips = self.card_tenders.iter().map(paying_slip);
        slips
            .filter_map(|slip| slip.merchant_copy(&of, form.setting))
            .collect()
    }

    fn paid_by(&self, tender: &Tender) -> Option<PaidBy> {
        match tender {
            Tender::Cash { given } => Some(PaidBy::cash(*given)),
            Tender::Card { payment_id, .. } | Tender::Wallet { payment_id, .. } => {
                let mut cards = self.card_tenders.iter();
                let card = cards.find(|card| card.payment.payment_id == *payment_id)?;
                Some(PaidBy::Card(paying_slip(card)))
            }
            Tender::Owed {
                by: OwedBy::Store, ..
            } => None,
            Tender::GiftCard { .. }
            | Tender::Voucher { .. }
            | Tender::ForeignCash { .. }
            | Tender::Owed {
                by: OwedBy::Customer,
                ..
            } => Some(PaidBy::Other {
                name: tender.kind().in_words(),
                amount: tender.amount(),
            }),
        }
    }
}

fn article(line: &Line) -> Article {
    let taken_off = line.discount.as_ref().and_then(|discount| {
        let amount = match &line.returned {
            None => discount.amount.negate().ok()?,
            Some(_) => discount.amount,
        };
        let why = discount.reason.clone();
        Some(Reduction { why, amount })
    });
    let before = taken_off.as_ref().map(|reduction| reduction.amount);
    let before = before.and_then(|amount| line.total.subtract(amount).ok());
    Article {
        name: line.name.clone(),
        measured: match line.weight {
            None => Measured::Pieces(line.quantity),
            Some(weight) => weighed(weight),
        },
        unit_price: line.unit_price,
        total: before.unwrap_or(line.total),
        reductions: taken_off.into_iter().collect(),
    }
}

/// On a return's receipt amounts are what goes back.
fn came_back(line: &Line) -> Article {
    let mut article = article(line);
    let back = |amount: Money| amount.negate().unwrap_or(amount);
    article.total = back(article.total);
    for reduction in &mut article.reductions {
        reduction.amount = back(reduction.amount);
    }
    article
}

fn owed_slip(owed: &OwedBack) -> OwedToCard {
    OwedToCard {
        amount: owed.amount,
        scheme: owed.card.scheme,
        masked: owed.card.masked.clone(),
        payment_id: owed.payment_id,
    }
}

/// A weight that was typed says so.
fn weighed(weight: Weight) -> Measured {
    let kilograms = weight.grams.checked_div(1_000).unwrap_or(0);
    let grams = weight.grams.checked_rem(1_000).unwrap_or(0);
    let unit = match weight.by {
        WeighedBy::Scale | WeighedBy::Label => "kg",
        WeighedBy::Hand => "kg (M)",
    };
    Measured::Weighed {
        amount: format!("{kilograms}.{grams:03}"),
        unit: unit.to_owned(),
    }
}

fn tax(sum: &TaxSum) -> paper::TaxSum {
    paper::TaxSum::of(&sum.class, sum.rate_basis_points, sum.taxed, sum.tax)
}

fn paying_slip(card: &CardTender) -> CardSlip {
    let outcome = match &card.decision {
        Decision::Approved { host, .. } => {
            let HostFacts { auth_code, rrn, .. } = host.clone();
            CardOutcome::Approved { auth_code, rrn }
        }
        Decision::PartiallyApproved { host, .. } => {
            let HostFacts { auth_code, rrn, .. } = host.clone();
            CardOutcome::PartlyApproved {
                asked: card.payment.amount,
                auth_code,
                rrn,
            }
        }
        Decision::StandIn { .. } | Decision::OfflineApproved { .. } => {
            CardOutcome::SubjectToAuthorisation
        }
        // Can't be: none of them pays.
        Decision::Declined { .. } | Decision::Unknown { .. } | Decision::Refused { .. } => {
            CardOutcome::NotConfirmed
        }
    };
    slip(&card.payment, card.amount, outcome)
}

/// The customer sees that this card did not pay, and why.
fn failed_slip(failed: &FailedCard) -> CardSlip {
    let outcome = match &failed.decision {
        Some(Decision::Declined { code, .. }) => CardOutcome::Declined { code: *code },
        Some(Decision::Refused { .. }) => CardOutcome::NotAccepted,
        Some(
            Decision::Unknown { .. }
            | Decision::Approved { .. }
            | Decision::PartiallyApproved { .. }
            | Decision::StandIn { .. }
            | Decision::OfflineApproved { .. },
        )
        | None => CardOutcome::NotConfirmed,
    };
    slip(&failed.payment, failed.payment.amount, outcome)
}

fn slip(payment: &PendingPayment, amount: Money, outcome: CardOutcome) -> CardSlip {
    CardSlip {
        amount,
        scheme: payment.card.scheme,
        masked: payment.card.masked.clone(),
        entry_mode: payment.entry_mode,
        pin_entered: payment.pin_entered,
        payment_id: payment.payment_id,
        outcome,
    }
}
