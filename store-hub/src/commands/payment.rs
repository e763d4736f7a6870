//! `payment ID`: one payment from receipt to bank.

use proto::store::v1::PaymentQuery;

use super::{
    Asked, Failed, NO, Outcome, USAGE,
    hub::{Source, block_on, source},
    stopped::Stopped,
    view::show,
    views,
};
use crate::{
    find_view::{self, NoPayment},
    projections::{self, HostFile},
};

pub(super) fn payment(id: &str, asked: &Asked) -> Outcome {
    let digits = find_view::id_digits(id).map_err(|error| Failed::new(USAGE, error))?;
    let query = PaymentQuery { payment_id: digits };
    let (history, zone) = block_on(async {
        let mut source = source(asked).await?;
        let zone = source.zone().await?;
        let config = match source {
            Source::Running(mut hub) => {
                let answer = hub.ask(async |hub| hub.payment(query).await);
                return Ok((answer.await?, zone));
            }
            Source::Stopped(config) => config,
        };
        let stopped = Stopped::open(&config)?;
        let books = stopped.books(&config)?;
        let payment_id = find_view::payment_in(&books, id).map_err(|error| {
            let code = match error {
                NoPayment::Form(_) | NoPayment::Several(..) => USAGE,
                NoPayment::Unknown(_) | NoPayment::Ledger(_) => NO,
            };
            Failed::new(code, error)
        })?;
        let host = HostFile(config.acquirer.reconciliation_file.as_deref());
        let history = projections::tell(&books, &stopped.journal, payment_id, host)
            .map_err(|error| Failed::new(NO, error))?
            .ok_or_else(|| Failed::new(NO, format!("no payment {payment_id}")))?;
        Ok((history, zone))
    })?;
    show(asked.output, views::history(&history, &zone))
}
