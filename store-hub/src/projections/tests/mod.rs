//! What is kept and read again is what the logs say from their first record.

mod store;

use std::path::Path;

use domain::{
    card_ref::Scheme,
    day::{Fact, FrameFact},
    desk::PaymentFact,
    ids::{LaneId, OperatorId},
    sale::Tender,
};

use super::{KeptDates, PrefixFound, Query};
use store::{Store, at, cny, date, id, receipt};

fn kept(folder: &Path) -> KeptDates {
    KeptDates::at(folder.to_owned())
}

fn files(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn a_date_is_what_its_records_come_to() {
    let mut store = Store::new();
    store.lives(1);
    store.cash_sale(2, 1, 1, 40);
    store.ends(1, true);
    let mut books = store.books(KeptDates::nowhere());
    store.read(&mut books);
    let book = books.date(date(1)).unwrap();
    let payments = book.payments;
    assert_eq!((payments.requested, payments.approved), (4, 4));
    assert_eq!((payments.reversed, payments.unknown), (1, 0));
    let forward = book.forward;
    assert_eq!((forward.queued, forward.delivered), (1, 1));
    assert_eq!((forward.waiting, forward.waiting_minor), (0, 0));
    assert!(book.differences.is_empty(), "{:?}", book.differences);
    let lanes: Vec<i64> = book
        .sales
        .lanes
        .values()
        .map(|day| day.total_minor)
        .collect();
    assert_eq!(lanes, [3 * 1002 + 250, 40]);
    // The reversed one is in no batch.
    let batches: Vec<_> = book
        .settled(date(1))
        .map(|batch| batch.lane_minor)
        .collect();
    assert_eq!(batches, [3 * 1002]);
    let (before, not) = book.elsewhere(date(1));
    assert_eq!((before.count, not.count), (0, 0));
}

#[test]
fn dates_that_are_over_leave_memory_and_are_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::new();
    let mut books = store.books(kept(folder.path()));
    for day in 1..4 {
        store.lives(day);
        store.ends(day, day != 2);
        store.check(&mut books, "before it is kept");
        store.seals(&mut books);
        books.keep();
        store.check(&mut books, "kept");
        assert!(books.payments.is_empty() && books.sales.is_empty());
        // A start goes on from there, and reads nothing twice.
        books = store.books(kept(folder.path()));
        assert!(books.catch_up(&store.journal, 1).unwrap());
        store.check(&mut books, "restored");
    }
    assert_eq!(
        files(folder.path()),
        [
            "2026-11-21.1.book",
            "2026-11-22.2.book",
            "2026-11-23.3.book",
            "open.book"
        ]
    );
}

fn three_dates_and_a_running_one(folder: &Path) -> super::Books {
    let mut store = Store::new();
    for day in 1..4 {
        store.lives(day);
        store.ends(day, true);
    }
    let mut books = store.books(kept(folder));
    store.read(&mut books);
    store.seals(&mut books);
    books.keep();
    // One more date that is held.
    store.lives(4);
    store.read(&mut books);
    books
}

#[test]
fn a_sale_is_found_by_all_that_a_customer_can_tell() {
    let folder = tempfile::tempdir().unwrap();
    let books = three_dates_and_a_running_one(folder.path());
    let found = |query: Query| {
        let query = Query { limit: 30, ..query };
        books.find(&query).unwrap().len()
    };
    let query = Query::default;
    let wanted = receipt(1, 202);
    assert_eq!(
        found(Query {
            receipt: Some(wanted),
            ..query()
        }),
        2,
        "sale and payment"
    );
    assert_eq!(
        found(Query {
            amount_minor: Some(1002),
            ..query()
        }),
        8
    );
    assert_eq!(
        found(Query {
            last_four: Some("1009".to_owned()),
            ..query()
        }),
        4
    );
    let (from, to) = (Some(at(2, 0)), Some(at(2, 900)));
    assert_eq!(
        found(Query {
            from,
            to,
            ..query()
        }),
        8
    );
    assert_eq!(
        found(Query {
            operator: Some(OperatorId(7)),
            ..query()
        }),
        12
    );
    assert_eq!(
        found(Query {
            lane: Some(LaneId(2)),
            ..query()
        }),
        0
    );
    for limit in [3, 9, 25] {
        let some = books.find(&Query { limit, ..query() }).unwrap();
        assert_eq!(some.len(), limit);
    }
}

