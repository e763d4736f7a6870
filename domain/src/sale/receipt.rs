//! What stands on a receipt, and how it is set on 42 columns.
//!
//! A receipt is a function of the sale's records, of the store's name and of its time zone: printed
//! again after a break it is the same to the byte.

use crate::{
    card_ref::EntryMode,
    ids::{AuthCode, LaneId, ReceiptNumber, Rrn, SaleNumber},
    money::Money,
    payment::Decision,
    sale::{CardTender, FailedCard, Line, PendingPayment, Sale, Tender, date_and_time},
    time::{LocalMs, WallMs},
    words::Worded as _,
};

/// Columns of the paper: font A on 80 mm.
const COLUMNS: usize = 42;

/// What a receipt says of the store.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Heading {
    /// Name of the store.
    pub store_name: String,
    /// Terminal of the lane; empty if none is known.
    pub tid: String,
    /// Merchant at the acquirer; empty if none is known.
    pub mid: String,
}

/// How a line is set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReceiptStyle {
    /// As it is.
    Plain,
    /// Bold.
    Bold,
    /// Bold, in the middle.
    Title,
    /// In the middle.
    Centred,
}

/// One line of paper, at most 42 columns.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReceiptLine {
    /// How it is set.
    pub style: ReceiptStyle,
    /// Without its margin when centred.
    pub text: String,
}

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
}

impl Receipt {
    /// The receipt of a closed sale; `None` while it is open.
    #[must_use]
    pub fn of(sale: &Sale, lane: LaneId) -> Option<Self> {
        let closing = sale.closing.as_ref()?;
        Some(Self {
            number: closing.receipt,
            lane,
            sale: sale.number,
            at: closing.at,
            lines: sale.sold_lines().cloned().collect(),
            total: sale.total?,
            tenders: sale.tenders.clone(),
            card_tenders: sale.card_tenders.clone(),
            failed_cards: sale.failed_cards.clone(),
            change: closing.change,
            items: sale.items(),
        })
    }

    /// The lines of paper, top to bottom. `closed`: its moment `at`, in the store's own time.
    #[must_use]
    pub fn lay_out(&self, heading: &Heading, closed: LocalMs) -> Vec<ReceiptLine> {
        let mut paper = Paper::default();
        self.head(heading, closed, &mut paper);
        paper.rule();
        for line in &self.lines {
            article(line, &mut paper);
        }
        paper.rule();
        paper.plain(&pair(&format!("Items {}", self.items), ""));
        let total = format!("TOTAL {}", self.total.currency());
        paper.bold(&pair(&total, &amount(self.total)));
        paper.rule();
        for tender in &self.tenders {
            self.tender(tender, &mut paper);
        }
        if !self.change.is_zero() {
            paper.plain(&pair("Change", &amount(self.change)));
        }
        for failed in &self.failed_cards {
            paper.rule();
            failed_card(failed, &mut paper);
        }
        paper.rule();
        paper.centred("Thank you for your purchase");
        paper.lines
    }

    /// The receipt as plain text, one line of paper a line.
    #[must_use]
    pub fn plain_text(&self, heading: &Heading, closed: LocalMs) -> String {
        self.lay_out(heading, closed)
            .iter()
            .map(ReceiptLine::plain_text)
            .collect()
    }

    fn head(&self, heading: &Heading, closed: LocalMs, paper: &mut Paper) {
        paper.title(&heading.store_name);
        if !heading.tid.is_empty() {
            paper.centred(&format!("TID {}  MID {}", heading.tid, heading.mid));
        }
        paper.rule();
        let lane = format!("Lane {}", self.lane.0);
        paper.plain(&pair(&lane, &format!("Receipt {}", self.number)));
        let sale = format!("Sale {}", self.sale.0);
        paper.plain(&pair(&date_and_time(closed), &sale));
    }

    fn tender(&self, tender: &Tender, paper: &mut Paper) {
        match tender {
            Tender::Cash { given } => paper.plain(&pair("Cash", &amount(*given))),
            Tender::Card { payment_id, .. } => {
                let card = self
                    .card_tenders
                    .iter()
                    .find(|card| card.payment.payment_id == *payment_id);
                if let Some(card) = card {
                    card_tender(card, paper);
                }
            }
            Tender::Wallet { .. }
            | Tender::GiftCard { .. }
            | Tender::Voucher { .. }
            | Tender::ForeignCash { .. }
            | Tender::Owed { .. } => {
                let kind = tender.kind().english();
                paper.plain(&pair(kind, &amount(tender.amount())));
            }
        }
    }
}

