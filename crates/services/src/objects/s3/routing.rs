//! Which operation a request asks for: by its method, whether it names a bucket and a key, and the parameters of its
//! query.

use super::call::Call;
use super::failure::Failure;
use super::settings::Setting;
use super::uri::{Query, Target};
use server::{Head, Method, StreamAnswer};

/// The largest object that is put in one request, and the largest part.
const OBJECT_BYTES_MAX: u64 = 5 << 30;

/// The largest list of parts or of keys that comes with a request.
const LIST_BYTES_MAX: u64 = 8 << 20;

/// The largest document of any other kind. What is set of a bucket is kept with it, and read with every request.
const DOCUMENT_BYTES_MAX: u64 = 1 << 20;

/// An operation of S3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are S3's names")]
pub(super) enum Operation {
    ListBuckets,
    CreateBucket,
    HeadBucket,
    DeleteBucket,
    GetSetting(&'static Setting),
    PutSetting(&'static Setting),
    DeleteSetting(&'static Setting),
    ListObjects,
    ListObjectsV2,
    ListObjectVersions,
    ListMultipartUploads,
    DeleteObjects,
    PutObject,
    CopyObject,
    GetObject,
    HeadObject,
    DeleteObject,
    GetObjectAttributes,
    GetObjectAcl,
    PutObjectAcl,
    GetObjectTagging,
    PutObjectTagging,
    DeleteObjectTagging,
    CreateMultipartUpload,
    UploadPart,
    UploadPartCopy,
    CompleteMultipartUpload,
    AbortMultipartUpload,
    ListParts,
}

/// Parameters that name a part of an object that is not kept here.
const NOT_KEPT: [&str; 10] = [
    "retention",
    "legal-hold",
    "torrent",
    "restore",
    "select",
    "renameObject",
    "encryption",
    "annotation",
    "event-hold",
    "append",
];

impl Operation {
    /// The one that a head asks for.
    pub(super) fn of(head: &Head<'_>) -> Result<Self, Failure> {
        let undecodable = |_| Failure::new(400, "InvalidURI", "Couldn't parse the specified URI.");
        let target = Target::of(head).map_err(undecodable)?;
        let query = Query::parse(head.query()).map_err(undecodable)?;
        let copies = head.header("x-amz-copy-source").is_some();
        let found = match (&target.bucket, &target.key) {
            (None, _) => (head.method() == Method::GET).then_some(Self::ListBuckets),
            (Some(_), None) => Self::on_bucket(head.method(), &query)?,
            (Some(_), Some(_)) => Self::on_object(head.method(), &query, copies)?,
        };
        found.ok_or_else(|| {
            Failure::new(
                405,
                "MethodNotAllowed",
                "The specified method is not allowed against this resource.",
            )
        })
    }

    fn on_bucket(method: &Method, query: &Query) -> Result<Option<Self>, Failure> {
        if let Some(setting) = Setting::of(query) {
            return Ok(match *method {
                Method::GET => Some(Self::GetSetting(setting)),
                Method::PUT => Some(Self::PutSetting(setting)),
                Method::DELETE => Some(Self::DeleteSetting(setting)),
                _ => None,
            });
        }
        let has = |name| query.has(name);
        Ok(match *method {
            Method::GET if has("uploads") => Some(Self::ListMultipartUploads),
            Method::GET if has("versions") => Some(Self::ListObjectVersions),
            Method::GET if query.get("list-type") == Some("2") => Some(Self::ListObjectsV2),
            Method::GET if has("session") => return Err(Failure::not_implemented("CreateSession")),
            Method::GET => Some(Self::ListObjects),
            Method::PUT => Some(Self::CreateBucket),
            Method::HEAD => Some(Self::HeadBucket),
            Method::DELETE => Some(Self::DeleteBucket),
            Method::POST if has("delete") => Some(Self::DeleteObjects),
            Method::POST => return Err(Failure::not_implemented("POST of a form")),
            _ => None,
        })
    }

    fn on_object(method: &Method, query: &Query, copies: bool) -> Result<Option<Self>, Failure> {
        if let Some(name) = NOT_KEPT.into_iter().find(|name| query.has(name)) {
            return Err(Failure::not_implemented(name));
        }
        let has = |name| query.has(name);
        Ok(match *method {
            Method::GET if has("acl") => Some(Self::GetObjectAcl),
            Method::PUT if has("acl") => Some(Self::PutObjectAcl),
            Method::GET if has("tagging") => Some(Self::GetObjectTagging),
            Method::PUT if has("tagging") => Some(Self::PutObjectTagging),
            Method::DELETE if has("tagging") => Some(Self::DeleteObjectTagging),
            Method::GET if has("attributes") => Some(Self::GetObjectAttributes),
            Method::POST if has("uploads") => Some(Self::CreateMultipartUpload),
            Method::GET if has("uploadId") => Some(Self::ListParts),
            Method::PUT if has("uploadId") && copies => Some(Self::UploadPartCopy),
            Method::PUT if has("uploadId") => Some(Self::UploadPart),
            Method::POST if has("uploadId") => Some(Self::CompleteMultipartUpload),
            Method::DELETE if has("uploadId") => Some(Self::AbortMultipartUpload),
            Method::GET => Some(Self::GetObject),
            Method::HEAD => Some(Self::HeadObject),
            Method::PUT if copies => Some(Self::CopyObject),
            Method::PUT => Some(Self::PutObject),
            Method::DELETE => Some(Self::DeleteObject),
            _ => None,
        })
    }

    /// How much may come with it.
    pub(super) fn body_bytes_max(self) -> u64 {
        match self {
            Self::PutObject | Self::UploadPart => OBJECT_BYTES_MAX,
            Self::CompleteMultipartUpload | Self::DeleteObjects => LIST_BYTES_MAX,
            _ => DOCUMENT_BYTES_MAX,
        }
    }

    /// Does it.
    pub(super) async fn run(self, call: Call) -> Result<StreamAnswer, Failure> {
        match self {
            Self::ListBuckets => call.list_buckets(),
            Self::CreateBucket => call.create_bucket().await,
            Self::HeadBucket => call.head_bucket(),
            Self::DeleteBucket => call.delete_bucket().await,
            Self::GetSetting(setting) => call.get_setting(setting),
            Self::PutSetting(setting) => call.put_setting(setting).await,
            Self::DeleteSetting(setting) => call.delete_setting(setting).await,
            Self::ListObjects => call.list_objects(),
            Self::ListObjectsV2 => call.list_objects_v2(),
            Self::ListObjectVersions => call.list_object_versions(),
            Self::DeleteObjects => call.delete_objects().await,
            Self::PutObject => call.put_object().await,
            Self::CopyObject => call.copy_object().await,
            Self::GetObject | Self::HeadObject => call.get_object(),
            Self::DeleteObject => call.delete_object().await,
            Self::GetObjectAttributes => call.get_object_attributes(),
            Self::GetObjectAcl => call.get_object_acl(),
            Self::PutObjectAcl => call.put_object_acl(),
            Self::GetObjectTagging => call.get_object_tagging(),
            Self::PutObjectTagging => call.put_object_tagging().await,
            Self::DeleteObjectTagging => call.delete_object_tagging().await,
            Self::ListMultipartUploads => call.list_multipart_uploads(),
            Self::CreateMultipartUpload => call.create_multipart_upload().await,
            Self::UploadPart => call.upload_part().await,
            Self::UploadPartCopy => call.upload_part_copy().await,
            Self::CompleteMultipartUpload => call.complete_multipart_upload().await,
            Self::AbortMultipartUpload => call.abort_multipart_upload().await,
            Self::ListParts => call.list_parts(),
        }
    }
}
