//! The store's hot list: one line `version,N`, then `card,HASH` (64 hex digits, keyed with the
//! store's card hash key) and `range,FROM,TO` (first six digits). No card number stands in it.

use std::{io, path::Path, path::PathBuf};

use domain::{
    card_ref::CardHash,
    limits::{HOT_LIST_CARDS_MAX, HOT_LIST_OWN_CARDS_MAX},
    risk::{BinRange, HotList, HotListFull},
};

/// Why a hot list can't be used.
#[derive(Debug, thiserror::Error)]
pub enum HotListError {
    /// The file can't be read.
    #[error("can't read the hot list {path}: {source}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line says what no line can say.
    #[error("line {line} of the hot list: {what}")]
    Line {
        /// Which, from 1.
        line: usize,
        /// Why.
        what: &'static str,
    },
    /// Too much of it.
    #[error(transparent)]
    Full(#[from] HotListFull),
}

pub(crate) fn load(path: &Path) -> Result<HotList, HotListError> {
    let text = std::fs::read_to_string(path).map_err(|source| HotListError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    read(&text)
}

/// The hub's own additions must have room beside it.
fn read(text: &str) -> Result<HotList, HotListError> {
    let mut lines = (1..).zip(text.lines());
    let version = lines
        .next()
        .and_then(|(_, line)| line.strip_prefix("version,"));
    let version = version.and_then(|number| number.trim().parse::<u32>().ok());
    let version = version.filter(|version| *version > 0);
    let mut list = HotList::new(version.map(u64::from).ok_or(HotListError::Line {
        line: 1,
        what: "must be \"version,N\", counted up with each change, from 1",
    })?);
    for (line, text) in lines {
        let wrong = |what| HotListError::Line { line, what };
        match text.trim().split_once(',') {
            None if text.trim().is_empty() => {}
            Some(("card", hash)) => {
                let hash = hash_of(hash).ok_or_else(|| wrong("a card is 64 hex digits"))?;
                list.add_card(hash)?;
            }
            Some(("range", range)) => {
                let range = range_of(range).ok_or_else(|| wrong("a range is FROM,TO"))?;
                list.add_range(range)?;
            }
            Some(_) | None => return Err(wrong("must begin with \"card,\" or \"range,\"")),
        }
    }
    if list.cards().len() > HOT_LIST_CARDS_MAX - HOT_LIST_OWN_CARDS_MAX {
        return Err(HotListFull.into());
    }
    Ok(list)
}

fn hash_of(text: &str) -> Option<CardHash> {
    let bytes = base16ct::mixed::decode_vec(text.trim()).ok()?;
    bytes.try_into().ok().map(CardHash)
}

fn range_of(text: &str) -> Option<BinRange> {
    let (from, to) = text.split_once(',')?;
    let bin = |text: &str| {
        let text = text.trim();
        let is_bin = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
        is_bin.then(|| text.parse().ok()).flatten()
    };
    let (from, to) = (bin(from)?, bin(to)?);
    (from <= to).then_some(BinRange { from, to })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_and_a_card_number_is_no_line() {
        let hash = "0a".repeat(32);
        let list = read(&format!("version,7\ncard,{hash}\nrange,400000,499999\n\n")).unwrap();
        assert_eq!(list.version(), 7);
        assert_eq!(list.cards().collect::<Vec<_>>(), [&CardHash([10; 32])]);
        assert_eq!(list.ranges().len(), 1);
        for (text, line) in [
            ("", 1),
            ("version,0\n", 1),
            ("version,1\ncard,6216261000000000018\n", 2),
            ("version,1\nrange,499999,400000\n", 2),
            ("version,1\nrange,40,49\n", 2),
            ("version,1\n\nwhat\n", 3),
        ] {
            let error = read(text).unwrap_err();
            let at = matches!(error, HotListError::Line { line: at, .. } if at == line);
            assert!(at, "{text}: {error}");
            assert!(!error.to_string().contains("6216261"), "{error}");
        }
    }
}
