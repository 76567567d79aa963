//! What can go wrong.

use server::stream::BodyError;
use std::io;
use std::sync::Arc;
use store::StoreError;

/// Why something was not done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ObjectsError {
    /// There is no such bucket.
    #[error("The specified bucket does not exist")]
    NoSuchBucket,
    /// There is no such object.
    #[error("The specified key does not exist.")]
    NoSuchKey,
    /// The bucket is another account's.
    #[error("Access Denied")]
    AccessDenied,
    /// A bucket of that name is another account's.
    #[error(
        "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please \
         select a different name and try again."
    )]
    BucketAlreadyExists,
    /// A bucket of that name is the caller's already.
    #[error("Your previous request to create the named bucket succeeded and you already own it.")]
    BucketAlreadyOwnedByYou,
    /// The bucket still holds objects.
    #[error("The bucket you tried to delete is not empty")]
    BucketNotEmpty,
    /// There is no such multipart upload, or no longer.
    #[error(
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or \
         completed."
    )]
    NoSuchUpload,
    /// A part that is to be in the object was not uploaded, or not with this tag or checksum.
    #[error(
        "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified \
         entity tag may not match the part's entity tag."
    )]
    InvalidPart,
    /// The parts are not named in ascending order.
    #[error(
        "The list of parts was not in ascending order. The parts list must be specified in order by part number."
    )]
    InvalidPartOrder,
    /// A part that is not the last is smaller than 5 MiB.
    #[error("Your proposed upload is smaller than the minimum allowed size")]
    EntityTooSmall,
    /// A condition did not hold.
    #[error("At least one of the pre-conditions you specified did not hold")]
    PreconditionFailed,
    /// The bytes are not those that a checksum says.
    #[error("The {0} you specified did not match the calculated checksum.")]
    BadDigest(&'static str),
    /// The MD5 that was given with the bytes is not theirs.
    #[error("The Content-MD5 you specified did not match what we received.")]
    WrongMd5,
    /// The parts do not make an object of the length that is said.
    #[error("The provided 'x-amz-mp-object-size' header value does not match what was computed.")]
    WrongSize,
    /// The bytes did not come, or not as promised.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The records cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The files cannot be read or written.
    #[error("the files of objects: {0}")]
    Files(Arc<io::Error>),
    /// A record is not one of ours.
    #[error("the records of objects are damaged: {0}")]
    Damaged(String),
}

impl From<io::Error> for ObjectsError {
    fn from(error: io::Error) -> Self {
        Self::Files(Arc::new(error))
    }
}
