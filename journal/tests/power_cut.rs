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

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use journal::{
    AppendError, Batch, EngineKind, Journal, JournalLimits, LogId, Ticket, verify_folder,
};
use loop_disk::{LoopDisk, copy_image, make_image, run};
use tokio::runtime::Builder;

const FOLDER: &str = "JOURNAL_TEST_POWER_FOLDER";
const ENGINE: &str = "JOURNAL_TEST_POWER_ENGINE";
const KEEPS_ALL: &str = "JOURNAL_TEST_POWER_KEEPS_ALL";
const IMAGE_BYTES: u64 = 256 * 1024 * 1024;
/// What the journal that each run begins with holds.
const USED_RECORDS: u64 = 6000;
const SMALL_IMAGE_BYTES: u64 = 96 * 1024 * 1024;
/// Entries of the queue that the writer keeps: it removes one for each it adds.
const QUEUE_DEPTH: u64 = 40;
/// The writer appends so many at most before it waits.
const BATCHES_A_SYNC: u64 = 7;
/// Syncs that an ext4 may answer with success while it becomes read-only.
const SYNCS_OF_A_MOMENT: u64 = 5;
const SIGABRT: i32 = 6;
/// Seals all the time, so that cuts meet that, and sled gets its segments back.
const LIMITS: JournalLimits = JournalLimits {
    kept_records: 100,
    segment_records: 64,
    ..JournalLimits::DEFAULT
};

