//! Any bytes on a stream, in pieces of any size: frames or an error, and the same for any pieces.
#![no_main]

use iso8583::frame::{FrameReader, FrameTimeouts, Framing, LengthPrefix};
use libfuzzer_sys::fuzz_target;
use std::time::Duration;
use tokio::io::AsyncReadExt;

const TIMEOUTS: FrameTimeouts = FrameTimeouts {
    idle: None,
    partial: Duration::from_secs(3600),
};

async fn frames(bytes: &[u8], cut: usize, prefix: LengthPrefix) -> (Vec<Vec<u8>>, String) {
    let (first, second) = bytes.split_at(cut);
    let framing = Framing {
        prefix,
        length_max: 300,
    };
    let mut reader = FrameReader::new(first.chain(second), framing, TIMEOUTS);
    let mut frames = Vec::new();
    loop {
        match reader.next().await {
            Ok(Some(frame)) => {
                assert!(!frame.is_empty() && frame.len() <= 300);
                frames.push(frame.to_vec());
            }
            Ok(None) => return (frames, String::new()),
            Err(error) => return (frames, error.to_string()),
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let [first, bytes @ ..] = data else { return };
    let prefix = match first & 3 {
        0 => LengthPrefix::Binary2,
        1 => LengthPrefix::Binary4,
        2 => LengthPrefix::Ascii4,
        _ => LengthPrefix::Bcd2,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    runtime.expect("a runtime").block_on(async {
        let whole = frames(bytes, 0, prefix).await;
        let cut = usize::from(*first) % (bytes.len() + 1);
        assert_eq!(frames(bytes, cut, prefix).await, whole);
    });
});
