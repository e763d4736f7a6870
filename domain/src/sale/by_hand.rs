//! What a cashier types instead of scanning it, and what is changed on a line that is there:
//! number, weight, price, an amount without article, a discount. What takes money off, or is in no
//! price file, needs a right and says whose it was.

use crate::{
    money::Money,
    sale::{
        BasketFact, Discount, Line, PriceSource, PricedItem, Prompt, Rejected, Right, Step,
        TypedAmount, Weight,
        basket::{in_words, shortened},
        line::NO_ARTICLE,
        line::{NextLine, is_quantity, is_weight},
        returning::Returning,
    },
};

impl Step {
    /// So many pieces of what is scanned next.
    pub(super) fn announce_quantity(&mut self, quantity: u32) -> Result<(), Rejected> {
        self.may_announce()?;
        if !is_quantity(quantity) {
            return Err(Rejected::InvalidQuantity);
        }
        self.volatile.next_line.quantity = Some(quantity);
        self.show(Prompt::Scan);
        Ok(())
    }

    /// Something was weighed: what waits for it becomes a line; else what comes next weighs it.
    pub(super) fn weighed(&mut self, weight: Weight) -> Result<(), Rejected> {
        self.basket_may_change()?;
        if !is_weight(weight.grams) {
            return Err(Rejected::InvalidQuantity);
        }
        self.volatile.next_line.weight = Some(weight);
        match self.volatile.to_weigh.take() {
            Some(item) => self.add(item),
            None => {
                self.show(Prompt::Scan);
                Ok(())
            }
        }
    }

    /// What is scanned next costs this.
    pub(super) fn announce_price(&mut self, price: Money, right: Right) -> Result<(), Rejected> {
        self.may_announce()?;
        let allowed_by = self.holder(right)?;
        self.is_price(price)?;
        self.volatile.next_line.price = Some((price, allowed_by));
        self.show(Prompt::Scan);
        Ok(())
    }

    /// What was said of the next line is taken back, and what waits for its weight is not sold.
    pub(super) fn clear(&mut self) -> Result<(), Rejected> {
        self.basket_may_change()?;
        self.volatile.next_line = NextLine::default();
        self.volatile.to_weigh = None;
        self.volatile.returning = Returning::default();
        self.show(Prompt::Scan);
        Ok(())
    }

    pub(super) fn amount_typed(
        &mut self,
        typed: TypedAmount,
        right: Right,
    ) -> Result<(), Rejected> {
        self.may_announce()?;
        let allowed_by = self.holder(right)?;
        self.is_price(typed.amount)?;
        if !typed.amount.is_positive() {
            return Err(Rejected::InvalidAmount);
        }
        let name = match shortened(typed.name) {
            name if name.is_empty() => NO_ARTICLE.to_owned(),
            name => name,
        };
        if typed.tax_class.len() > crate::limits::ARTICLE_WORD_BYTES_MAX {
            return Err(Rejected::InvalidItem);
        }
        let mut item = PricedItem::of_piece("", &name, typed.amount);
        item.tax_class = typed.tax_class;
        item.tax_rate_basis_points = typed.tax_rate_basis_points;
        let mut line = item.into_line(self.next_line_number()?);
        line.price_source = PriceSource::Typed {
            shelf: None,
            allowed_by,
        };
        let quantity = self.volatile.next_line.quantity.unwrap_or(1);
        line.quantity = quantity;
        let line = line.figured(self.config.tax)?;
        self.fits_the_basket(&line)?;
        self.volatile.next_line = NextLine::default();
        let sale = self.sale()?.number;
        self.record(BasketFact::LineAdded { sale, line });
        self.show(Prompt::Scan);
        Ok(())
    }

    /// `None`: of the line that came last and was not taken back.
    pub(super) fn change_quantity(
        &mut self,
        line_number: Option<u32>,
        quantity: u32,
    ) -> Result<(), Rejected> {
        let line = self.line_meant(line_number)?;
        if line.weight.is_some() {
            return Err(Rejected::SoldByWeight);
        }
        if !is_quantity(quantity) {
            return Err(Rejected::InvalidQuantity);
        }
        self.change(Line { quantity, ..line })
    }

    pub(super) fn override_price(
        &mut self,
        line_number: Option<u32>,
        price: Money,
        (reason, right): (String, Right),
    ) -> Result<(), Rejected> {
        let line = self.line_meant(line_number)?;
        let allowed_by = self.holder(right)?;
        self.is_price(price)?;
        let shelf = line.price_source.shelf().unwrap_or(line.unit_price);
        self.change(Line {
            unit_price: price,
            price_source: PriceSource::Overridden {
                shelf,
                reason: in_words(reason)?,
                allowed_by,
            },
            ..line
        })
    }

    /// Takes an amount off a line, instead of what was taken off before; zero takes nothing off.
    pub(super) fn discount(
        &mut self,
        line_number: Option<u32>,
        amount: Money,
        (reason, right): (String, Right),
    ) -> Result<(), Rejected> {
        let line = self.line_meant(line_number)?;
        let allowed_by = Some(self.holder(right)?);
        self.is_price(amount)?;
        let discount = if amount.is_zero() {
            None
        } else {
            Some(Discount {
                amount,
                reason: in_words(reason)?,
                allowed_by,
            })
        };
        self.change(Line { discount, ..line })
    }

    fn change(&mut self, line: Line) -> Result<(), Rejected> {
        if let Some(discount) = &line.discount
            && !line.gross()?.covers(discount.amount)?
        {
            return Err(Rejected::DiscountTooLarge);
        }
        let line = line.figured(self.config.tax)?;
        self.fits_the_basket(&line)?;
        let sale = self.sale()?.number;
        self.record(BasketFact::LineChanged { sale, line });
        self.show(Prompt::Scan);
        Ok(())
    }

    pub(super) fn line_meant(&self, line_number: Option<u32>) -> Result<Line, Rejected> {
        self.basket_may_change()?;
        let last = self.sale()?.sold_lines().last().map(|line| line.number);
        let number = line_number.or(last).ok_or(Rejected::NoSuchLine)?;
        let line = self.changeable_line(number)?.1.clone();
        match line.returned {
            None => Ok(line),
            // It comes to what it was bought for.
            Some(_) => Err(Rejected::ReturnedLine),
        }
    }

    pub(super) fn may_announce(&self) -> Result<(), Rejected> {
        self.basket_may_change()?;
        match self.volatile.to_weigh {
            Some(_) => Err(Rejected::WeightAwaited),
            None => Ok(()),
        }
    }

    fn is_price(&self, price: Money) -> Result<(), Rejected> {
        let is_ours = price.currency() == self.config.currency;
        let is_amount = (0..=crate::limits::AMOUNT_MINOR_MAX).contains(&price.minor());
        if is_ours && is_amount {
            Ok(())
        } else {
            Err(Rejected::InvalidAmount)
        }
    }
}