/// Not a test of its own: what the child process does, until it is stopped. Records are sealed and
/// queue entries removed, so that sled uses segments of its file again.
#[test]
fn writer_child() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let kind: EngineKind = std::env::var(ENGINE).unwrap().parse().unwrap();
    let engine = kind.open(Path::new(&folder)).unwrap();
    let limits = match std::env::var_os(KEEPS_ALL) {
        Some(_) => JournalLimits::DEFAULT,
        None => LIMITS,
    };
    let (journal, committer) = Journal::open_with_limits(engine, limits).unwrap();
    let _driver = committer.run_on_thread().unwrap();
    let runtime = Builder::new_current_thread().build().unwrap();
    loop {
        let mut ticket = journal.last();
        for _ in 0..1 + journal.last().number() % BATCHES_A_SYNC {
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

/// How a writer is to be.
#[derive(Clone, Copy)]
enum Way<'a> {
    Seals,
    /// Seals nothing. Each segment is synced for itself, and ext4 then writes most of what else was
    /// waiting: that hides a sync which was left out.
    KeepsAll,
    /// Keeps all, with this library before the system's own functions.
    Without(&'a Path),
}

/// A writer that runs, and what it says on another thread.
struct Writer {
    process: Child,
    first: Receiver<u64>,
    last: thread::JoinHandle<u64>,
}

impl Writer {
    fn start(kind: EngineKind, folder: &Path, way: Way<'_>) -> Writer {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "writer_child", "--nocapture", "--test-threads=1"])
            .env(FOLDER, folder)
            .env(ENGINE, kind.name())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        match way {
            Way::Seals => {}
            Way::KeepsAll => {
                command.env(KEEPS_ALL, "1");
            }
            Way::Without(library) => {
                command.env("LD_PRELOAD", library).env(KEEPS_ALL, "1");
            }
        }
        let mut process = command.spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (said, first) = channel();
        let last = thread::spawn(move || {
            let lines = output.lines().map_while(Result::ok);
            let number = |line: String| line.split("acknowledged ").nth(1)?.trim().parse().ok();
            let numbers = lines.filter_map(number);
            let tell = |number: &u64| said.send(*number).unwrap_or_default();
            numbers.inspect(tell).last().unwrap_or(0)
        });
        Writer {
            process,
            first,
            last,
        }
    }

    /// Stops it, and waits until every thread stands, or is inside the system and will stand before
    /// it comes out: one thread takes the signal, here the one that sleeps in the test harness, and
    /// until it has a processor the others run on and acknowledge.
    fn stop(&self) {
        let process = self.process.id().to_string();
        run("kill", &[&"-STOP", &process]);
        while !threads_stand(&process) {
            thread::yield_now();
        }
    }

    fn go_on(&self) {
        run("kill", &[&"-CONT", &self.process.id().to_string()]);
    }

    /// Ends it, and gives the last sequence that it acknowledged.
    fn end(mut self) -> u64 {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.last.join().unwrap()
    }
}

fn threads_stand(process: &str) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let states: String = threads
        .map(|thread| {
            let stat = std::fs::read_to_string(thread.unwrap().path().join("stat")).unwrap();
            let behind_name = stat.rsplit(") ").next().unwrap().to_owned();
            behind_name.chars().next().unwrap()
        })
        .collect();
    // One that has stopped shows that the signal has come; the others don't come back out.
    states.contains('T') && states.chars().all(|state| matches!(state, 'T' | 'D'))
}

/// Writes for some time, is stopped, and leaves `copy` as the disk was. Gives the last sequence
/// that the writer acknowledged.
fn cut(kind: EngineKind, image: &Path, copy: &Path, run_time: Duration, way: Way<'_>) -> u64 {
    let mounted = LoopDisk::mount(image, &image.with_extension("mount"));
    let writer = Writer::start(kind, &mounted.path().join("journal"), way);
    thread::sleep(run_time);
    writer.stop();
    copy_image(image, copy);
    writer.end()
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
    let records = journal.read(LogId::OWN, 1, usize::MAX).unwrap();
    if !records.iter().map(|record| record.sequence).eq(1..=head) {
        return Err("a record is missing or there twice".to_owned());
    }
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
    let (mut acknowledged_in_all, mut while_opening) = (0, 0);
    let (mut sealed, mut reused) = (0, 0);
    let used = folder.path().join("used");
    let written = make_used_image(kind, &used);
    copy_image(&used, &image);
    let mut held = USED_RECORDS;
    for round in 0..cuts {
        let copy = folder.path().join("copy");
        let run_time = Duration::from_millis(150 + round * 7919 % 1900);
        let way = match round % 3 {
            2 => Way::KeepsAll,
            _ => Way::Seals,
        };
        let said = cut(kind, &image, &copy, run_time, way);
        while_opening += u64::from(said == 0);
        let acknowledged = said.max(held);
        acknowledged_in_all += acknowledged - held;
        // Every other cut goes on with what the last one left, as it left it: the next writer has
        // to recover, and may be cut while it does. The rest start anew.
        let (next, next_held) = match round % 2 {
            0 => (&copy, acknowledged),
            _ => (&used, USED_RECORDS),
        };
        copy_image(next, &image);
        held = next_held;
        let mounted = LoopDisk::mount(&copy, &folder.path().join("check"));
        let opened = mounted.path().join("journal");
        sealed = sealed.max(sealed_segments(&opened));
        reused += reused_segments(&opened, written);
        let checked = catch_unwind(|| check(kind, &opened, acknowledged));
        let checked = checked.unwrap_or_else(|_| Err("it panicked while opening".to_owned()));
        println!("{kind}, cut {round}: acknowledged up to {acknowledged}, {checked:?}");
        failures.extend(checked.err().map(|error| format!("cut {round}: {error}")));
    }
    println!(
        "{kind}: {cuts} cuts, {while_opening} before the first acknowledgement; \
         {acknowledged_in_all} acknowledged records; up to {sealed} sealed segments in a journal; \
         {reused} segments of sled's own were used again"
    );
    assert!(sealed > 0, "no cut met a sealed segment");
    assert!(
        reused > 0 || kind != EngineKind::Sled,
        "sled used no segment again"
    );
    assert!(acknowledged_in_all > 0, "nothing was ever acknowledged");
    assert!(failures.is_empty(), "{failures:#?}");
}

fn sealed_segments(journal: &Path) -> usize {
    let files = std::fs::read_dir(journal.join("segments"))
        .into_iter()
        .flatten();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".segment")).count()
}

/// Segments of sled's file: where each lies, and which part of the stream of all that was ever
/// written it holds. Both are the same only the first time.
fn sled_segments(journal: &Path) -> Vec<(u64, u64)> {
    const SEGMENT_BYTES: usize = 512 * 1024;
    let file = std::fs::read(journal.join("db")).unwrap_or_default();
    let segments = file.chunks(SEGMENT_BYTES).enumerate();
    let in_use = segments.filter(|(_, segment)| segment.len() > 20 && segment[..20] != [0; 20]);
    let places = in_use.map(|(number, segment)| {
        let place = u64::from_le_bytes(segment[4..12].try_into().unwrap());
        ((number * SEGMENT_BYTES) as u64, place ^ i64::MAX as u64)
    });
    places.collect()
}

/// How many segments were used again since so much of the stream had been written.
fn reused_segments(journal: &Path, written: u64) -> usize {
    let segments = sled_segments(journal).into_iter();
    segments
        .filter(|(at, place)| *place > written && place != at)
        .count()
}

