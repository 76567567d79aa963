//! Unpacking the archives that code comes in: ZIP files from whoever may call the service, of whom nothing is believed.
//!
//! Nothing is written outside the directory that is unpacked into: names are relative and without `..`, and symbolic links,
//! which are made when all else is there, must lead to something inside. What an archive unpacks to is counted as it is
//! written, whatever its directory says.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};
use zip::ZipArchive;
use zip::read::ZipFile;

/// How much an archive may unpack to.
pub const UNPACKED_BYTES_MAX: u64 = 262_144_000;

/// How many entries an archive may have.
const ENTRIES_MAX: u64 = 100_000;

/// The longest target of a symbolic link.
const LINK_BYTES_MAX: u64 = 4_096;

/// How deep directories may nest.
const DEPTH_MAX: usize = 100;

/// How much of an archive's end can hold the records that say how many entries there are: the longest comment, and they.
const TAIL_BYTES: u64 = 65_535 + 22 + 20 + 56 + 1_024;

/// Why an archive was not unpacked.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It is none, is damaged, or wants something written that must not be.
    #[error("not an archive that can be unpacked: {0}")]
    Malformed(String),
    /// It unpacks to too much, or has too many entries.
    #[error("it unpacks to more than {UNPACKED_BYTES_MAX} bytes or {ENTRIES_MAX} entries")]
    TooLarge,
    /// The disk does not do its part.
    #[error(transparent)]
    Failed(#[from] io::Error),
}

fn malformed(why: impl ToString) -> ArchiveError {
    ArchiveError::Malformed(why.to_string())
}

/// Unpacks an archive into a directory that is there and empty. What was written before an error stays.
///
/// # Errors
/// When the archive is not one that is taken, or the disk fails.
pub fn unpack(mut file: impl Read + Seek, root: &Path) -> Result<(), ArchiveError> {
    check_entries(&mut file)?;
    let mut archive = ZipArchive::new(file).map_err(malformed)?;
    if archive.len() as u64 > ENTRIES_MAX {
        return Err(ArchiveError::TooLarge);
    }
    let mut links = Vec::new();
    let mut left = UNPACKED_BYTES_MAX;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(malformed)?;
        let path = root.join(inside(&entry.name().map_err(malformed)?)?);
        if entry.is_dir() {
            make_directory(&path)?;
            continue;
        }
        if let Some(parent) = path.parent() {
            make_directory(parent)?;
        }
        if entry.is_symlink() {
            links.push((path, link_target(&mut entry)?));
        } else {
            left = write_file(&mut entry, &path, left)?;
        }
    }
    make_links(root, links)
}

/// A name as a path below the root.
fn inside(name: &str) -> Result<PathBuf, ArchiveError> {
    let path = Path::new(name);
    let plain = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let depth = path.components().count();
    if !plain || depth == 0 || depth > DEPTH_MAX || name.contains(['\0', '\\']) {
        return Err(malformed(format!("the name {name:?}")));
    }
    Ok(path.components().filter(|part| matches!(part, Component::Normal(_))).collect())
}

fn make_directory(path: &Path) -> Result<(), ArchiveError> {
    fs::DirBuilder::new().recursive(true).mode(0o755).create(path).map_err(of_name)
}

/// What the file system refuses because of a name is the archive's fault.
fn of_name(error: io::Error) -> ArchiveError {
    use io::ErrorKind::{
        AlreadyExists, InvalidFilename, InvalidInput, IsADirectory, NotADirectory, NotFound,
    };
    match error.kind() {
        AlreadyExists | InvalidFilename | InvalidInput | IsADirectory | NotADirectory | NotFound => {
            malformed(error)
        }
        _ => ArchiveError::Failed(error),
    }
}

/// Writes a file, with the right to run it where the entry has that. Tells how many bytes may be written after it.
fn write_file(entry: &mut ZipFile<'_, impl Read>, path: &Path, left: u64) -> Result<u64, ArchiveError> {
    let runs = entry.unix_mode().unwrap_or(0) & 0o111;
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o444 | runs).open(path).map_err(of_name)?;
    let mut left = left;
    let mut buffer = [0; 64 << 10];
    loop {
        // Reading is what finds a wrong length, a wrong checksum and bad compression.
        let count = entry.read(&mut buffer).map_err(malformed)?;
        if count == 0 {
            return Ok(left);
        }
        left = left.checked_sub(count as u64).ok_or(ArchiveError::TooLarge)?;
        file.write_all(&buffer[..count])?;
    }
}

fn link_target(entry: &mut ZipFile<'_, impl Read>) -> Result<PathBuf, ArchiveError> {
    let mut target = String::new();
    entry.take(LINK_BYTES_MAX + 1).read_to_string(&mut target).map_err(malformed)?;
    let path = Path::new(&target);
    let relative = path.components().all(|part| !matches!(part, Component::RootDir | Component::Prefix(_)));
    if target.len() as u64 > LINK_BYTES_MAX || target.is_empty() || target.contains('\0') || !relative {
        return Err(malformed("a symbolic link that leads out"));
    }
    Ok(path.to_owned())
}

/// Makes the symbolic links, and sees that each leads to something inside.
fn make_links(root: &Path, links: Vec<(PathBuf, PathBuf)>) -> Result<(), ArchiveError> {
    if links.is_empty() {
        return Ok(());
    }
    let root = root.canonicalize()?;
    for (path, target) in &links {
        // No parent of it is a link: parents were made as directories, before there was any.
        std::os::unix::fs::symlink(target, path).map_err(of_name)?;
    }
    // Nothing was read or written through them so far. One that leads out, nowhere or in a circle spoils the archive.
    for (path, _) in &links {
        let real = path.canonicalize().map_err(malformed)?;
        if !real.starts_with(&root) {
            return Err(malformed("a symbolic link that leads out"));
        }
    }
    Ok(())
}

/// Refuses an archive whose end speaks of too many entries, before memory is spent on them.
fn check_entries(file: &mut (impl Read + Seek)) -> Result<(), ArchiveError> {
    let length = file.seek(SeekFrom::End(0))?;
    let start = length.saturating_sub(TAIL_BYTES);
    file.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::new();
    file.by_ref().take(TAIL_BYTES).read_to_end(&mut tail)?;
    file.seek(SeekFrom::Start(0))?;
    let is_too_many = |at: usize| {
        let record = &tail[at..];
        match record.get(..4) {
            Some(b"PK\x06\x06") => {
                let count =
                    record.get(32..40).and_then(|bytes| bytes.try_into().ok()).map(u64::from_le_bytes);
                count.is_some_and(|count| count > ENTRIES_MAX)
            }
            _ => false,
        }
    };
    // The smaller record cannot count so far.
    if (0..tail.len()).any(is_too_many) { Err(ArchiveError::TooLarge) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
