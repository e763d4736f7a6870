//! A file that is read as it lies there, and written to in memory only: so that an engine can look
//! into its file, and repair what a kill left half done, without changing a byte of it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;

const PAGE_BYTES: usize = 4096;

type Page = Box<[u8; PAGE_BYTES]>;

/// The file of an engine, with what was written since it was opened, which nobody else sees.
#[derive(Debug)]
pub(super) struct Overlay {
    file: File,
    written: Mutex<Written>,
}

#[derive(Debug)]
struct Written {
    bytes: u64,
    /// As far as the file still counts: it was cut here, in memory.
    file_bytes: u64,
    pages: BTreeMap<u64, Page>,
}

impl Overlay {
    pub(super) fn over(path: &Path) -> io::Result<Overlay> {
        let file = File::open(path)?;
        let bytes = file.metadata()?.len();
        let written = Mutex::new(Written {
            bytes,
            file_bytes: bytes,
            pages: BTreeMap::new(),
        });
        Ok(Overlay { file, written })
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Written {
    /// A page as it is by now.
    fn page(&self, file: &File, page: u64) -> io::Result<Page> {
        match self.pages.get(&page) {
            Some(written) => Ok(written.clone()),
            None => self.page_of_file(file, page),
        }
    }

    /// Behind its end a file holds zeros.
    fn page_of_file(&self, file: &File, page: u64) -> io::Result<Page> {
        let mut found = Box::new([0; PAGE_BYTES]);
        let start = start_of(page);
        let left = self.file_bytes.saturating_sub(start);
        let held = usize::try_from(left).unwrap_or(PAGE_BYTES).min(PAGE_BYTES);
        if let Some(held) = found.get_mut(..held) {
            file.read_exact_at(held, start)?;
        }
        Ok(found)
    }

    fn cut(&mut self, file: &File, bytes: u64) -> io::Result<()> {
        if bytes < self.bytes {
            let last = page_of(bytes);
            let (mut page, kept) = (self.page(file, last)?, within(bytes));
            page.iter_mut().skip(kept).for_each(|byte| *byte = 0);
            self.pages.split_off(&last);
            self.pages.insert(last, page);
            self.file_bytes = self.file_bytes.min(bytes);
        }
        self.bytes = bytes;
        Ok(())
    }
}

fn page_of(offset: u64) -> u64 {
    offset / PAGE_BYTES as u64
}

fn start_of(page: u64) -> u64 {
    page.saturating_mul(PAGE_BYTES as u64)
}

fn within(offset: u64) -> usize {
    usize::try_from(offset % PAGE_BYTES as u64).unwrap_or_default()
}

/// The parts of `offset..offset + length`, page by page: page, place in the page, bytes.
fn parts(offset: u64, length: usize) -> impl Iterator<Item = (u64, usize, usize)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let at = offset.saturating_add(u64::try_from(done).unwrap_or(u64::MAX));
        let left = length.saturating_sub(done);
        let bytes = left.min(PAGE_BYTES.saturating_sub(within(at)));
        done = done.saturating_add(bytes);
        (left > 0).then(|| (page_of(at), within(at), bytes))
    })
}

fn behind_the_end() -> io::Error {
    ErrorKind::UnexpectedEof.into()
}

impl StorageBackend for Overlay {
    fn len(&self) -> io::Result<u64> {
        Ok(self.written().bytes)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let written = self.written();
        let end = offset.saturating_add(u64::try_from(out.len()).unwrap_or(u64::MAX));
        if end > written.bytes {
            return Err(behind_the_end());
        }
        let mut rest = &mut out[..];
        for (page, at, bytes) in parts(offset, rest.len()) {
            let page = written.page(&self.file, page)?;
            let (part, behind) = rest
                .split_at_mut_checked(bytes)
                .ok_or_else(behind_the_end)?;
            part.copy_from_slice(
                page.get(at..)
                    .and_then(|page| page.get(..bytes))
                    .ok_or_else(behind_the_end)?,
            );
            rest = behind;
        }
        Ok(())
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        self.written().cut(&self.file, bytes)
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut written = self.written();
        let mut rest = data;
        for (number, at, bytes) in parts(offset, data.len()) {
            let mut page = written.page(&self.file, number)?;
            let (part, behind) = rest.split_at_checked(bytes).ok_or_else(behind_the_end)?;
            let place = page.get_mut(at..).and_then(|page| page.get_mut(..bytes));
            place.ok_or_else(behind_the_end)?.copy_from_slice(part);
            written.pages.insert(number, page);
            rest = behind;
        }
        let end = offset.saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX));
        written.bytes = written.bytes.max(end);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(overlay: &Overlay, offset: u64, bytes: usize) -> Vec<u8> {
        let mut out = vec![0; bytes];
        overlay.read(offset, &mut out).unwrap();
        out
    }

    #[test]
    fn what_is_written_is_read_and_the_file_stays_as_it_is() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("file");
        let bytes: Vec<u8> = (0..10_000u32).map(|n| n as u8).collect();
        std::fs::write(&path, &bytes).unwrap();
        let overlay = Overlay::over(&path).unwrap();
        assert_eq!(read(&overlay, 0, 10_000), bytes);
        overlay.write(4090, &[7; 5000]).unwrap();
        let mut expected = bytes.clone();
        expected[4090..9090].fill(7);
        assert_eq!(read(&overlay, 0, 10_000), expected);
        assert!(overlay.read(9_999, &mut [0; 2]).is_err());

        // What was cut off does not come back when it grows again.
        overlay.set_len(5_000).unwrap();
        overlay.set_len(9_000).unwrap();
        expected.truncate(5_000);
        expected.resize(9_000, 0);
        assert_eq!(read(&overlay, 0, 9_000), expected);
        overlay.write(9_000, &[1; 8192]).unwrap();
        assert_eq!(overlay.len().unwrap(), 17_192);
        assert_eq!(read(&overlay, 17_191, 1), [1]);
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
    }
}
