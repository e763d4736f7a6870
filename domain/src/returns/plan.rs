//! What a return takes of earlier sales, and which tender its money goes back to.
//!
//! A sale with several tenders goes back tender by tender: cards first, in the order in which they
//! paid, and cash last, so that as little of it as possible leaves the drawer. The value of a
//! return that pays for other goods in the same basket stays where it came from: it is taken from
//! the end, so cash first, and those goods have been paid by it.

use super::{
    left::Taken,
    original::{CardPaid, Original, PaidPart, Source, value},
    refusal::ReturnRefusal,
    share::{between, of_first},
};
use crate::{
    ids::ReceiptNumber,
    money::{Money, MoneyError},
    time::BusinessDate,
};

/// Pieces of one line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TakenLine {
    /// Of the sale they were bought in.
    pub line_number: u32,
    /// How many, at least 1.
    pub pieces: u32,
    /// What they come to, as priced.
    pub total: Money,
    /// The tax in that, or on top of it.
    pub tax: Money,
}

/// What comes back of one sale.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OfReceipt {
    /// What the sale was closed with.
    pub receipt: ReceiptNumber,
    /// The date of its end. `None`: who asks does not say.
    pub sold_on: Option<BusinessDate>,
    /// Each line once.
    pub lines: Vec<TakenLine>,
}

/// What goes back to one tender.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Payback {
    /// The sale that it paid for.
    pub receipt: ReceiptNumber,
    /// Which tender.
    pub source: Source,
    /// Of a payment.
    pub card: Option<CardPaid>,
    /// How much of what it paid for comes back now.
    pub value: Money,
    /// How much had come back before.
    pub before: Money,
    /// All that it paid for.
    pub whole: Money,
    /// What was taken for that: another amount only where cash was rounded.
    pub paid: Money,
}

/// What a return takes of sales that were closed before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Taking {
    /// Its lines, by sale.
    pub of: Vec<OfReceipt>,
    /// Where the money goes back to: payments first, then cash.
    pub plan: Vec<Payback>,
}

/// What of a payback goes out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PayoutPart<'a> {
    /// Of what.
    pub of: &'a Payback,
    /// How much of its value.
    pub value: Money,
}

impl Payback {
    /// What cash is handed out for so much of its value: whole coins, the last part of a tender has
    /// what is left of it, and all parts together are what was taken.
    ///
    /// # Errors
    /// A sum that can't be made.
    pub fn in_coins(&self, part: Money, coin_minor: u32) -> Result<Money, MoneyError> {
        match self.source {
            Source::Payment(_) => whole_coins(part, coin_minor),
            Source::Cash => {
                let until = self.before.add(part)?;
                let until = self.taken_for(until, coin_minor)?;
                until.subtract(self.taken_for(self.before, coin_minor)?)
            }
        }
    }

    /// What was taken for the first so much of its value.
    fn taken_for(&self, first: Money, coin_minor: u32) -> Result<Money, MoneyError> {
        if first == self.whole {
            return Ok(self.paid);
        }
        whole_coins(first, coin_minor)?.at_most(self.paid)
    }

    /// What it leaves to whoever asks for the rest: part of what goods were paid with.
    #[must_use]
    pub fn as_paid(&self, value: Money) -> PaidPart {
        PaidPart {
            source: self.source,
            card: self.card.clone(),
            value,
            paid: value,
        }
    }
}

impl Taken {
    /// Gives back what a return had taken of this sale.
    pub fn give_back_of(&mut self, taking: &Taking, receipt: ReceiptNumber) {
        for line in taking
            .of
            .iter()
            .filter(|of| of.receipt == receipt)
            .flat_map(|of| &of.lines)
        {
            if let Some(pieces) = self.lines.get_mut(&line.line_number) {
                *pieces = pieces.saturating_sub(line.pieces);
            }
        }
        for payback in taking
            .plan
            .iter()
            .filter(|payback| payback.receipt == receipt)
        {
            if let Some(minor) = self.paid.get_mut(&payback.source) {
                *minor = minor.saturating_sub(payback.value.minor());
            }
        }
        self.lines.retain(|_, pieces| *pieces > 0);
        self.paid.retain(|_, minor| *minor != 0);
    }
}

/// Of an amount what can be handed out in coins of this size.
///
/// # Errors
/// More than 64 bits of minor units.
pub fn whole_coins(amount: Money, coin_minor: u32) -> Result<Money, MoneyError> {
    let over = amount.minor().checked_rem(i64::from(coin_minor.max(1)));
    amount.subtract(Money::new(over.unwrap_or(0), amount.currency()))
}

