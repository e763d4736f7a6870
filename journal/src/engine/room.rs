//! Room on a disk, asked for before anything is written.

use std::path::Path;

use rustix::fs::{Access, StatVfs, StatVfsMountFlags};
use rustix::io::Errno;

use super::files::io_error;
use super::{DiskSpace, EngineError, NoRoom, Write};

/// Free bytes below which nothing is written. An engine that meets a full disk half-way is left in
/// a state that nobody knows; so it must never meet one. What is kept free covers segments,
/// snapshots and the witness, and lets a journal be opened on a disk that is otherwise full.
const SPARE_BYTES: u64 = 16 * 1024 * 1024;
/// Free bytes below which nothing new is begun, over [`SPARE_BYTES`]: what is under way then has
/// room to come to its end.
const UNDER_WAY_BYTES: u64 = 16 * 1024 * 1024;
/// What one change may cost beside its own bytes: a leaf and the branches above it are copied.
const BYTES_PER_CHANGE: u64 = 16 * 1024;

/// Refuses a batch before anything of it is written, when the disk has too little room left or has
/// become read-only. An engine that fails half-way can't be trusted; one that was never asked can.
pub(super) fn check_batch(folder: &Path, batch: &[Write]) -> Result<(), EngineError> {
    match room_in(folder, needed_bytes(batch))? {
        Some(refusal) => Err(EngineError::NoRoom(refusal)),
        None => Ok(()),
    }
}

/// Why nothing new should be begun, if so.
pub(super) fn short_of(folder: &Path) -> Result<Option<NoRoom>, EngineError> {
    room_in(folder, SPARE_BYTES.saturating_add(UNDER_WAY_BYTES))
}

/// As [`check_batch`], for a file of this size that is to be written at once.
pub(super) fn check_file(folder: &Path, file_bytes: u64) -> Result<(), EngineError> {
    match room_in(folder, file_bytes.saturating_add(SPARE_BYTES))? {
        Some(refusal) => Err(EngineError::NoRoom(refusal)),
        None => Ok(()),
    }
}

fn room_in(folder: &Path, needed_bytes: u64) -> Result<Option<NoRoom>, EngineError> {
    let disk = look(folder)?;
    let read_only = disk.f_flag.contains(StatVfsMountFlags::RDONLY);
    let available_bytes = disk.f_bavail.saturating_mul(disk.f_frsize);
    Ok(room(read_only, available_bytes, needed_bytes))
}

/// How much there is, and how much of it is free.
pub(super) fn space(folder: &Path) -> Result<DiskSpace, EngineError> {
    let disk = look(folder)?;
    Ok(DiskSpace {
        free_bytes: disk.f_bavail.saturating_mul(disk.f_frsize),
        size_bytes: disk.f_blocks.saturating_mul(disk.f_frsize),
    })
}

fn look(folder: &Path) -> Result<StatVfs, EngineError> {
    rustix::fs::statvfs(folder)
        .map_err(|error| io_error("look at the free space of", folder)(error.into()))
}

fn room(read_only: bool, available_bytes: u64, needed_bytes: u64) -> Option<NoRoom> {
    match (read_only, available_bytes < needed_bytes) {
        (true, _) => Some(NoRoom::ReadOnly),
        (false, true) => Some(NoRoom::Full {
            needed_bytes,
            available_bytes,
        }),
        (false, false) => None,
    }
}

fn needed_bytes(batch: &[Write]) -> u64 {
    let bytes: usize = batch.iter().map(Write::bytes).sum();
    let bytes = u64::try_from(bytes).unwrap_or(u64::MAX).saturating_mul(2);
    let changes = u64::try_from(batch.len()).unwrap_or(u64::MAX);
    changes
        .saturating_mul(BYTES_PER_CHANGE)
        .saturating_add(bytes)
        .saturating_add(SPARE_BYTES)
}

/// Whether a journal could be kept in a folder, or in the nearest one above it that is there, as
/// far as can be told without writing.
///
/// # Errors
/// It can't be written to, or is none.
pub fn check_writable(folder: &Path) -> Result<(), EngineError> {
    let nearest = folder.ancestors().find(|path| path.exists());
    let nearest = nearest.unwrap_or(Path::new("."));
    let fault = match nearest.is_dir() {
        true => rustix::fs::access(nearest, Access::WRITE_OK | Access::EXEC_OK).err(),
        false => Some(Errno::NOTDIR),
    };
    match fault {
        Some(errno) => Err(io_error("write to", nearest)(errno.into())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_needs_its_bytes_its_leaves_and_the_spare() {
        assert_eq!(needed_bytes(&[]), SPARE_BYTES);
        let write = Write {
            key: vec![0; 10],
            value: Some(vec![0; 90]),
        };
        let needed = SPARE_BYTES + 2 * BYTES_PER_CHANGE + 400;
        assert_eq!(needed_bytes(&[write.clone(), write]), needed);
    }

    #[test]
    fn too_little_room_and_a_read_only_disk_are_told_apart() {
        assert_eq!(room(false, 10, 10), None);
        assert_eq!(room(true, 10, 10), Some(NoRoom::ReadOnly));
        let full = NoRoom::Full {
            needed_bytes: 10,
            available_bytes: 9,
        };
        assert_eq!(room(false, 9, 10), Some(full));
        assert_eq!(
            full.to_string(),
            "the disk is full: 9 bytes are free, 10 are needed"
        );
    }
}
