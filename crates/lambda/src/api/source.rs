//! Where a request says that code is.

use super::Failure;
use super::call::Call;
use super::members::Members;
use crate::functions::source::Source;
use std::path::PathBuf;

/// The bucket that stands for directories of this machine, as in LocalStack.
const HOT_RELOAD: &str = "hot-reload";

/// Reads it; `prefix` is what stands before the names of the members.
pub(super) fn read(call: &Call, members: &Members, prefix: &str) -> Result<Option<Source>, Failure> {
    let name = |member: &str| format!("{prefix}{member}");
    members.unsupported(&[&name("ImageUri"), &name("S3ObjectVersion"), &name("SourceKMSKeyArn")])?;
    if let Some(bytes) = members.blob(&name("ZipFile"))? {
        return Ok(Some(Source::Archive(bytes)));
    }
    let (bucket, key) = (members.text(&name("S3Bucket"))?, members.text(&name("S3Key"))?);
    let (Some(bucket), Some(key)) = (bucket, key) else { return Ok(None) };
    let account = call.request.caller.account.clone();
    if bucket == HOT_RELOAD {
        if call.functions.options().local_code {
            return Ok(Some(Source::Directory(PathBuf::from(key))));
        }
        // Unless there is a bucket of this name.
        let is_bucket = services::objects::BucketName::new(&bucket)
            .is_ok_and(|bucket| call.functions.objects().bucket(&bucket, &account).is_ok());
        if !is_bucket {
            return Err(Failure::invalid(
                "The bucket hot-reload names directories of this machine, which this server runs code in only if it was \
                 started with --allow-local-code. The command \"tailwater function add --dir\" needs no permission.",
            ));
        }
    }
    Ok(Some(Source::Object { account, bucket, key }))
}
