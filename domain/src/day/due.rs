//! What is due: the end of the running date, first versions, and those after them.

use crate::{
    limits::SETTLE_AFTER_TIMEOUT_MS,
    time::{BusinessDate, MonoMs},
};

use super::{
    calendar::Calendar,
    days::{Circumstances, DayAlarm, DayEffect, Days, Late, TurnedBy, Wait},
    version::{LateLane, Lateness},
};

impl Days {
    /// Looks at everything that may be due.
    pub fn look(&mut self, now: MonoMs, around: &Circumstances) -> Vec<DayEffect> {
        let mut effects = Vec::new();
        self.look_at_clock(&around.calendar, &mut effects);
        self.seal_first_versions(now, around, &mut effects);
        self.seal_later_versions(now, around, &mut effects);
        effects
    }

    /// The date ends by itself only after its own end: a day that a person closed at noon is
    /// followed by no second close at night.
    fn look_at_clock(&mut self, calendar: &Calendar, effects: &mut Vec<DayEffect>) {
        let date = self.running;
        let off = (date, calendar.first_ahead);
        // The day after the calendar's is what a store has that was closed in the evening.
        let is_off = date < off.1 || date > off.1.next();
        if is_off && self.off_calendar != Some(off) {
            let calendar = calendar.first_ahead;
            effects.push(DayEffect::Alarm(DayAlarm::OffCalendar { date, calendar }));
        }
        self.off_calendar = is_off.then_some(off);
        let Some(ends) = calendar.ends else {
            return;
        };
        if calendar.now >= ends {
            self.end_by_clock(date, calendar, effects);
        } else if ends.0.saturating_sub(calendar.now.0).unsigned_abs() <= self.config.warning_ms
            && self.warned != Some(date)
        {
            self.warned = Some(date);
            effects.push(DayEffect::Warn { date, ends });
        }
    }

    fn end_by_clock(
        &mut self,
        date: BusinessDate,
        calendar: &Calendar,
        effects: &mut Vec<DayEffect>,
    ) {
        if calendar.confirmed {
            let begins = calendar.date_after(date);
            let by = TurnedBy::Clock;
            let ended = date;
            effects.push(DayEffect::Turn { ended, begins, by });
        } else if self.asked != Some(date) {
            self.asked = Some(date);
            effects.push(DayEffect::Alarm(DayAlarm::EndNeedsPerson { date }));
        }
    }

    /// Whether the running date should have ended by itself and waits for a person.
    #[must_use]
    pub fn end_needs_person(&self) -> bool {
        self.asked == Some(self.running)
    }

    /// First versions are sealed in the order of their dates, one at a time.
    fn seal_first_versions(
        &mut self,
        now: MonoMs,
        around: &Circumstances,
        effects: &mut Vec<DayEffect>,
    ) {
        // Dates that were turned after the look had been begun are looked at next time.
        let mut ended = self.dates.range(..self.running.min(around.running));
        let next = ended.find(|(_, known)| known.is_unsealed());
        let Some(date) = next.map(|(date, _)| *date) else {
            return;
        };
        let since = *self.turned_since.entry(date).or_insert(now);
        let waits = self.waits(date, around);
        let waited_ms = now.since_ms(since);
        let patience_over = waited_ms >= self.config.close_timeout_ms;
        if !waits.is_empty() && patience_over && self.not_waited_for.insert(date) {
            effects.push(DayEffect::StopWaiting { date });
            return;
        }
        // A bank that answers may still close what was waited for.
        let for_bank_ms = match around.link_up && waits.contains(&Wait::Batches) {
            true => SETTLE_AFTER_TIMEOUT_MS,
            false => 0,
        };
        let limit_ms = self.config.close_timeout_ms.saturating_add(for_bank_ms);
        if waits.is_empty() || waited_ms >= limit_ms {
            let because = None;
            effects.push(DayEffect::Seal { date, because });
        }
    }

    /// All late lanes of a date together, once none of them has said anything for a while.
    fn seal_later_versions(
        &mut self,
        now: MonoMs,
        around: &Circumstances,
        effects: &mut Vec<DayEffect>,
    ) {
        for date in self.unfinished.clone() {
            let Some(what) = self.lateness(date, around) else {
                continue;
            };
            if what.is_nothing() {
                self.late.remove(&date);
                self.forget_if_finished(date, around);
                continue;
            }
            let known = self.late.get(&date).filter(|late| late.what == what);
            let since = known.map_or(now, |late| late.since);
            if now.since_ms(since) >= self.config.late_quiet_ms {
                let because = Some(what.clone());
                effects.push(DayEffect::Seal { date, because });
            }
            self.late.insert(date, Late { what, since });
        }
    }

    /// A version that holds every part whole needs no second look before something comes.
    fn forget_if_finished(&mut self, date: BusinessDate, around: &Circumstances) {
        let sealed = self.sealed(date);
        let whole = sealed.is_some_and(|sealed| sealed.lanes.values().all(|part| part.complete));
        if whole && !around.batches_due.contains(&date) {
            self.unfinished.remove(&date);
        }
    }

    /// What is known of a sealed date beyond its newest version; `None` if it is not sealed.
    fn lateness(&self, date: BusinessDate, around: &Circumstances) -> Option<Lateness> {
        let known = self.dates.get(&date)?;
        let sealed = known.sealed.as_ref()?;
        let parts = self.parts(date, &around.lanes);
        let lanes = parts.iter().filter_map(|part| {
            let held = sealed.lanes.get(&part.machine);
            let after_sequence = held.map_or(0, |held| held.through_sequence);
            let last = self
                .frames
                .get(&part.machine)
                .map_or(0, |frames| frames.last_of(date));
            let ended_since = part.is_complete() && held.is_some_and(|held| !held.complete);
            (last > after_sequence || ended_since).then_some(LateLane {
                machine: part.machine,
                after_sequence,
                through_sequence: last.max(after_sequence),
                complete: part.is_complete(),
            })
        });
        Some(Lateness {
            date,
            lanes: lanes.collect(),
            batches: sealed
                .batches
                .map_or(0, |named| known.batches.saturating_sub(named)),
        })
    }
}
