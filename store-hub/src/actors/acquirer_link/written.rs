//! Writes a frame and knows how much of it left.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncWrite, AsyncWriteExt},
    time::timeout,
};

/// A frame that the peer takes no byte of for so long: the connection is dead.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

/// A write failed after so many bytes had left.
pub(super) struct NotWritten {
    pub(super) bytes_left: usize,
}

/// Nought bytes left means that the bank can't have seen it; less than all, that it can't have
/// understood it.
pub(super) async fn write_counted(
    stream: &mut (impl AsyncWrite + Unpin),
    frame: &[u8],
) -> Result<(), NotWritten> {
    let mut bytes_left = 0;
    while let Some(rest) = frame.get(bytes_left..).filter(|rest| !rest.is_empty()) {
        let written: io::Result<usize> = timeout(WRITE_TIMEOUT, stream.write(rest))
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        match written {
            Ok(count) if count > 0 => bytes_left = bytes_left.saturating_add(count),
            Ok(_) | Err(_) => return Err(NotWritten { bytes_left }),
        }
    }
    match timeout(WRITE_TIMEOUT, stream.flush()).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(NotWritten { bytes_left }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::duplex;

    #[tokio::test]
    async fn a_closed_peer_took_no_byte_and_a_half_read_frame_took_some() {
        let (mut ours, theirs) = duplex(4);
        drop(theirs);
        let failed = write_counted(&mut ours, b"frame").await.unwrap_err();
        assert_eq!(failed.bytes_left, 0);

        let (mut ours, theirs) = duplex(4);
        let writing = tokio::spawn(async move { write_counted(&mut ours, b"frame").await });
        tokio::task::yield_now().await;
        drop(theirs);
        let failed = writing.await.unwrap().unwrap_err();
        assert_eq!(failed.bytes_left, 4);
    }
}
