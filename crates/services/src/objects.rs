//! A store of objects: bytes of any length under names, in buckets. S3, as far as a program on one machine needs it.
//!
//! The bytes of an object are files below the data directory, named at random and never by a key; what is known of it
//! (its key, length, tags, headers, which files) is one record in the store that the tables are in. A file is written
//! and synced before the record that names it is committed, and deleted after the commit that no longer names it, so a
//! crash leaves the old object or the new one, never a part of either; files that no record names are deleted at the
//! next start.
//!
//! [`Objects`] is the store for others in this process: buckets, writing ([`Objects::create`]), reading
//! ([`Objects::open_object`]) and listing ([`Objects::list`]). [`s3`] is its front door over HTTP.

mod bucket;
mod deletion;
mod digest;
mod error;
mod files;
mod keys;
mod listing;
mod multipart;
mod object;
mod reader;
pub mod s3;
mod writer;

pub use bucket::{Bucket, BucketName, InvalidBucketName};
pub use digest::{Algorithm, Checksum, ChecksumKind};
pub use error::ObjectsError;
pub use listing::{Entry, Listing, Page};
pub use multipart::{Assembly, Finished, Part, PartNumber, Upload, UploadId};
pub use object::{Attributes, InvalidKey, Object, ObjectKey};
pub use reader::Reader;
pub use writer::{Address, Condition, Writer, Written};

use environment::Environment;
use files::Files;
use keys::Keys;
use std::path::PathBuf;
use std::sync::Arc;
use store::{AnyStore, Runner, SpaceId};

/// A change of the records of objects.
type Change<T, F> = crate::change::Change<T, ObjectsError, F>;

/// Where the bytes of objects are.
#[derive(Clone, Debug)]
pub enum Place {
    /// In this directory, which is made where it is not there.
    Directory {
        /// Which.
        path: PathBuf,
        /// Whether an object is answered for only once it survives power loss.
        sync: bool,
        /// For so long power loss may take back what was committed, where that is not synced. So long, the files of what
        /// was replaced or deleted are kept.
        undo_ms: u64,
        /// So many bytes are left free on the disk: nothing is written where there are fewer.
        free_bytes_min: u64,
    },
    /// In a directory of the operating system's for such things, made with the first object and removed at the end.
    Temporary,
}

/// How a store of objects behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the bytes are.
    pub place: Place,
    /// Whether every account may use every bucket.
    pub shared: bool,
}

/// A store of objects. Clones are the same store.
#[derive(Clone, Debug)]
pub struct Objects {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    runner: Runner,
    keys: Keys,
    files: Arc<Files>,
    environment: Environment,
    shared: bool,
    /// Held for reading by whoever commits something into a bucket, and for writing by whoever deletes one, since no
    /// transaction can read that a bucket is empty.
    buckets: tokio::sync::RwLock<()>,
}

impl Objects {
    /// Opens the store whose records are in this space, and deletes the files that none of them names. Blocks.
    ///
    /// # Errors
    /// When the records cannot be read, or the directory cannot be used.
    pub fn open(
        runner: Runner,
        space: SpaceId,
        options: Options,
        environment: Environment,
    ) -> Result<Self, ObjectsError> {
        let files = Arc::new(Files::new(options.place, &environment));
        let inner = Inner {
            runner,
            keys: Keys::new(space),
            files,
            environment,
            shared: options.shared,
            buckets: tokio::sync::RwLock::default(),
        };
        let objects = Self { inner: Arc::new(inner) };
        if objects.inner.files.has_any()? {
            let named = objects.named_files()?;
            objects.inner.files.collect(&named)?;
        }
        Ok(objects)
    }

    fn store(&self) -> &AnyStore {
        self.inner.runner.store()
    }
}

#[cfg(test)]
mod tests;