/// What goes out of a plan when so much is paid out in all: from its beginning on. What is left of
/// each is what other goods were paid with.
///
/// # Errors
/// A sum that can't be made.
pub fn paid_out(plan: &[Payback], all: Money) -> Result<Vec<PayoutPart<'_>>, MoneyError> {
    let mut rest = all;
    let mut parts = Vec::with_capacity(plan.len());
    for of in plan {
        let value = of.value.at_most(rest)?;
        rest = rest.subtract(value)?;
        parts.push(PayoutPart { of, value });
    }
    Ok(parts)
}

/// What a return that wants these lines takes of the sales it names, if that is left of them (I13).
/// Of each comes what was taken of it before.
///
/// # Errors
/// Why it may not.
pub fn plan(
    originals: &[(Original, Taken)],
    wanted: &[OfReceipt],
) -> Result<Taking, ReturnRefusal> {
    let mut of = Vec::with_capacity(wanted.len());
    let mut plan = Vec::new();
    for one in wanted {
        let mut known = originals.iter();
        let known = known.find(|(original, _)| original.receipt == one.receipt);
        let (original, taken) = known.ok_or(ReturnRefusal::UnknownReceipt)?;
        let comes_to = value_of(original, taken, one)?;
        plan.extend(paybacks(original, taken, comes_to)?);
        of.push(OfReceipt {
            sold_on: Some(original.sold_on),
            ..one.clone()
        });
    }
    // A sort that keeps the order of the rest.
    plan.sort_by_key(|payback| payback.source == Source::Cash);
    Ok(Taking { of, plan })
}

/// What the lines that are wanted come to. Who asks says what each comes to: if it is another
/// amount, something came back since it looked.
fn value_of(
    original: &Original,
    taken: &Taken,
    wanted: &OfReceipt,
) -> Result<Money, ReturnRefusal> {
    let mut sum: Option<Money> = None;
    let mut seen = Vec::with_capacity(wanted.lines.len());
    for line in &wanted.lines {
        let mut sold = original.lines.iter();
        let sold = sold.find(|sold| sold.line.number == line.line_number);
        let sold = sold.ok_or(ReturnRefusal::Changed)?;
        if line.pieces == 0 || seen.contains(&line.line_number) {
            return Err(ReturnRefusal::Changed);
        }
        seen.push(line.line_number);
        let before = taken.pieces(line.line_number);
        let until = before.saturating_add(line.pieces);
        if until > sold.line.quantity {
            return Err(ReturnRefusal::NothingLeft);
        }
        let part = |whole| between(whole, before, until, sold.line.quantity);
        let (total, tax) = (part(sold.line.total)?, part(sold.tax)?);
        if (total, tax) != (line.total, line.tax) {
            return Err(ReturnRefusal::Changed);
        }
        let comes_to = value(total, tax, original.tax_mode)?;
        sum = Some(sum.map_or(Ok(comes_to), |sum| sum.add(comes_to))?);
    }
    sum.ok_or(ReturnRefusal::Changed)
}

fn paybacks(
    original: &Original,
    taken: &Taken,
    comes_to: Money,
) -> Result<Vec<Payback>, ReturnRefusal> {
    let mut parts: Vec<&PaidPart> = original.paid.iter().collect();
    parts.sort_by_key(|part| part.source == Source::Cash);
    let mut rest = comes_to;
    let mut paybacks = Vec::new();
    for part in parts {
        let before = Money::new(taken.minor(part.source), part.value.currency());
        let left = part.value.subtract(before)?;
        let value = rest.at_most(left)?;
        if !value.is_positive() {
            continue;
        }
        rest = rest.subtract(value)?;
        paybacks.push(Payback {
            receipt: original.receipt,
            source: part.source,
            card: part.card.clone(),
            value,
            before,
            whole: part.value,
            paid: part.paid,
        });
    }
    if rest.is_positive() {
        return Err(ReturnRefusal::PaymentGone);
    }
    Ok(paybacks)
}

/// The tax of a class, shared among its lines: of the lines before this one, and with it.
pub(crate) fn share_of_class(
    tax: Money,
    (before, with): (Money, Money),
    all: Money,
) -> Result<Money, MoneyError> {
    if all.is_zero() {
        return Ok(Money::zero(tax.currency()));
    }
    let first = |part: Money| of_first(tax, part.minor(), all.minor());
    first(with)?.subtract(first(before)?)
}
