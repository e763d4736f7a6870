//! A line of a basket, both ways. What a record from before does not say is what was true then:
//! counted, from the price file or its label, nothing off, no tax.

use super::fields::{Result, money, receipt_number};
use crate::{
    ConvertError, date_from_proto, date_to_proto, money_to_proto, reason::named_from_proto,
};
use domain::{
    ids::{OperatorId, SaleNumber},
    money::Money,
    sale::{
        Discount, Line, LineTax, OriginalLine, PriceSource, Returned, TaxMode, TaxSum, WeighedBy,
        Weight,
    },
    words::Worded as _,
};
use proto::journal::v1 as wire;

pub(crate) fn line_to_proto(sale: SaleNumber, line: &Line) -> wire::LineAdded {
    let mut to = wire::LineAdded {
        sale_number: sale.0,
        line_number: line.number,
        barcode: line.barcode.clone(),
        name: line.name.clone(),
        quantity: line.quantity,
        unit_price: Some(money_to_proto(line.unit_price)),
        total: Some(money_to_proto(line.total)),
        weight_grams: line.weight.map_or(0, |weight| weight.grams),
        weighed_by: line.weight.map_or(0, |weight| weight.by.number()),
        unit: line.unit.clone(),
        tax_class: line.tax_class.clone(),
        tax_rate_basis_points: line.tax.map(|tax| tax.rate_basis_points.into()),
        tax: line.tax.map(|tax| money_to_proto(tax.amount)),
        discount: line.discount.as_ref().map(discount_to_proto),
        category: line.category.clone(),
        price_file_version: line.price_version.clone(),
        batch: line.batch.clone(),
        expiry: date_to_proto(line.expiry),
        returned: line.returned.as_ref().map(returned_to_proto),
        least_age: line.least_age.map_or(0, u32::from),
        ..wire::LineAdded::default()
    };
    price_to_proto(&line.price_source, &mut to);
    to
}

fn price_to_proto(source: &PriceSource, to: &mut wire::LineAdded) {
    match source {
        PriceSource::File => {}
        PriceSource::Label => to.price_embedded = true,
        PriceSource::Typed { shelf, allowed_by } => {
            to.set_price_from(wire::PriceFrom::Typed);
            to.shelf_price = shelf.map(money_to_proto);
            to.price_allowed_by = allowed_by.0;
        }
        PriceSource::Overridden {
            shelf,
            reason,
            allowed_by,
        } => {
            to.set_price_from(wire::PriceFrom::Override);
            to.shelf_price = Some(money_to_proto(*shelf));
            to.price_reason.clone_from(reason);
            to.price_allowed_by = allowed_by.0;
        }
    }
}

pub(crate) fn line_from_proto(from: wire::LineAdded) -> Result<Line> {
    let tax = match from.tax_rate_basis_points {
        None => None,
        Some(rate) => Some(LineTax {
            rate_basis_points: rate_from_proto(rate)?,
            amount: money("tax", from.tax.as_ref())?,
        }),
    };
    let least_age =
        u8::try_from(from.least_age).map_err(|error| ConvertError::new("least_age", error))?;
    Ok(Line {
        number: from.line_number,
        weight: weight_from_proto(&from)?,
        unit_price: money("unit_price", from.unit_price.as_ref())?,
        price_source: price_from_proto(&from)?,
        discount: from.discount.map(discount_from_proto).transpose()?,
        total: money("total", from.total.as_ref())?,
        tax,
        expiry: date_from_proto("expiry", &from.expiry)?,
        least_age: (least_age > 0).then_some(least_age),
        returned: from.returned.map(returned_from_proto).transpose()?,
        barcode: from.barcode,
        name: from.name,
        quantity: from.quantity,
        unit: from.unit,
        tax_class: from.tax_class,
        category: from.category,
        price_version: from.price_file_version,
        batch: from.batch,
        voided: false,
    })
}

