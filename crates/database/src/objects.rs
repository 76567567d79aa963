//! Objects in buckets, where exports go and imports come from: what the database asks of an object store.

mod directory;

pub use directory::Directory;

use bytes::Bytes;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

/// An answer that is waited for.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, ObjectError>> + Send + 'a>>;

/// A bucket, and who asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket<'a> {
    /// Its name.
    pub name: &'a str,
    /// The account that asks.
    pub account: &'a str,
}

/// An object of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// How many bytes it has.
    pub bytes: u64,
}

/// Why something could not be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    /// There is no such bucket.
    #[error("The specified bucket does not exist")]
    NoSuchBucket,
    /// There is no such object.
    #[error("The specified key does not exist: {0}")]
    NoSuchKey(String),
    /// The bucket or the object is not for whoever asks.
    #[error("Access Denied: {0}")]
    AccessDenied(String),
    /// Something else.
    #[error("{0}")]
    Failed(String),
}

impl ObjectError {
    /// The code that an export or an import fails with.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NoSuchBucket => "S3NoSuchBucket",
            Self::NoSuchKey(_) => "S3NoSuchKey",
            Self::AccessDenied(_) => "S3AccessDenied",
            Self::Failed(_) => "S3InternalError",
        }
    }
}

/// A place with buckets.
pub trait Objects: Send + Sync + fmt::Debug {
    /// Begins an object. It is there, in the place of one of the same key, when its writer has finished.
    fn create<'a>(&'a self, bucket: Bucket<'a>, key: &'a str) -> Answer<'a, Box<dyn ObjectWriter>>;

    /// Opens an object.
    fn open<'a>(&'a self, bucket: Bucket<'a>, key: &'a str) -> Answer<'a, Box<dyn ObjectReader>>;

    /// The objects whose keys begin with a prefix, in order of key; no more than `limit`.
    fn list<'a>(&'a self, bucket: Bucket<'a>, prefix: &'a str, limit: usize) -> Answer<'a, Vec<Listed>>;
}

/// Writes an object, piece by piece. One that is dropped before it has finished leaves nothing behind.
pub trait ObjectWriter: Send {
    /// Writes a piece.
    fn write(&mut self, piece: Bytes) -> Answer<'_, ()>;

    /// Puts the object in its place; answers its tag, if it is another than the MD5 of its bytes.
    fn finish(self: Box<Self>) -> Answer<'static, Option<String>>;
}

/// Reads an object, piece by piece.
pub trait ObjectReader: Send {
    /// The next piece; `None` at the end.
    fn read(&mut self) -> Answer<'_, Option<Bytes>>;
}
