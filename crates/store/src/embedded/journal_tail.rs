//! Cuts a torn batch off the newest journal before the engine reads it.
//!
//! When the power fails while a batch is being synced, any of its pages may be on the disk and the others be
//! zero. The engine sees that some of such batches are unfinished, but takes others, whose ends are there
//! with a hole before them, for damage, and opens no more. Nobody was answered for such a batch, so it is cut off.
//!
//! A whole batch behind a broken one is another matter where every batch is synced before the next one is
//! written: the broken one was whole once, and its answers had left. That is damage, and refused.

use super::Durability;
use crate::StoreError;
use rustix::fs::SeekFrom;
use rustix::io::Errno;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::Xxh3;

const START: u8 = 1;
const ITEM: u8 = 2;
const END: u8 = 3;
const CLEAR: u8 = 4;
const MAGIC: &[u8] = b"FJL\x03";

const START_BYTES: usize = 13;
/// From the tag to the length of the value on disk, which comes last.
const ITEM_HEAD_BYTES: usize = 21;
const END_BYTES: usize = 13;
const CLEAR_BYTES: usize = 9;

/// No batch holds more entries, or is so far ahead of the one before it.
const COUNT_MAX: u32 = 1 << 24;
const SEQNO_STEP_MAX: u64 = 1 << 24;

/// How much of a file is read at once.
const CHUNK: usize = 64 << 10;

/// Mends the end of the newest journal, where it is torn.
pub(super) fn mend(engine: &Path, durability: Durability) -> Result<(), StoreError> {
    let failed = |error: io::Error| StoreError::Engine(format!("the newest journal: {error}"));
    let Some(path) = newest(engine).map_err(failed)? else { return Ok(()) };
    let mut journal = Journal::open(&path).map_err(failed)?;
    let (end, seqno) = journal.whole_until().map_err(failed)?;
    if journal.next_data(end).map_err(failed)?.is_none() {
        return Ok(());
    }
    let behind = journal.whole_batch_behind(end, seqno).map_err(failed)?;
    if let (Some(behind), Durability::Sync) = (behind, durability) {
        return Err(StoreError::Corrupt(format!(
            "{} is damaged at byte {end}: there is a whole commit behind it, at byte {behind}; restore a backup. If \
             it was last written with relaxed durability and the power failed, open it so once more, to go on with \
             what is whole",
            path.display()
        )));
    }
    tracing::warn!(journal = %path.display(), at = end, "the end of a journal was torn by a crash and is cut off");
    journal.cut(end).map_err(failed)
}

/// The journal that the engine would go on writing.
fn newest(engine: &Path) -> io::Result<Option<PathBuf>> {
    let mut newest: Option<(u64, PathBuf)> = None;
    for entry in fs::read_dir(engine)? {
        let path = entry?.path();
        let number = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".jnl")?.parse().ok());
        if let Some(number) = number.filter(|number| newest.as_ref().is_none_or(|(other, _)| other < number))
        {
            newest = Some((number, path));
        }
    }
    Ok(newest.map(|(_, path)| path))
}

/// A journal that is read at any place, with the part around the last one kept.
struct Journal {
    file: File,
    length: u64,
    chunk: Vec<u8>,
    chunk_at: u64,
}

impl Journal {
    fn open(path: &Path) -> io::Result<Self> {
        let file = File::options().read(true).write(true).open(path)?;
        let length = file.metadata()?.len();
        Ok(Self { file, length, chunk: Vec::new(), chunk_at: 0 })
    }

    fn keeps(&self, at: u64) -> bool {
        (self.chunk_at..self.chunk_at + self.chunk.len() as u64).contains(&at)
    }

    /// The bytes from a place on: as many as are kept, at least one, or none at the end of the file.
    fn bytes(&mut self, at: u64) -> io::Result<&[u8]> {
        if !self.keeps(at) {
            self.chunk.resize(CHUNK, 0);
            let read = self.file.read_at(&mut self.chunk, at)?;
            self.chunk.truncate(read);
            self.chunk_at = at;
        }
        Ok(self.chunk.get((at - self.chunk_at) as usize..).unwrap_or_default())
    }

