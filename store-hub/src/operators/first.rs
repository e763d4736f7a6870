//! The first operators of a store: a file that its configuration names.

use std::{fmt::Write as _, fs, path::Path};

use domain::{
    operators::OperatorOrder,
    time::{BusinessDate, WallMs},
};
use journal::Batch;

use super::{Asked, FirstPin, HubOrder, OperatorRow, OperatorStore, OperatorsError, read_rows};

/// The rows of such a file. PINs as they are typed stand in no file that lies about.
pub(crate) fn read_first(file: &Path) -> Result<Vec<OperatorRow>, OperatorsError> {
    let faulty = |fault: String| OperatorsError::File {
        path: file.display().to_string(),
        fault,
    };
    let bytes = fs::read(file).map_err(|error| faulty(error.to_string()))?;
    let rows = read_rows(&bytes).map_err(|faults| {
        let mut all = String::new();
        for fault in &faults {
            // Writing to a String can't fail.
            let _ = write!(all, "{}{fault}", if all.is_empty() { "" } else { "; " });
        }
        faulty(all)
    })?;
    let is_typed = |row: &OperatorRow| matches!(row.pin, FirstPin::Typed(_));
    match rows.iter().any(is_typed) {
        true => Err(faulty(
            "has PINs in it: name what checks them (pin_verifier), or import it by a command"
                .to_owned(),
        )),
        false => Ok(rows),
    }
}

/// Takes all of them. What has to be written joins the batch.
pub(crate) fn take_first(
    store: &mut OperatorStore,
    file: &Path,
    (at, on): (WallMs, BusinessDate),
    batch: &mut Batch,
) -> Result<(), OperatorsError> {
    let rows = read_first(file)?;
    let orders = rows.into_iter().filter_map(|row| {
        let FirstPin::Verifier(pin) = row.pin.clone() else {
            return None;
        };
        let badge = store.badge(&row.badge);
        Some(HubOrder::List(OperatorOrder::Add(row.with(pin, badge))))
    });
    let orders: Vec<HubOrder> = orders.collect();
    let asked = Asked { at, on, by: None };
    let taken = store.order(orders, asked, batch);
    taken.map(drop).map_err(|fault| OperatorsError::File {
        path: file.display().to_string(),
        fault: fault.to_string(),
    })
}
