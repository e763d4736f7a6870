//! What decodes must encode to the same bytes.
#![no_main]

use iso8583::{codec, dialect::Dialect};
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
    if let Ok(decoded) = codec::decode(dialect, frame) {
        let mut out = Vec::new();
        codec::encode(dialect, &decoded.to_message(), None, &mut out).expect("it was decoded");
        assert_eq!(&out[dialect.framing().prefix.length()..], frame);
    }
});
