//! Frames on a stream: a length prefix, then that many bytes.
//!
//! The reader takes bytes as they come, split anywhere, and never allocates for a length it hasn't
//! checked. A frame of length zero is a keep-alive: it counts as life and is not handed out.

use std::fmt;
use std::io;
use std::time::Duration;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

/// How the length of what follows is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Deserialize)]
pub enum LengthPrefix {
    /// Two bytes, big-endian.
    #[serde(rename = "binary-2")]
    Binary2,
    /// Four bytes, big-endian.
    #[serde(rename = "binary-4")]
    Binary4,
    /// Four ASCII digits.
    #[serde(rename = "ascii-4")]
    Ascii4,
    /// Two bytes, four BCD digits.
    #[serde(rename = "bcd-2")]
    Bcd2,
}

impl LengthPrefix {
    /// Bytes of the prefix.
    pub const fn length(self) -> usize {
        match self {
            Self::Binary2 | Self::Bcd2 => 2,
            Self::Binary4 | Self::Ascii4 => 4,
        }
    }

    /// The greatest length it can say.
    pub const fn max(self) -> usize {
        match self {
            Self::Binary2 => 0xFFFF,
            Self::Binary4 => 0xFFFF_FFFF,
            Self::Ascii4 | Self::Bcd2 => 9999,
        }
    }

    /// The length it says; `None` where its digits are none.
    pub fn read(self, prefix: &[u8]) -> Option<usize> {
        prefix.iter().try_fold(0_usize, |length, byte| {
            let (high, low) = (byte >> 4, byte & 0x0F);
            match self {
                Self::Binary2 | Self::Binary4 => Some(length << 8 | usize::from(*byte)),
                Self::Bcd2 if high < 10 && low < 10 => {
                    Some(length * 100 + usize::from(high * 10 + low))
                }
                Self::Ascii4 if byte.is_ascii_digit() => Some(length * 10 + usize::from(low)),
                Self::Bcd2 | Self::Ascii4 => None,
            }
        })
    }

    /// Writes the length over the first bytes of `out`, which are there for it.
    pub(crate) fn write(self, length: usize, out: &mut [u8]) {
        let wide = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
        let [_, _, high, low] = wide;
        let digits = || {
            let digit = |power: usize| u8::try_from(length / power % 10).unwrap_or(0);
            [digit(1000), digit(100), digit(10), digit(1)]
        };
        match self {
            Self::Binary2 => begin(out, [high, low]),
            Self::Binary4 => begin(out, wide),
            Self::Bcd2 => {
                let [a, b, c, d] = digits();
                begin(out, [a << 4 | b, c << 4 | d]);
            }
            Self::Ascii4 => begin(out, digits().map(|digit| digit + b'0')),
        }
    }
}

fn begin<const N: usize>(out: &mut [u8], bytes: [u8; N]) {
    if let Some(place) = out.first_chunk_mut() {
        *place = bytes;
    }
}

/// How a dialect's frames are told apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Framing {
    /// How lengths are written.
    pub prefix: LengthPrefix,
    /// The longest frame taken, prefix not counted.
    pub length_max: usize,
    /// The prefix says how long it and the frame are together, at some acquirers.
    pub counts_itself: bool,
}

impl Framing {
    /// The length of the frame behind a prefix, the prefix not counted.
    pub fn length_of(self, prefix: &[u8]) -> Result<usize, FrameError> {
        let said = self.prefix.read(prefix).ok_or(FrameError::Prefix)?;
        let own = self.counted_bytes();
        let length = said
            .checked_sub(own)
            .ok_or(FrameError::TooShort { length: said, own })?;
        let limit = self.length_max;
        match length > limit {
            true => Err(FrameError::TooLong { length, limit }),
            false => Ok(length),
        }
    }

    /// Writes the prefix of a frame so long over the first bytes of `out`, which are there for it.
    pub(crate) fn write(self, length: usize, out: &mut [u8]) {
        self.prefix.write(length + self.counted_bytes(), out);
    }

    /// Bytes of the prefix that it counts.
    const fn counted_bytes(self) -> usize {
        match self.counts_itself {
            true => self.prefix.length(),
            false => 0,
        }
    }
}

/// How long a reader waits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FrameTimeouts {
    /// From the last frame to the first byte of the next; `None`: for ever.
    pub idle: Option<Duration>,
    /// From the first byte of a frame to its last.
    pub partial: Duration,
}

