//! A disk without room: no new sale is begun, the screens say why, and when there is room again the
//! lane goes on by itself.
//!
//! A sale that is under way may end on what the journal keeps free for it. When even that is used
//! up, or the disk is read-only, its records wait in memory: nothing that depends on them is shown,
//! printed or sent before they are durable.

use std::time::Duration;

use actix::{AsyncContext, Context};
use domain::sale::{Prompt, Screen};
use tracing::{error, warn};

use super::TransactionFlow;

/// How often the disk is looked at.
const ROOM_LOOK_MS: u64 = 500;
/// `docs/errors/LANE0009.md`.
const CODE: &str = "LANE0009";

impl TransactionFlow {
    pub(super) fn watch_room(&mut self, ctx: &mut Context<Self>) {
        let every = Duration::from_millis(ROOM_LOOK_MS);
        ctx.run_interval(every, |flow, _| flow.look_for_room());
    }

    /// Whether a new sale must not be begun now; the screens say so then.
    pub(super) fn refuses_sale(&mut self) -> bool {
        self.look_for_room();
        self.no_room
    }

    fn look_for_room(&mut self) {
        let journal = &self.parts.journal;
        let selling = self.parts.checkout.sale().is_some();
        let why = match selling {
            true => journal.no_room(),
            false => journal.refuses_new_work(),
        };
        if let Some(why) = why
            && !self.no_room
        {
            error!(event = "no room on the disk", code = CODE, %why);
        }
        if why.is_none() && self.no_room {
            warn!(event = "room on the disk again");
        }
        self.no_room = why.is_some();
        self.say_room();
        self.tell_progress();
    }

    /// Lays the sentence over what the screens say, or takes it away. What waits for durability
    /// shows itself first.
    fn say_room(&mut self) {
        let Some(shown) = self.parts.screens.borrow().clone() else {
            return;
        };
        let is_said = shown.prompt == Prompt::NoRoom;
        if self.no_room && !is_said {
            let notice = Screen {
                prompt: Prompt::NoRoom,
                basket: shown.basket.clone(),
                refused: None,
            };
            self.covered = Some(shown);
            self.parts.screens.send_replace(Some(notice));
        } else if !self.no_room && is_said && self.outbox.is_empty() {
            self.parts.screens.send_replace(self.covered.take());
        }
    }
}
