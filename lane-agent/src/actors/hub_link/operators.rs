//! The operators that the hub tells of: checked, kept, then told to the flow.

use proto::store::v1 as wire;
use tracing::error;

use super::HubLink;
use crate::{
    actors::flow::LIST_REFUSED,
    known_operators::{KnownOperators, keep},
};

/// `docs/errors/LANE0070.md`.
const NOT_KEPT: &str = "LANE0070";

impl HubLink {
    /// Told behind each hello: what is known already is not written again.
    pub(super) fn operators_told(&self, told: &wire::OperatorList) {
        let version = told.version;
        let known = match KnownOperators::told(told) {
            Ok(known) => known,
            Err(fault) => {
                return error!(event = "operators not understood", code = LIST_REFUSED, version, %fault);
            }
        };
        let before = self.parts.operators.borrow().clone();
        if before.as_ref() == Some(&known) {
            return;
        }
        // One that was replaced would bring back who has gone.
        if before.is_some_and(|before| version < before.list.version()) {
            return error!(event = "operators not taken", code = LIST_REFUSED, version);
        }
        if let Err(fault) = keep(told, &self.parts.operators_file) {
            error!(event = "operators not kept", code = NOT_KEPT, version, %fault);
        }
        self.parts.operators.send_replace(Some(known));
    }
}
