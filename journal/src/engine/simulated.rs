//! Engine `simulated`: a disk in memory that forgets what was not synced, and tears it.
//!
//! It models a write-ahead log. A write appends one frame to the bytes that are written and not
//! yet synced; a sync makes them safe. A crash keeps of those bytes what the seed chooses: none,
//! all, a part cut anywhere, or all but one sector; recovery then takes the whole frames up to the
//! first bad one. So a batch is all there or not at all, and batches survive in their order: what
//! the real engines promise. Deterministic: no clock, no thread, no randomness but the seed.

use std::collections::BTreeMap;
use std::io;
use std::ops::Bound;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Engine, EngineError, NoRoom, Pair, Write, check_sizes};

const NAME: &str = "simulated";
const SECTOR_BYTES: usize = 512;

type Map = BTreeMap<Vec<u8>, Vec<u8>>;

/// How a simulated disk misbehaves, until told otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskFault {
    /// Little space is left: writes are taken, and nothing new should be begun.
    NearlyFull,
    /// No space is left: each write is refused and writes nothing.
    Full,
    /// The file system became read-only: each write is refused and writes nothing.
    ReadOnly,
    /// Each write fails; nobody knows what is on the disk.
    WriteFails,
    /// Each sync fails; nothing becomes durable.
    SyncFails,
    /// Each sync claims success and does nothing. No real disk should: a mutation, for proving
    /// that the tests can see a lost record.
    SyncForgotten,
}

/// A disk that survives the crash of its host. Clones are the same disk.
#[derive(Clone, Default)]
pub struct SimulatedDisk {
    disk: Arc<Mutex<Disk>>,
}

#[derive(Default)]
struct Disk {
    synced: Map,
    current: Map,
    /// Frames written since the last sync.
    unsynced: Vec<u8>,
    witness: Option<Vec<u8>>,
    fault: Option<DiskFault>,
    /// Counts up with each engine and each crash: an engine of an older number has lost the disk.
    holder: u64,
    writes: u64,
    syncs: u64,
}

impl SimulatedDisk {
    /// A new, empty disk.
    pub fn new() -> SimulatedDisk {
        SimulatedDisk::default()
    }

    /// An engine on this disk. It takes the disk over: an engine handed out earlier fails from now
    /// on, as that of a process which was killed.
    pub fn engine(&self) -> Box<dyn Engine> {
        let mut disk = self.lock();
        disk.holder = disk.holder.saturating_add(1);
        Box::new(SimulatedEngine {
            disk: self.clone(),
            holder: disk.holder,
        })
    }

    /// The host loses power. Of what was not synced, the seed chooses what is left. Engines handed
    /// out before fail from now on.
    pub fn crash(&self, seed: u64) {
        self.lock().crash(seed);
    }

    /// Makes the disk misbehave from now on, or behave again.
    pub fn set_fault(&self, fault: Option<DiskFault>) {
        self.lock().fault = fault;
    }

    /// Another disk, with what a power cut now could not take from this one: for looking at a
    /// journal as it would be found then.
    pub fn durable(&self) -> SimulatedDisk {
        let disk = self.lock();
        let durable = Disk {
            synced: disk.synced.clone(),
            current: disk.synced.clone(),
            witness: disk.witness.clone(),
            ..Disk::default()
        };
        SimulatedDisk {
            disk: Arc::new(Mutex::new(durable)),
        }
    }

    /// How many writes and syncs were done: for counting what a simulation covered.
    pub fn writes_and_syncs(&self) -> (u64, u64) {
        let disk = self.lock();
        (disk.writes, disk.syncs)
    }

    /// How many bytes a crash could take now.
    pub fn unsynced_bytes(&self) -> usize {
        self.lock().unsynced.len()
    }

