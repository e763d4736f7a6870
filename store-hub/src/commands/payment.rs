//! `payment ID`: one payment from receipt to bank.

use domain::ids::PaymentId;
use proto::store::v1::PaymentQuery;

use super::{
    Asked, Failed, NO, Outcome, USAGE,
    hub::{Source, block_on, source},
    stopped::Stopped,
    view::show,
    views,
};
use crate::ledger::{self, HostFile};

pub(super) fn payment(id: &str, asked: &Asked) -> Outcome {
    let payment_id = PaymentId::parse(id).map_err(|error| Failed::new(USAGE, error))?;
    let query = PaymentQuery {
        payment_id: payment_id.to_string(),
    };
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
        let host = HostFile(config.acquirer.reconciliation_file.as_deref());
        let history = ledger::tell(&books, &stopped.journal, payment_id, host)
            .map_err(|error| Failed::new(NO, error))?
            .ok_or_else(|| Failed::new(NO, format!("no payment {payment_id}")))?;
        Ok((history, zone))
    })?;
    show(asked.output, views::history(&history, &zone))
}
