//! Frames off a stream: split at every byte, slow, cut off, too long.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use iso8583::frame::{FrameError, FrameReader, FrameTimeouts, Framing, LengthPrefix, write_frame};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWriteExt, ReadBuf, duplex};
use tokio::time::Instant;

const FRAMING: Framing = Framing {
    prefix: LengthPrefix::Binary2,
    length_max: 300,
    counts_itself: false,
};
const TIMEOUTS: FrameTimeouts = FrameTimeouts {
    idle: Some(Duration::from_secs(60)),
    partial: Duration::from_secs(5),
};

/// Gives its bytes in the pieces it is told to.
struct Pieces {
    bytes: Vec<u8>,
    cuts: Vec<usize>,
    at: usize,
}

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let end = self.cuts.iter().copied().find(|cut| *cut > self.at);
        let end = end
            .unwrap_or(self.bytes.len())
            .min(self.at + buffer.remaining());
        buffer.put_slice(&self.bytes[self.at..end]);
        self.at = end;
        Poll::Ready(Ok(()))
    }
}

fn stream_of(frames: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for frame in frames {
        bytes.extend_from_slice(&u16::try_from(frame.len()).unwrap().to_be_bytes());
        bytes.extend_from_slice(frame);
    }
    bytes
}

async fn read_all(stream: impl AsyncRead + Unpin) -> Result<Vec<Vec<u8>>, FrameError> {
    let mut reader = FrameReader::new(stream, FRAMING, TIMEOUTS);
    let mut frames = Vec::new();
    while let Some(frame) = reader.next().await? {
        frames.push(frame.to_vec());
    }
    Ok(frames)
}

/// Three frames, an empty one (a keep-alive) among them, in two pieces cut at each byte, in single
/// bytes, and all at once.
#[tokio::test]
async fn any_split_gives_the_same_frames() {
    let frames = vec![vec![1; 5], vec![], vec![2; 300], vec![3; 1]];
    let expected: Vec<Vec<u8>> = frames
        .iter()
        .filter(|frame| !frame.is_empty())
        .cloned()
        .collect();
    let bytes = stream_of(&frames);
    for cut in 0..=bytes.len() {
        let pieces = Pieces {
            bytes: bytes.clone(),
            cuts: vec![cut],
            at: 0,
        };
        assert_eq!(read_all(pieces).await.unwrap(), expected, "cut at {cut}");
    }
    let single = Pieces {
        cuts: (0..bytes.len()).collect(),
        bytes,
        at: 0,
    };
    assert_eq!(read_all(single).await.unwrap(), expected);
}

#[tokio::test]
async fn a_stream_that_ends_early_says_where() {
    let bytes = stream_of(&[vec![1; 5], vec![2; 10]]);
    for end in 0..bytes.len() {
        let pieces = Pieces {
            bytes: bytes[..end].to_vec(),
            cuts: vec![],
            at: 0,
        };
        let result = read_all(pieces).await;
        match end {
            0 | 7 => assert!(result.is_ok(), "{end}"),
            _ => {
                let expected = if end < 7 { end } else { end - 7 };
                let Err(FrameError::Closed { got }) = result else {
                    panic!("{end}: {result:?}")
                };
                assert_eq!(got, expected);
            }
        }
    }
}

#[tokio::test]
async fn a_length_over_the_limit_is_refused_before_its_bytes_come() {
    let pieces = Pieces {
        bytes: vec![0x01, 0x2D],
        cuts: vec![],
        at: 0,
    };
    let error = read_all(pieces).await.unwrap_err();
    assert!(
        matches!(
            error,
            FrameError::TooLong {
                length: 301,
                limit: 300
            }
        ),
        "{error}"
    );
}

/// From here on time is virtual: it passes only when everybody waits.
#[tokio::test(start_paused = true)]
async fn silence_is_idle_and_half_a_frame_is_partial() {
    let (mut near, far) = duplex(64);
    let mut reader = FrameReader::new(far, FRAMING, TIMEOUTS);
    let start = Instant::now();
    assert!(matches!(reader.next().await, Err(FrameError::Idle)));
    assert_eq!(start.elapsed().as_secs(), 60);

    let start = Instant::now();
    near.write_all(&[0, 9, 1]).await.unwrap();
    let error = reader.next().await.unwrap_err();
    assert!(matches!(error, FrameError::Partial { got: 3 }), "{error}");
    assert_eq!(start.elapsed().as_secs(), 5);
    assert_eq!(format!("{reader:?}"), "FrameReader(3 bytes held)");
}

