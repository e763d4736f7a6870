//! Goods come back: with their receipt, whose sale the hub tells, or without. And the money with
//! them: each tender to its own kind.
//!
//! Decides: what a line that comes back comes to, when a return may be closed, what goes out in
//! cash and what is owed to a card. Never: closes a return with a receipt that the hub has not
//! reserved what comes back for (I13), and never hands out cash for a card unless somebody with the
//! right to it said why.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    ids::{PaymentId, ReceiptNumber, SaleNumber},
    limits,
    money::{Money, MoneyError},
    returns::{
        LineLeft, OfReceipt, OriginalLeft, ReturnRefusal, Source, TakenLine, Taking, paid_out,
        whole_coins,
    },
    sale::{
        BasketFact, CheckoutConfig, Discount, Effect, Line, LineTax, OriginalLine, OwedBack,
        PricedItem, Prompt, Rejected, ReturnFact, Returned, Right, Sale, Step, ToReserve,
        basket::{in_words, shortened},
        line::NextLine,
    },
};

/// What no record tells of a return: a kill takes it away.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Returning {
    /// The hub was asked for this receipt.
    asked: Option<ReceiptNumber>,
    /// Why its goods come back, in words.
    reason: String,
    /// The sale that lines are chosen from.
    pub(super) at_hand: Option<Arc<OriginalLeft>>,
}

/// How the money of a return goes back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PayingBack {
    /// Handed out: whole coins.
    pub cash: Money,
    /// To cards.
    pub owed: Vec<OwedBack>,
}

impl PayingBack {
    /// All that is owed to cards.
    ///
    /// # Errors
    /// A sum that can't be made.
    pub fn owed(&self) -> Result<Money, MoneyError> {
        let owed = self.owed.iter().map(|one| one.amount);
        Money::sum(self.cash.currency(), owed)
    }
}

impl Sale {
    /// How its money goes back; nothing does of a sale that costs something.
    ///
    /// # Errors
    /// A sum that can't be made.
    pub fn paying_back(&self, config: &CheckoutConfig) -> Result<PayingBack, MoneyError> {
        let nothing = Money::zero(config.currency);
        let coin = config.cash_rounding.step_minor;
        let mut rest = self.total.unwrap_or(nothing).negate()?;
        let mut back = PayingBack {
            cash: nothing,
            owed: Vec::new(),
        };
        if !rest.is_positive() {
            return Ok(back);
        }
        let plan = self
            .reserved
            .as_ref()
            .map_or(&[][..], |taking| &taking.plan);
        // Goods without a receipt are paid for in cash, and so is a card's part by right.
        let mut for_nothing = nothing;
        for part in paid_out(plan, rest)? {
            rest = rest.subtract(part.value)?;
            match (part.of.source, &part.of.card) {
                (Source::Cash, _) => {
                    back.cash = back.cash.add(part.of.in_coins(part.value, coin)?)?
                }
                (Source::Payment(payment_id), Some(card))
                    if !self.cash_for_card.contains(&payment_id) =>
                {
                    if part.value.is_positive() {
                        let owed = OwedBack {
                            payment_id,
                            card: card.clone(),
                            amount: part.value,
                        };
                        add_owed(&mut back.owed, owed)?;
                    }
                }
                (Source::Payment(_), _) => for_nothing = for_nothing.add(part.value)?,
            }
        }
        let plain = whole_coins(for_nothing.add(rest)?, coin)?;
        back.cash = back.cash.add(plain)?;
        Ok(back)
    }

    /// What the hub is asked to reserve for its basket.
    fn wanted(&self) -> Result<Vec<OfReceipt>, MoneyError> {
        let mut of: BTreeMap<ReceiptNumber, BTreeMap<u32, TakenLine>> = BTreeMap::new();
        for line in self.linked_lines() {
            let (Some(original), Some(tax)) = (line.original(), told_tax(line)?) else {
                continue;
            };
            let lines = of.entry(original.receipt).or_default();
            let nothing = Money::zero(line.total.currency());
            let sum = lines.entry(original.line_number).or_insert(TakenLine {
                line_number: original.line_number,
                pieces: 0,
                total: nothing,
                tax: nothing,
            });
            sum.pieces = sum.pieces.saturating_add(line.quantity);
            sum.total = sum.total.subtract(line.total)?;
            sum.tax = sum.tax.add(tax)?;
        }
        let wanted = of.into_iter().map(|(receipt, lines)| OfReceipt {
            receipt,
            sold_on: None,
            lines: lines.into_values().collect(),
        });
        Ok(wanted.collect())
    }

