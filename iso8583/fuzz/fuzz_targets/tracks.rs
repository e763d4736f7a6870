//! Any text as a magnetic stripe: read or refused, and never shown.
#![no_main]

use iso8583::card::Track;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        match Track::parse(text) {
            Ok(track) => drop(format!("{track:?}")),
            Err(error) => {
                // Card numbers have eight digits and more; no error may quote so many.
                let said = error.to_string();
                let digits = said.split(|letter: char| !letter.is_ascii_digit());
                assert!(digits.map(str::len).max().unwrap_or(0) < 8, "{said}");
            }
        }
    }
});
