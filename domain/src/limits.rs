//! Every limit in one place, with its unit in its name. What must hold between two of them is
//! checked when this file is compiled.

/// Payments one lane may have in flight at the hub. A lane sells one basket at a time.
pub const PAYMENTS_IN_FLIGHT_PER_LANE_MAX: usize = 4;
/// Frames waiting in one lane stream before it is closed rather than block others.
pub const LANE_STREAM_FRAMES_MAX: usize = 256;
/// Records in one replication batch.
pub const REPLICATION_RECORDS_PER_BATCH_MAX: usize = 64;
/// Replication batches sent and not yet acknowledged.
pub const REPLICATION_BATCHES_IN_FLIGHT_MAX: usize = 8;
/// Records that a lane may ask back from the hub's copy of its journal at once: some days' worth.
pub const JOURNAL_COPY_RECORDS_MAX: u64 = 200_000;
/// Rest of a lane's catch-up between two full batches while a payment is in flight: most of the
/// payment's own commits then find the disk idle.
pub const REPLICATION_REST_MS: u64 = 25;
/// One journal record, encoded. Sled keeps up to 16 values in a leaf; larger ones would spill into
/// a file that is never synced.
pub const JOURNAL_RECORD_BYTES_MAX: usize = 3 * 1024;
/// Batches waiting for one commit, in all.
pub const JOURNAL_BATCHES_WAITING_MAX: usize = 4096;
/// Lines of one sale.
pub const SALE_LINES_MAX: usize = 500;
/// Pieces on one line.
pub const LINE_QUANTITY_MAX: u32 = 9_999;
/// What one line may weigh.
pub const LINE_GRAMS_MAX: u32 = 999_999;
/// Classes of tax in one sale: its last record tells each beside its tenders.
pub const SALE_TAX_CLASSES_MAX: usize = 8;
/// Baskets that one lane keeps for customers who come back.
pub const SUSPENDED_SALES_MAX: usize = 10;
/// Baskets taken up that the hub gave, which a lane remembers: an answer that comes late opens none
/// of them again.
pub const BASKETS_TAKEN_UP_KEPT: usize = 100;
/// Baskets that wait in one store, as far as its hub hands them out.
pub const STORE_BASKETS_MAX: usize = 1_000;
/// How long the hub remembers who took a basket up.
pub const BASKET_TAKEN_UP_DAYS: u32 = 30;
/// Baskets in the list that a lane asks for: the oldest.
pub const BASKETS_LISTED_MAX: usize = 100;
/// Receipts that goods of one return come from.
pub const RETURN_RECEIPTS_MAX: usize = 4;
/// Lines that come back with a receipt in one return: a reservation is one record.
pub const RETURN_LINES_MAX: usize = 40;
/// Tenders that the money of one return goes back to.
pub const RETURN_PAYBACKS_MAX: usize = 12;
/// How long goods may come back with their receipt: the hub remembers for so long what came back.
pub const RETURNABLE_DAYS: u32 = 400;
/// How long a lane waits for what the hub says of a receipt or a reservation.
pub const RETURN_ANSWER_MS: u64 = 10_000;
/// Questions of one lane about earlier sales that the hub has not answered.
pub const RETURN_QUESTIONS_PER_LANE_MAX: usize = 4;
/// Records of a lane that the hub looks through for the beginning of a sale.
pub const SALE_RECORDS_MAX: usize = 4_096;
/// Cash that anybody may hand out in one return for what cards had paid, in whole units.
pub const CASH_FOR_CARD_UNITS_MAX: u32 = 500;
/// Name of an article, in bytes of UTF-8: it stands in journal records beside the rest.
pub const ARTICLE_NAME_BYTES_MAX: usize = 128;
/// Any other word of an article: category, tax class, unit.
pub const ARTICLE_WORD_BYTES_MAX: usize = 64;
/// Bytes of a price file: 100,000 articles take about 5 MiB.
pub const PRICE_FILE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Articles of a price file.
pub const PRICE_FILE_ARTICLES_MAX: usize = 500_000;
/// Faults of a file that are told one by one; the rest is counted.
pub const FILE_FAULTS_LISTED_MAX: usize = 100;
/// Price versions that wait for their time, at a hub and at a lane.
pub const PRICE_VERSIONS_WAITING_MAX: usize = 8;
/// Operators of one store.
pub const OPERATORS_MAX: usize = 500;
/// Name of an operator, in bytes of UTF-8.
pub const OPERATOR_NAME_BYTES_MAX: usize = 64;
/// What a PIN is checked against, in PHC form.
pub const PIN_VERIFIER_BYTES_MAX: usize = 256;
/// What keys the hashes of badges.
pub const BADGE_KEY_BYTES_MAX: usize = 64;
/// Wrong PINs of one operator before only a supervisor lets them try again.
pub const PIN_TRIES_MAX: u32 = 5;
/// Pause after the first wrong PIN; doubles with each.
pub const PIN_WAIT_MIN_MS: u64 = 1_000;
/// The longest pause after a wrong PIN.
pub const PIN_WAIT_MAX_MS: u64 = 60_000;
/// How long one check of a PIN may take before another one may be begun.
pub const PIN_CHECK_TIMEOUT_MS: u64 = 10_000;
/// How long an operator may touch nothing before being signed off.
pub const OPERATOR_IDLE_MS: u64 = 5 * 60 * 1_000;
/// How long nobody may ask for anything at the hub's pages before being signed off.
pub const OFFICE_IDLE_MS: u64 = 15 * 60 * 1_000;
/// Sign-ons at the hub's pages that are open at one time.
pub const OFFICE_SESSIONS_MAX: usize = 64;
/// Of a file of a sealed day that a page shows or hands out.
pub const SEALED_FILE_SHOWN_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Bytes of one form of the hub's pages.
pub const OFFICE_FORM_BYTES_MAX: usize = 8 * 1024;
/// Steps of a close that its page keeps.
pub const CLOSE_STEPS_SHOWN_MAX: usize = 200;
/// Tenders of one sale, declined ones included.
pub const SALE_TENDERS_MAX: usize = 32;
/// Operators whose figures a till keeps apart until their Z.
pub const TILL_OPERATORS_MAX: usize = 64;
/// Classes of tax that a report of a till tells apart: it is one record. The rest is one sum.
pub const REPORT_TAX_CLASSES_MAX: usize = 16;
/// Pieces of one note or coin in a count.
pub const COUNTED_PIECES_MAX: u32 = 99_999;
/// Receipts of closed sales that may wait for a printer that does not print: a day's worth at most
/// lanes. Beyond it no sale is begun.
pub const RECEIPTS_OWED_MAX: usize = 500;
/// How long a printer has to answer a question about itself.
pub const PRINTER_ANSWER_MS: u64 = 500;
/// How long a printer may take no more bytes.
pub const PRINTER_STALL_MS: u64 = 10_000;
/// How long a printer that has all bytes may take to say that they are on paper.
pub const PRINTED_WITHIN_MS: u64 = 60_000;
/// First pause before a printer that is not there is looked for again; doubles with each try.
pub const PRINTER_BACKOFF_MIN_MS: u64 = 500;
/// The longest pause between two tries.
pub const PRINTER_BACKOFF_MAX_MS: u64 = 10_000;
/// Before a receipt is tried again on a printer that failed, unless it says that it is ready.
pub const PRINT_AGAIN_MS: u64 = 1_000;
/// How long the coil of a cash drawer may be on: longer and it burns.
pub const DRAWER_PULSE_MS_MAX: u64 = 500;
/// The longest code that a scanner may send: a 2D code of many GS1 elements.
pub const SCANNED_CODE_BYTES_MAX: usize = 512;
/// How long the line of a scanner may take to open.
pub const SCANNER_OPEN_MS: u64 = 2_000;
/// First pause before a scanner that is not there is looked for again; doubles with each try.
pub const SCANNER_BACKOFF_MIN_MS: u64 = 200;
/// The longest pause between two tries: a scanner that is put back is wanted at once.
pub const SCANNER_BACKOFF_MAX_MS: u64 = 2_000;
/// Papers waiting in the printer's queue.
pub const PRINT_JOBS_WAITING_MAX: usize = 8;
/// How long a lane that stops in order waits for a receipt that is being printed.
pub const LAST_RECEIPTS_PRINTED_WITHIN_MS: u64 = 5_000;
/// The largest single amount: ISO 8583 field 4 has 12 digits.
pub const AMOUNT_MINOR_MAX: i64 = 999_999_999_999;
/// Items of one 0320 (field 48).
pub const UPLOAD_ITEMS_PER_MESSAGE_MAX: usize = 8;
/// Tries of a 0320 that a host never answers, before the upload is given up by name.
pub const UPLOAD_TRIES_MAX: u32 = 5;
/// Messages of one batch: the counts of a 0500 have three digits (field 48).
pub const BATCH_ITEMS_MAX: usize = 999;
/// A batch this full is settled as soon as nothing in it is open, and the next one begins.
pub const BATCH_ITEMS_SETTLE_AT: usize = 900;
/// Bytes of one ISO 8583 frame after its length prefix.
pub const ISO_FRAME_BYTES_MAX: usize = 4096;
/// Messages from the acquirer waiting for the desk.
pub const ACQUIRER_ANSWERS_WAITING_MAX: usize = 256;

