//! The keyed state once more from the log, and what differs.

use journal::{
    Differs, Journal, LogId, RebuiltState, Record, SimulatedDisk, restore_state, verify_engine,
    verify_state,
};

use crate::place::{commit_all, one, set};

/// A queue: `+key` adds, `-key` removes, and a counter says how many there were.
fn fold(state: &mut RebuiltState, log: LogId, record: &Record) {
    assert_eq!(log, LogId::OWN);
    let (sign, key) = record.bytes.split_first().unwrap();
    match sign {
        b'+' => state.put(key, record.sequence.to_be_bytes()),
        _ => state.delete(key),
    }
    let seen = state.get(b"seen").map_or(0, |seen| seen[0]);
    state.put("seen", [seen + 1]);
}

fn queue() -> SimulatedDisk {
    let disk = SimulatedDisk::new();
    let (journal, mut committer) = Journal::open(disk.engine()).unwrap();
    for (n, work) in ["+a", "+b", "-a", "+c", "+a", "-b"].into_iter().enumerate() {
        let mut batch = one(work);
        let sequence = n as u64 + 1;
        match work.strip_prefix('+') {
            Some(key) => batch.put(key, sequence.to_be_bytes()),
            None => batch.delete(&work[1..]),
        };
        batch
            .put("seen", [sequence as u8])
            .put_side("card", "sealed");
        journal.append(batch).unwrap();
    }
    commit_all(&mut committer);
    disk
}

fn sealed(key: &[u8], value: &[u8]) -> Option<Vec<u8>> {
    let sum = crc32c::crc32c_append(crc32c::crc32c(key), value);
    Some([sum.to_be_bytes().as_slice(), value].concat())
}

#[test]
fn a_state_that_follows_from_the_log_is_the_same() {
    let engine = queue().engine();
    let report = verify_state(engine.as_ref(), &mut fold).unwrap();
    assert!(report.is_same(), "{report:?}");
    assert_eq!((report.records, report.values), (6, 3));
}

#[test]
fn what_differs_is_named_and_restored() {
    let engine = queue().engine();
    let sound = engine.scan(&[], None, usize::MAX).unwrap();
    set(engine.as_ref(), b"sa", sealed(b"sa", b"changed"));
    set(engine.as_ref(), b"sc", None);
    set(engine.as_ref(), b"sb", sealed(b"sb", b"not from the log"));
    set(engine.as_ref(), b"sseen", Some(b"damaged".to_vec()));
    let report = verify_state(engine.as_ref(), &mut fold).unwrap();
    let expected = [
        (b"a".to_vec(), Differs::Value),
        (b"b".to_vec(), Differs::NotInLog),
        (b"c".to_vec(), Differs::NotStored),
        (b"seen".to_vec(), Differs::Value),
    ];
    assert_eq!(report.first_differences, expected);
    assert_eq!(report.different, 4);
    assert!(verify_engine(engine.as_ref()).is_err());

    restore_state(engine.as_ref(), &mut fold).unwrap();
    assert_eq!(engine.scan(&[], None, usize::MAX).unwrap(), sound);
    assert!(verify_state(engine.as_ref(), &mut fold).unwrap().is_same());
}

#[test]
fn a_damaged_log_is_no_ground_to_rebuild_on() {
    let engine = queue().engine();
    let key = [b"l".as_slice(), &[0; 8], &3u64.to_be_bytes()].concat();
    set(engine.as_ref(), &key, None);
    let before = engine.scan(&[], None, usize::MAX).unwrap();
    assert!(verify_state(engine.as_ref(), &mut fold).is_err());
    assert!(restore_state(engine.as_ref(), &mut fold).is_err());
    assert_eq!(engine.scan(&[], None, usize::MAX).unwrap(), before);
}