fn price_from_proto(from: &wire::LineAdded) -> Result<PriceSource> {
    let shelf = from.shelf_price.as_ref();
    let shelf = shelf.map(|shelf| money("shelf_price", Some(shelf)));
    let allowed_by = OperatorId(from.price_allowed_by);
    Ok(match wire::PriceFrom::try_from(from.price_from) {
        Ok(wire::PriceFrom::Unspecified) if from.price_embedded => PriceSource::Label,
        Ok(wire::PriceFrom::Unspecified) => PriceSource::File,
        Ok(wire::PriceFrom::Typed) => PriceSource::Typed {
            shelf: shelf.transpose()?,
            allowed_by,
        },
        Ok(wire::PriceFrom::Override) => PriceSource::Overridden {
            shelf: shelf.ok_or_else(|| ConvertError::missing("shelf_price"))??,
            reason: from.price_reason.clone(),
            allowed_by,
        },
        Err(unknown) => return Err(ConvertError::new("price_from", unknown)),
    })
}

fn weight_from_proto(from: &wire::LineAdded) -> Result<Option<Weight>> {
    if from.weight_grams == 0 {
        return Ok(None);
    }
    let by: WeighedBy = named_from_proto("weighed_by", from.weighed_by, "")?;
    let grams = from.weight_grams;
    Ok(Some(Weight { grams, by }))
}

pub(super) fn rate_from_proto(basis_points: u32) -> Result<u16> {
    u16::try_from(basis_points).map_err(|error| ConvertError::new("tax_rate_basis_points", error))
}

fn discount_to_proto(discount: &Discount) -> wire::Discount {
    wire::Discount {
        amount: Some(money_to_proto(discount.amount)),
        reason: discount.reason.clone(),
        allowed_by: discount.allowed_by.map(|operator| operator.0),
    }
}

fn discount_from_proto(from: wire::Discount) -> Result<Discount> {
    Ok(Discount {
        amount: money("discount.amount", from.amount.as_ref())?,
        reason: from.reason,
        allowed_by: from.allowed_by.map(OperatorId),
    })
}

fn returned_to_proto(returned: &Returned) -> wire::Returned {
    let original = returned.original;
    wire::Returned {
        receipt_number: original.map_or_else(String::new, |of| of.receipt.to_string()),
        line_number: original.map_or(0, |of| of.line_number),
        reason: returned.reason.clone(),
        allowed_by: returned.allowed_by.map(|operator| operator.0),
    }
}

fn returned_from_proto(from: wire::Returned) -> Result<Returned> {
    let original = match from.receipt_number.as_str() {
        "" => None,
        receipt => Some(OriginalLine {
            receipt: receipt_number(receipt)?,
            line_number: from.line_number,
        }),
    };
    Ok(Returned {
        original,
        reason: from.reason,
        allowed_by: from.allowed_by.map(OperatorId),
    })
}

pub(super) fn taxes_to_proto(taxes: &[TaxSum]) -> Vec<wire::TaxSum> {
    let sums = taxes.iter().map(|sum| wire::TaxSum {
        tax_class: sum.class.clone(),
        rate_basis_points: sum.rate_basis_points.into(),
        taxed: Some(money_to_proto(sum.taxed)),
        tax: Some(money_to_proto(sum.tax)),
    });
    sums.collect()
}

pub(super) fn taxes_from_proto(from: Vec<wire::TaxSum>) -> Result<Vec<TaxSum>> {
    let sums = from.into_iter().map(|sum| {
        Ok(TaxSum {
            rate_basis_points: rate_from_proto(sum.rate_basis_points)?,
            taxed: money("taxes.taxed", sum.taxed.as_ref())?,
            tax: money("taxes.tax", sum.tax.as_ref())?,
            class: sum.tax_class,
        })
    });
    sums.collect()
}

pub(super) const fn tax_mode_from_proto(tax_added: bool) -> TaxMode {
    if tax_added {
        TaxMode::Exclusive
    } else {
        TaxMode::Inclusive
    }
}

pub(super) const fn tax_mode_to_proto(mode: TaxMode) -> bool {
    match mode {
        TaxMode::Inclusive => false,
        TaxMode::Exclusive => true,
    }
}

/// Nothing is said of what was not rounded.
pub(super) fn rounding_to_proto(rounding: Money) -> Option<proto::store::v1::Money> {
    (!rounding.is_zero()).then(|| money_to_proto(rounding))
}

pub(super) fn rounding_from_proto(
    from: Option<&proto::store::v1::Money>,
    total: Money,
) -> Result<Money> {
    match from {
        None => Ok(Money::zero(total.currency())),
        Some(_) => money("rounding", from),
    }
}