/// Payments that one commit archives: their ids are one record.
pub const PAYMENTS_ARCHIVED_AT_ONCE: usize = 100;
/// Queue entries in the file of a payment that is archived.
pub const FILE_ENTRIES_MAX: usize = 6;
/// Bytes of what people and hosts wrote about those entries.
pub const FILE_TEXT_BYTES_MAX: usize = 1_000;
/// Bytes of one note that an operator leaves: a reason, a reference, a name.
pub const NOTE_BYTES_MAX: usize = 500;
/// Records of the hub's own log behind its checkpoint before it makes a new one.
pub const HUB_RECORDS_PER_CHECKPOINT: u64 = 50_000;
/// Payments that may be held for a checkpoint to be made: more would not fit into one.
pub const HUB_CHECKPOINT_PAYMENTS_MAX: usize = 20_000;

/// How long a 0200 may stay unanswered before it is Unknown and reversed.
pub const ANSWER_TIMEOUT_MS: u64 = 60_000;
/// How long a reversal or an advice may stay unanswered before it is repeated.
pub const FORWARD_ANSWER_TIMEOUT_MS: u64 = 60_000;
/// First pause before a queue entry is tried again; doubles with each try.
pub const FORWARD_BACKOFF_MIN_MS: u64 = 1_000;
/// The longest pause between two tries.
pub const FORWARD_BACKOFF_MAX_MS: u64 = 60_000;
/// How long a payment may wait for its terminal before it is decided without the bank: a lane that
/// waits for its result must still hear of it.
pub const SEND_WAIT_MS: u64 = 10_000;
/// How long a lane may use an offline lease, by its monotonic clock.
pub const LEASE_VALID_MS: u64 = 4 * 60 * 60 * 1_000;
/// Payments under one offline lease: their sealed cards wait at the lane until the hub has them.
pub const LEASE_PAYMENTS_MAX: u32 = 50;
/// How far a rebuilt hub skips ahead of the last STAN that a lane knows: more than one batch holds,
/// several times.
pub const STANS_SKIPPED: u32 = 10_000;
/// How far a rebuilt hub skips ahead of the last lease that a lane knows: other lanes may hold
/// later ones.
pub const LEASE_IDS_SKIPPED: u64 = 1_000_000;
/// How far one hello may raise the epoch of a lane: machines are swapped one at a time.
pub const EPOCH_RAISE_MAX: u32 = 1;
/// Cards on the hot list, keyed hashes of 32 bytes; lanes hold a copy.
pub const HOT_LIST_CARDS_MAX: usize = 50_000;
/// Among them, cards the hub itself added.
pub const HOT_LIST_OWN_CARDS_MAX: usize = 10_000;
/// Ranges of issuer numbers on the hot list.
pub const HOT_LIST_RANGES_MAX: usize = 1_000;
/// Cards of the hot list in one frame to a lane.
pub const HOT_LIST_CARDS_PER_FRAME_MAX: usize = 1_000;
/// Approvals of one card without the bank within the window, before a supervisor is needed.
pub const SAME_CARD_MAX: u32 = 3;
/// That window.
pub const SAME_CARD_WINDOW_MS: u64 = 10 * 60 * 1_000;
/// How long the close of a day waits for lanes that are silent before it carries over by name what
/// only they can bring on.
pub const CLOSE_TIMEOUT_MS: u64 = 15 * 60 * 1_000;
/// How long no late record of a sealed date may have come before its next version is sealed.
pub const LATE_QUIET_MS: u64 = 60_000;
/// How long a date that was turned waits for the batches of a bank that answers, once lanes are
/// waited for no longer.
pub const SETTLE_AFTER_TIMEOUT_MS: u64 = 10_000;
/// How long before the end of a date lanes are warned.
pub const DAY_WARNING_MS: u64 = 5 * 60 * 1_000;
/// How long after the end of a date a lane that does not hear its hub turns it by itself.
pub const DAY_GRACE_MS: u64 = 15 * 60 * 1_000;
/// How far another clock may be off, beside the time its word was under way.
pub const CLOCK_TOLERANCE_MS: u64 = 2 * 60 * 1_000;
/// How long a word about the clock counts.
pub const CLOCK_WITNESS_MS: u64 = 15 * 60 * 1_000;
/// Leases that ended and are kept to be looked at, the latest of them.
pub const LEASES_ENDED_KEPT_MAX: usize = 1_000;
/// Of the store's offline caps, what all lanes together hold as leases.
pub const LEASE_SHARE_PERCENT: u8 = 50;
/// Without a connect of any terminal for so long the acquirer link is down.
pub const LINE_DOWN_AFTER_MS: u64 = 5_000;
/// The longest pause between two connects to the bank.
pub const LINK_BACKOFF_MAX_MS: u64 = 15_000;
/// A line that is down, or flaps, is named in the log again after so long.
pub const LINE_TOLD_EVERY_MS: u64 = 10 * 60 * 1_000;
/// Connections lost within `LINE_FLAPS_WITHIN_MS`: the line flaps.
pub const LINE_FLAPS_LOSSES: usize = 5;
/// See `LINE_FLAPS_LOSSES`.
pub const LINE_FLAPS_WITHIN_MS: u64 = 60_000;
/// A host that closes so soon behind its only answer does so after each.
pub const LINE_CLOSES_ONE_BY_ONE_WITHIN_MS: u64 = 1_000;
/// Tries of a reversal before it becomes a dead letter and frees its TID.
pub const REVERSAL_TRIES_MAX: u32 = 20;
/// How long a lane waits for the hub's result: longer than the hub waits for the bank.
pub const LANE_RESULT_TIMEOUT_MS: u64 = 75_000;
/// HTTP/2 keepalive between lane and hub.
pub const KEEPALIVE_INTERVAL_MS: u64 = 5_000;
/// No keepalive answer for this long: the connection is dead.
pub const KEEPALIVE_TIMEOUT_MS: u64 = 3_000;
/// How far a lane without its hub turns the date at once by its own clock. A clock that asks for
/// more is wrong, or the lane was off so long that it waits for its hub.
pub const LANE_DAYS_TURNED_MAX_MS: i64 = 31 * 24 * 60 * 60 * 1_000;
/// How long its hub is away before a lane turns the date by itself.
pub const LANE_ALONE_AFTER_MS: u64 = 5_000;
/// How long an open sale holds up the marker of a lane whose hub does not say how long.
pub const MARKER_HELD_UP_MS: u64 = 5 * 60 * 1_000;
/// How long a lane that stops in order waits for its hub to have its last records.
pub const LAST_RECORDS_TOLD_WITHIN_MS: u64 = 2_000;
/// Any connect.
pub const CONNECT_TIMEOUT_MS: u64 = 3_000;
/// A scanned line may be this far behind in the journal.
pub const SALE_LINE_JOURNAL_DELAY_MS: u64 = 50;