    fn lock(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Disk {
    fn write(&mut self, batch: &[Write]) -> Result<(), EngineError> {
        check_sizes(batch)?;
        self.writes = self.writes.saturating_add(1);
        self.check_write(batch)?;
        self.unsynced.extend(frame(batch));
        apply(&mut self.current, batch.iter().cloned());
        Ok(())
    }

    fn check_write(&self, batch: &[Write]) -> Result<(), EngineError> {
        match self.fault {
            Some(DiskFault::Full) => {
                let bytes: usize = batch.iter().map(Write::bytes).sum();
                Err(EngineError::NoRoom(NoRoom::Full {
                    needed_bytes: u64::try_from(bytes).unwrap_or(u64::MAX),
                    available_bytes: 0,
                }))
            }
            Some(DiskFault::ReadOnly) => Err(EngineError::NoRoom(NoRoom::ReadOnly)),
            Some(DiskFault::WriteFails) => Err(io_failure("write", io::ErrorKind::Other)),
            Some(DiskFault::NearlyFull | DiskFault::SyncFails | DiskFault::SyncForgotten)
            | None => Ok(()),
        }
    }

    fn short_of_room(&self) -> Option<NoRoom> {
        match self.fault {
            Some(DiskFault::NearlyFull | DiskFault::Full) => Some(NoRoom::Full {
                needed_bytes: 2,
                available_bytes: 1,
            }),
            Some(DiskFault::ReadOnly) => Some(NoRoom::ReadOnly),
            Some(DiskFault::WriteFails | DiskFault::SyncFails | DiskFault::SyncForgotten)
            | None => None,
        }
    }

    fn sync(&mut self) -> Result<(), EngineError> {
        self.syncs = self.syncs.saturating_add(1);
        match self.fault {
            Some(DiskFault::SyncFails) => Err(io_failure("sync", io::ErrorKind::Other)),
            Some(DiskFault::SyncForgotten) => Ok(()),
            Some(
                DiskFault::NearlyFull
                | DiskFault::Full
                | DiskFault::ReadOnly
                | DiskFault::WriteFails,
            )
            | None => {
                let frames = std::mem::take(&mut self.unsynced);
                recover(&mut self.synced, &frames);
                Ok(())
            }
        }
    }

    fn crash(&mut self, seed: u64) {
        let mut draw = Draw(seed);
        let mut frames = std::mem::take(&mut self.unsynced);
        match draw.below(4) {
            0 => frames.clear(),
            1 => {}
            2 => frames.truncate(draw.below(frames.len())),
            _ => lose_sector(&mut frames, &mut draw),
        }
        recover(&mut self.synced, &frames);
        self.current.clone_from(&self.synced);
        self.holder = self.holder.saturating_add(1);
    }
}

/// Sectors reach a disk in any order: one in the middle may be missing.
fn lose_sector(frames: &mut [u8], draw: &mut Draw) {
    let sectors = frames.len().div_ceil(SECTOR_BYTES);
    let lost = draw.below(sectors.max(1));
    if let Some(sector) = frames.chunks_mut(SECTOR_BYTES).nth(lost) {
        sector.fill(0);
    }
}

/// `length u32 ‖ crc32c u32 ‖ writes`, all big-endian.
fn frame(batch: &[Write]) -> Vec<u8> {
    let mut body = Vec::new();
    for write in batch {
        push_field(&mut body, Some(&write.key));
        push_field(&mut body, write.value.as_deref());
    }
    let mut frame = length_of(&body).to_be_bytes().to_vec();
    frame.extend_from_slice(&crc32c::crc32c(&body).to_be_bytes());
    frame.extend_from_slice(&body);
    frame
}

/// A field is its length and one more, then its bytes; 0 stands for none.
fn push_field(body: &mut Vec<u8>, field: Option<&[u8]>) {
    let length = field.map_or(0, |bytes| length_of(bytes).saturating_add(1));
    body.extend_from_slice(&length.to_be_bytes());
    body.extend_from_slice(field.unwrap_or_default());
}

fn length_of(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

/// Applies whole frames up to the first bad one.
fn recover(map: &mut Map, frames: &[u8]) {
    let mut rest = frames;
    while let Some(batch) = take_frame(&mut rest) {
        apply(map, batch);
    }
}

fn take_frame(rest: &mut &[u8]) -> Option<Vec<Write>> {
    let length = usize::try_from(take_u32(rest)?).ok()?;
    let checksum = take_u32(rest)?;
    let (mut body, behind) = rest.split_at_checked(length)?;
    if length == 0 || crc32c::crc32c(body) != checksum {
        return None;
    }
    *rest = behind;
    let mut batch = Vec::new();
    while !body.is_empty() {
        let key = take_field(&mut body)??;
        batch.push(Write {
            key,
            value: take_field(&mut body)?,
        });
    }
    Some(batch)
}

fn take_field(body: &mut &[u8]) -> Option<Option<Vec<u8>>> {
    let Some(length) = take_u32(body)?.checked_sub(1) else {
        return Some(None);
    };
    let (field, behind) = body.split_at_checked(usize::try_from(length).ok()?)?;
    *body = behind;
    Some(Some(field.to_vec()))
}

fn take_u32(bytes: &mut &[u8]) -> Option<u32> {
    let (number, behind) = bytes.split_at_checked(4)?;
    *bytes = behind;
    Some(u32::from_be_bytes(number.try_into().ok()?))
}

fn apply(map: &mut Map, batch: impl IntoIterator<Item = Write>) {
    for Write { key, value } in batch {
        match value {
            Some(value) => map.insert(key, value),
            None => map.remove(&key),
        };
    }
}

/// A stream of numbers from a seed (splitmix64): the same for ever, whatever a library changes.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `end`, without `end`; 0 when `end` is 0.
    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % end).unwrap_or_default()
    }
}