    /// Pieces of one line of an earlier sale that are in this basket already.
    pub(super) fn pieces_of(&self, original: OriginalLine) -> u32 {
        let same = self
            .linked_lines()
            .filter(|line| line.original() == Some(original));
        same.fold(0, |sum, line| sum.saturating_add(line.quantity))
    }
}

/// One card may have paid for two of the receipts: the second is a receipt it was exchanged on.
fn add_owed(owed: &mut Vec<OwedBack>, one: OwedBack) -> Result<(), MoneyError> {
    match owed
        .iter_mut()
        .find(|known| known.payment_id == one.payment_id)
    {
        Some(known) => known.amount = known.amount.add(one.amount)?,
        None => owed.push(one),
    }
    Ok(())
}

/// The tax that goes back with a line, above zero.
fn told_tax(line: &Line) -> Result<Option<Money>, MoneyError> {
    match line.tax {
        None => Ok(Some(Money::zero(line.total.currency()))),
        Some(tax) => tax.amount.negate().map(Some),
    }
}

impl Step {
    /// Whose receipt is it, and what is left of it?
    pub(super) fn ask_original(
        &mut self,
        receipt: ReceiptNumber,
        reason: String,
    ) -> Result<(), Rejected> {
        self.basket_may_change()?;
        if self.volatile.to_weigh.is_some() {
            return Err(Rejected::WeightAwaited);
        }
        self.volatile.returning = Returning {
            asked: Some(receipt),
            reason: shortened(reason),
            at_hand: None,
        };
        self.then(Effect::AskOriginal(receipt));
        self.show(Prompt::AskingOriginal { receipt });
        Ok(())
    }

    /// The hub has answered, or could not be asked.
    pub(super) fn original_told(
        &mut self,
        receipt: ReceiptNumber,
        told: Result<Arc<OriginalLeft>, ReturnRefusal>,
    ) -> Result<(), Rejected> {
        if self.volatile.returning.asked != Some(receipt) {
            return Err(Rejected::NotAskedFor);
        }
        self.volatile.returning.asked = None;
        let taxed = |left: &OriginalLeft| left.lines.iter().any(|line| line.line.tax.is_some());
        let told = told.and_then(|left| {
            if left.tax_mode != self.config.tax && taxed(&left) {
                Err(ReturnRefusal::OtherTax)
            } else {
                Ok(left)
            }
        });
        let prompt = match told {
            Ok(left) => {
                self.volatile.returning.at_hand = Some(left);
                Prompt::ChooseReturn { receipt }
            }
            Err(why) => Prompt::ReturnRefused { why },
        };
        self.show(prompt);
        Ok(())
    }

    /// So many pieces of a line of the receipt at hand come back; `None`: all that are left.
    pub(super) fn return_line(
        &mut self,
        line_number: u32,
        pieces: Option<u32>,
    ) -> Result<(), Rejected> {
        let (receipt, mut line) = self.line_that_returns(line_number, pieces)?;
        line.number = self.next_line_number()?;
        let sale = self.sale()?;
        let mut receipts = receipts_of(sale);
        receipts.push(receipt);
        receipts.sort_unstable();
        receipts.dedup();
        let lines = sale.linked_lines().count();
        if receipts.len() > limits::RETURN_RECEIPTS_MAX || lines >= limits::RETURN_LINES_MAX {
            return Err(Rejected::TooMuchReturned);
        }
        self.fits_the_basket(&line)?;
        let sale = self.sale()?.number;
        self.record(BasketFact::LineAdded { sale, line });
        self.show(Prompt::ChooseReturn { receipt });
        Ok(())
    }

    /// The line as it would come back, without its number.
    fn line_that_returns(
        &self,
        line_number: u32,
        pieces: Option<u32>,
    ) -> Result<(ReceiptNumber, Line), Rejected> {
        self.basket_may_change()?;
        let returning = &self.volatile.returning;
        let left = returning.at_hand.as_ref().ok_or(Rejected::NoOriginal)?;
        let mut lines = left.lines.iter();
        let of = lines.find(|line| line.line.number == line_number);
        let of = of.ok_or(Rejected::NoSuchLine)?;
        let original = OriginalLine {
            receipt: left.receipt,
            line_number,
        };
        let before = self.sale()?.pieces_of(original);
        let most = of.left().saturating_sub(before);
        let pieces = pieces.unwrap_or(most);
        if pieces == 0 || pieces > most {
            return Err(Rejected::NothingLeftToReturn);
        }
        let returned = Returned {
            original: Some(original),
            reason: returning.reason.clone(),
            allowed_by: None,
        };
        Ok((left.receipt, coming_back(of, (before, pieces), returned)?))
    }

