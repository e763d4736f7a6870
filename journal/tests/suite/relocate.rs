//! The journal in a folder moves to the other engine, and a kill at any moment leaves a folder from
//! which the same order goes on.

use std::fs;
use std::path::{Path, PathBuf};

use journal::{
    EngineKind, Journal, MoveError, MoveReport, MoveStep, OpenError, migrate_folder, verify_folder,
};

use crate::flip::write_journal;

const DATE: &str = "2026-11-23";

struct Shop {
    _home: tempfile::TempDir,
    journal: PathBuf,
}

impl Shop {
    fn new(kind: EngineKind) -> Shop {
        let home = tempfile::tempdir().unwrap();
        let journal = home.path().join("journal");
        write_journal(kind, &journal, 40);
        Shop {
            _home: home,
            journal,
        }
    }

    fn beside(&self, end: &str) -> PathBuf {
        self.journal.with_file_name(format!("journal.{end}"))
    }

    fn migrate(&self, to: EngineKind) -> Result<MoveReport, MoveError> {
        migrate_folder(&self.journal, to, DATE, &mut |_| {})
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.journal.parent().unwrap()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }
}

fn records(folder: &Path) -> u64 {
    verify_folder(folder).unwrap().logs[0].records
}

#[test]
fn a_folder_moves_there_and_back_and_the_old_ones_are_kept() {
    let shop = Shop::new(EngineKind::Sled);
    let mut steps = Vec::new();
    let moved = migrate_folder(&shop.journal, EngineKind::Redb, DATE, &mut |step| {
        steps.push(step);
    })
    .unwrap();
    let MoveReport::Moved { from, copied, kept } = moved else {
        panic!("{moved:?}");
    };
    assert_eq!(
        (from, copied.verified.logs[0].records),
        (EngineKind::Sled, 40)
    );
    assert_eq!(kept, shop.beside("sled-2026-11-23"));
    assert_eq!(steps.last(), Some(&MoveStep::Keeping));
    assert_eq!(EngineKind::of_folder(&shop.journal), Some(EngineKind::Redb));
    assert_eq!((records(&shop.journal), records(&kept)), (40, 40));
    assert_eq!(
        shop.migrate(EngineKind::Redb).unwrap(),
        MoveReport::AlreadyThere
    );
    shop.migrate(EngineKind::Sled).unwrap();
    shop.migrate(EngineKind::Redb).unwrap();
    let kept = [
        "journal",
        "journal.redb-2026-11-23",
        "journal.sled-2026-11-23",
        "journal.sled-2026-11-23-2",
    ];
    assert_eq!(shop.names(), kept);
    assert_eq!(records(&shop.journal), 40);
}

#[test]
fn a_copy_that_was_cut_short_is_begun_anew() {
    let shop = Shop::new(EngineKind::Sled);
    // Some keys of another journal, and no format: what a kill leaves.
    let half = shop.beside("to-redb");
    let engine = EngineKind::Redb.open(&half).unwrap();
    let write = journal::Write {
        key: b"l".to_vec(),
        value: Some(vec![1; 50]),
    };
    engine.write(&[write]).unwrap();
    drop(engine);
    assert!(matches!(
        shop.migrate(EngineKind::Redb).unwrap(),
        MoveReport::Moved { .. }
    ));
    assert_eq!(records(&shop.journal), 40);
    assert_eq!(shop.names(), ["journal", "journal.sled-2026-11-23"]);
}

#[test]
fn an_order_that_was_cut_short_after_the_exchange_is_finished() {
    let shop = Shop::new(EngineKind::Sled);
    shop.migrate(EngineKind::Redb).unwrap();
    // As it was before the old journal got its name.
    fs::rename(shop.beside("sled-2026-11-23"), shop.beside("to-redb")).unwrap();
    let finished = shop.migrate(EngineKind::Redb).unwrap();
    assert!(
        matches!(finished, MoveReport::Finished { .. }),
        "{finished:?}"
    );
    assert_eq!(shop.names(), ["journal", "journal.sled-2026-11-23"]);
    // The way back doesn't take the old journal for a copy of its own either.
    fs::rename(shop.beside("sled-2026-11-23"), shop.beside("to-redb")).unwrap();
    shop.migrate(EngineKind::Sled).unwrap();
    let kept = [
        "journal",
        "journal.redb-2026-11-23",
        "journal.sled-2026-11-23",
    ];
    assert_eq!(shop.names(), kept);
    assert_eq!(EngineKind::of_folder(&shop.journal), Some(EngineKind::Sled));
}

#[test]
fn a_strange_journal_at_the_copys_place_is_not_removed() {
    let shop = Shop::new(EngineKind::Sled);
    write_journal(EngineKind::Sled, &shop.beside("to-redb"), 7);
    shop.migrate(EngineKind::Redb).unwrap();
    assert_eq!(records(&shop.journal), 40);
    assert_eq!(records(&shop.beside("sled-2026-11-23")), 7);
    assert_eq!(records(&shop.beside("sled-2026-11-23-2")), 40);
}

#[test]
fn a_journal_in_use_stays_and_so_does_one_that_cannot_be_trusted() {
    let shop = Shop::new(EngineKind::Sled);
    let (open, _committer) = Journal::open(EngineKind::Sled.open(&shop.journal).unwrap()).unwrap();
    let refused = shop.migrate(EngineKind::Redb).unwrap_err();
    assert!(matches!(refused, MoveError::Open(OpenError::InUse { .. })));
    drop((open, _committer));
    let engine = EngineKind::Sled.open(&shop.journal).unwrap();
    let (key, mut value) = engine.scan(b"l", None, 1).unwrap().remove(0);
    value[40] ^= 1;
    crate::place::set(engine.as_ref(), &key, Some(value));
    drop(engine);
    let refused = shop.migrate(EngineKind::Redb).unwrap_err();
    assert!(matches!(refused, MoveError::Migrate(_)), "{refused}");
    assert_eq!(shop.names(), ["journal"]);
    assert_eq!(EngineKind::of_folder(&shop.journal), Some(EngineKind::Sled));
    let nowhere = migrate_folder(&shop.beside("x"), EngineKind::Redb, DATE, &mut |_| {});
    assert!(matches!(
        nowhere,
        Err(MoveError::Open(OpenError::NoJournal { .. }))
    ));
}

#[test]
fn the_other_engines_folder_is_named_with_what_to_do() {
    let shop = Shop::new(EngineKind::Redb);
    for opened in [
        EngineKind::Sled.open(&shop.journal),
        EngineKind::Sled.open_to_verify(&shop.journal),
    ] {
        let said = opened.unwrap_err().to_string();
        assert!(said.contains("is one of engine redb"), "{said}");
        assert!(said.contains("`migrate`"), "{said}");
    }
}
