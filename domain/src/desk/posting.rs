//! What a record does to the books: one list of movements per record (I1).

use crate::{
    desk::DurableState,
    forward::{Forward, ForwardEnd, ForwardKind, Resolution},
    ids::{BatchNumber, ForwardId, Tid},
    money::Money,
    payment::{Decision, Payment, Progress},
    settlement::{Account, Transfer},
};

pub(super) fn entry(state: &DurableState, id: ForwardId) -> Option<(&Payment, &Forward)> {
    let forward = state.forwards.get(&id)?;
    let payment = state.payments.get(&forward.payment_id)?;
    Some((payment, forward))
}

pub(super) fn decided(payment: &Payment, decision: &Decision) -> Option<Transfer> {
    let (to, amount) = match decision {
        Decision::Approved { amount, .. } | Decision::PartiallyApproved { amount, .. } => {
            (Account::Authorised, *amount)
        }
        Decision::Unknown { .. } => (Account::Unknown, payment.request.amount),
        Decision::StandIn { amount } | Decision::OfflineApproved { amount, .. } => {
            (Account::Forwarding, *amount)
        }
        Decision::Declined { .. } | Decision::Refused { .. } => return None,
    };
    Some(Transfer {
        from: Account::CardTender,
        to,
        amount,
    })
}

pub(super) fn undo_begins(payment: &Payment, kind: &ForwardKind) -> Option<Transfer> {
    match (kind, approved(payment)) {
        (ForwardKind::Reversal { .. } | ForwardKind::Void { .. }, Some(amount)) => {
            let from = match payment.settled_in {
                Some(_) => Account::Settled,
                None => Account::Authorised,
            };
            Some(Transfer {
                from,
                to: Account::Undoing,
                amount,
            })
        }
        (ForwardKind::Reversal { .. } | ForwardKind::Void { .. } | ForwardKind::Advice, _) => None,
    }
}

/// Where the money of an entry waits while it is in the queue, and how much of it.
fn waiting(payment: &Payment, forward: &Forward) -> (Account, Money) {
    match (&forward.kind, approved(payment)) {
        (ForwardKind::Advice, _) => (Account::Forwarding, forward.amount),
        (ForwardKind::Reversal { .. } | ForwardKind::Void { .. }, Some(amount)) => {
            (Account::Undoing, amount)
        }
        (ForwardKind::Reversal { .. } | ForwardKind::Void { .. }, None) => {
            (Account::Unknown, payment.request.amount)
        }
    }
}

pub(super) fn ended(payment: &Payment, forward: &Forward, end: &ForwardEnd) -> Option<Transfer> {
    let (from, whole) = waiting(payment, forward);
    let (to, amount) = match (end, &forward.kind) {
        (ForwardEnd::Delivered { amount, .. }, ForwardKind::Advice) => {
            (Account::Authorised, *amount)
        }
        (ForwardEnd::Delivered { .. }, ForwardKind::Reversal { .. } | ForwardKind::Void { .. }) => {
            (Account::Reversed, whole)
        }
        (ForwardEnd::Withdrawn, _) => (Account::Withdrawn, whole),
        (ForwardEnd::DeadLetter { .. }, _) => (dead_letter_account(end), whole),
    };
    Some(Transfer { from, to, amount })
}

fn dead_letter_account(end: &ForwardEnd) -> Account {
    match end {
        ForwardEnd::DeadLetter {
            declined_after_goods: true,
            ..
        } => Account::DeclinedAfterGoods,
        ForwardEnd::DeadLetter { .. } | ForwardEnd::Delivered { .. } | ForwardEnd::Withdrawn => {
            Account::DeadLetter
        }
    }
}

pub(super) fn resolved(payment: &Payment, forward: &Forward, how: &Resolution) -> Option<Transfer> {
    let (queue, amount) = waiting(payment, forward);
    let from = dead_letter_account(forward.end.as_ref()?);
    let to = match how {
        Resolution::Retry => queue,
        Resolution::SettledByHand { .. } => Account::SettledByHand,
        Resolution::WrittenOff { .. } => Account::WrittenOff,
    };
    Some(Transfer { from, to, amount })
}

/// Debits of the batch move on, but for approvals that are being undone or were: their money waits
/// elsewhere, and a void stands in the batch as a credit against its own debit.
pub(super) fn batch_closed(state: &DurableState, tid: &Tid, batch: BatchNumber) -> Vec<Transfer> {
    let Some(terminal) = state.terminals.get(tid) else {
        return Vec::new();
    };
    let items = terminal.items.iter();
    let debits = items.filter(|((of, _), item)| *of == batch && !item.is_credit);
    let remaining = debits.filter(|(_, item)| {
        let payment = state.payments.get(&item.payment_id);
        payment.is_some_and(|payment| !is_being_undone(state, payment))
    });
    remaining
        .map(|(_, item)| Transfer {
            from: Account::Authorised,
            to: Account::Settled,
            amount: item.amount,
        })
        .collect()
}

fn is_being_undone(state: &DurableState, payment: &Payment) -> bool {
    payment.forwards.iter().any(|id| {
        let kind = state.forwards.get(id).map(|forward| &forward.kind);
        matches!(
            kind,
            Some(ForwardKind::Reversal { .. } | ForwardKind::Void { .. })
        )
    })
}

/// What the bank approved, if it did.
fn approved(payment: &Payment) -> Option<Money> {
    match &payment.progress {
        Progress::Decided(
            Decision::Approved { amount, .. } | Decision::PartiallyApproved { amount, .. },
        ) => Some(*amount),
        Progress::Requested
        | Progress::Sent
        | Progress::Decided(
            Decision::Declined { .. }
            | Decision::Unknown { .. }
            | Decision::Refused { .. }
            | Decision::StandIn { .. }
            | Decision::OfflineApproved { .. },
        ) => None,
    }
}
