//! How a sale was paid, both ways. What a record from before does not say is what was true then:
//! nothing rounded, no tax.

use super::{
    fields::{Result, money, receipt_number},
    line::{rounding_from_proto, tax_mode_from_proto, taxes_from_proto},
};
use crate::{
    money_to_proto, payment_id, reason::named_from_proto, scheme_from_proto, scheme_to_proto,
};
use domain::{
    ids::SaleNumber,
    sale::{SaleFact, Tender, TenderKind},
    words::Worded as _,
};
use proto::journal::v1 as wire;

pub(super) fn closing_from_proto(from: wire::SaleClosed) -> Result<SaleFact> {
    let total = money("total", from.total.as_ref())?;
    Ok(SaleFact::SaleClosed {
        sale: SaleNumber(from.sale_number),
        receipt: receipt_number(&from.receipt_number)?,
        total,
        tenders: from
            .tenders
            .iter()
            .map(tender_from_proto)
            .collect::<Result<_>>()?,
        change: money("change", from.change.as_ref())?,
        items: from.items,
        order_reference: from.order_reference,
        rounding: rounding_from_proto(from.rounding.as_ref(), total)?,
        taxes: taxes_from_proto(from.taxes)?,
        tax_mode: tax_mode_from_proto(from.tax_added),
        returns: from.return_revision,
    })
}

pub(super) fn tender_to_proto(tender: &Tender) -> wire::Tender {
    let mut to = wire::Tender {
        tender: tender.kind().number(),
        amount: Some(money_to_proto(tender.amount())),
        ..wire::Tender::default()
    };
    if let Some(payment_id) = tender.payment_id() {
        to.payment_id = payment_id.to_string();
    }
    if let Some(scheme) = tender.scheme() {
        to.set_scheme(scheme_to_proto(scheme));
    }
    match tender {
        Tender::Voucher { number, .. } => to.number.clone_from(number),
        Tender::ForeignCash { foreign, .. } => to.foreign = Some(money_to_proto(*foreign)),
        Tender::Owed { by, .. } => to.owed_by = by.number(),
        Tender::Cash { .. }
        | Tender::Card { .. }
        | Tender::Wallet { .. }
        | Tender::GiftCard { .. } => {}
    }
    to
}

fn tender_from_proto(from: &wire::Tender) -> Result<Tender> {
    let amount = money("tenders.amount", from.amount.as_ref())?;
    let payment_id = || payment_id(&from.payment_id);
    let scheme = scheme_from_proto(from.scheme());
    Ok(
        match named_from_proto("tenders.tender", from.tender, &from.kind)? {
            TenderKind::Cash => Tender::Cash { given: amount },
            TenderKind::Card => Tender::Card {
                amount,
                payment_id: payment_id()?,
                scheme,
            },
            TenderKind::Wallet => Tender::Wallet {
                amount,
                payment_id: payment_id()?,
                scheme,
            },
            TenderKind::GiftCard => Tender::GiftCard {
                amount,
                payment_id: payment_id()?,
            },
            TenderKind::Voucher => Tender::Voucher {
                amount,
                number: from.number.clone(),
            },
            TenderKind::ForeignCash => Tender::ForeignCash {
                amount,
                foreign: money("tenders.foreign", from.foreign.as_ref())?,
            },
            TenderKind::Owed => Tender::Owed {
                amount,
                by: named_from_proto("tenders.owed_by", from.owed_by, "")?,
            },
        },
    )
}
