//! Whether the disk has room for something new: asked before each step that begins something.

use super::payment_desk::PaymentDesk;

impl PaymentDesk {
    /// Whether nothing new may be begun for want of room on the disk. What is decided already goes
    /// on: its records have a reserve, and wait in memory when that is used up. Told once each time
    /// it changes.
    pub(super) fn refuses_new_work(&mut self) -> bool {
        let why = self.parts.journal.refuses_new_work();
        if let Some(why) = why
            && !self.without_room
        {
            let code = "HUB0017";
            tracing::error!(event = "no room on the disk, new payments are refused", code, %why);
        }
        if why.is_none() && self.without_room {
            tracing::warn!(event = "room on the disk again");
        }
        self.without_room = why.is_some();
        self.without_room
    }
}
