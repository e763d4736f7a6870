//! Records of returns, both ways, and the part of the checkpoint that they add up to.

use std::collections::BTreeMap;

use crate::{
    ConvertError, money_from_proto, money_to_proto, payment_id,
    returns::{
        owed_from_proto, owed_to_proto, payback_from_proto, payback_to_proto, receipt_number,
        source_from_proto, source_to_proto, taking_from_proto, taking_to_proto,
    },
};
use domain::{
    desk::{OwedToCard, Released, Reservation, ReturnFact, ReturnsPart, TakenOf},
    ids::{LaneEpoch, PaymentId, ReceiptNumber, ReturnId, SaleNumber},
    money::Currency,
    returns::{PaidPart, Payback, Taken},
    sale::OwedBack,
    time::WallMs,
};
use proto::journal::v1::{self as journal, hub_record::Body};

use super::fields::{all, date, lane, needed};

type Result<T> = std::result::Result<T, ConvertError>;

/// The form of the part. Add one whenever it keeps something new.
pub(super) const RETURNS_FORM: u32 = 1;

pub(super) fn body(fact: &ReturnFact) -> Body {
    match fact {
        ReturnFact::Reserved {
            id,
            revision,
            taking,
            shown,
        } => Body::ReturnTaken(journal::ReturnTaken {
            id: Some(id_to_proto(*id)),
            revision: *revision,
            taking: Some(taking_to_proto(taking)),
            shown: *shown,
        }),
        ReturnFact::PaidInCash {
            id,
            payment_id,
            amount,
        } => Body::ReturnPaidInCash(journal::ReturnPaidInCash {
            id: Some(id_to_proto(*id)),
            payment_id: payment_id.to_string(),
            amount: Some(money_to_proto(*amount)),
        }),
        ReturnFact::Completed {
            id,
            receipt,
            payout,
        } => Body::ReturnCompleted(journal::ReturnCompleted {
            id: Some(id_to_proto(*id)),
            receipt_number: receipt.to_string(),
            payout: Some(money_to_proto(*payout)),
        }),
        ReturnFact::Released { id, why } => Body::ReturnReleased(released_to_proto(*id, why)),
    }
}

fn released_to_proto(id: ReturnId, why: &Released) -> journal::ReturnReleased {
    let mut to = journal::ReturnReleased {
        id: Some(id_to_proto(id)),
        ..journal::ReturnReleased::default()
    };
    match why {
        Released::NotClosed => to.set_why(journal::ReturnReleaseKind::NotClosed),
        Released::EpochOver => to.set_why(journal::ReturnReleaseKind::EpochOver),
        Released::ByHand { by, reason } => {
            to.set_why(journal::ReturnReleaseKind::ByHand);
            to.by.clone_from(by);
            to.reason.clone_from(reason);
        }
    }
    to
}

pub(super) fn taken(from: &journal::ReturnTaken) -> Result<ReturnFact> {
    Ok(ReturnFact::Reserved {
        id: id_from_proto(from.id.as_ref())?,
        revision: from.revision,
        taking: taking_from_proto(from.taking.as_ref())?,
        shown: from.shown,
    })
}

pub(super) fn paid_in_cash(from: &journal::ReturnPaidInCash) -> Result<ReturnFact> {
    Ok(ReturnFact::PaidInCash {
        id: id_from_proto(from.id.as_ref())?,
        payment_id: payment_id(&from.payment_id)?,
        amount: money_from_proto("amount", from.amount.as_ref())?,
    })
}

pub(super) fn completed(from: &journal::ReturnCompleted) -> Result<ReturnFact> {
    Ok(ReturnFact::Completed {
        id: id_from_proto(from.id.as_ref())?,
        receipt: receipt_number(&from.receipt_number)?,
        payout: money_from_proto("payout", from.payout.as_ref())?,
    })
}

pub(super) fn released(from: &journal::ReturnReleased) -> Result<ReturnFact> {
    Ok(ReturnFact::Released {
        id: id_from_proto(from.id.as_ref())?,
        why: match from.why() {
            journal::ReturnReleaseKind::NotClosed => Released::NotClosed,
            journal::ReturnReleaseKind::EpochOver => Released::EpochOver,
            journal::ReturnReleaseKind::ByHand => Released::ByHand {
                by: from.by.clone(),
                reason: from.reason.clone(),
            },
            journal::ReturnReleaseKind::Unspecified => return Err(ConvertError::missing("why")),
        },
    })
}

fn id_to_proto(id: ReturnId) -> journal::ReturnOf {
    journal::ReturnOf {
        lane: id.lane.0.into(),
        epoch: id.epoch.0,
        sale_number: id.sale.0,
    }
}

fn id_from_proto(from: Option<&journal::ReturnOf>) -> Result<ReturnId> {
    let from = needed("id", from)?;
    Ok(ReturnId {
        lane: lane(from.lane)?,
        epoch: LaneEpoch(from.epoch),
        sale: SaleNumber(from.sale_number),
    })
}