#[test]
fn a_payment_is_found_by_the_beginning_of_its_id() {
    let folder = tempfile::tempdir().unwrap();
    let books = three_dates_and_a_running_one(folder.path());
    assert_eq!(books.by_prefix("0202").unwrap(), PrefixFound::None);
    assert_eq!(
        books.by_prefix("02000002").unwrap(),
        PrefixFound::One(id(2, 2))
    );
    let PrefixFound::Several(alike) = books.by_prefix("02000").unwrap() else {
        panic!("they begin alike");
    };
    assert_eq!(alike.len(), 4);
}

/// Each copy holds what changed since the one before; a start puts them together, and old parts go.
#[test]
fn the_copy_of_what_is_open_grows_by_what_changed() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::new();
    let mut books = store.books(kept(folder.path()));
    let rows = |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().len();
    for turn in 1..=12_u32 {
        store.cash_sale(1, 1, 100 * turn, 70);
        store.approved(1, 100 + turn, 900);
        store.read(&mut books);
        books.keep_at_the_end();
        assert_eq!(
            files(folder.path()).len(),
            usize::try_from(turn).unwrap() + 1
        );
        if turn % 3 == 0 {
            books = store.books(kept(folder.path()));
            assert!(
                books.catch_up(&store.journal, 1).unwrap(),
                "nothing is read again"
            );
            store.check(&mut books, "restored");
        }
    }
    assert!(
        rows("open.12.book") < 2 * rows("open.1.book"),
        "no more than that"
    );
    // What changes again is in two parts: the later counts.
    for turn in 1..=12_u32 {
        store.completed(1, 100 + turn);
    }
    store.read(&mut books);
    books.keep_at_the_end();
    books = store.books(kept(folder.path()));
    assert!(books.catch_up(&store.journal, 1).unwrap());
    store.check(&mut books, "restored");
    // Over and over: then it is written anew.
    for turn in 1..=12_u32 {
        store.hub(
            1,
            9,
            PaymentFact::Abandoned {
                payment_id: id(1, 100 + turn),
                lane: LaneId(1),
            },
        );
        for _ in 0..12 {
            store.completed(1, 100 + turn);
            store.read(&mut books);
            books.keep_at_the_end();
        }
    }
    assert!(
        files(folder.path()).len() < 130,
        "{:?}",
        files(folder.path())
    );
    books = store.books(kept(folder.path()));
    store.check(&mut books, "restored");
}

/// A part that is not the one that was named is another's: all is read again.
#[test]
fn a_part_of_another_copy_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::new();
    let mut books = store.books(kept(folder.path()));
    let part = folder.path().join("open.1.book");
    let mut others = Vec::new();
    for turn in 1..3_u32 {
        store.cash_sale(1, 1, turn, 70);
        store.read(&mut books);
        books.keep_at_the_end();
        others.push(std::fs::read(folder.path().join(format!("open.{turn}.book"))).unwrap());
    }
    std::fs::write(&part, &others[1]).unwrap();
    let mut books = store.books(kept(folder.path()));
    assert!(
        !books.catch_up(&store.journal, 1).unwrap(),
        "from the first record"
    );
    store.check(&mut books, "read again");
}

/// By what they are looked for is no matter, nor which of the dates are held.
#[test]
fn of_many_that_fit_the_latest_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::new();
    for day in 1..3 {
        // By a clock that was set back in between.
        store.cash_sales_at(day, [30, 10, 20], 77);
        store.ends(day, true);
    }
    let mut books = store.books(kept(folder.path()));
    store.read(&mut books);
    store.seals(&mut books);
    books.keep();
    assert!(books.sales.is_empty());
    let queries = [
        Query::default(),
        Query {
            amount_minor: Some(77),
            ..Query::default()
        },
        Query {
            lane: Some(LaneId(1)),
            ..Query::default()
        },
        Query {
            operator: Some(OperatorId(0)),
            ..Query::default()
        },
    ];
    let latest = [at(2, 30), at(2, 20), at(2, 10), at(1, 30), at(1, 20)];
    let check = |books: &super::Books| {
        for query in &queries {
            for limit in 1..=latest.len() {
                let query = Query {
                    limit,
                    ..query.clone()
                };
                let told = books.find(&query).unwrap();
                let told: Vec<_> = told.iter().map(|one| one.at).collect();
                assert_eq!(told, latest[..limit], "{query:?}");
            }
        }
    };
    check(&books);
    // A late sale has its date held again: it is no later for that.
    store.cash_sale(2, 1, 9, 5);
    store.read(&mut books);
    assert!(books.dates.contains_key(&date(1)));
    check(&books);
}

