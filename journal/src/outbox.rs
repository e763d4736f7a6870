//! The outbox: effects that wait until what they depend on is durable.

use std::collections::VecDeque;

use crate::Ticket;

/// Effects in the order they were decided, each held back until the journal is durable up to its
/// ticket (I6: intent first). First in, first out: an effect never overtakes an earlier one, even
/// when its own ticket is already durable.
///
/// It is bounded by what feeds it: no append beyond the journal's bound succeeds.
#[derive(Debug)]
pub struct Outbox<E> {
    waiting: VecDeque<(Ticket, E)>,
}

impl<E> Outbox<E> {
    /// An empty outbox.
    pub fn new() -> Outbox<E> {
        Outbox {
            waiting: VecDeque::new(),
        }
    }

    /// Adds an effect that may go once `ticket` is durable. Give the machine's highest ticket so
    /// far, even when this step wrote nothing: its answer may rest on an earlier step's record.
    pub fn push(&mut self, ticket: Ticket, effect: E) {
        self.waiting.push_back((ticket, effect));
    }

    /// Takes out, in order, the effects that may go now. What is not taken from the iterator stays.
    pub fn ready(&mut self, durable: Ticket) -> impl Iterator<Item = E> + '_ {
        std::iter::from_fn(move || {
            let (_, effect) = self
                .waiting
                .pop_front_if(|(ticket, _)| *ticket <= durable)?;
            Some(effect)
        })
    }

    /// True when nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How many effects wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }
}

impl<E> Default for Outbox<E> {
    fn default() -> Self {
        Outbox::new()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Action {
        Push(u64),
        Drain(u64),
        TakeOne(u64),
    }

    fn action() -> impl Strategy<Value = Action> {
        prop_oneof![
            (0u64..20).prop_map(Action::Push),
            (0u64..20).prop_map(Action::Drain),
            (0u64..20).prop_map(Action::TakeOne),
        ]
    }

    proptest! {
        #[test]
        fn never_before_durable_and_first_in_first_out(
            actions in proptest::collection::vec(action(), 0..200),
        ) {
            let mut outbox = Outbox::new();
            let mut pushed = Vec::new();
            let mut released = Vec::new();
            let mut durable = 0;
            for action in actions {
                match action {
                    Action::Push(ticket) => {
                        outbox.push(Ticket::of(ticket), pushed.len());
                        pushed.push(ticket);
                    }
                    Action::Drain(number) => {
                        durable = durable.max(number);
                        released.extend(outbox.ready(Ticket::of(durable)));
                        let next = pushed.get(released.len());
                        prop_assert!(next.is_none_or(|ticket| *ticket > durable));
                    }
                    Action::TakeOne(number) => {
                        durable = durable.max(number);
                        released.extend(outbox.ready(Ticket::of(durable)).next());
                    }
                }
                prop_assert!(released.iter().all(|at| pushed[*at] <= durable));
                prop_assert!(released.iter().copied().eq(0..released.len()));
                prop_assert_eq!(outbox.len(), pushed.len() - released.len());
                prop_assert_eq!(outbox.is_empty(), released.len() == pushed.len());
            }
        }
    }

    #[test]
    fn an_effect_waits_behind_an_earlier_one() {
        let mut outbox = Outbox::new();
        outbox.push(Ticket::of(2), "first");
        outbox.push(Ticket::NONE, "second");
        assert_eq!(outbox.ready(Ticket::of(1)).count(), 0);
        assert_eq!(
            outbox.ready(Ticket::of(2)).collect::<Vec<_>>(),
            ["first", "second"]
        );
    }
}
