//! What a lane's records add up to, as `journal.v1.CheckoutCheckpoint`: in parts, each by itself.

use std::collections::BTreeMap;

use domain::{
    ids::{LaneEpoch, LaneId, LeaseId, PaymentId, Stan},
    sale::{CheckoutCheckpoint, CheckoutPart, DatePart, LeasePart, PaymentsPart, SalesPart},
    time::BusinessDate,
};
use proto::journal::v1 as wire;

use super::{
    operators::{operators_from_proto, operators_to_proto},
    suspended::{suspended_from_proto, suspended_to_proto},
    till_report::{till_part_from_proto, till_part_to_proto},
};
use crate::{
    date_from_proto, date_to_proto, lease_use_from_proto, lease_use_to_proto,
    parts::{part, state},
};

/// The form of a part. Another one is another meaning of the same fields, or has fewer: add one
/// whenever the part keeps something new, and it is rebuilt once from the log.
const fn form(part: CheckoutPart) -> u32 {
    match part {
        CheckoutPart::Sales | CheckoutPart::Payments | CheckoutPart::Lease | CheckoutPart::Date => {
            2
        }
        CheckoutPart::Suspended | CheckoutPart::Operators | CheckoutPart::Till => 1,
    }
}

/// A checkpoint as it was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptCheckout {
    /// What it says. What could not be read of it is `None`.
    pub checkpoint: CheckoutCheckpoint,
    told: BTreeMap<CheckoutPart, u64>,
}

impl KeptCheckout {
    /// Up to which record a part tells; 0: it is to be rebuilt.
    #[must_use]
    pub fn told(&self, part: CheckoutPart) -> u64 {
        let there = self.checkpoint.has(part);
        let told = self.told.get(&part).copied().unwrap_or(0);
        if there { told } else { 0 }
    }

    /// The first record that a part has not seen.
    #[must_use]
    pub fn first_unseen(&self) -> u64 {
        let told = CheckoutPart::ALL.map(|part| self.told(part));
        let least = told.into_iter().min().unwrap_or(0);
        least.saturating_add(1)
    }
}

/// As it is kept, every part in its newest form.
pub fn checkpoint_to_proto(kept: &CheckoutCheckpoint) -> wire::CheckoutCheckpoint {
    let of = |name: CheckoutPart| (name.name(), form(name));
    let sales = kept.sales.as_ref().map(|sales| {
        let (name, form) = of(CheckoutPart::Sales);
        part(name, form, &sales_to_proto(sales))
    });
    let payments = kept.payments.as_ref().map(|payments| {
        let (name, form) = of(CheckoutPart::Payments);
        part(name, form, &payments_to_proto(payments))
    });
    let lease = kept.lease.as_ref().map(|lease| {
        let (name, form) = of(CheckoutPart::Lease);
        part(name, form, &lease_to_proto(lease))
    });
    let date = kept.date.as_ref().map(|date| {
        let (name, form) = of(CheckoutPart::Date);
        let running = date_to_proto(date.running);
        part(name, form, &wire::CheckoutDate { running })
    });
    let suspended = kept.suspended.as_ref().map(|suspended| {
        let (name, form) = of(CheckoutPart::Suspended);
        part(name, form, &suspended_to_proto(suspended))
    });
    let operators = kept.operators.as_ref().map(|operators| {
        let (name, form) = of(CheckoutPart::Operators);
        part(name, form, &operators_to_proto(operators))
    });
    let till = kept.till.as_ref().map(|till| {
        let (name, form) = of(CheckoutPart::Till);
        part(name, form, &till_part_to_proto(till))
    });
    wire::CheckoutCheckpoint {
        machine: Some(wire::CheckoutMachine {
            lane: kept.lane.0.into(),
            epoch: kept.epoch.0,
        }),
        parts: [sales, payments, lease, date, suspended, operators, till]
            .into_iter()
            .flatten()
            .collect(),
        ..wire::CheckoutCheckpoint::default()
    }
}