pub(super) fn returns_to_proto(part: &ReturnsPart) -> journal::HubReturns {
    let open = part.open.iter().map(|(id, open)| journal::OpenReturn {
        id: Some(id_to_proto(*id)),
        revision: open.revision,
        at_ms: open.at.0,
        taking: Some(taking_to_proto(&open.taking)),
        in_cash: open.in_cash.iter().map(PaymentId::to_string).collect(),
    });
    let owed = part.owed.iter().map(|((receipt, payment_id), owed)| {
        let to = OwedBack {
            payment_id: *payment_id,
            card: owed.card.clone(),
            amount: owed.amount,
        };
        journal::OwedByCard {
            receipt_number: receipt.to_string(),
            owed: Some(owed_to_proto(&to)),
            at_ms: owed.at.0,
            date: owed.date.to_string(),
        }
    });
    let ended = part.ended.iter().map(|((lane, epoch), sale)| {
        id_to_proto(ReturnId {
            lane: *lane,
            epoch: *epoch,
            sale: *sale,
        })
    });
    journal::HubReturns {
        open: open.collect(),
        of: part.of.iter().map(of_to_proto).collect(),
        owed: owed.collect(),
        ended: ended.collect(),
    }
}

fn of_to_proto((receipt, of): (&ReceiptNumber, &TakenOf)) -> journal::ReturnedOf {
    let lines = of.taken.lines.iter();
    let paid = of.taken.paid.iter();
    let currency = of.paid_with.first().map(|part| part.value.currency());
    let with = of.paid_with.iter().map(|part| {
        payback_to_proto(&Payback {
            receipt: *receipt,
            source: part.source,
            card: part.card.clone(),
            value: part.value,
            before: domain::money::Money::zero(part.value.currency()),
            whole: part.value,
            paid: part.paid,
        })
    });
    journal::ReturnedOf {
        receipt_number: receipt.to_string(),
        sold_on: of.sold_on.to_string(),
        lines: lines
            .map(|(line_number, pieces)| journal::TakenLine {
                line_number: *line_number,
                pieces: *pieces,
                ..journal::TakenLine::default()
            })
            .collect(),
        paid: paid
            .map(|(source, minor)| journal::ReturnedPaid {
                payment_id: source_to_proto(*source),
                minor: *minor,
            })
            .collect(),
        paid_with: currency.map(|currency| journal::ReturnTaking {
            currency: currency.letters().to_owned(),
            of: Vec::new(),
            plan: with.collect(),
        }),
    }
}

pub(super) fn returns_from_proto(from: &journal::HubReturns) -> Result<ReturnsPart> {
    Ok(ReturnsPart {
        open: all(&from.open, |one| {
            let open = Reservation {
                revision: one.revision,
                at: WallMs(one.at_ms),
                taking: taking_from_proto(one.taking.as_ref())?,
                in_cash: all(&one.in_cash, |id| payment_id(id))?,
            };
            Ok((id_from_proto(one.id.as_ref())?, open))
        })?,
        of: all(&from.of, of_from_proto)?,
        owed: all(&from.owed, |one| {
            let owed = owed_from_proto(needed("owed", one.owed.as_ref())?)?;
            let to = (receipt_number(&one.receipt_number)?, owed.payment_id);
            let owed = OwedToCard {
                card: owed.card,
                amount: owed.amount,
                at: WallMs(one.at_ms),
                date: date(&one.date)?,
            };
            Ok((to, owed))
        })?,
        ended: all(&from.ended, |one| {
            let id = id_from_proto(Some(one))?;
            Ok(((id.lane, id.epoch), id.sale))
        })?,
    })
}

fn of_from_proto(from: &journal::ReturnedOf) -> Result<(ReceiptNumber, TakenOf)> {
    let lines = from.lines.iter();
    let lines: BTreeMap<u32, u32> = lines.map(|line| (line.line_number, line.pieces)).collect();
    let paid = all(&from.paid, |one| {
        Ok((source_from_proto(&one.payment_id)?, one.minor))
    })?;
    let paid_with = match &from.paid_with {
        None => Vec::new(),
        Some(with) => {
            let currency = Currency::by_letters(&with.currency);
            let currency = currency.ok_or_else(|| ConvertError::new("currency", "is none"))?;
            all(&with.plan, |one| {
                let payback = payback_from_proto(one, currency)?;
                Ok(PaidPart {
                    source: payback.source,
                    card: payback.card,
                    value: payback.value,
                    paid: payback.paid,
                })
            })?
        }
    };
    let of = TakenOf {
        sold_on: date(&from.sold_on)?,
        taken: Taken { lines, paid },
        paid_with,
    };
    Ok((receipt_number(&from.receipt_number)?, of))
}

/// One fact of each kind at least.
#[cfg(test)]
pub(super) fn samples() -> Vec<domain::desk::DeskFact> {
    let (id, taking) = (
        ReturnId {
            lane: domain::ids::LaneId(2),
            epoch: LaneEpoch(1),
            sale: SaleNumber(7),
        },
        crate::lane::a_taking(),
    );
    let cny = |minor| domain::money::Money::new(minor, Currency::CNY);
    let by_hand = Released::ByHand {
        by: "Li Na".to_owned(),
        reason: "the goods are on the shelf".to_owned(),
    };
    let released = [Released::NotClosed, Released::EpochOver, by_hand];
    let released = released.map(|why| ReturnFact::Released { id, why }.into());
    let facts = [
        ReturnFact::Reserved {
            id,
            revision: 3,
            taking: taking.clone(),
            shown: true,
        },
        ReturnFact::PaidInCash {
            id,
            payment_id: PaymentId(9),
            amount: cny(300),
        },
        ReturnFact::Completed {
            id,
            receipt: ReceiptNumber::parse("2-1-000007").unwrap_or(taking.of[0].receipt),
            payout: cny(300),
        },
    ];
    facts.map(Into::into).into_iter().chain(released).collect()
}