#[test]
fn late_records_bring_their_date_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::new();
    let mut books = store.books(kept(folder.path()));
    for day in 1..3 {
        store.lives(day);
        store.ends(day, true);
    }
    store.read(&mut books);
    store.seals(&mut books);
    books.keep();
    store.lives(3);
    // Another lane comes with a sale of the first date, and with the capture of a payment that was
    // settled long ago.
    store.cash_sale(2, 1, 77, 999);
    let tender = Tender::Card {
        amount: cny(500),
        payment_id: id(1, 9),
        scheme: Scheme::UnionPay,
    };
    store.closed(2, 1, 78, 500, tender);
    store.check(&mut books, "late records");
    assert!(books.dates.contains_key(&date(1)));
    assert!(!books.dates.contains_key(&date(2)), "nothing came of it");
    // A word of the hub on a payment, which names no date.
    let given_up = PaymentFact::Abandoned {
        payment_id: id(2, 1),
        lane: LaneId(1),
    };
    store.hub(3, 9, given_up);
    store.check(&mut books, "a late word");
    assert!(books.dates.contains_key(&date(2)));
    // It is kept again under another number, and the old file goes.
    books.keep();
    store.check(&mut books, "kept again");
    assert_eq!(
        files(folder.path()),
        [
            "2026-11-21.3.book",
            "2026-11-22.4.book",
            "open.1.book",
            "open.book"
        ]
    );
    // A power cut before that copy leaves the one before: nothing is counted twice.
    store.cash_sale(2, 1, 79, 111);
    books = store.books(kept(folder.path()));
    store.check(&mut books, "restored");
}

#[test]
fn a_file_or_a_copy_that_is_damaged_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::new();
    for day in 1..4 {
        store.lives(day);
        store.ends(day, true);
    }
    store.lives(4);
    for name in ["2026-11-22.2.book", "open.book", "open.1.book"] {
        let mut books = store.books(kept(folder.path()));
        store.read(&mut books);
        store.seals(&mut books);
        books.keep_at_the_end();
        let path = folder.path().join(name);
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        // A late record of that date.
        store.cash_sale(2, 2, 200, 5);
        let mut books = store.books(kept(folder.path()));
        store.check(&mut books, name);
        std::fs::remove_dir_all(folder.path()).unwrap();
        std::fs::create_dir(folder.path()).unwrap();
    }
}

/// A full disk costs one try and one line of the log, not one at each look; nothing is lost.
#[test]
fn a_disk_that_takes_nothing_is_not_asked_again_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("projections");
    std::fs::write(&blocked, b"no folder").unwrap();
    let mut store = Store::new();
    store.lives(1);
    store.ends(1, true);
    let mut books = store.books(kept(&blocked));
    store.read(&mut books);
    store.seals(&mut books);
    books.keep();
    std::fs::remove_file(&blocked).unwrap();
    books.keep();
    assert!(!blocked.exists(), "not yet");
    store.check(&mut books, "all is in memory");
    books.keep_at_the_end();
    assert_eq!(files(&blocked), ["2026-11-21.1.book", "open.book"]);
}

/// F8 over a restart: a hub that understands the record reads on, and the lane is whole again.
#[test]
fn what_could_not_be_understood_is_read_again_after_a_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::new();
    store.lives(1);
    store.garbage(1);
    store.cash_sale(1, 1, 300, 5);
    let mut books = store.books(kept(folder.path()));
    store.read(&mut books);
    assert_eq!(books.stalled().count(), 1);
    let is_unreadable = |fact: &Fact| match fact {
        Fact::Lane(seen) => seen.fact == FrameFact::Unreadable,
        _ => false,
    };
    assert!(books.days.facts().iter().any(is_unreadable));
    books.keep_at_the_end();
    let mut books = store.books(kept(folder.path()));
    assert!(!books.payments.is_empty(), "restored");
    assert!(!books.days.facts().iter().any(is_unreadable));
    store.check(&mut books, "restored and read on");
    assert_eq!(books.stalled().count(), 1);
}

/// A copy of a journal that was put back to an older image says more than the journal.
#[test]
fn a_copy_that_is_not_of_this_journal_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let mut other = Store::new();
    other.lives(1);
    let mut books = other.books(kept(folder.path()));
    other.read(&mut books);
    books.keep_at_the_end();
    let mut store = Store::new();
    store.lives(2);
    let mut books = store.books(kept(folder.path()));
    assert!(books.payments.is_empty());
    store.check(&mut books, "from the first record");
}
