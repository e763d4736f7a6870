//! Who was at a lane, told again from its journal: whoever sells is signed on, and what a cashier
//! may not do alone a supervisor allowed, once each time.

use proto::{
    journal::v1::lane_record::Body,
    store::v1::{CashMove, DrawerReason, OperatorRole},
};

use crate::oracle::verdict::Verdict;

/// All a lane's journal tells of its people.
#[derive(Clone, Debug, Default)]
pub(super) struct StaffBook {
    /// The lane was told of operators: before that operator 1 sells.
    knows_operators: bool,
    /// Who is signed on, and whether they allow others.
    on: Option<(u32, bool)>,
    /// Who has allowed something that is still to come.
    allowed: Option<u32>,
    /// How many statements were held against the records.
    checked: u64,
    faults: Vec<String>,
}

const fn allows_others(role: OperatorRole) -> bool {
    matches!(role, OperatorRole::Supervisor | OperatorRole::Manager)
}

impl StaffBook {
    /// Tells what was done by somebody who was not there, or had no right to it.
    pub(super) fn check(&self, lane: u16, verdict: &mut Verdict) {
        verdict.checked += self.checked;
        for fault in &self.faults {
            verdict.broke("staff", None, format!("lane {lane}: {fault}"));
        }
    }

    /// Takes the next record of the lane.
    pub(super) fn take(&mut self, body: &Body) {
        match body {
            Body::OperatorsTaken(_) => self.knows_operators = true,
            Body::OperatorSignedOn(on) => {
                self.on = Some((on.operator_id, allows_others(on.role())));
            }
            Body::OperatorSignedOff(off) => {
                let was = self.on.take().map(|(operator, _)| operator);
                self.holds(was == Some(off.operator_id), || {
                    format!("{} signs off, {was:?} was signed on", off.operator_id)
                });
            }
            Body::SupervisorAllowed(said) => {
                let by = said.by_operator_id;
                self.holds(allows_others(said.role()), || {
                    format!("{by} allows something as {:?}", said.role())
                });
                self.allowed = Some(by);
            }
            _ if self.knows_operators => self.of_somebody(body),
            _ => {}
        }
    }

    fn of_somebody(&mut self, body: &Body) {
        match body {
            Body::SaleOpened(opened) => {
                let on = self.on.map(|(operator, _)| operator);
                self.holds(on == Some(opened.operator_id), || {
                    let (sale, by) = (opened.sale_number, opened.operator_id);
                    format!("{by} opens sale {sale}, {on:?} is signed on")
                });
            }
            Body::CashMoved(moved)
                if matches!(moved.kind(), CashMove::Float | CashMove::Pickup) =>
            {
                self.needs_supervisor(Some(moved.allowed_by), "cash moved");
            }
            Body::DrawerOpened(opened) if opened.why() == DrawerReason::NoSale => {
                self.needs_supervisor(Some(opened.allowed_by), "drawer opened");
            }
            Body::ZTaken(_) => self.needs_supervisor(None, "Z taken"),
            Body::LineAdded(line) => {
                let returned = line.returned.as_ref();
                let without = returned.filter(|returned| returned.receipt_number.is_empty());
                if let Some(returned) = without {
                    self.needs_supervisor(returned.allowed_by, "return without a receipt");
                }
            }
            _ => {}
        }
    }

    /// Somebody at the lane who may, or somebody who said so for this one time. `told`: who, by the
    /// record itself.
    fn needs_supervisor(&mut self, told: Option<u32>, what: &str) {
        let on = self.on.filter(|(_, allows)| *allows);
        let by = on.map(|(operator, _)| operator).or(self.allowed.take());
        self.holds(
            by.is_some() && told.is_none_or(|told| by == Some(told)),
            || format!("{what}: allowed by {told:?}, and nobody but {by:?} had said so"),
        );
    }

    fn holds(&mut self, holds: bool, what: impl FnOnce() -> String) {
        self.checked += 1;
        if !holds {
            self.faults.push(what());
        }
    }
}

#[cfg(test)]
mod tests {
    use proto::journal::v1::{
        CashMoved, DrawerOpened, OperatorSignedOff, OperatorSignedOn, OperatorsTaken, SaleOpened,
        SupervisorAllowed,
    };

    use super::*;

    fn signed_on(operator_id: u32, role: OperatorRole) -> Body {
        Body::OperatorSignedOn(OperatorSignedOn {
            operator_id,
            role: role.into(),
        })
    }

    fn allowed(by_operator_id: u32, role: OperatorRole) -> Body {
        Body::SupervisorAllowed(SupervisorAllowed {
            by_operator_id,
            role: role.into(),
            ..SupervisorAllowed::default()
        })
    }

    fn float(allowed_by: u32) -> Body {
        Body::CashMoved(CashMoved {
            kind: CashMove::Float.into(),
            allowed_by,
            ..CashMoved::default()
        })
    }

    fn opened(operator_id: u32) -> Body {
        Body::SaleOpened(SaleOpened {
            operator_id,
            ..SaleOpened::default()
        })
    }

    fn no_sale(allowed_by: u32) -> Body {
        Body::DrawerOpened(DrawerOpened {
            why: DrawerReason::NoSale.into(),
            allowed_by,
            ..DrawerOpened::default()
        })
    }

    fn faults(bodies: &[Body]) -> usize {
        let mut book = StaffBook::default();
        book.take(&Body::OperatorsTaken(OperatorsTaken::default()));
        bodies.iter().for_each(|body| book.take(body));
        let mut verdict = Verdict::default();
        book.check(1, &mut verdict);
        verdict.broken.len()
    }

    #[test]
    fn whoever_sells_is_signed_on_and_a_supervisor_allows_once() {
        use OperatorRole::{Cashier, Manager, Supervisor};
        let cashier = || signed_on(101, Cashier);
        let off = Body::OperatorSignedOff(OperatorSignedOff {
            operator_id: 101,
            ..OperatorSignedOff::default()
        });
        assert_eq!(faults(&[cashier(), opened(101), off.clone()]), 0);
        assert_eq!(
            faults(&[cashier(), allowed(201, Supervisor), float(201)]),
            0
        );
        assert_eq!(
            faults(&[signed_on(301, Manager), float(301), no_sale(301)]),
            0
        );
        for broken in [
            vec![opened(101)],
            vec![cashier(), opened(102)],
            vec![cashier(), off, opened(101)],
            vec![cashier(), float(101)],
            vec![cashier(), allowed(102, Cashier)],
            vec![cashier(), allowed(201, Supervisor), float(301)],
            vec![
                cashier(),
                allowed(201, Supervisor),
                float(201),
                no_sale(201),
            ],
        ] {
            assert!(faults(&broken) > 0, "{broken:?}");
        }
        // Before the first list operator 1 sells.
        let mut book = StaffBook::default();
        book.take(&opened(1));
        assert!(book.faults.is_empty());
    }
}