impl ReceiptLine {
    /// The line with its margin and a line feed, without spaces at its end.
    #[must_use]
    pub fn plain_text(&self) -> String {
        let margin = match self.style {
            ReceiptStyle::Plain | ReceiptStyle::Bold => 0,
            ReceiptStyle::Title | ReceiptStyle::Centred => {
                let free = COLUMNS.saturating_sub(self.text.chars().count());
                free.checked_div(2).unwrap_or(0)
            }
        };
        let line = format!("{:margin$}{}", "", self.text);
        format!("{}\n", line.trim_end())
    }
}

fn article(line: &Line, paper: &mut Paper) {
    paper.plain(&pair(&line.name, &amount(line.total)));
    if line.quantity > 1 {
        paper.plain(&format!(
            "  {} x {}",
            line.quantity,
            amount(line.unit_price)
        ));
    }
}

fn card_tender(card: &CardTender, paper: &mut Paper) {
    let payment = &card.payment;
    card_head(payment, &amount(card.amount), paper);
    match &card.decision {
        Decision::Approved { host, .. } | Decision::PartiallyApproved { host, .. } => {
            host_facts(host.auth_code.as_ref(), host.rrn.as_ref(), paper);
        }
        Decision::StandIn { .. } | Decision::OfflineApproved { .. } => {
            paper.bold("  SUBJECT TO AUTHORISATION");
        }
        Decision::Declined { .. } | Decision::Unknown { .. } | Decision::Refused { .. } => {}
    }
    paper.plain(&format!("  Payment {}", payment.payment_id));
}

/// The customer sees that this card did not pay, and why; whoever asks later has the payment's id.
fn failed_card(failed: &FailedCard, paper: &mut Paper) {
    let payment = &failed.payment;
    card_head(payment, "NOT PAID", paper);
    match &failed.decision {
        Some(Decision::Declined { code, .. }) => {
            paper.plain(&format!("  declined, code {code}"));
        }
        Some(Decision::Refused { .. }) => paper.plain("  not accepted, nothing was charged"),
        Some(
            Decision::Unknown { .. }
            | Decision::Approved { .. }
            | Decision::PartiallyApproved { .. }
            | Decision::StandIn { .. }
            | Decision::OfflineApproved { .. },
        )
        | None => paper.plain("  not confirmed, any charge is taken back"),
    }
    paper.plain(&format!("  Payment {}", payment.payment_id));
}

fn card_head(payment: &PendingPayment, right: &str, paper: &mut Paper) {
    let label = format!("Card {}", payment.card.scheme.name());
    paper.plain(&pair(&label, right));
    let entry = entry_mode(payment.entry_mode);
    let pin = if payment.pin_entered { ", PIN" } else { "" };
    paper.plain(&format!("  {} {entry}{pin}", payment.card.masked));
}

fn host_facts(auth_code: Option<&AuthCode>, rrn: Option<&Rrn>, paper: &mut Paper) {
    let auth_code = auth_code.map(|code| format!("  Auth {code}"));
    let rrn = rrn.map(|rrn| format!("  RRN {rrn}"));
    let line: String = [auth_code, rrn].into_iter().flatten().collect();
    if !line.is_empty() {
        paper.plain(&line);
    }
}

const fn entry_mode(mode: EntryMode) -> &'static str {
    match mode {
        EntryMode::Keyed => "keyed",
        EntryMode::Stripe => "stripe",
        EntryMode::Chip => "chip",
        EntryMode::Contactless => "contactless",
    }
}

/// The amount without its currency, which stands at the total.
fn amount(money: Money) -> String {
    let text = money.to_string();
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// Left and right on one line; the left side is cut when both don't fit.
fn pair(left: &str, right: &str) -> String {
    let room = COLUMNS.saturating_sub(right.chars().count().saturating_add(1));
    let left: String = printable(left).chars().take(room).collect();
    format!("{left:<room$} {right}")
}

/// Control characters would be commands to the printer.
fn printable(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).collect()
}

#[derive(Default)]
struct Paper {
    lines: Vec<ReceiptLine>,
}

impl Paper {
    fn push(&mut self, style: ReceiptStyle, text: &str) {
        let text = printable(text).chars().take(COLUMNS).collect();
        self.lines.push(ReceiptLine { style, text });
    }

    fn plain(&mut self, text: &str) {
        self.push(ReceiptStyle::Plain, text);
    }

    fn bold(&mut self, text: &str) {
        self.push(ReceiptStyle::Bold, text);
    }

    fn title(&mut self, text: &str) {
        self.push(ReceiptStyle::Title, text);
    }

    fn centred(&mut self, text: &str) {
        self.push(ReceiptStyle::Centred, text);
    }

    fn rule(&mut self) {
        self.plain(&"-".repeat(COLUMNS));
    }
}
