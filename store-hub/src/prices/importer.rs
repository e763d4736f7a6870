//! The one way in: whoever brings a file, it is checked and kept beside the actors, on the thread
//! that serves whoever brought it, one file at a time; and the inbox, looked into now and then.

use std::{sync::Arc, time::Duration};

use actix::Addr;
use domain::money::Currency;
use tokio::time::sleep;

use super::{
    About, Checked, Encoding, Imported, Inbox, NotTaken, PriceFolder, Source, Taken, check,
};
use crate::actors::prices::{Prices, Take};

/// How often.
const LOOK: Duration = Duration::from_secs(2);

/// Who takes what came, and where it is kept.
#[derive(Clone)]
pub(crate) struct Importer {
    pub(crate) prices: Addr<Prices>,
    pub(crate) folder: PriceFolder,
    pub(crate) currency: Currency,
    /// One file at a time, whoever brings it.
    pub(crate) turn: Arc<tokio::sync::Semaphore>,
}

impl Importer {
    /// Keeps a checked file, and answers when it is in the journal.
    pub(crate) async fn take(&self, checked: Checked, about: About) -> Result<Imported, NotTaken> {
        let kept = self.folder.put(&checked.version, &checked.file);
        kept.map_err(|error| NotTaken::NotKept(error.to_string()))?;
        let taken = self.prices.send(Take { checked, about }).await;
        taken.map_err(|_| NotTaken::Stopping)?
    }

    async fn take_up(&self, taken: &Taken) {
        let checked = match check(&taken.bytes, Encoding::Utf8, self.currency) {
            Ok(checked) => checked,
            Err(faults) => return taken.refused(&faults),
        };
        let about = About {
            source: Source::Inbox,
            file_name: taken.name.clone(),
            from: taken.from,
        };
        let not_read = checked.not_read.clone();
        match self.take(checked, about).await {
            Ok(imported) => taken.took(&imported, &not_read),
            Err(why) => taken.put_off(&why),
        }
    }
}

/// Takes up what lies in the inbox until the hub stops.
pub(crate) async fn follow_inbox(importer: Importer, mut inbox: Inbox) {
    let mut was_there = true;
    while importer.prices.connected() {
        let ready = inbox.look();
        if let Err(error) = &ready
            && was_there
        {
            let folder = inbox.folder();
            tracing::error!(event = "inbox not read", code = "HUB0033", ?folder, %error);
        }
        was_there = ready.is_ok();
        for taken in ready.unwrap_or_default() {
            let turn = importer.turn.acquire().await;
            importer.take_up(&taken).await;
            drop(turn);
        }
        sleep(LOOK).await;
    }
}
