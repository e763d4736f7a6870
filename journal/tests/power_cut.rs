//! A power cut for real: the journal lies on a loop-mounted ext4 image, the writer is stopped at a
//! random moment, the image is copied as it is, and the copy is mounted and checked. What the
//! system held in memory is not in the copy, as after a power cut.
//!
//! It needs root and a loop device, and fails without them. So a plain `cargo test` leaves it out
//! (`test = false` in the manifest) and `.ci/run` asks for it by name:
//! `cargo test -p journal --test power_cut -- --nocapture`. `POWER_CUTS` sets how many, 10 if
//! unset.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, and its child process talks on stdout"
)]

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use journal::{AppendError, Batch, EngineKind, Journal, LogId, Ticket, verify_folder};
use tokio::runtime::Builder;

const FOLDER: &str = "JOURNAL_TEST_POWER_FOLDER";
const ENGINE: &str = "JOURNAL_TEST_POWER_ENGINE";
const IMAGE_BYTES: u64 = 256 * 1024 * 1024;
const SMALL_IMAGE_BYTES: u64 = 96 * 1024 * 1024;
const BALLAST: &str = "ballast";
/// Entries of the queue that the writer keeps: it removes one for each it adds.
const QUEUE_DEPTH: u64 = 40;

/// Not a test of its own: what the child process does, until it is stopped. Records and queue grow
/// past a segment of sled, so that segments are used again.
#[test]
fn writer_child() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let kind: EngineKind = std::env::var(ENGINE).unwrap().parse().unwrap();
    let (journal, committer) = Journal::open(kind.open(Path::new(&folder)).unwrap()).unwrap();
    let _driver = committer.run_on_thread().unwrap();
    let runtime = Builder::new_current_thread().build().unwrap();
    loop {
        let mut ticket = journal.last();
        for _ in 0..1 + journal.last().number() % 7 {
            ticket = journal.append(next_batch(&journal)).unwrap();
        }
        runtime.block_on(journal.wait(ticket)).unwrap();
        println!("acknowledged {}", journal.head(LogId::OWN).sequence);
    }
}

fn next_batch(journal: &Journal) -> Batch {
    let next = journal.head(LogId::OWN).sequence + 1;
    let mut batch = Batch::new();
    batch.record(vec![b'r'; (next * 37 % 1500) as usize]);
    batch.put(queue_key(next), vec![b'q'; 300]);
    if let Some(done) = next.checked_sub(QUEUE_DEPTH) {
        batch.delete(queue_key(done));
    }
    batch
}

fn queue_key(number: u64) -> String {
    format!("queue/{number:012}")
}

fn run(program: &str, arguments: &[&dyn AsRef<OsStr>]) {
    let mut command = Command::new(program);
    for argument in arguments {
        command.arg(argument.as_ref());
    }
    let status = command
        .status()
        .unwrap_or_else(|error| panic!("cannot run {program}: {error}"));
    assert!(
        status.success(),
        "{command:?} ended with {status}: are root and a loop device here?"
    );
}

/// A mounted image; unmounted when dropped.
struct Mounted(PathBuf);

impl Mounted {
    fn new(image: &Path, at: &Path) -> Mounted {
        std::fs::create_dir_all(at).unwrap();
        run("mount", &[&"-o", &"loop", &image, &at]);
        Mounted(at.to_owned())
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        run("umount", &[&self.0]);
    }
}

fn make_image(image: &Path, bytes: u64) {
    File::create(image).unwrap().set_len(bytes).unwrap();
    run("mkfs.ext4", &[&"-q", &"-F", &image]);
}

/// Writes for some time, is stopped, and leaves `copy` as the disk was. Gives the last sequence
/// that the writer acknowledged.
fn cut(kind: EngineKind, image: &Path, copy: &Path, run_time: Duration) -> u64 {
    let mounted = Mounted::new(image, &image.with_extension("mount"));
    let mut writer = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "writer_child", "--nocapture", "--test-threads=1"])
        .env(FOLDER, mounted.0.join("journal"))
        .env(ENGINE, kind.name())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(writer.stdout.take().unwrap());
    let last = thread::spawn(move || {
        let lines = output.lines().map_while(Result::ok);
        let number = |line: String| line.split("acknowledged ").nth(1)?.trim().parse().ok();
        lines.filter_map(number).last().unwrap_or(0)
    });
    thread::sleep(run_time);
    run("kill", &[&"-STOP", &writer.id().to_string()]);
    run("cp", &[&"--sparse=always", &image, &copy]);
    writer.kill().unwrap();
    writer.wait().unwrap();
    last.join().unwrap()
}

/// What is on the disk after the cut is sound, and holds all that was acknowledged: records added
/// are there, queue entries removed are gone. Gives the head.
fn check(kind: EngineKind, folder: &Path, acknowledged: u64) -> Result<u64, String> {
    if acknowledged == 0 {
        return Ok(0);
    }
    let report = verify_folder(folder).map_err(|error| error.to_string())?;
    let head = report.logs.first().map_or(0, |log| log.head.sequence);
    if head < acknowledged {
        return Err(format!(
            "{} acknowledged records are lost",
            acknowledged - head
        ));
    }
    let (journal, _committer) = Journal::open(kind.open(folder).unwrap()).unwrap();
    let queue = journal.scan("queue/").unwrap();
    let expected = (head.saturating_sub(QUEUE_DEPTH) + 1..=head).map(queue_key);
    let queued = queue
        .into_iter()
        .map(|(key, _)| String::from_utf8(key).unwrap());
    match queued.eq(expected) {
        true => Ok(head),
        false => Err("the queue is not that of the head".to_owned()),
    }
}