/// Orders of screens that wait at a lane for the one before them; a further one is told to come
/// again. One person has one order under way.
pub const SCREEN_ORDERS_WAITING_MAX: usize = 32;

/// Windows of screens whose last order a lane remembers.
pub const SCREEN_WINDOWS_MAX: usize = 64;

/// Length of a window's name.
pub const SCREEN_WINDOW_BYTES_MAX: usize = 64;

/// Lines of a basket that a screen shows at once, the newest: the 500th line costs what the first
/// one did.
pub const SCREEN_LINES_SHOWN_MAX: usize = 40;

const _: () = {
    assert!(PRINTER_BACKOFF_MIN_MS < PRINTER_BACKOFF_MAX_MS);
    assert!(PIN_WAIT_MIN_MS < PIN_WAIT_MAX_MS && PIN_CHECK_TIMEOUT_MS < OPERATOR_IDLE_MS);
    assert!(PRINTER_ANSWER_MS < PRINTER_STALL_MS && PRINTER_STALL_MS < PRINTED_WITHIN_MS);
    assert!(BATCH_ITEMS_SETTLE_AT < BATCH_ITEMS_MAX);
    assert!(LANE_RESULT_TIMEOUT_MS > ANSWER_TIMEOUT_MS + CONNECT_TIMEOUT_MS);
    assert!(LANE_RESULT_TIMEOUT_MS > ANSWER_TIMEOUT_MS + SEND_WAIT_MS);
    assert!(FORWARD_BACKOFF_MIN_MS < FORWARD_BACKOFF_MAX_MS);
    assert!(JOURNAL_RECORD_BYTES_MAX < 4096);
    // All suspended baskets stand in one checkpoint, which may have 8 MiB: a line takes less than
    // half a record.
    assert!(
        SUSPENDED_SALES_MAX * SALE_LINES_MAX * (JOURNAL_RECORD_BYTES_MAX / 2) < 8 * 1024 * 1024
    );
    // An id takes 18 bytes in a record, with what precedes it there.
    assert!(PAYMENTS_ARCHIVED_AT_ONCE * 18 < JOURNAL_RECORD_BYTES_MAX - 200);
    assert!(FILE_TEXT_BYTES_MAX + FILE_ENTRIES_MAX * 200 < JOURNAL_RECORD_BYTES_MAX - 600);
    assert!(NOTE_BYTES_MAX < FILE_TEXT_BYTES_MAX);
    assert!(LANE_STREAM_FRAMES_MAX > 2 * LEASE_PAYMENTS_MAX as usize);
    assert!(LANE_STREAM_FRAMES_MAX > PAYMENTS_IN_FLIGHT_PER_LANE_MAX);
    // A lane that has just started hears of its hub first.
    assert!(LANE_ALONE_AFTER_MS > CONNECT_TIMEOUT_MS);
    assert!(STANS_SKIPPED as usize > 5 * BATCH_ITEMS_MAX);
    assert!(HOT_LIST_OWN_CARDS_MAX < HOT_LIST_CARDS_MAX);
    assert!(LANE_STREAM_FRAMES_MAX / 2 > HOT_LIST_CARDS_MAX / HOT_LIST_CARDS_PER_FRAME_MAX + 1);
    assert!(LINE_DOWN_AFTER_MS < ANSWER_TIMEOUT_MS && LINE_DOWN_AFTER_MS < SEND_WAIT_MS);
    assert!(FORWARD_BACKOFF_MIN_MS < LINK_BACKOFF_MAX_MS);
    assert!(KEEPALIVE_INTERVAL_MS + KEEPALIVE_TIMEOUT_MS < ANSWER_TIMEOUT_MS);
};