/// An image with a journal that was worked on: sled's file has segments to use again. Gives how
/// far its stream had come.
fn make_used_image(kind: EngineKind, image: &Path) -> u64 {
    make_image(image, IMAGE_BYTES);
    let mounted = LoopDisk::mount(image, &image.with_extension("mount"));
    let journal_folder = mounted.path().join("journal");
    let engine = kind.open(&journal_folder).unwrap();
    let (journal, mut committer) = Journal::open_with_limits(engine, LIMITS).unwrap();
    while journal.head(LogId::OWN).sequence < USED_RECORDS {
        for _ in 0..40 {
            journal.append(next_batch(&journal)).unwrap();
        }
        while committer.commit_waiting().unwrap() || committer.seal_waiting().unwrap() {}
    }
    drop((journal, committer));
    let places = sled_segments(&journal_folder).into_iter();
    places.map(|(_, place)| place).max().unwrap_or(0)
}

/// Why a cut waits until the writer stands: what is acknowledged after the image was copied is not
/// in the copy, and a journal that lost nothing looks as if it had. The one loss that this suite
/// ever saw is explained by that (docs/performance.md, "Power cuts").
#[test]
fn a_copy_of_a_disk_whose_writer_goes_on_is_no_power_cut() {
    for kind in EngineKind::ALL {
        let folder = tempfile::tempdir().unwrap();
        let (image, copy) = (folder.path().join("image"), folder.path().join("copy"));
        make_image(&image, IMAGE_BYTES);
        let mounted = LoopDisk::mount(&image, &folder.path().join("mount"));
        let writer = Writer::start(kind, &mounted.path().join("journal"), Way::Seals);
        writer.first.recv().unwrap();
        writer.stop();
        copy_image(&image, &copy);
        let copied = LoopDisk::mount(&copy, &folder.path().join("check"));
        let journal = copied.path().join("journal");
        let head = check(kind, &journal, 1).unwrap();
        writer.go_on();
        while writer.first.recv().unwrap() <= head {}
        let acknowledged = writer.end();
        let looks = format!("{} acknowledged records are lost", acknowledged - head);
        assert_eq!(check(kind, &journal, acknowledged), Err(looks));
        assert_eq!(check(kind, &journal, head), Ok(head));
    }
}

#[test]
fn without_its_fdatasync_sled_loses_records() {
    without_its_fdatasync_records_are_lost(EngineKind::Sled);
}

#[test]
fn without_its_fdatasync_redb_loses_records() {
    without_its_fdatasync_records_are_lost(EngineKind::Redb);
}

/// The suite can fail: a writer whose `fdatasync` does nothing loses what it acknowledged.
fn without_its_fdatasync_records_are_lost(kind: EngineKind) {
    let folder = tempfile::tempdir().unwrap();
    let library = library_without_fdatasync(folder.path());
    let image = folder.path().join("image");
    let copy = folder.path().join("copy");
    for round in 0..20 {
        make_image(&image, IMAGE_BYTES);
        let run_time = Duration::from_millis(600 + round * 331);
        let acknowledged = cut(kind, &image, &copy, run_time, Way::Without(&library));
        let mounted = LoopDisk::mount(&copy, &folder.path().join("check"));
        let opened = mounted.path().join("journal");
        let checked = catch_unwind(|| check(kind, &opened, acknowledged));
        println!("{kind} without fdatasync: acknowledged up to {acknowledged}, {checked:?}");
        if !matches!(checked, Ok(Ok(_))) {
            return;
        }
    }
    panic!("{kind} lost nothing without its fdatasync: the cuts prove nothing");
}

/// Takes the place of the system's function in one process: the code under test stays as it is.
fn library_without_fdatasync(folder: &Path) -> PathBuf {
    let source = folder.join("without.c");
    let library = folder.join("without.so");
    std::fs::write(&source, "int fdatasync(int fd) { (void)fd; return 0; }\n").unwrap();
    run("cc", &[&"-shared", &"-fPIC", &"-o", &library, &source]);
    library
}

/// No loop device, no root: the suite fails, it never skips.
#[test]
fn without_a_loop_device_the_suite_fails() {
    let folder = tempfile::tempdir().unwrap();
    let mount = folder.path().join("mount");
    std::fs::write(&mount, "#!/bin/sh\nexit 32\n").unwrap();
    run("chmod", &[&"+x", &mount]);
    let path = std::env::var("PATH").unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "a_power_cut_takes_nothing_that_redb_acknowledged",
        ])
        .env("PATH", format!("{}:{path}", folder.path().display()))
        .env("POWER_CUTS", "1")
        .output()
        .unwrap();
    assert!(!output.status.success(), "it passed without a loop device");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("are root and a loop device here?"), "{said}");
}

