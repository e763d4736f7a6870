//! What the system tells of a process under `/proc`: processor time, bytes written, memory, and how
//! often it gave the processor away.

use std::{collections::BTreeMap, fs, path::PathBuf};

use super::LoadError;

/// Linux counts processor time for users in hundredths of a second, whatever its own clock does.
const TICK_US: u64 = 10_000;

/// What the first thread is called here: the system calls it as the program's file.
pub(super) const MAIN: &str = "main";

/// One process, looked at from outside.
#[derive(Clone, Debug)]
pub(super) struct Watched {
    called: String,
    id: u32,
}

/// Processor time of a process since its start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Used {
    /// All of it, in microseconds.
    pub(super) cpu_us: u64,
    /// By the name of a thread.
    pub(super) by_thread: BTreeMap<String, u64>,
    /// How often a thread waited for something.
    pub(super) waits: u64,
    /// What reached the disk.
    pub(super) written_bytes: u64,
}

impl Watched {
    pub(super) fn new(called: &str, id: Option<u32>) -> Result<Self, LoadError> {
        let called = called.to_owned();
        match id {
            Some(id) => Ok(Self { called, id }),
            None => Err(LoadError::NoFigures {
                called,
                why: "it has ended".to_owned(),
            }),
        }
    }

    /// What it has used so far.
    pub(super) fn used(&self) -> Result<Used, LoadError> {
        let mut used = Used {
            cpu_us: self.number("stat", cpu_us)?,
            written_bytes: self.number("io", |text| field(text, "write_bytes:"))?,
            ..Used::default()
        };
        for thread in self.threads()? {
            // A thread may end while it is looked at.
            let read = |file: &str| fs::read_to_string(thread.join(file)).unwrap_or_default();
            let stat = read("stat");
            let is_main = thread.ends_with(self.id.to_string());
            let name = match is_main {
                true => Some(MAIN.to_owned()),
                false => thread_name(&stat),
            };
            if let Some((name, cpu_us)) = name.zip(cpu_us(&stat)) {
                *used.by_thread.entry(name).or_default() += cpu_us;
            }
            used.waits += field(&read("status"), "voluntary_ctxt_switches:").unwrap_or_default();
        }
        Ok(used)
    }

    /// Memory it holds now, in bytes.
    pub(super) fn resident_bytes(&self) -> Result<u64, LoadError> {
        let kilobytes = self.number("status", |text| field(text, "VmRSS:"))?;
        Ok(kilobytes * 1024)
    }

    fn threads(&self) -> Result<Vec<PathBuf>, LoadError> {
        let folder = self.place("task");
        let entries = fs::read_dir(folder).map_err(|error| self.missing(&error.to_string()))?;
        Ok(entries.flatten().map(|entry| entry.path()).collect())
    }

    fn number(&self, file: &str, of: impl Fn(&str) -> Option<u64>) -> Result<u64, LoadError> {
        let text = fs::read_to_string(self.place(file));
        let text = text.map_err(|error| self.missing(&error.to_string()))?;
        of(&text).ok_or_else(|| self.missing(file))
    }

    fn place(&self, file: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{file}", self.id))
    }

    fn missing(&self, why: &str) -> LoadError {
        LoadError::NoFigures {
            called: self.called.clone(),
            why: why.to_owned(),
        }
    }
}

impl Used {
    /// What was used since.
    pub(super) fn since(&self, before: &Self) -> Self {
        let by_thread = self.by_thread.iter().map(|(name, cpu_us)| {
            let before = before.by_thread.get(name).copied().unwrap_or_default();
            (name.clone(), cpu_us.saturating_sub(before))
        });
        Self {
            cpu_us: self.cpu_us.saturating_sub(before.cpu_us),
            by_thread: by_thread.collect(),
            waits: self.waits.saturating_sub(before.waits),
            written_bytes: self.written_bytes.saturating_sub(before.written_bytes),
        }
    }

    /// Both together.
    pub(super) fn add(&mut self, more: &Self) {
        self.cpu_us += more.cpu_us;
        self.waits += more.waits;
        self.written_bytes += more.written_bytes;
        for (name, cpu_us) in &more.by_thread {
            *self.by_thread.entry(name.clone()).or_default() += cpu_us;
        }
    }
}

/// `stat`: the name stands in parentheses and may hold anything; user and system time are the 14th
/// and 15th field.
fn cpu_us(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut times = rest.split_ascii_whitespace().skip(11);
    let user: u64 = times.next()?.parse().ok()?;
    let system: u64 = times.next()?.parse().ok()?;
    Some((user + system) * TICK_US)
}

fn thread_name(stat: &str) -> Option<String> {
    let (_, rest) = stat.split_once('(')?;
    let (name, _) = rest.rsplit_once(')')?;
    Some(name.to_owned())
}

/// The number behind a word at the beginning of a line.
fn field(text: &str, word: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(word))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "4711 (a (b) c) S 1 4711 4711 0 -1 4194560 2500 0 1 0 12 30 0 0 20 0 3 0 9";

    #[test]
    fn times_and_names_are_found_whatever_a_thread_is_called() {
        assert_eq!(cpu_us(STAT), Some(420_000));
        assert_eq!(thread_name(STAT).as_deref(), Some("a (b) c"));
        assert_eq!(cpu_us("4711 (a) S 1"), None);
        let status = "Name:\tx\nVmRSS:\t  2048 kB\nvoluntary_ctxt_switches:\t7\n";
        assert_eq!(field(status, "VmRSS:"), Some(2048));
        assert_eq!(field(status, "nonvoluntary_ctxt_switches:"), None);
    }

    #[test]
    fn this_process_has_used_something() {
        let own = Watched::new("the test", Some(std::process::id())).unwrap();
        assert!(own.resident_bytes().unwrap() > 100_000);
        let used = own.used().unwrap();
        assert!(!used.by_thread.is_empty());
        let more = own.used().unwrap().since(&used);
        assert!(more.cpu_us <= own.used().unwrap().cpu_us);
    }
}