#[test]
fn a_power_cut_takes_nothing_that_sled_acknowledged() {
    a_power_cut_takes_nothing_that_was_acknowledged(EngineKind::Sled);
}

#[test]
fn a_power_cut_takes_nothing_that_redb_acknowledged() {
    a_power_cut_takes_nothing_that_was_acknowledged(EngineKind::Redb);
}

fn a_power_cut_takes_nothing_that_was_acknowledged(kind: EngineKind) {
    let cuts = std::env::var("POWER_CUTS").map_or(10, |cuts| cuts.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("image");
    let mut failures = Vec::new();
    let mut acknowledged_in_all = 0;
    make_image(&image, IMAGE_BYTES);
    for round in 0..cuts {
        let copy = folder.path().join("copy");
        let run_time = Duration::from_millis(150 + round * 7919 % 1900);
        let acknowledged = cut(kind, &image, &copy, run_time);
        acknowledged_in_all += acknowledged;
        let mounted = Mounted::new(&copy, &folder.path().join("check"));
        let opened = mounted.0.join("journal");
        let checked = catch_unwind(|| check(kind, &opened, acknowledged));
        let checked = checked.unwrap_or_else(|_| Err("it panicked while opening".to_owned()));
        println!("{kind}, cut {round}: acknowledged up to {acknowledged}, {checked:?}");
        failures.extend(checked.err().map(|error| format!("cut {round}: {error}")));
        drop(mounted);
        // Every other cut goes on with what the last one left; the rest start anew.
        match round % 2 == 0 && failures.is_empty() {
            true => std::fs::rename(&copy, &image).unwrap(),
            false => make_image(&image, IMAGE_BYTES),
        }
    }
    println!("{kind}: {cuts} cuts, {acknowledged_in_all} acknowledged records");
    assert!(acknowledged_in_all > 0, "nothing was ever acknowledged");
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn a_full_disk_takes_nothing_from_sled() {
    a_full_disk_refuses_and_recovers(EngineKind::Sled);
}

#[test]
fn a_full_disk_takes_nothing_from_redb() {
    a_full_disk_refuses_and_recovers(EngineKind::Redb);
}

/// Another program fills the disk to its last byte under a journal that runs: it refuses appends,
/// reads on, loses nothing if the power goes then, and takes appends again when there is room.
fn a_full_disk_refuses_and_recovers(kind: EngineKind) {
    let folder = tempfile::tempdir().unwrap();
    let (image, copy) = (folder.path().join("image"), folder.path().join("copy"));
    make_image(&image, SMALL_IMAGE_BYTES);
    let mounted = Mounted::new(&image, &folder.path().join("mount"));
    let opened = kind.open(&mounted.0.join("journal")).unwrap();
    let (journal, committer) = Journal::open(opened).unwrap();
    let driver = committer.run_on_thread().unwrap();
    let waits = fill_disk(&journal, &mounted.0.join(BALLAST));
    let acknowledged = journal.durable_head(LogId::OWN).sequence;
    println!("{kind}: full after {acknowledged} records");
    let refused = journal.append(next_batch(&journal)).unwrap_err();
    assert!(matches!(refused, AppendError::NoRoom(_)), "{refused}");
    assert_eq!(journal.durable_head(LogId::OWN).sequence, acknowledged);
    let read = journal.read(LogId::OWN, 1, usize::MAX).unwrap();
    assert_eq!(read.len() as u64, acknowledged);

    run("cp", &[&"--sparse=always", &image, &copy]);
    let cut = Mounted::new(&copy, &folder.path().join("check"));
    // On a disk without a free byte it opens or says why not; it loses nothing by the attempt.
    let opened = kind.open(&cut.0.join("journal")).and_then(Journal::open);
    println!(
        "{kind}: opened on the full disk: {:?}",
        opened.as_ref().err()
    );
    drop(opened);
    std::fs::remove_file(cut.0.join(BALLAST)).unwrap();
    assert_eq!(
        check(kind, &cut.0.join("journal"), acknowledged),
        Ok(acknowledged)
    );
    drop(cut);

    std::fs::remove_file(mounted.0.join(BALLAST)).unwrap();
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(journal.wait(waits)).unwrap();
    let taken = journal.append(next_batch(&journal)).unwrap();
    runtime.block_on(journal.wait(taken)).unwrap();
    journal.verify().unwrap();
    drop(journal);
    driver.join().unwrap();
    let head = check(kind, &mounted.0.join("journal"), acknowledged + 2);
    assert_eq!(head, Ok(acknowledged + 2));
}

/// Fills the disk, with an append between each two pieces until one has to wait: gives its ticket.
fn fill_disk(journal: &Journal, ballast: &Path) -> Ticket {
    let mut ballast = File::create(ballast).unwrap();
    let mut waits = None;
    let piece = vec![b'b'; 512 * 1024];
    while ballast.write_all(&piece).is_ok() {
        ballast.sync_data().unwrap();
        waits = waits.or_else(|| append_until_it_waits(journal));
    }
    waits.expect("the disk was full before an append had to wait")
}

fn append_until_it_waits(journal: &Journal) -> Option<Ticket> {
    let ticket = journal.append(next_batch(journal)).unwrap();
    while journal.durable() < ticket {
        if journal.no_room().is_some() {
            return Some(ticket);
        }
        thread::yield_now();
    }
    None
}
