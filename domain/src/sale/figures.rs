//! What a basket comes to: the sum of its lines, the tax of each class, the total.

use std::collections::BTreeMap;

use crate::{
    money::{Currency, Money, MoneyError},
    sale::{Line, TaxMode, TaxSum},
};

/// What a basket comes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Figures {
    /// The sum of its lines, as they are priced.
    pub goods: Money,
    /// Each class of tax, in the order of classes and rates.
    pub taxes: Vec<TaxSum>,
    /// What the customer owes.
    pub total: Money,
}

impl Figures {
    /// Of the lines that were not taken back.
    ///
    /// # Errors
    /// A sum that can't be made.
    pub fn of<'a>(
        lines: impl Iterator<Item = &'a Line>,
        currency: Currency,
        mode: TaxMode,
    ) -> Result<Self, MoneyError> {
        let mut goods = Money::zero(currency);
        let mut classes: BTreeMap<(&str, u16), Money> = BTreeMap::new();
        for line in lines.filter(|line| !line.voided) {
            goods = goods.add(line.total)?;
            if let Some(tax) = &line.tax {
                let class = (line.tax_class.as_str(), tax.rate_basis_points);
                let sum = classes.entry(class).or_insert(Money::zero(currency));
                *sum = sum.add(line.total)?;
            }
        }
        let mut total = goods;
        let mut taxes = Vec::with_capacity(classes.len());
        for ((class, rate_basis_points), taxed) in classes {
            let tax = mode.of(taxed, rate_basis_points)?;
            if mode == TaxMode::Exclusive {
                total = total.add(tax)?;
            }
            taxes.push(TaxSum {
                class: class.to_owned(),
                rate_basis_points,
                taxed,
                tax,
            });
        }
        Ok(Self {
            goods,
            taxes,
            total,
        })
    }

    /// All tax of the sale.
    ///
    /// # Errors
    /// A sum that can't be made.
    pub fn tax(&self) -> Result<Money, MoneyError> {
        let currency = self.total.currency();
        Money::sum(currency, self.taxes.iter().map(|sum| sum.tax))
    }
}
