//! What the screens show of goods that come back.

use crate::{
    ids::ReceiptNumber,
    money::Money,
    returns::{LineLeft, OriginalLeft},
    sale::{CheckoutConfig, OriginalLine, OwedBack, Sale, Step, Weight},
    time::{BusinessDate, WallMs},
};

/// The receipt whose lines are chosen from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReturnView {
    /// Its number.
    pub receipt: ReceiptNumber,
    /// The date it was sold on.
    pub sold_on: BusinessDate,
    /// When.
    pub at: WallMs,
    /// What was sold.
    pub lines: Vec<ReturnLineView>,
}

/// One line of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReturnLineView {
    /// What it is chosen by.
    pub number: u32,
    /// As on its receipt.
    pub name: String,
    /// Pieces sold; 1 of what was weighed.
    pub quantity: u32,
    /// Of what was weighed.
    pub weight: Option<Weight>,
    /// What it cost.
    pub total: Money,
    /// Pieces that may still come back: not those that did, on any lane, nor those in this basket.
    pub left: u32,
}

/// How the money of a return goes back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PayBackView {
    /// Handed out.
    pub cash: Money,
    /// Owed to cards.
    pub owed: Vec<OwedBack>,
}

impl PayBackView {
    /// Of a sale that pays something back; `None`: it does not.
    pub(super) fn of(sale: &Sale, config: &CheckoutConfig) -> Option<Self> {
        let is_known = sale.total.is_some_and(Money::is_negative)
            && (sale.reserved.is_some() || sale.linked_lines().next().is_none());
        let back = is_known.then(|| sale.paying_back(config).ok()).flatten()?;
        Some(Self {
            cash: back.cash,
            owed: back.owed,
        })
    }
}

impl Step {
    pub(super) fn return_view(&self) -> Option<ReturnView> {
        let left: &OriginalLeft = self.volatile.returning.at_hand.as_deref()?;
        let sale = self.durable.sale.as_ref()?;
        let lines = left.lines.iter();
        Some(ReturnView {
            receipt: left.receipt,
            sold_on: left.sold_on,
            at: left.at,
            lines: lines
                .map(|line| line_view(line, left.receipt, sale))
                .collect(),
        })
    }
}

fn line_view(of: &LineLeft, receipt: ReceiptNumber, sale: &Sale) -> ReturnLineView {
    let line_number = of.line.number;
    let original = OriginalLine {
        receipt,
        line_number,
    };
    ReturnLineView {
        number: line_number,
        name: of.line.name.clone(),
        quantity: of.line.quantity,
        weight: of.line.weight,
        total: of.line.total,
        left: of.left().saturating_sub(sale.pieces_of(original)),
    }
}