struct SimulatedEngine {
    disk: SimulatedDisk,
    holder: u64,
}

impl SimulatedEngine {
    fn held(&self) -> Result<MutexGuard<'_, Disk>, EngineError> {
        let disk = self.disk.lock();
        match disk.holder == self.holder {
            true => Ok(disk),
            false => Err(EngineError::Lost),
        }
    }
}

impl Engine for SimulatedEngine {
    fn name(&self) -> &'static str {
        NAME
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        Ok(self.held()?.current.get(key).cloned())
    }

    fn scan(
        &self,
        from: &[u8],
        to: Option<&[u8]>,
        pairs_max: usize,
    ) -> Result<Vec<Pair>, EngineError> {
        let to = match to {
            Some(to) if to <= from => return Ok(Vec::new()),
            Some(to) => Bound::Excluded(to),
            None => Bound::Unbounded,
        };
        let disk = self.held()?;
        let pairs = disk.current.range::<[u8], _>((Bound::Included(from), to));
        Ok(pairs
            .take(pairs_max)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect())
    }

    fn write(&self, batch: &[Write]) -> Result<(), EngineError> {
        self.held()?.write(batch)
    }

    fn sync(&self) -> Result<(), EngineError> {
        self.held()?.sync()
    }

    fn short_of_room(&self) -> Result<Option<NoRoom>, EngineError> {
        Ok(self.held()?.short_of_room())
    }

    fn witness(&self) -> Result<Option<Vec<u8>>, EngineError> {
        Ok(self.held()?.witness.clone())
    }

    fn set_witness(&self, witness: &[u8]) -> Result<(), EngineError> {
        self.held()?.witness = Some(witness.to_vec());
        Ok(())
    }

    /// It has no file that could be cut.
    fn begins_empty(&self) -> bool {
        true
    }
}

fn io_failure(action: &'static str, kind: io::ErrorKind) -> EngineError {
    EngineError::Io {
        action,
        path: PathBuf::from("(simulated disk)"),
        source: kind.into(),
    }
}
