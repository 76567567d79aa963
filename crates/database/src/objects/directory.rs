//! Buckets that are directories: `<root>/<bucket>/<key>`.
//!
//! A bucket is there when its directory is. No key leads out of it: not by its parts, and not by links.

use super::{Answer, Bucket, Listed, ObjectError, ObjectReader, ObjectWriter, Objects};
use bytes::Bytes;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many bytes are read at a time.
const PIECE_BYTES: usize = 256 * 1024;

/// What the name of a file that is being written begins and ends with.
const PARTIAL: (&str, &str) = (".", ".tailwater-partial");

/// Buckets below a directory.
#[derive(Clone, Debug)]
pub struct Directory {
    root: PathBuf,
}

impl Directory {
    /// Buckets below this directory.
    #[must_use]
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The bucket's own directory, without links.
    fn bucket(&self, name: &str) -> Result<PathBuf, ObjectError> {
        if !is_part(name) {
            return Err(ObjectError::NoSuchBucket);
        }
        let path = fs::canonicalize(self.root.join(name)).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ObjectError::NoSuchBucket,
            _ => failed(&error),
        })?;
        let root = fs::canonicalize(&self.root).map_err(|error| failed(&error))?;
        let is_inside = path.starts_with(&root) && path != root;
        if is_inside && path.is_dir() { Ok(path) } else { Err(ObjectError::NoSuchBucket) }
    }

    /// Where the object of a key is, in a directory that is there.
    fn place(&self, bucket: &str, key: &str, is_made: bool) -> Result<PathBuf, ObjectError> {
        let root = self.bucket(bucket)?;
        if !key.split('/').all(is_part) {
            let text = format!("the key {key} is not the path of a file");
            return Err(ObjectError::Failed(text));
        }
        let path = root.join(key);
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(ObjectError::NoSuchKey(key.to_owned()));
        };
        if is_made {
            make_directories(&root, parent, key)?;
        }
        let parent = fs::canonicalize(parent).map_err(|error| missing(&error, key))?;
        if parent.starts_with(&root) { Ok(parent.join(name)) } else { Err(outside(key)) }
    }

    fn begin(&self, bucket: &str, key: &str) -> Result<Writing, ObjectError> {
        let place = self.place(bucket, key, true)?;
        if place.is_dir() {
            return Err(ObjectError::Failed(format!("the key {key} is the path of a directory")));
        }
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        let partial = place.with_file_name(format!("{}{name}{}", PARTIAL.0, PARTIAL.1));
        // One that a crash left is in nobody's use.
        if partial.exists() {
            fs::remove_file(&partial).map_err(|error| failed(&error))?;
        }
        let file = File::create_new(&partial).map_err(|error| failed(&error))?;
        Ok(Writing { file: Arc::new(file), partial: Some(partial), place })
    }

    fn reading(&self, bucket: &str, key: &str) -> Result<Reading, ObjectError> {
        let place = self.place(bucket, key, false)?;
        let found = fs::symlink_metadata(&place).map_err(|error| missing(&error, key))?;
        if found.is_symlink() {
            return Err(outside(key));
        }
        if !found.is_file() {
            return Err(ObjectError::NoSuchKey(key.to_owned()));
        }
        let file = File::open(&place).map_err(|error| missing(&error, key))?;
        Ok(Reading { file: Arc::new(file) })
    }

    fn listed(&self, bucket: &str, prefix: &str, limit: usize) -> Result<Vec<Listed>, ObjectError> {
        let root = self.bucket(bucket)?;
        let (mut keys, mut open) = (Vec::new(), vec![String::new()]);
        while let Some(directory) = open.pop() {
            for found in fs::read_dir(root.join(&directory)).map_err(|error| failed(&error))? {
                let found = found.map_err(|error| failed(&error))?;
                // What is not UTF-8 is the name of no object.
                let Ok(name) = found.file_name().into_string() else { continue };
                let (key, kind) =
                    (format!("{directory}{name}"), found.file_type().map_err(|error| failed(&error))?);
                let below = format!("{key}/");
                if kind.is_dir() && (below.starts_with(prefix) || prefix.starts_with(&below)) {
                    open.push(below);
                } else if kind.is_file() && key.starts_with(prefix) && !is_partial(&name) {
                    keys.push(Listed { key, bytes: found.metadata().map_err(|error| failed(&error))?.len() });
                }
            }
        }
        keys.sort_unstable_by(|one, other| one.key.cmp(&other.key));
        keys.truncate(limit);
        Ok(keys)
    }
}