/// Reads what was kept. `None`: it does not say whose it is. `applied`: its last record, and the
/// date that this carries, for a checkpoint from before it told its own.
pub fn checkpoint_from_proto(
    from: &wire::CheckoutCheckpoint,
    (applied, date): (u64, Option<BusinessDate>),
) -> Option<KeptCheckout> {
    let upgraded = match from.machine {
        Some(_) => None,
        None => Some(in_parts(from, date)),
    };
    let from = upgraded.as_ref().unwrap_or(from);
    let machine = from.machine.as_ref()?;
    let mut told = BTreeMap::new();
    let mut tells = |part: CheckoutPart, until: u64| told.insert(part, until);
    let name = |part: CheckoutPart| (part.name(), form(part));
    let sales = state(&from.parts, name(CheckoutPart::Sales), applied);
    let sales = sales.map(|(sales, until)| {
        tells(CheckoutPart::Sales, until);
        sales_from_proto(sales)
    });
    let payments = state(&from.parts, name(CheckoutPart::Payments), applied);
    let payments = payments.and_then(|(payments, until)| {
        tells(CheckoutPart::Payments, until);
        payments_from_proto(&payments)
    });
    let lease = state(&from.parts, name(CheckoutPart::Lease), applied);
    let lease = lease.and_then(|(lease, until)| {
        tells(CheckoutPart::Lease, until);
        lease_from_proto(&lease)
    });
    let date = state(&from.parts, name(CheckoutPart::Date), applied);
    let date = date.and_then(|(date, until): (wire::CheckoutDate, u64)| {
        tells(CheckoutPart::Date, until);
        let running = date_from_proto("running", &date.running).ok()?;
        Some(DatePart { running })
    });
    let suspended = state(&from.parts, name(CheckoutPart::Suspended), applied);
    let suspended = suspended.and_then(|(suspended, until)| {
        tells(CheckoutPart::Suspended, until);
        suspended_from_proto(suspended).ok()
    });
    let operators = state(&from.parts, name(CheckoutPart::Operators), applied);
    let operators = operators.and_then(|(operators, until)| {
        tells(CheckoutPart::Operators, until);
        operators_from_proto(&operators).ok()
    });
    let till = state(&from.parts, name(CheckoutPart::Till), applied);
    let till = till.and_then(|(till, until)| {
        tells(CheckoutPart::Till, until);
        till_part_from_proto(till).ok()
    });
    let checkpoint = CheckoutCheckpoint {
        lane: LaneId(u16::try_from(machine.lane).ok()?),
        epoch: LaneEpoch(machine.epoch),
        sales,
        payments,
        lease,
        date,
        suspended,
        operators,
        till,
    };
    Some(KeptCheckout { checkpoint, told })
}

/// One from before there were parts. It says nothing of the drawer, whose part is rebuilt.
fn in_parts(
    from: &wire::CheckoutCheckpoint,
    date: Option<BusinessDate>,
) -> wire::CheckoutCheckpoint {
    let sales = wire::CheckoutSales {
        last_sale: from.last_sale,
        last_receipt: from.last_receipt,
        closed: from.sales_closed,
        voided: from.sales_voided,
        last_order_reference: from.last_order_reference.clone(),
    };
    let payments = wire::CheckoutPayments {
        pin_entries: from.pin_entries,
        abandoned_payment_ids: from.abandoned_payment_ids.clone(),
        last_stan: from.last_stan,
    };
    let lease = wire::CheckoutLease {
        held: from.lease.clone(),
        last_lease_id: from.last_lease_id,
    };
    let running = match from.business_date.as_str() {
        "" => date_to_proto(date),
        told => told.to_owned(),
    };
    wire::CheckoutCheckpoint {
        machine: (from.lane > 0).then_some(wire::CheckoutMachine {
            lane: from.lane,
            epoch: from.epoch,
        }),
        parts: vec![
            part("sales", 2, &sales),
            part("payments", 2, &payments),
            part("lease", 2, &lease),
            part("date", 2, &wire::CheckoutDate { running }),
            // No basket waited anywhere then.
            part("suspended", 1, &wire::CheckoutSuspended::default()),
            // Nobody had signed on anywhere then.
            part("operators", 1, &wire::CheckoutOperators::default()),
        ],
        ..wire::CheckoutCheckpoint::default()
    }
}