/// Why no frame came. After any of these the connection is of no use.
#[derive(Debug, Error)]
pub enum FrameError {
    /// Nothing came for the idle time.
    #[error("no frame within the idle time")]
    Idle,
    /// A frame began and did not end in time.
    #[error("frame incomplete after {got} bytes")]
    Partial {
        /// Bytes of it that came, prefix included.
        got: usize,
    },
    /// The peer closed in the middle of a frame.
    #[error("closed after {got} bytes of a frame")]
    Closed {
        /// Bytes of it that came, prefix included.
        got: usize,
    },
    /// The prefix says more than the dialect allows.
    #[error("frame of {length} bytes, at most {limit} allowed")]
    TooLong {
        /// Bytes announced.
        length: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// The prefix counts itself and says less than its own length.
    #[error("frame length {length} is less than the {own} bytes of the prefix it counts")]
    TooShort {
        /// What the prefix says.
        length: usize,
        /// Its own bytes.
        own: usize,
    },
    /// The prefix is no number.
    #[error("frame length is not a number")]
    Prefix,
    /// The peer took nothing for the write time-out.
    #[error("peer takes no bytes")]
    Stalled,
    /// The connection broke.
    #[error("connection failed")]
    Io(#[source] io::Error),
}

/// Reads frames off a stream. [`FrameReader::next`] may be cancelled and called again: what came
/// stays. What it read is wiped when it is dropped.
pub struct FrameReader<R> {
    stream: R,
    framing: Framing,
    timeouts: FrameTimeouts,
    buffer: Zeroizing<Vec<u8>>,
    filled: usize,
    /// Bytes of the frame handed out last, still at the front of the buffer.
    handed_out: usize,
    /// When the frame in the buffer must be complete, or the next one begun.
    deadline: Option<Instant>,
}

/// How much it holds, not what: that may be a card number.
impl<R> fmt::Debug for FrameReader<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "FrameReader({} bytes held)", self.filled)
    }
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    /// A reader; the buffer for the longest frame is taken now and never grows.
    pub fn new(stream: R, framing: Framing, timeouts: FrameTimeouts) -> Self {
        let buffer = Zeroizing::new(vec![0; framing.prefix.length() + framing.length_max]);
        Self {
            stream,
            framing,
            timeouts,
            buffer,
            filled: 0,
            handed_out: 0,
            deadline: None,
        }
    }

    /// The next frame without its length prefix, valid until the next call. `None`: the peer
    /// closed between frames.
    pub async fn next(&mut self) -> Result<Option<&[u8]>, FrameError> {
        self.drop_handed_out();
        let prefix = self.framing.prefix.length();
        loop {
            match self.frame_length()? {
                Some(0) => {
                    self.handed_out = prefix;
                    self.drop_handed_out();
                }
                Some(length) if self.filled >= prefix + length => {
                    self.handed_out = prefix + length;
                    return Ok(self.buffer.get(prefix..prefix + length));
                }
                Some(_) | None => {
                    if !self.read_more().await? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    fn drop_handed_out(&mut self) {
        if self.handed_out == 0 {
            return;
        }
        self.buffer.copy_within(self.handed_out..self.filled, 0);
        self.filled -= self.handed_out;
        self.handed_out = 0;
        // The time of the next frame runs from here, or from its first bytes if they are there.
        self.deadline = None;
    }

    fn frame_length(&self) -> Result<Option<usize>, FrameError> {
        let prefix = self.framing.prefix.length();
        if self.filled < prefix {
            return Ok(None);
        }
        let bytes = self.buffer.get(..prefix).unwrap_or_default();
        self.framing.length_of(bytes).map(Some)
    }

    /// Waits for bytes; `false`: the peer closed between frames.
    async fn read_more(&mut self) -> Result<bool, FrameError> {
        let begun = self.filled > 0;
        let wait = if begun {
            Some(self.timeouts.partial)
        } else {
            self.timeouts.idle
        };
        if self.deadline.is_none() {
            self.deadline = wait.map(|wait| Instant::now() + wait);
        }
        let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
        let read = self.stream.read(room);
        let result = match self.deadline {
            Some(deadline) => timeout_at(deadline, read).await,
            None => Ok(read.await),
        };
        let count = match result {
            Err(_) if begun => return Err(FrameError::Partial { got: self.filled }),
            Err(_) => return Err(FrameError::Idle),
            Ok(Err(error)) => return Err(FrameError::Io(error)),
            Ok(Ok(0)) if begun => return Err(FrameError::Closed { got: self.filled }),
            Ok(Ok(0)) => return Ok(false),
            Ok(Ok(count)) => count,
        };
        self.filled += count;
        if !begun {
            self.deadline = None;
        }
        Ok(true)
    }
}

/// Writes one frame as the encoder left it, length prefix included, and flushes.
pub async fn write_frame<W: AsyncWrite + Unpin>(
    stream: &mut W,
    frame: &[u8],
    timeout: Duration,
) -> Result<(), FrameError> {
    let write = async {
        stream.write_all(frame).await?;
        stream.flush().await
    };
    match tokio::time::timeout(timeout, write).await {
        Err(_) => Err(FrameError::Stalled),
        Ok(Err(error)) => Err(FrameError::Io(error)),
        Ok(Ok(())) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_read_what_they_write() {
        for (prefix, bytes) in [
            (LengthPrefix::Binary2, &[0x04, 0xD2][..]),
            (LengthPrefix::Binary4, &[0, 0, 0x04, 0xD2]),
            (LengthPrefix::Ascii4, b"1234"),
            (LengthPrefix::Bcd2, &[0x12, 0x34]),
        ] {
            let mut out = vec![0; prefix.length()];
            prefix.write(1234, &mut out);
            assert_eq!(out, bytes);
            assert_eq!(prefix.read(&out), Some(1234));
        }
        assert_eq!(LengthPrefix::Ascii4.read(b"12a4"), None);
        assert_eq!(LengthPrefix::Bcd2.read(&[0x1A, 0x00]), None);
    }
}
