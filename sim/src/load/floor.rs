//! The floor: how many records a second the disk takes, when nothing is done but append them and
//! make them durable, for as many waiters as fit one sync; and how long one record takes alone.

use std::{fs::File, io::Write as _, path::Path, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

use super::{LoadError, file_error};

const WAITERS: usize = 64;
const RECORD_BYTES: usize = 512;
/// So many a round are made durable alone: a payment waits for two of them.
const ALONE: usize = 16;

/// Records made durable, and how long that took.
#[derive(Clone, Debug, Default)]
pub(super) struct Floor {
    pub(super) records: u64,
    pub(super) took: Duration,
    /// Each record that was made durable with no other beside it.
    pub(super) alone_us: Vec<u64>,
}

impl Floor {
    pub(super) fn add(&mut self, more: Self) {
        self.records += more.records;
        self.took += more.took;
        self.alone_us.extend(more.alone_us);
    }
}

/// Appends to a file for so long.
pub(super) async fn measure(file: &Path, lasts: Duration) -> Result<Floor, LoadError> {
    let opened = File::options().create(true).append(true).open(file);
    let mut opened = opened.map_err(file_error(file))?;
    let (waiting, waiters) = mpsc::channel(WAITERS);
    let writer = tokio::task::spawn_blocking(move || {
        write(&mut opened, waiters)?;
        (0..ALONE).map(|_| alone(&mut opened)).collect()
    });
    let began = Instant::now();
    let appending = (0..WAITERS).map(|_| append(waiting.clone(), began + lasts));
    let appended = futures::future::join_all(appending).await;
    let took = began.elapsed();
    drop(waiting);
    let written: std::io::Result<Vec<u64>> = writer
        .await
        .map_err(|error| LoadError::BrokeOff(error.to_string()))?;
    Ok(Floor {
        records: appended.iter().sum(),
        took,
        alone_us: written.map_err(file_error(file))?,
    })
}

/// One waiter: a record, then the next once that one is durable.
async fn append(waiting: mpsc::Sender<oneshot::Sender<()>>, until: Instant) -> u64 {
    let mut records = 0;
    while Instant::now() < until {
        let (durable, told) = oneshot::channel();
        if waiting.send(durable).await.is_err() || told.await.is_err() {
            break;
        }
        records += 1;
    }
    records
}

/// Writes for all who wait, syncs once, and tells them.
fn write(file: &mut File, mut waiters: mpsc::Receiver<oneshot::Sender<()>>) -> std::io::Result<()> {
    let mut group = Vec::with_capacity(WAITERS);
    while waiters.blocking_recv_many(&mut group, WAITERS) > 0 {
        file.write_all(&vec![0x5A; group.len() * RECORD_BYTES])?;
        file.sync_data()?;
        for durable in group.drain(..) {
            // Whoever no longer waits needs no word.
            let _ = durable.send(());
        }
    }
    Ok(())
}

/// Microseconds until one record is durable.
fn alone(file: &mut File) -> std::io::Result<u64> {
    let began = Instant::now();
    file.write_all(&[0x5A; RECORD_BYTES])?;
    file.sync_data()?;
    Ok(u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_counted_lies_in_the_file() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("floor");
        let floor = measure(&file, Duration::from_millis(50)).await.unwrap();
        assert!(floor.records > 0);
        assert_eq!(floor.alone_us.len(), 16);
        let bytes = std::fs::metadata(&file).unwrap().len();
        assert_eq!(bytes, (floor.records + 16) * 512);
    }
}
