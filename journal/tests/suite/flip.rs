//! Single flipped bits in the files of a closed journal, and what verification says of them.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use journal::{EngineKind, Journal, VerifyReport, verify_folder};

use crate::draw::Draw;
use crate::place::one;

/// Writes some records through the driver of production and closes.
pub(crate) fn write_journal(kind: EngineKind, folder: &Path, records: u32) {
    let (journal, committer) = Journal::open(kind.open(folder).unwrap()).unwrap();
    let driver = committer.run_on_thread().unwrap();
    for n in 0..records {
        let mut batch = one(format!("record {n} {}", "x".repeat(200)));
        batch.put(format!("key {}", n % 10), n.to_be_bytes());
        journal.append(batch).unwrap();
    }
    drop(journal);
    driver.join().unwrap();
}

pub(crate) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy_folder(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

enum Seen {
    Same,
    Refused,
    Panicked,
    Different,
}

fn verified(folder: &Path, expected: &VerifyReport) -> Seen {
    match catch_unwind(|| verify_folder(folder)) {
        Err(_) => Seen::Panicked,
        Ok(Err(_)) => Seen::Refused,
        Ok(Ok(report)) if report == *expected => Seen::Same,
        Ok(Ok(_)) => Seen::Different,
    }
}

#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) same: u32,
    pub(crate) refused: u32,
    /// Sled itself panics on some damage while it opens. Nothing is lost by it.
    pub(crate) panicked: u32,
    pub(crate) different: u32,
}

/// Verifies copies of a folder, each with one bit of the engine's file flipped.
pub(crate) fn flip_bits(
    file: &str,
    sound: &Path,
    scratch: &Path,
    seed: u64,
    rounds: u32,
) -> Counts {
    let reference = scratch.join("reference");
    copy_folder(sound, &reference);
    let expected = verify_folder(&reference).unwrap();
    let used = fs::read(sound.join(file)).unwrap();
    let used = used.iter().rposition(|byte| *byte != 0).unwrap() as u64;
    let mut draw = Draw(seed);
    let mut seen = Counts::default();
    for round in 0..rounds {
        let copy = scratch.join(format!("{round}"));
        copy_folder(sound, &copy);
        let mut bytes = fs::read(copy.join(file)).unwrap();
        let at = draw.below(used) as usize;
        bytes[at] ^= 1 << draw.below(8);
        fs::write(copy.join(file), bytes).unwrap();
        match verified(&copy, &expected) {
            Seen::Same => seen.same += 1,
            Seen::Refused => seen.refused += 1,
            Seen::Panicked => seen.panicked += 1,
            Seen::Different => seen.different += 1,
        }
        fs::remove_dir_all(&copy).unwrap();
    }
    println!("{seen:?} in {used} bytes");
    seen
}