/// Bytes that trickle in keep no frame alive: the time runs from its first byte.
#[tokio::test(start_paused = true)]
async fn a_trickle_is_partial_too() {
    let (mut near, far) = duplex(64);
    let mut reader = FrameReader::new(far, FRAMING, TIMEOUTS);
    let start = Instant::now();
    let trickle = async {
        near.write_all(&[1, 0]).await.unwrap();
        for _ in 0..256 {
            tokio::time::sleep(Duration::from_millis(900)).await;
            near.write_all(&[7]).await.unwrap();
        }
    };
    let error = tokio::select! {
        result = reader.next() => result.unwrap_err(),
        () = trickle => panic!("the whole frame was waited for"),
    };
    assert!(matches!(error, FrameError::Partial { got: 7 }), "{error}");
    assert_eq!(start.elapsed().as_secs(), 5);
}

/// Each keep-alive starts the idle time again; the last one does not make it endless.
#[tokio::test(start_paused = true)]
async fn a_keep_alive_restarts_the_idle_time() {
    let (mut near, far) = duplex(64);
    let mut reader = FrameReader::new(far, FRAMING, TIMEOUTS);
    let start = Instant::now();
    let peer = async {
        for _ in 0..5 {
            tokio::time::sleep(Duration::from_secs(50)).await;
            near.write_all(&[0, 0]).await.unwrap();
        }
        std::future::pending::<()>().await;
    };
    let error = tokio::select! {
        result = reader.next() => result.map(|_| ()).unwrap_err(),
        () = peer => panic!("a peer that keeps still does not return"),
    };
    assert!(matches!(error, FrameError::Idle), "{error}");
    assert_eq!(start.elapsed().as_secs(), 5 * 50 + 60);
}

/// A reader inside `select!` is dropped in the middle of a frame and asked again.
#[tokio::test]
async fn cancelling_loses_nothing() {
    let (mut near, far) = duplex(64);
    let mut reader = FrameReader::new(far, FRAMING, TIMEOUTS);
    for byte in [0, 3, 7, 8] {
        near.write_all(&[byte]).await.unwrap();
        tokio::select! {
            biased;
            result = reader.next() => panic!("{result:?}"),
            () = std::future::ready(()) => {}
        }
    }
    near.write_all(&[9]).await.unwrap();
    assert_eq!(reader.next().await.unwrap(), Some(&[7, 8, 9][..]));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_nothing_stalls_the_writer() {
    let (mut near, _far) = duplex(4);
    write_frame(&mut near, &[0, 2, 1, 2], TIMEOUTS.partial)
        .await
        .unwrap();
    let error = write_frame(&mut near, &[0, 2, 1, 2], Duration::from_secs(5))
        .await
        .unwrap_err();
    assert!(matches!(error, FrameError::Stalled), "{error}");
}

/// F18: every kind of prefix, counting itself, in two pieces cut at each byte.
#[tokio::test]
async fn a_prefix_that_counts_itself_gives_the_same_frames_split_anywhere() {
    let frames = [vec![1; 5], vec![], vec![2; 300], vec![3; 1]];
    for (prefix, of) in [
        (LengthPrefix::Binary2, |length: usize| {
            u16::try_from(length + 2).unwrap().to_be_bytes().to_vec()
        }),
        (LengthPrefix::Binary4, |length: usize| {
            u32::try_from(length + 4).unwrap().to_be_bytes().to_vec()
        }),
        (LengthPrefix::Ascii4, |length: usize| {
            format!("{:04}", length + 4).into_bytes()
        }),
    ] as [(LengthPrefix, fn(usize) -> Vec<u8>); 3]
    {
        let framing = Framing {
            prefix,
            counts_itself: true,
            ..FRAMING
        };
        let mut bytes = Vec::new();
        for frame in &frames {
            bytes.extend_from_slice(&of(frame.len()));
            bytes.extend_from_slice(frame);
        }
        for cut in 0..=bytes.len() {
            let pieces = Pieces {
                bytes: bytes.clone(),
                cuts: vec![cut],
                at: 0,
            };
            let mut reader = FrameReader::new(pieces, framing, TIMEOUTS);
            for frame in frames.iter().filter(|frame| !frame.is_empty()) {
                let read = reader.next().await.unwrap().unwrap();
                assert_eq!(read, frame.as_slice(), "{prefix:?} cut at {cut}");
            }
            assert!(reader.next().await.unwrap().is_none());
        }
    }
}

#[tokio::test]
async fn a_prefix_that_counts_itself_says_no_less_than_its_own_length() {
    let framing = Framing {
        counts_itself: true,
        ..FRAMING
    };
    let mut reader = FrameReader::new(&[0, 1, 7][..], framing, TIMEOUTS);
    let refused = reader.next().await;
    assert!(
        matches!(refused, Err(FrameError::TooShort { length: 1, own: 2 })),
        "{refused:?}"
    );
}
