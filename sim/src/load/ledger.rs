//! What the bank has booked, counted in its own file.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use serde::Deserialize;

use super::{LoadError, file_error};

#[derive(Deserialize)]
struct Line {
    tid: String,
    mti: String,
    f39: String,
}

/// Sales that were approved to the terminals of the store. The terminal that spoke to the bank
/// directly is none of them.
pub(super) fn approved_sales(ledger: &Path, not_of: &str) -> Result<u64, LoadError> {
    let file = File::open(ledger).map_err(file_error(ledger))?;
    let mut sales = 0;
    for text in BufReader::new(file).lines() {
        let text = text.map_err(file_error(ledger))?;
        let line: Line = serde_json::from_str(&text)
            .map_err(|error| file_error(ledger)(std::io::Error::other(error)))?;
        let counts = line.mti == "0200" && line.f39 == "00" && line.tid != not_of;
        sales += u64::from(counts);
    }
    Ok(sales)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declines_settlements_and_the_direct_terminal_are_not_counted() {
        let home = tempfile::tempdir().unwrap();
        let ledger = home.path().join("ledger.jsonl");
        let line = |tid: &str, mti: &str, f39: &str| {
            format!("{{\"tid\":\"{tid}\",\"mti\":\"{mti}\",\"f39\":\"{f39}\",\"rrn\":\"1\"}}\n")
        };
        let text = line("LANE0001", "0200", "00")
            + &line("LANE0001", "0200", "51")
            + &line("LANE0001", "0500", "00")
            + &line("LANE0002", "0200", "00")
            + &line("LANE0003", "0200", "00");
        std::fs::write(&ledger, text).unwrap();
        assert_eq!(approved_sales(&ledger, "LANE0003").unwrap(), 2);
    }
}
