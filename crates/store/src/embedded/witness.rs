//! A file apart from the engine that says which version was durable a moment ago.
//!
//! The engine takes damage in the middle of a journal for the torn end of one, and silently drops what comes
//! after it. A commit that the witness has seen and the engine has not shows it. The file is never synced
//! but at a clean end: losing it costs a check, not data. Two slots are written in turn, so that one of them
//! is whole.

use super::directory::private_file;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

const SLOT: usize = 16;

/// The witness of one opening.
#[derive(Debug)]
pub(super) struct Witness {
    file: File,
    turn: u64,
}

impl Witness {
    /// Opens the file; answers the highest version in it too.
    pub(super) fn open(path: &Path) -> io::Result<(Self, u64)> {
        let file = private_file(path)?;
        let mut known = 0;
        for turn in 0..2 {
            let mut slot = [0; SLOT];
            if file.read_exact_at(&mut slot, turn * SLOT as u64).is_ok() {
                known = known.max(decode(slot).unwrap_or(0));
            }
        }
        Ok((Self { file, turn: 0 }, known))
    }

    /// Notes that a version is durable.
    pub(super) fn note(&mut self, version: u64) -> io::Result<()> {
        self.turn += 1;
        self.file.write_all_at(&encode(version), (self.turn % 2) * SLOT as u64)
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

fn encode(version: u64) -> [u8; SLOT] {
    let mut slot = [0; SLOT];
    slot[..8].copy_from_slice(&version.to_le_bytes());
    slot[8..12].copy_from_slice(&crc32fast::hash(&version.to_le_bytes()).to_le_bytes());
    slot
}

pub(super) fn decode(slot: [u8; SLOT]) -> Option<u64> {
    let version = u64::from_le_bytes(*slot.first_chunk()?);
    (encode(version) == slot).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_torn_slot_leaves_the_other() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("WITNESS");
        let (mut witness, known) = Witness::open(&path).unwrap();
        assert_eq!(known, 0);
        (1..=7).for_each(|version| witness.note(version).unwrap());
        assert_eq!(Witness::open(&path).unwrap().1, 7);
        let mut bytes = std::fs::read(&path).unwrap();
        let newest = bytes.chunks(SLOT).position(|slot| slot[0] == 7).unwrap();
        bytes[newest * SLOT + 9] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(Witness::open(&path).unwrap().1, 6);
    }
}