fn sales_to_proto(sales: &SalesPart) -> wire::CheckoutSales {
    wire::CheckoutSales {
        last_sale: sales.last_sale,
        last_receipt: sales.last_receipt,
        closed: sales.closed,
        voided: sales.voided,
        last_order_reference: sales.last_order_reference.clone(),
    }
}

fn sales_from_proto(from: wire::CheckoutSales) -> SalesPart {
    SalesPart {
        last_sale: from.last_sale,
        last_receipt: from.last_receipt,
        closed: from.closed,
        voided: from.voided,
        last_order_reference: from.last_order_reference,
    }
}

fn payments_to_proto(payments: &PaymentsPart) -> wire::CheckoutPayments {
    let ids = payments.abandoned.iter();
    wire::CheckoutPayments {
        pin_entries: payments.pin_entries,
        abandoned_payment_ids: ids.map(|id| id.0.to_be_bytes().to_vec().into()).collect(),
        last_stan: payments.last_stan.map_or(0, |stan| stan.number()),
    }
}

fn payments_from_proto(from: &wire::CheckoutPayments) -> Option<PaymentsPart> {
    let ids = from.abandoned_payment_ids.iter().map(|id| {
        let id: [u8; 16] = id.as_ref().try_into().ok()?;
        Some(PaymentId(u128::from_be_bytes(id)))
    });
    Some(PaymentsPart {
        pin_entries: from.pin_entries,
        abandoned: ids.collect::<Option<_>>()?,
        last_stan: match from.last_stan {
            0 => None,
            number => Some(Stan::new(number).ok()?),
        },
    })
}

fn lease_to_proto(lease: &LeasePart) -> wire::CheckoutLease {
    wire::CheckoutLease {
        held: lease.held.as_ref().map(lease_use_to_proto),
        last_lease_id: lease.last.map_or(0, |id| id.0),
    }
}

fn lease_from_proto(from: &wire::CheckoutLease) -> Option<LeasePart> {
    let held = from.held.as_ref().map(lease_use_from_proto);
    Some(LeasePart {
        held: held.transpose().ok()?,
        last: (from.last_lease_id > 0).then_some(LeaseId(from.last_lease_id)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::till_samples;

    fn kept() -> CheckoutCheckpoint {
        CheckoutCheckpoint {
            lane: LaneId(3),
            epoch: LaneEpoch(2),
            sales: Some(SalesPart::default()),
            payments: Some(PaymentsPart::default()),
            lease: Some(LeasePart::default()),
            date: Some(DatePart::default()),
            suspended: Some(domain::sale::SuspendedPart {
                baskets: Vec::new(),
                taken_up: vec![domain::ids::SuspendedId::parse("2-1-7").unwrap()],
            }),
            operators: Some(domain::operators::OperatorsPart::default()),
            till: Some(till_samples::part()),
        }
    }

    /// One that was written before tills had a part: only that is read anew, from the first
    /// record.
    #[test]
    fn a_checkpoint_keeps_every_part_and_one_from_before_the_till_rebuilds_it() {
        let mut bytes = checkpoint_to_proto(&kept());
        let read = checkpoint_from_proto(&bytes, (42, None)).unwrap();
        assert_eq!(read.checkpoint, kept());
        assert_eq!(read.first_unseen(), 43);
        bytes.parts.retain(|part| part.name != "till");
        let before = checkpoint_from_proto(&bytes, (42, None)).unwrap();
        assert_eq!(before.first_unseen(), 1);
        assert_eq!(before.told(CheckoutPart::Till), 0);
        assert_eq!(before.told(CheckoutPart::Sales), 42);
        assert_eq!(before.checkpoint.till, None);
    }
}