    /// Exactly so many bytes, unless the file ends before.
    fn exactly<const N: usize>(&mut self, at: u64) -> io::Result<Option<[u8; N]>> {
        let mut taken = [0; N];
        let mut have = 0;
        while have < N {
            let bytes = self.bytes(at + have as u64)?;
            if bytes.is_empty() {
                return Ok(None);
            }
            let more = bytes.len().min(N - have);
            taken[have..have + more].copy_from_slice(&bytes[..more]);
            have += more;
        }
        Ok(Some(taken))
    }

    /// Where the whole batches from the beginning on end, and the sequence number of the last one.
    fn whole_until(&mut self) -> io::Result<(u64, u64)> {
        let (mut end, mut last) = (0, 0);
        while let Some((next, seqno)) = self.batch(end)? {
            (end, last) = (next, seqno);
        }
        Ok((end, last))
    }

    /// The end and the sequence number of the batch at a place, if there is a whole one.
    fn batch(&mut self, at: u64) -> io::Result<Option<(u64, u64)>> {
        let Some(start) = self.exactly::<START_BYTES>(at)? else { return Ok(None) };
        let Some((count, seqno)) = start_of(&start) else { return Ok(None) };
        let mut at = at + START_BYTES as u64;
        let mut hash = Xxh3::new();
        for _ in 0..count {
            match self.entry(at, &mut hash)? {
                Some(next) => at = next,
                None => return Ok(None),
            }
        }
        let Some(end) = self.exactly::<END_BYTES>(at)? else { return Ok(None) };
        let checksum = hash.digest().to_le_bytes();
        let whole = end[0] == END && end[1..9] == checksum && end[9..] == *MAGIC;
        Ok(whole.then_some((at + END_BYTES as u64, seqno)))
    }

    /// The end of the entry at a place, if it looks like one.
    fn entry(&mut self, at: u64, hash: &mut Xxh3) -> io::Result<Option<u64>> {
        let end = match self.bytes(at)?.first() {
            Some(&CLEAR) => at + CLEAR_BYTES as u64,
            Some(&ITEM) => {
                let Some(head) = self.exactly::<ITEM_HEAD_BYTES>(at)? else { return Ok(None) };
                let [.., k0, k1, _, _, _, _, v0, v1, v2, v3] = head;
                let key = u64::from(u16::from_le_bytes([k0, k1]));
                let value = u64::from(u32::from_le_bytes([v0, v1, v2, v3]));
                at + ITEM_HEAD_BYTES as u64 + key + value
            }
            _ => return Ok(None),
        };
        if end > self.length {
            return Ok(None);
        }
        let mut from = at;
        while from < end {
            let bytes = self.bytes(from)?;
            let bytes = &bytes[..bytes.len().min((end - from) as usize)];
            if bytes.is_empty() {
                return Ok(None);
            }
            hash.update(bytes);
            from += bytes.len() as u64;
        }
        Ok(Some(end))
    }

    /// The first byte from a place on that is not zero. Journals are made larger than they are, with holes.
    fn next_data(&mut self, from: u64) -> io::Result<Option<u64>> {
        let mut at = from;
        loop {
            if !self.keeps(at) {
                match rustix::fs::seek(&self.file, SeekFrom::Data(at)) {
                    Ok(data) => at = at.max(data),
                    Err(Errno::NXIO) => return Ok(None),
                    Err(error) => return Err(error.into()),
                }
            }
            let bytes = self.bytes(at)?;
            if bytes.is_empty() {
                return Ok(None);
            }
            if let Some(index) = bytes.iter().position(|byte| *byte != 0) {
                return Ok(Some(at + index as u64));
            }
            at += bytes.len() as u64;
        }
    }

