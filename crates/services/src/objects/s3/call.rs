//! One request, with what all operations need of it.

use super::failure::Failure;
use super::routing::Operation;
use super::uri::{Query, Target};
use super::xml::{Node, Writer};
use crate::objects::{Address, Bucket, BucketName, ObjectKey, Objects};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use md5::{Digest, Md5};
use server::header::{HeaderName, HeaderValue};
use server::{ContentType, Response, StreamAnswer, StreamRequest};
use std::fmt::Display;

/// A request.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) objects: Objects,
    pub(super) request: StreamRequest,
    pub(super) query: Query,
    name: Option<BucketName>,
    key: Option<ObjectKey>,
}

impl Call {
    /// A request, and the operation that it asks for.
    pub(super) fn new(objects: Objects, request: StreamRequest) -> Result<(Operation, Self), Failure> {
        let head = request.head();
        let operation = Operation::of(&head)?;
        let undecodable = |_| Failure::new(400, "InvalidURI", "Couldn't parse the specified URI.");
        let target = Target::of(&head).map_err(undecodable)?;
        let query = Query::parse(head.query()).map_err(undecodable)?;
        let name = target.bucket.map(|name| {
            BucketName::new(&name).map_err(|error| {
                Failure::new(400, "InvalidBucketName", error.to_string()).with("BucketName", name)
            })
        });
        let key = target.key.map(|key| {
            ObjectKey::new(&key).map_err(|error| {
                Failure::new(400, "KeyTooLongError", error.to_string())
                    .with("Size", key.len().to_string())
                    .with("MaxSizeAllowed", "1024")
            })
        });
        let (name, key) = (name.transpose()?, key.transpose()?);
        let call = Self { objects, request, query, name, key };
        call.check_version()?;
        call.check_unsupported()?;
        Ok((operation, call))
    }

    /// There is one version of each object.
    fn check_version(&self) -> Result<(), Failure> {
        match self.query.get("versionId") {
            None | Some("null") => Ok(()),
            Some(_) => Err(Failure::invalid_argument("Invalid version id specified")),
        }
    }

    /// What would be wrong to pass over.
    fn check_unsupported(&self) -> Result<(), Failure> {
        let refused = [
            "x-amz-server-side-encryption-customer-algorithm",
            "x-amz-object-lock-mode",
            "x-amz-object-lock-legal-hold",
            "x-amz-write-offset-bytes",
        ];
        if let Some(name) = refused.into_iter().find(|name| self.header(name).is_some()) {
            return Err(Failure::not_implemented(name));
        }
        match self.header("x-amz-server-side-encryption") {
            // Nothing is encrypted, with whatever key; a bucket may say that all of its objects are to be.
            None | Some("AES256" | "aws:kms" | "aws:kms:dsse") => Ok(()),
            Some(other) => Err(Failure::not_implemented(&format!("x-amz-server-side-encryption: {other}"))),
        }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.request.head().header(name)
    }

    pub(super) fn account(&self) -> &str {
        &self.request.identity.account
    }

    /// The name of the bucket. Every operation but one names a bucket.
    pub(super) fn name(&self) -> Result<&BucketName, Failure> {
        self.name
            .as_ref()
            .ok_or_else(|| Failure::new(400, "InvalidBucketName", "The specified bucket is not valid."))
    }

    /// The key. Every operation on objects names one.
    pub(super) fn key(&self) -> Result<&ObjectKey, Failure> {
        self.key.as_ref().ok_or_else(|| Failure::invalid_request("The request names no key."))
    }

    pub(super) fn address(&self) -> Result<Address<'_>, Failure> {
        Ok(Address { account: self.account(), bucket: self.name()?, key: self.key()? })
    }

    /// The bucket, where it is there and the caller's.
    pub(super) fn bucket(&self) -> Result<Bucket, Failure> {
        let name = self.name()?;
        let bucket = self.objects.bucket(name, self.account()).map_err(|error| self.failure(error))?;
        match self.header("x-amz-expected-bucket-owner") {
            Some(owner) if owner != bucket.account => Err(Failure::new(403, "AccessDenied", "Access Denied")),
            _ => Ok(bucket),
        }
    }

    /// An error, with the name of what it is about.
    pub(super) fn failure(&self, error: impl Into<Failure>) -> Failure {
        let failure: Failure = error.into();
        match (&*failure.code, &self.name, &self.key) {
            (
                "NoSuchBucket" | "BucketNotEmpty" | "BucketAlreadyExists" | "BucketAlreadyOwnedByYou",
                Some(name),
                _,
            ) => failure.with("BucketName", name.as_str()),
            ("NoSuchKey", _, Some(key)) => failure.with("Key", key.as_str()),
            ("NoSuchUpload", ..) => {
                let id = self.query.get("uploadId").unwrap_or_default().to_owned();
                failure.with("UploadId", id)
            }
            _ => failure,
        }
    }

    /// The document that comes with the request, whatever checksum its head names.
    pub(super) async fn plain_document(&mut self) -> Result<Bytes, Failure> {
        let mut document = Vec::new();
        while let Some(piece) = self.request.body.next().await? {
            document.extend_from_slice(&piece);
        }
        Ok(document.into())
    }

    /// The document that comes with the request, once its checksums are checked.
    pub(super) async fn document(&mut self) -> Result<Bytes, Failure> {
        let document = self.plain_document().await?;
        let expected = self.expected()?;
        if let Some(md5) = expected.md5
            && md5[..] != Md5::digest(&document)[..]
        {
            return Err(crate::objects::ObjectsError::WrongMd5.into());
        }
        if let Some(checksum) = self.expected_checksum()? {
            checksum.check_document(&document)?;
        }
        Ok(document)
    }

    /// The XML that comes with the request, of which this is the root.
    pub(super) async fn xml(&mut self, root: &str) -> Result<Node, Failure> {
        let document = self.document().await?;
        let node = Node::parse(&document).map_err(|_| Failure::malformed_xml())?;
        if node.name == root { Ok(node) } else { Err(Failure::malformed_xml()) }
    }
}

/// The bytes that a text in base64 stands for.
pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text.trim()).ok()
}

/// An answer without a body.
pub(super) fn empty(status: u16) -> StreamAnswer {
    Response::new(status, ContentType::Absent, Bytes::new()).into()
}

/// An answer of XML.
pub(super) fn answer(xml: Writer) -> StreamAnswer {
    document(xml.finish())
}

/// An answer of XML that is written already.
pub(super) fn document(xml: impl Into<Bytes>) -> StreamAnswer {
    Response::new(200, ContentType::Other("application/xml"), xml).into()
}

/// Adds headers to an answer.
pub(super) trait WithHeader: Sized {
    /// With one more header, where the value can stand in one.
    fn with_header(self, name: &str, value: impl Display) -> Self;
}

impl WithHeader for StreamAnswer {
    fn with_header(mut self, name: &str, value: impl Display) -> Self {
        let value = HeaderValue::from_bytes(value.to_string().as_bytes());
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), value) {
            self.response.headers.push((name, value));
        }
        self
    }
}

/// An entity tag as a header has it.
pub(super) fn quoted(etag: &str) -> String {
    format!("\"{etag}\"")
}

/// An entity tag without its quotes.
pub(super) fn unquoted(etag: &str) -> &str {
    etag.trim().trim_start_matches("W/").trim_matches('"')
}
