//! The same card again and again while the bank can't be asked (payments.md, "Deciding without the
//! bank"). Kept in memory only, by the monotonic clock: a restart forgets it, the caps don't.

use std::collections::{BTreeMap, VecDeque};

use crate::{card_ref::CardHash, time::MonoMs};

/// How often one card may be approved without the bank.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VelocityLimit {
    /// Approvals of one card within the window, at most.
    pub count_max: u32,
    /// The window, back from now.
    pub window_ms: u64,
}

/// When each card was approved lately. Holds no more than what lies within the window.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Velocity {
    seen: BTreeMap<CardHash, VecDeque<MonoMs>>,
}

impl Velocity {
    /// Whether this card may be approved once more now.
    #[must_use]
    pub fn allows(&self, card: &CardHash, limit: VelocityLimit, now: MonoMs) -> bool {
        let moments = self.seen.get(card).into_iter().flatten();
        let lately = moments.filter(|moment| is_within(**moment, limit, now));
        u32::try_from(lately.count()).is_ok_and(|count| count < limit.count_max)
    }

    /// It was approved; what lies before the window is forgotten, of every card.
    pub fn note(&mut self, card: CardHash, limit: VelocityLimit, now: MonoMs) {
        for moments in self.seen.values_mut() {
            moments.retain(|moment| is_within(*moment, limit, now));
        }
        self.seen.retain(|_, moments| !moments.is_empty());
        self.seen.entry(card).or_default().push_back(now);
    }
}

fn is_within(moment: MonoMs, limit: VelocityLimit, now: MonoMs) -> bool {
    now < moment.after(limit.window_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_allowed_so_often_within_the_window_and_again_after_it() {
        let limit = VelocityLimit {
            count_max: 2,
            window_ms: 1_000,
        };
        let (card, other) = (CardHash([1; 32]), CardHash([2; 32]));
        let mut velocity = Velocity::default();
        velocity.note(card, limit, MonoMs(0));
        assert!(velocity.allows(&card, limit, MonoMs(10)));
        velocity.note(card, limit, MonoMs(10));
        assert!(!velocity.allows(&card, limit, MonoMs(999)));
        assert!(velocity.allows(&other, limit, MonoMs(999)));
        assert!(
            velocity.allows(&card, limit, MonoMs(1_000)),
            "the first is over"
        );
        velocity.note(other, limit, MonoMs(2_000));
        assert_eq!(velocity.seen.len(), 1, "nothing is kept beyond the window");
    }
}
