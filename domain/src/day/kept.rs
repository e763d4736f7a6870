//! The machine as facts: what a copy of it is made of. Folding them gives the same dates, frames
//! and machines; sealed versions are not among them, they lie in a folder of their own.

use crate::time::BusinessDate;

use super::days::{DayConfig, Days, Fact, TurnedBy};

impl Days {
    /// Facts that make another machine like this one, sealed versions apart.
    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        for (date, known) in &self.dates {
            if known.traded {
                facts.push(Fact::Booked { date: *date });
            }
            for _ in 0..known.batches {
                facts.push(Fact::BatchClosed { date: *date });
            }
            if let Some(by) = known.turned {
                facts.push(self.turned(*date, by));
            }
        }
        facts.extend(self.attached.iter().map(|(machine, date)| Fact::Attached {
            machine: *machine,
            date: *date,
        }));
        for (machine, sequence) in &self.stated_ends {
            facts.push(Fact::EndStated {
                machine: *machine,
                sequence: *sequence,
            });
        }
        for (machine, frames) in &self.frames {
            facts.extend(frames.records(*machine).into_iter().map(Fact::Lane));
        }
        facts
    }

    /// The newest sealed versions.
    #[must_use]
    pub fn sealed_facts(&self) -> Vec<Fact> {
        let dates = self.dates.iter();
        let sealed = dates.filter_map(|(date, known)| {
            Some(Fact::Sealed {
                date: *date,
                version: known.sealed.clone()?,
            })
        });
        sealed.collect()
    }

    /// What it was told once.
    #[must_use]
    pub const fn config(&self) -> &DayConfig {
        &self.config
    }

    /// What a date was turned to is kept of the running one alone; of the others it follows.
    fn turned(&self, ended: BusinessDate, by: TurnedBy) -> Fact {
        let later = self.dates.range(ended.next()..).map(|(date, _)| *date);
        let begins = later.chain([self.running]).filter(|date| *date > ended);
        Fact::Turned {
            ended,
            begins: begins.min().unwrap_or(self.running),
            by,
        }
    }
}