    /// Where a whole batch begins behind a place, whose sequence number can follow this one.
    fn whole_batch_behind(&mut self, from: u64, seqno: u64) -> io::Result<Option<u64>> {
        let mut at = from;
        while let Some(place) = self.next_data(at)? {
            let follows = |start: &[u8; START_BYTES]| {
                start_of(start)
                    .is_some_and(|(_, next)| next > seqno && (seqno == 0 || next - seqno < SEQNO_STEP_MAX))
            };
            if self.exactly(place)?.as_ref().is_some_and(follows) && self.batch(place)?.is_some() {
                return Ok(Some(place));
            }
            at = place + 1;
        }
        Ok(None)
    }

    fn cut(&self, end: u64) -> io::Result<()> {
        self.file.set_len(end)?;
        self.file.sync_all()
    }
}

/// The number of entries and the sequence number, if this can be the start of a batch.
fn start_of(bytes: &[u8; START_BYTES]) -> Option<(u32, u64)> {
    let [START, c0, c1, c2, c3, seqno @ ..] = *bytes else { return None };
    let count = u32::from_le_bytes([c0, c1, c2, c3]);
    (count > 0 && count < COUNT_MAX).then_some((count, u64::from_le_bytes(seqno)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(seqno: u64, values: &[&[u8]]) -> Vec<u8> {
        let mut items = Vec::new();
        for value in values {
            items.extend([ITEM, 0, 0]);
            items.extend(7_u64.to_le_bytes());
            items.extend(3_u16.to_le_bytes());
            items.extend([value.len() as u32; 2].iter().flat_map(|length| length.to_le_bytes()));
            items.extend(b"key");
            items.extend(*value);
        }
        let mut bytes = vec![START];
        bytes.extend((values.len() as u32).to_le_bytes());
        bytes.extend(seqno.to_le_bytes());
        bytes.extend(&items);
        bytes.push(END);
        bytes.extend(xxhash_rust::xxh3::xxh3_64(&items).to_le_bytes());
        bytes.extend(MAGIC);
        bytes
    }

    /// Mends a journal of these bytes, made longer by a hole; answers how long it is then.
    fn mended(bytes: &[u8], durability: Durability) -> Result<u64, StoreError> {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("9.jnl"), "an older one").unwrap();
        let path = directory.path().join("10.jnl");
        fs::write(&path, bytes).unwrap();
        File::options().write(true).open(&path).unwrap().set_len(1 << 20).unwrap();
        mend(directory.path(), durability)?;
        Ok(fs::metadata(&path).unwrap().len())
    }

    #[test]
    fn a_torn_end_is_cut_off_and_a_hole_before_a_whole_batch_refused() {
        let long = vec![0x55; 9_000];
        let whole = [batch(4, &[b"value", b""]), batch(9, &[&long])].concat();
        let last = batch(12, &[&long, b"x", &long]);
        assert_eq!(mended(&whole, Durability::Sync).unwrap(), 1 << 20);
        assert_eq!(mended(&[], Durability::Sync).unwrap(), 1 << 20);
        for hole in [0..1, 0..last.len() - 1, 3..40, 5_000..9_000, last.len() - 1..last.len()] {
            let mut torn = last.clone();
            torn[hole.clone()].fill(0);
            let end = [&whole[..], &torn].concat();
            assert_eq!(mended(&end, Durability::Sync).unwrap(), whole.len() as u64, "{hole:?}");
            let middle = [&end[..], &batch(15, &[b"later"])].concat();
            assert!(matches!(mended(&middle, Durability::Sync), Err(StoreError::Corrupt(_))), "{hole:?}");
            assert_eq!(mended(&middle, Durability::Buffer).unwrap(), whole.len() as u64, "{hole:?}");
        }
        for cut in [1, 14, 200, last.len() - 1] {
            let end = [&whole[..], &last[..cut]].concat();
            assert_eq!(mended(&end, Durability::Sync).unwrap(), whole.len() as u64, "cut after {cut}");
        }
    }
}
