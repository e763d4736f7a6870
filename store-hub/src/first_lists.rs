//! What a start finds of prices and operators, with what has to be written of them before a lane
//! hears of either.

use std::sync::Arc;

use domain::time::{BusinessDate, WallMs};
use journal::{Batch, Journal};
use ports::Clock;
use tokio::sync::watch;

use crate::{
    actors::{operators::Operators, prices::Prices},
    config::Config,
    keys::KeyStore,
    operators::{self, OperatorStore, OperatorsError},
    prices::{PriceFileError, PriceFolder, PriceStore},
};

/// What lanes are told as a whole.
pub(crate) struct Lists {
    pub(crate) prices: Prices,
    pub(crate) operators: Operators,
}

/// What the journal, the folder and the configured file say of prices.
pub(crate) fn open_prices(
    config: &Config,
    journal: &Journal,
    clock: &Arc<dyn Clock>,
) -> Result<(Prices, Batch), PriceFileError> {
    let folder = PriceFolder::new(config.prices_folder.clone());
    let mut store = PriceStore::open(journal, folder)?;
    let mut batch = Batch::new();
    let now = WallMs(clock.wall_ms());
    let file = &config.prices_file;
    store.take_configured(file, config.store.currency, now, &mut batch)?;
    store.pass(now, &mut batch);
    let none = || PriceFileError::Unreadable {
        path: file.clone(),
        source: std::io::ErrorKind::NotFound.into(),
    };
    let offer = store.offer().ok_or_else(none)?;
    let prices = Prices {
        store,
        journal: journal.clone(),
        clock: Arc::clone(clock),
        offer: watch::Sender::new(offer),
    };
    Ok((prices, batch))
}

/// Who works in the store; the first of them stand in a file that the configuration may name.
pub(crate) fn open_operators(
    config: &Config,
    (journal, clock): (&Journal, &Arc<dyn Clock>),
    keys: &dyn KeyStore,
    on: BusinessDate,
) -> Result<(Operators, Batch), OperatorsError> {
    let mut store = OperatorStore::open(journal, &keys.card_hash_key())?;
    let mut batch = Batch::new();
    if let Some(file) = &config.operators_file
        && store.is_empty()
    {
        let at = WallMs(clock.wall_ms());
        operators::take_first(&mut store, file, (at, on), &mut batch)?;
    }
    let operators = Operators {
        told: watch::Sender::new(store.told()),
        store,
        journal: journal.clone(),
        clock: Arc::clone(clock),
    };
    Ok((operators, batch))
}

/// No lane hears of prices or operators before the journal holds them. Where it takes none, the
/// next start finds the same files and says the same.
pub(crate) async fn keep_first(journal: &Journal, batches: [Batch; 2]) {
    for batch in batches.into_iter().filter(|batch| !batch.is_empty()) {
        match journal.append(batch) {
            Ok(ticket) => {
                if journal.wait(ticket).await.is_err() {
                    tracing::debug!(event = "journal is closed");
                }
            }
            Err(error) => tracing::warn!(event = "first lists not journaled", %error),
        }
    }
}