    /// What comes back with receipts, with so many pieces more: what rights ask for.
    pub(super) fn asked_to_return(
        &self,
        line_number: u32,
        pieces: Option<u32>,
    ) -> Result<Money, Rejected> {
        let (_, line) = self.line_that_returns(line_number, pieces)?;
        let mode = self.config.tax;
        let mut others = self.sale()?.linked_lines().map(|line| line.value(mode));
        let sum = others.try_fold(line.value(mode)?, |sum, value| sum.add(value?))?;
        Ok(sum.negate()?)
    }

    /// An article comes back without a receipt, at what it costs today or was typed.
    pub(super) fn return_without(
        &mut self,
        item: PricedItem,
        reason: String,
        right: Right,
    ) -> Result<(), Rejected> {
        let allowed_by = self.holder(right)?;
        let mut line = self.line_without_receipt(&item)?;
        line.number = self.next_line_number()?;
        line.returned = Some(Returned {
            original: None,
            reason: in_words(reason)?,
            allowed_by: Some(allowed_by),
        });
        self.fits_the_basket(&line)?;
        self.volatile.next_line = NextLine::default();
        let sale = self.sale()?.number;
        self.record(BasketFact::LineAdded { sale, line });
        self.show(Prompt::Scan);
        Ok(())
    }

    fn line_without_receipt(&self, item: &PricedItem) -> Result<Line, Rejected> {
        self.may_announce()?;
        if item.lacks_weight() && self.volatile.next_line.weight.is_none() {
            return Err(Rejected::SoldByWeight);
        }
        let mut line = self.new_line(item, 1)?;
        line.returned = Some(Returned {
            original: None,
            reason: String::new(),
            allowed_by: None,
        });
        Ok(line.figured(self.config.tax)?)
    }

    /// What comes back without receipts, with this article: what rights ask for.
    pub(super) fn asked_to_return_without(&self, item: &PricedItem) -> Result<Money, Rejected> {
        let line = self.line_without_receipt(item)?;
        let mode = self.config.tax;
        let sale = self.sale()?;
        let without = |line: &&Line| line.returned.is_some() && line.original().is_none();
        let mut others = sale
            .sold_lines()
            .filter(without)
            .map(|line| line.value(mode));
        let sum = others.try_fold(line.value(mode)?, |sum, value| sum.add(value?))?;
        Ok(sum.negate()?)
    }

    /// Whether the hub has yet to reserve what comes back in this basket.
    pub(super) fn needs_reservation(&self) -> Result<bool, Rejected> {
        let sale = self.sale()?;
        Ok(sale.reserved.is_none() && sale.linked_lines().next().is_some())
    }

    pub(super) fn ask_to_reserve(&mut self) -> Result<(), Rejected> {
        let sale = self.sale()?;
        let ask = ToReserve {
            sale: sale.number,
            revision: sale.revision,
            wanted: sale.wanted()?,
        };
        self.then(Effect::Reserve(Box::new(ask)));
        self.show(Prompt::Reserving);
        Ok(())
    }

    /// The hub has answered, or could not be asked. An answer for another basket is none.
    pub(super) fn reservation_told(
        &mut self,
        (sale, revision): (SaleNumber, u32),
        answer: Result<Box<Taking>, ReturnRefusal>,
    ) -> Result<(), Rejected> {
        let running = self.sale()?;
        let is_asked = (running.number, running.revision) == (sale, revision)
            && running.total.is_some()
            && self.needs_reservation()?;
        if !is_asked {
            return Err(Rejected::NotAskedFor);
        }
        let fits = |taking: &Taking| Ok::<bool, Rejected>(is_for(taking, &running.wanted()?));
        let why = match answer {
            Ok(taking) if fits(&taking)? => {
                let taking = *taking;
                self.record(ReturnFact::Reserved {
                    sale,
                    revision,
                    taking,
                });
                return self.after_total();
            }
            Ok(_) => ReturnRefusal::Changed,
            Err(why) => why,
        };
        self.show(Prompt::ReturnRefused { why });
        Ok(())
    }

