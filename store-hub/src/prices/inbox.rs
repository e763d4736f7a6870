//! A folder into which another program puts price files.
//!
//! `NAME.csv` is taken up once `NAME.csv.sha256` lies beside it and is its SHA-256: a file that is
//! still being written isn't. It is answered by `NAME.csv.result.json`, which is there only whole,
//! and then moved into `taken/` or `refused/` with its hash. A moment to sell from may stand in
//! `NAME.csv.activate-at`, put there before the hash. Killed anywhere, the same file is looked at
//! again, and a file that was taken already changes nothing.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use base16ct::lower::encode_string as hex;
use domain::{limits::PRICE_FILE_BYTES_MAX, prices::PriceFaults, time::WallMs};
use ports::StoreZone;
use serde_json::{Value, json};

use ports::files::replace_durably;

use super::{Imported, NotTaken, hash_of};
use crate::moment::{MOMENT_FORM, read_moment};

/// Looks at which a file and its hash may differ and stand still before that is its fault.
const LOOKS_UNTIL_REFUSED: u32 = 15;
/// Files looked at in one go.
const FILES_AT_ONCE: usize = 64;

/// What lies ready.
#[derive(Debug)]
pub(crate) struct Taken {
    path: PathBuf,
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// `None`: at once.
    pub(crate) from: Option<WallMs>,
}

/// How a file that is looked at again stood before.
#[derive(Clone, PartialEq, Eq)]
struct Stood {
    bytes: u64,
    wanted: String,
    looks: u32,
}

/// The folder.
pub(crate) struct Inbox {
    folder: PathBuf,
    waiting: BTreeMap<PathBuf, Stood>,
    zone: StoreZone,
}

impl Inbox {
    /// The zone is that of a moment in an `activate-at` without an offset.
    pub(crate) fn new(folder: PathBuf, zone: StoreZone) -> Self {
        Self {
            folder,
            waiting: BTreeMap::new(),
            zone,
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The files that lie ready, in the order of their names. One that can never be taken is
    /// answered here.
    pub(crate) fn look(&mut self) -> io::Result<Vec<Taken>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let is_csv = path.extension().is_some_and(|extension| extension == "csv");
            if is_csv && beside(&path, "sha256").is_file() && path.is_file() {
                files.push(path);
            }
        }
        files.sort();
        files.truncate(FILES_AT_ONCE);
        self.waiting.retain(|path, _| files.contains(path));
        Ok(files
            .into_iter()
            .filter_map(|path| self.ready(path))
            .collect())
    }

    fn ready(&mut self, path: PathBuf) -> Option<Taken> {
        let wanted = fs::read_to_string(beside(&path, "sha256")).ok()?;
        let wanted = wanted.split_whitespace().next().unwrap_or_default();
        let wanted = wanted.to_ascii_lowercase();
        let length = fs::metadata(&path).ok()?.len();
        let too_large = usize::try_from(length).map_or(true, |bytes| bytes > PRICE_FILE_BYTES_MAX);
        if too_large {
            let what = format!("the file is larger than {PRICE_FILE_BYTES_MAX} bytes");
            return self.wait(&path, length, &wanted, &what);
        }
        let bytes = fs::read(&path).ok()?;
        if hex(&hash_of(&bytes)) != wanted {
            let what = format!("the SHA-256 of the file is {}", hex(&hash_of(&bytes)));
            return self.wait(&path, length, &wanted, &what);
        }
        let from = match fs::read_to_string(beside(&path, "activate-at")) {
            Ok(text) => {
                let moment = read_moment(text.trim(), &self.zone);
                if moment.is_none() {
                    let what = format!("activate-at: \"{}\" is neither {MOMENT_FORM}", text.trim());
                    return self.wait(&path, length, &wanted, &what);
                }
                moment
            }
            Err(_) => None,
        };
        self.waiting.remove(&path);
        let name = path.file_name().unwrap_or_default();
        Some(Taken {
            name: name.to_string_lossy().into_owned(),
            path,
            bytes,
            from,
        })
    }

    /// It may still be on its way: only when it has stood still for a while is it refused.
    fn wait(&mut self, path: &Path, bytes: u64, wanted: &str, what: &str) -> Option<Taken> {
        let stands = Stood {
            bytes,
            wanted: wanted.to_owned(),
            looks: 0,
        };
        let stood = self
            .waiting
            .entry(path.to_owned())
            .or_insert_with(|| stands.clone());
        if (stood.bytes, &stood.wanted) == (stands.bytes, &stands.wanted) {
            stood.looks = stood.looks.saturating_add(1);
        } else {
            *stood = stands;
        }
        if stood.looks > LOOKS_UNTIL_REFUSED {
            self.waiting.remove(path);
            answer(
                path,
                false,
                &json!({"taken": false, "what": what, "faults": []}),
            );
        }
        None
    }
}

impl Taken {
    /// It is in the journal.
    pub(crate) fn took(&self, imported: &Imported, not_read: &[String]) {
        let said = json!({
            "taken": true,
            "version": imported.version,
            "articles": imported.articles,
            "from_wall_ms": imported.from.0,
            "known": imported.known,
            "columns_not_read": not_read,
            "faults": [],
        });
        answer(&self.path, true, &said);
    }

