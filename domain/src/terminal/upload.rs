//! What is told to the host of a batch that was closed: its items, if it did not balance, and an
//! end marker (0320). One message at a time, a live payment between two of them.

use crate::{
    ids::{BatchNumber, Stan},
    limits::UPLOAD_ITEMS_PER_MESSAGE_MAX,
};

use super::item::{BatchItem, UploadItem};

/// A 0320 that may be at the host; a repeat equals it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UploadSent {
    /// Its own STAN.
    pub stan: Stan,
    /// How many items it carries; 0: it is the end marker.
    pub items: usize,
}

/// The upload of one closed batch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BatchUpload {
    /// The batch, which is no longer the open one.
    pub batch: BatchNumber,
    /// Whether the host counted the same: then only the end marker is sent.
    pub balanced: bool,
    /// What was in it, by STAN.
    pub items: Vec<UploadItem>,
    /// How many items were answered.
    pub answered: usize,
    /// The message that may be at the host.
    pub sent: Option<UploadSent>,
}

impl BatchUpload {
    /// The upload of a batch that was closed with these items.
    pub(crate) fn of<'a>(
        batch: BatchNumber,
        balanced: bool,
        items: impl Iterator<Item = (Stan, &'a BatchItem)>,
    ) -> Self {
        let items = items.map(|(stan, item)| UploadItem {
            stan,
            payment_id: item.payment_id,
            amount: item.amount,
            is_credit: item.is_credit,
        });
        Self {
            batch,
            balanced,
            items: match balanced {
                true => Vec::new(),
                false => items.collect(),
            },
            answered: 0,
            sent: None,
        }
    }

    /// How many items the next message carries; 0: it is the end marker.
    pub(crate) fn next_items(&self) -> usize {
        let left = self.items.len().saturating_sub(self.answered);
        left.min(UPLOAD_ITEMS_PER_MESSAGE_MAX)
    }

    /// The items of a message.
    pub(crate) fn items_of(&self, sent: UploadSent) -> &[UploadItem] {
        let end = self.answered.saturating_add(sent.items);
        self.items.get(self.answered..end).unwrap_or_default()
    }
}
