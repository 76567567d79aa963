//! Where code comes from: the request, the store of objects, or a directory of this machine.

use super::Functions;
use super::code::Pinned;
use super::record::Code;
use crate::api::Failure;
use services::objects::{Address, BucketName, ObjectKey, ObjectsError};
use std::path::PathBuf;
use std::sync::Arc;

/// How large an archive in a request may be.
pub const ARCHIVE_BYTES_MAX: usize = 52_428_800;

/// How large an archive in the store of objects may be: what it may unpack to.
const STORED_ARCHIVE_BYTES_MAX: u64 = super::archive::UNPACKED_BYTES_MAX;

/// Where code comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// An archive that came with the request.
    Archive(Vec<u8>),
    /// An archive in a bucket of this account.
    Object {
        /// The account.
        account: String,
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
    },
    /// A directory of this machine.
    Directory(PathBuf),
}

/// Code that was received, and is not deleted while this is there.
#[derive(Debug)]
pub struct Received {
    /// Where it is now.
    pub code: Code,
    _pinned: Option<Pinned>,
}

impl Functions {
    /// Receives code, and sees that it can be unpacked.
    ///
    /// # Errors
    /// When it cannot be had, or is not an archive that is taken.
    pub async fn receive(&self, source: Source) -> Result<Received, Failure> {
        let pinned = match source {
            Source::Directory(path) => {
                let path = local(path).await?;
                return Ok(Received { code: Code::Directory(path), _pinned: None });
            }
            Source::Archive(bytes) if bytes.len() > ARCHIVE_BYTES_MAX => {
                return Err(Failure::new(
                    413,
                    "RequestEntityTooLargeException",
                    format!("Zipped size must be smaller than {ARCHIVE_BYTES_MAX} bytes"),
                ));
            }
            Source::Archive(bytes) => {
                let archives = Arc::clone(&self.inner.archives);
                let added = environment::offload(move || archives.add(&bytes));
                added.await.map_err(Failure::internal)??
            }
            Source::Object { account, bucket, key } => self.fetch(&account, &bucket, &key).await?,
        };
        let code = Code::Archive { sha256: pinned.sha256.clone(), size: pinned.size };
        Ok(Received { code, _pinned: Some(pinned) })
    }

    async fn fetch(&self, account: &str, bucket: &str, key: &str) -> Result<Pinned, Failure> {
        let bucket = BucketName::new(bucket).map_err(|_| refused(&ObjectsError::NoSuchBucket))?;
        let key = ObjectKey::new(key).map_err(|_| refused(&ObjectsError::NoSuchKey))?;
        let address = Address { account, bucket: &bucket, key: &key };
        let (object, mut reader) =
            self.inner.objects.open_object(address).map_err(|error| refused(&error))?;
        if object.size > STORED_ARCHIVE_BYTES_MAX {
            return Err(super::ArchiveError::TooLarge.into());
        }
        let archives = Arc::clone(&self.inner.archives);
        let begun = environment::offload(move || archives.receive());
        let mut draft = begun.await.map_err(Failure::internal)?.map_err(Failure::internal)?;
        while let Some(bytes) = reader.next().await.map_err(Failure::internal)? {
            let written = environment::offload(move || draft.write(&bytes).map(|()| draft));
            draft = written.await.map_err(Failure::internal)?.map_err(Failure::internal)?;
        }
        let kept = environment::offload(move || draft.keep());
        Ok(kept.await.map_err(Failure::internal)??)
    }

    /// The bytes of an archive that is kept.
    ///
    /// # Errors
    /// When it is not there, or cannot be read.
    pub async fn archive(&self, sha256: &str) -> Result<Vec<u8>, Failure> {
        if !self.archives_in_use().contains(sha256) {
            return Err(Failure::not_found("There is no such archive."));
        }
        let (archives, sha256) = (Arc::clone(&self.inner.archives), sha256.to_owned());
        let read = environment::offload(move || archives.read(&sha256));
        read.await.map_err(Failure::internal)?.map_err(Failure::internal)
    }
}

/// A directory that is there, without links and dots in its path.
async fn local(path: PathBuf) -> Result<PathBuf, Failure> {
    let shown = path.display().to_string();
    if !path.is_absolute() {
        return Err(Failure::invalid(format!("{shown} is not the absolute path of a directory.")));
    }
    let found = environment::offload(move || {
        let path = path.canonicalize()?;
        if path.is_dir() { Ok(path) } else { Err(std::io::ErrorKind::NotADirectory.into()) }
    });
    let found = found.await.map_err(Failure::internal)?;
    found.map_err(|error: std::io::Error| {
        Failure::invalid(format!("{shown} is not a directory that can be used: {error}"))
    })
}

/// As the service tells what the store of objects said.
fn refused(error: &ObjectsError) -> Failure {
    let code = match error {
        ObjectsError::NoSuchBucket => "NoSuchBucket",
        ObjectsError::NoSuchKey => "NoSuchKey",
        ObjectsError::AccessDenied => "AccessDenied",
        _ => "InternalError",
    };
    let text = error.to_string();
    Failure::invalid(format!(
        "Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {text}"
    ))
}