#[test]
fn a_read_only_disk_is_named_by_whoever_opens() {
    for kind in EngineKind::ALL {
        let folder = tempfile::tempdir().unwrap();
        let image = folder.path().join("image");
        let at = folder.path().join("mount");
        make_image(&image, SMALL_IMAGE_BYTES);
        let mounted = LoopDisk::mount(&image, &at);
        let journal = at.join("journal");
        drop(Journal::open(kind.open(&journal).unwrap()).unwrap());
        drop(mounted);
        let _mounted = LoopDisk::mount_with("loop,ro", &image, &at);
        // Whoever only looks needs no byte of it changed.
        drop(kind.open_to_verify(&journal).unwrap());
        for refused in [
            kind.open(&journal).unwrap_err(),
            kind.open_to_repair(&journal).unwrap_err(),
            kind.open(&at.join("another")).unwrap_err(),
        ] {
            let text = format!("{refused}: {:?}", std::error::Error::source(&refused));
            assert!(text.contains(at.to_str().unwrap()), "{text}");
            assert!(text.contains("ReadOnlyFilesystem"), "{text}");
        }
    }
}

/// The file system becomes read-only under a writer by an error of its own: the writer ends, with a
/// failed commit and no panic, and the journal is whole. ext4 may have answered the syncs of that
/// moment with success, and what they should have made durable is lost
/// (docs/adr/0006-default-engine.md); anything before it is there.
#[test]
fn a_disk_that_becomes_read_only_ends_the_writer() {
    for kind in EngineKind::ALL {
        let folder = tempfile::tempdir().unwrap();
        let image = folder.path().join("image");
        let at = folder.path().join("mount");
        make_image(&image, SMALL_IMAGE_BYTES);
        let mounted = LoopDisk::mount_with("loop,errors=remount-ro", &image, &at);
        let mut writer = Writer::start(kind, &at.join("journal"), Way::Seals);
        writer.first.recv().unwrap();
        // The moment is any: the writer never rests.
        thread::sleep(Duration::from_millis(100));
        mounted.fail();
        let status = writer.process.wait().unwrap();
        let acknowledged = writer.last.join().unwrap();
        println!("{kind}: acknowledged up to {acknowledged}, then ended with {status}");
        assert_eq!(status.signal(), Some(SIGABRT));
        let mut said = String::new();
        let stderr = writer.process.stderr.as_mut().unwrap();
        stderr.read_to_string(&mut said).unwrap();
        assert!(said.contains("commit failed: a commit failed"), "{said}");
        assert!(!said.contains("panicked"), "{said}");
        drop(mounted);
        let _mounted = LoopDisk::mount(&image, &at);
        let before = acknowledged
            .saturating_sub(SYNCS_OF_A_MOMENT * BATCHES_A_SYNC)
            .max(1);
        check(kind, &at.join("journal"), before).unwrap();
    }
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
    let mounted = LoopDisk::mount(&image, &folder.path().join("mount"));
    let opened = kind.open(&mounted.path().join("journal")).unwrap();
    let (journal, committer) = Journal::open(opened).unwrap();
    let driver = committer.run_on_thread().unwrap();
    let waits = fill_disk(&journal, &mounted);
    let acknowledged = journal.durable_head(LogId::OWN).sequence;
    println!("{kind}: full after {acknowledged} records");
    let refused = journal.append(next_batch(&journal)).unwrap_err();
    assert!(matches!(refused, AppendError::NoRoom(_)), "{refused}");
    assert_eq!(journal.durable_head(LogId::OWN).sequence, acknowledged);
    let read = journal.read(LogId::OWN, 1, usize::MAX).unwrap();
    assert_eq!(read.len() as u64, acknowledged);

    copy_image(&image, &copy);
    let cut = LoopDisk::mount(&copy, &folder.path().join("check"));
    // On a disk without a free byte it opens or says why not; it loses nothing by the attempt.
    let opened = kind
        .open(&cut.path().join("journal"))
        .and_then(Journal::open);
    println!(
        "{kind}: opened on the full disk: {:?}",
        opened.as_ref().err()
    );
    drop(opened);
    cut.empty();
    assert_eq!(
        check(kind, &cut.path().join("journal"), acknowledged),
        Ok(acknowledged)
    );
    drop(cut);

    mounted.empty();
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(journal.wait(waits)).unwrap();
    let taken = journal.append(next_batch(&journal)).unwrap();
    runtime.block_on(journal.wait(taken)).unwrap();
    journal.verify().unwrap();
    drop(journal);
    driver.join().unwrap();
    let head = check(kind, &mounted.path().join("journal"), acknowledged + 2);
    assert_eq!(head, Ok(acknowledged + 2));
}

/// Fills the disk, with an append between each two pieces until one has to wait: gives its ticket.
fn fill_disk(journal: &Journal, disk: &LoopDisk) -> Ticket {
    let mut waits = None;
    while disk.add_ballast() {
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
