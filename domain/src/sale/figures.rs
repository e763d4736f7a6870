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

/// One class of tax. What comes back with its receipt brings back the tax that was taken.
struct OfClass {
    /// The sum of all its lines.
    taxed: Money,
    /// Of those whose tax is figured on their sum.
    figured: Money,
    /// The tax of those that say it.
    told: Money,
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
        let nothing = Money::zero(currency);
        let mut classes: BTreeMap<(&str, u16), OfClass> = BTreeMap::new();
        for line in lines.filter(|line| !line.voided) {
            goods = goods.add(line.total)?;
            if let Some(tax) = &line.tax {
                let class = (line.tax_class.as_str(), tax.rate_basis_points);
                let sum = classes.entry(class).or_insert(OfClass {
                    taxed: nothing,
                    figured: nothing,
                    told: nothing,
                });
                sum.taxed = sum.taxed.add(line.total)?;
                match line.original() {
                    None => sum.figured = sum.figured.add(line.total)?,
                    Some(_) => sum.told = sum.told.add(tax.amount)?,
                }
            }
        }
        let mut total = goods;
        let mut taxes = Vec::with_capacity(classes.len());
        for ((class, rate_basis_points), sum) in classes {
            let tax = mode.of(sum.figured, rate_basis_points)?.add(sum.told)?;
            let taxed = sum.taxed;
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
