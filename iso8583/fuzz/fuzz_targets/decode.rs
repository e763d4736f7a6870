//! Any bytes as a message: every way of reading what was decoded, and no secret in an error.
#![no_main]

use iso8583::{codec, describe, dialect::Dialect};
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, LazyLock};

static DIALECTS: LazyLock<Vec<Arc<Dialect>>> = LazyLock::new(|| {
    Dialect::names()
        .map(|name| Dialect::named(name).expect("built in"))
        .collect()
});

fuzz_target!(|data: &[u8]| {
    let [first, frame @ ..] = data else { return };
    let dialect = &DIALECTS[usize::from(*first) % DIALECTS.len()];
    match codec::decode(dialect, frame) {
        Ok(decoded) => {
            let mut text = Vec::new();
            for field in decoded.fields() {
                let _ = (field.shown(), field.to_number());
                assert_eq!(field.read(&mut text), &**field.value());
                let _ = decoded.part(field.number(), 2);
            }
            let _ = (
                describe::describe(&decoded),
                format!("{decoded:?}"),
                decoded.pan(),
            );
        }
        Err(error) => assert!(error.offset <= frame.len(), "{error}"),
    }
});