    pub(super) fn pay_back_prompt(&self) -> Result<Prompt, Rejected> {
        let back = self.sale()?.paying_back(&self.config)?;
        let owed = back.owed()?;
        let cash = back.cash;
        Ok(Prompt::PayBack { cash, owed })
    }

    /// The running sale, if all that is left of it is to pay back.
    fn paying_back_sale(&self) -> Result<&Sale, Rejected> {
        let sale = self.sale()?;
        let total = sale.total.ok_or(Rejected::NotTotalled)?;
        if self.needs_reservation()? {
            return Err(Rejected::NotReserved);
        }
        if !total.is_negative() {
            return Err(Rejected::NothingToPayBack);
        }
        Ok(sale)
    }

    /// Hands the money back and closes the return, in one commit.
    pub(super) fn pay_back(&mut self) -> Result<(), Rejected> {
        let sale = self.paying_back_sale()?;
        let (number, total) = (sale.number, sale.total);
        let back = sale.paying_back(&self.config)?;
        let total = total.unwrap_or(Money::zero(self.config.currency));
        let out = back.cash.add(back.owed()?)?;
        // What cash can't pay for want of coins.
        let rounding = total.add(out)?.negate()?;
        self.record(ReturnFact::PaidBack {
            sale: number,
            cash: back.cash,
            owed: back.owed,
        });
        self.close(rounding)
    }

    /// The parts of cards go back in cash: a manager says why.
    pub(super) fn cash_for_card(&mut self, reason: String, right: Right) -> Result<(), Rejected> {
        let allowed_by = self.holder(right)?;
        let sale = self.paying_back_sale()?;
        let number = sale.number;
        let back = sale.paying_back(&self.config)?;
        let amount = back.owed()?;
        if amount.is_zero() {
            return Err(Rejected::NothingToPayBack);
        }
        if amount.minor() > cash_for_card_max(amount) {
            return Err(Rejected::NobodyMay);
        }
        let reason = in_words(reason)?;
        let owed: Vec<(PaymentId, Money)> = back
            .owed
            .iter()
            .map(|one| (one.payment_id, one.amount))
            .collect();
        for (payment_id, amount) in owed {
            self.record(ReturnFact::CashForCard {
                sale: number,
                payment_id,
                amount,
                reason: reason.clone(),
                allowed_by,
            });
        }
        let prompt = self.pay_back_prompt()?;
        self.show(prompt);
        Ok(())
    }

    /// What rights ask for when cards' parts are to go back in cash.
    pub(super) fn asked_for_card(&self) -> Result<Money, Rejected> {
        Ok(self.paying_back_sale()?.paying_back(&self.config)?.owed()?)
    }
}

/// The most that anybody may hand out for cards in one return, in minor units.
fn cash_for_card_max(amount: Money) -> i64 {
    let unit = 10_i64.saturating_pow(amount.currency().exponent().into());
    i64::from(limits::CASH_FOR_CARD_UNITS_MAX).saturating_mul(unit)
}

fn receipts_of(sale: &Sale) -> Vec<ReceiptNumber> {
    let originals = sale.linked_lines().filter_map(Line::original);
    originals.map(|original| original.receipt).collect()
}

/// Whether the hub reserved what was asked for, and says where all of its money goes.
fn is_for(taking: &Taking, wanted: &[OfReceipt]) -> bool {
    taking.of.len() == wanted.len()
        && taking
            .of
            .iter()
            .zip(wanted)
            .all(|(of, wanted)| (of.receipt, &of.lines) == (wanted.receipt, &wanted.lines))
}

/// So many pieces of a line as they come back: they come to their share of it, and what is less
/// than their price is a discount again.
fn coming_back(
    of: &LineLeft,
    (before, pieces): (u32, u32),
    returned: Returned,
) -> Result<Line, MoneyError> {
    let (total, tax) = of.share(before, pieces)?;
    let mut line = Line {
        number: 0,
        quantity: pieces,
        discount: None,
        total: total.negate()?,
        tax: None,
        price_version: String::new(),
        returned: Some(returned),
        voided: false,
        ..of.line.clone()
    };
    if let Some(was) = of.line.tax {
        line.tax = Some(LineTax {
            amount: tax.negate()?,
            ..was
        });
    }
    let off = line.gross()?.subtract(total)?;
    if let Some(was) = of.line.discount.as_ref().filter(|_| off.is_positive()) {
        line.discount = Some(Discount {
            amount: off,
            ..was.clone()
        });
    }
    Ok(line)
}