impl Objects for Directory {
    fn create<'a>(&'a self, bucket: Bucket<'a>, key: &'a str) -> Answer<'a, Box<dyn ObjectWriter>> {
        let (this, bucket, key) = (self.clone(), bucket.name.to_owned(), key.to_owned());
        Box::pin(async move {
            let writing = beside(move || this.begin(&bucket, &key)).await?;
            Ok(Box::new(writing) as Box<dyn ObjectWriter>)
        })
    }

    fn open<'a>(&'a self, bucket: Bucket<'a>, key: &'a str) -> Answer<'a, Box<dyn ObjectReader>> {
        let (this, bucket, key) = (self.clone(), bucket.name.to_owned(), key.to_owned());
        Box::pin(async move {
            let reading = beside(move || this.reading(&bucket, &key)).await?;
            Ok(Box::new(reading) as Box<dyn ObjectReader>)
        })
    }

    fn list<'a>(&'a self, bucket: Bucket<'a>, prefix: &'a str, limit: usize) -> Answer<'a, Vec<Listed>> {
        let (this, bucket, prefix) = (self.clone(), bucket.name.to_owned(), prefix.to_owned());
        Box::pin(beside(move || this.listed(&bucket, &prefix, limit)))
    }
}

struct Writing {
    file: Arc<File>,
    /// Where the bytes are until the object has finished.
    partial: Option<PathBuf>,
    place: PathBuf,
}

impl ObjectWriter for Writing {
    fn write(&mut self, piece: Bytes) -> Answer<'_, ()> {
        let file = Arc::clone(&self.file);
        Box::pin(beside(move || (&*file).write_all(&piece).map_err(|error| failed(&error))))
    }

    fn finish(mut self: Box<Self>) -> Answer<'static, Option<String>> {
        Box::pin(beside(move || {
            self.file.sync_all().map_err(|error| failed(&error))?;
            if let Some(partial) = self.partial.take() {
                fs::rename(partial, &self.place).map_err(|error| failed(&error))?;
            }
            Ok(None)
        }))
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if let Some(partial) = self.partial.take()
            && let Err(error) = fs::remove_file(&partial)
        {
            tracing::warn!(%error, path = %partial.display(), "a part of an object could not be removed");
        }
    }
}

struct Reading {
    file: Arc<File>,
}

impl ObjectReader for Reading {
    fn read(&mut self) -> Answer<'_, Option<Bytes>> {
        let file = Arc::clone(&self.file);
        Box::pin(beside(move || {
            let mut piece = Vec::with_capacity(PIECE_BYTES);
            let limited = &mut (&*file).take(PIECE_BYTES as u64);
            limited.read_to_end(&mut piece).map_err(|error| failed(&error))?;
            Ok((!piece.is_empty()).then(|| piece.into()))
        }))
    }
}

/// Runs work on files beside the tasks.
async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ObjectError> + Send + 'static,
) -> Result<T, ObjectError> {
    let done = environment::offload(work).await;
    done.unwrap_or_else(|error| Err(ObjectError::Failed(error.to_string())))
}

/// Makes the directories that a key needs, one by one, so that none is made behind a link.
fn make_directories(root: &Path, parent: &Path, key: &str) -> Result<(), ObjectError> {
    let mut path = root.to_owned();
    for part in parent.strip_prefix(root).map_err(|_| outside(key))?.components() {
        path.push(part);
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_symlink() => return Err(outside(key)),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir(&path)
                    .or_else(|error| match error.kind() {
                        io::ErrorKind::AlreadyExists => Ok(()),
                        _ => Err(error),
                    })
                    .map_err(|error| failed(&error))?;
            }
            Err(error) => return Err(failed(&error)),
        }
    }
    Ok(())
}

/// Whether this can be the name of a file.
fn is_part(part: &str) -> bool {
    !matches!(part, "" | "." | "..") && !part.contains(['/', '\\', '\0'])
}

fn is_partial(name: &str) -> bool {
    name.starts_with(PARTIAL.0) && name.ends_with(PARTIAL.1)
}

fn outside(key: &str) -> ObjectError {
    ObjectError::AccessDenied(format!("the key {key} leads out of its bucket"))
}

fn missing(error: &io::Error, key: &str) -> ObjectError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ObjectError::NoSuchKey(key.to_owned()),
        _ => failed(error),
    }
}

fn failed(error: &io::Error) -> ObjectError {
    match error.kind() {
        io::ErrorKind::PermissionDenied => ObjectError::AccessDenied(error.to_string()),
        _ => ObjectError::Failed(error.to_string()),
    }
}
