//! Returns as the hub's journal tells them.

use std::collections::BTreeMap;

use proto::journal::v1::{ReturnReleased, ReturnTaken};

use crate::oracle::hub_records::OfReturn;

/// A return at the hub: lane, epoch, sale.
type Id = (u32, u32, u32);

/// What the hub's journal says of returns.
#[derive(Clone, Debug, Default)]
pub(super) struct HubReturns {
    pub(super) open: BTreeMap<Id, u32>,
    /// The receipt that each was closed with, and the revision that was reserved.
    pub(super) closed: BTreeMap<Id, (String, u32)>,
    pub(super) faults: Vec<String>,
}

impl HubReturns {
    pub(super) fn take(&mut self, of: OfReturn<'_>) {
        match of {
            OfReturn::Taken(taken) => self.taken(taken),
            OfReturn::Completed(completed) => {
                let id = id(completed.id.as_ref());
                let Some(revision) = self.open.remove(&id) else {
                    self.faults
                        .push(format!("return {id:?} closed, and not reserved"));
                    return;
                };
                let closed = (completed.receipt_number.clone(), revision);
                self.closed.insert(id, closed);
            }
            OfReturn::Released(ReturnReleased { id: of, .. }) => {
                let id = id(of.as_ref());
                if self.open.remove(&id).is_none() {
                    self.faults
                        .push(format!("return {id:?} given back, and not reserved"));
                }
            }
        }
    }

    fn taken(&mut self, taken: &ReturnTaken) {
        let id = id(taken.id.as_ref());
        if self.closed.contains_key(&id) {
            self.faults
                .push(format!("return {id:?} reserved behind its end"));
        }
        self.open.insert(id, taken.revision);
    }
}

fn id(of: Option<&proto::journal::v1::ReturnOf>) -> Id {
    of.map_or((0, 0, 0), |of| (of.lane, of.epoch, of.sale_number))
}