    /// What is wrong with it.
    pub(crate) fn refused(&self, faults: &PriceFaults) {
        let (code, file) = ("HUB0030", &self.name);
        tracing::error!(event = "price file not taken", code, file, %faults);
        let said = json!({
            "taken": false,
            "code": "HUB0030",
            "faults": faults_json(faults),
            "more_faults": faults.more(),
        });
        answer(&self.path, false, &said);
    }

    /// Not its fault: it stays, and is looked at again.
    pub(crate) fn put_off(&self, why: &NotTaken) {
        tracing::warn!(event = "price file put off", file = self.name, %why);
    }
}

/// Faults as programs read them.
fn faults_json(faults: &PriceFaults) -> Vec<Value> {
    let told = faults.told().iter();
    told.map(
        |fault| json!({"line": fault.line, "column": fault.column, "what": fault.what.to_string()}),
    )
    .collect()
}

fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".");
    beside.push(extension);
    PathBuf::from(beside)
}

/// The answer first, then the file goes: what is still there is looked at again.
fn answer(path: &Path, taken: bool, said: &Value) {
    if let Err(error) = try_answer(path, taken, said) {
        tracing::error!(event = "inbox not answered", code = "HUB0033", ?path, %error);
    }
}

fn try_answer(path: &Path, taken: bool, said: &Value) -> io::Result<()> {
    replace_durably(
        &beside(path, "result.json"),
        format!("{said:#}\n").as_bytes(),
    )?;
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let done = folder.join(if taken { "taken" } else { "refused" });
    fs::create_dir_all(&done)?;
    let name = path.file_name().unwrap_or_default();
    let moved = done.join(name);
    // The hash last: without it the file would not be looked at again.
    fs::rename(path, &moved)?;
    let moment = beside(path, "activate-at");
    if moment.exists() {
        fs::rename(moment, beside(&moved, "activate-at"))?;
    }
    fs::rename(beside(path, "sha256"), beside(&moved, "sha256"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "monday.csv";

    struct Store {
        home: tempfile::TempDir,
        inbox: Inbox,
    }

    impl Store {
        fn new() -> Self {
            let home = tempfile::tempdir().unwrap();
            let zone = StoreZone::named("Asia/Shanghai").unwrap();
            let inbox = Inbox::new(home.path().to_owned(), zone);
            Self { home, inbox }
        }

        fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
            fs::write(self.home.path().join(name), bytes).unwrap();
        }

        fn has(&self, name: &str) -> bool {
            self.home.path().join(name).exists()
        }

        fn ready(&mut self) -> Vec<String> {
            let ready = self.inbox.look().unwrap();
            ready.into_iter().map(|taken| taken.name).collect()
        }
    }

    #[test]
    fn f26_a_half_written_file_is_not_taken() {
        let mut store = Store::new();
        let whole = b"barcode,name\n1,2\n";
        store.put(NAME, &whole[..5]);
        assert!(store.ready().is_empty(), "no hash yet");
        let hash = format!("{}  {NAME}\n", hex(&hash_of(whole)));
        store.put("monday.csv.sha256", &hash[..20]);
        assert!(store.ready().is_empty(), "half a hash");
        store.put("monday.csv.sha256", &hash);
        for length in 6..whole.len() {
            store.put(NAME, &whole[..length]);
            assert!(store.ready().is_empty(), "{length} bytes of it");
        }
        store.put(NAME, whole);
        assert_eq!(store.ready(), [NAME]);
        assert!(!store.has("monday.csv.result.json"));
    }

    #[test]
    fn a_hash_that_never_fits_is_answered_in_the_end() {
        let mut store = Store::new();
        store.put(NAME, "barcode");
        store.put("monday.csv.sha256", "00");
        for _ in 0..LOOKS_UNTIL_REFUSED {
            assert!(store.ready().is_empty());
            assert!(store.has(NAME));
        }
        store.ready();
        assert!(!store.has(NAME) && store.has("refused/monday.csv"));
        let said = fs::read_to_string(store.home.path().join("monday.csv.result.json")).unwrap();
        assert!(said.contains("the SHA-256 of the file is"), "{said}");
    }

    #[test]
    fn an_answered_file_goes_and_a_put_off_one_stays() {
        let mut store = Store::new();
        store.put(NAME, "bytes");
        store.put("monday.csv.activate-at", "2026-12-01T06:00\n");
        store.put("monday.csv.sha256", hex(&hash_of(b"bytes")));
        let ready = store.inbox.look().unwrap().remove(0);
        let six_in_shanghai = WallMs(1_796_076_000_000);
        assert_eq!(ready.from, Some(six_in_shanghai));
        ready.put_off(&NotTaken::NoRoom);
        let again = store.inbox.look().unwrap().remove(0);
        let imported = Imported {
            version: "0011223344556677".to_owned(),
            articles: 1,
            from: six_in_shanghai,
            known: false,
        };
        again.took(&imported, &["supplier".to_owned()]);
        for name in ["monday.csv", "monday.csv.sha256", "monday.csv.activate-at"] {
            assert!(
                !store.has(name) && store.has(&format!("taken/{name}")),
                "{name}"
            );
        }
        let said = fs::read_to_string(store.home.path().join("monday.csv.result.json")).unwrap();
        let said: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(said["taken"], true);
        assert!(store.ready().is_empty());
    }
}
