//! What the headers of an upload say of the object: its attributes, and what its bytes must be.

use super::call::{Call, from_base64, unquoted};
use super::failure::Failure;
use super::tags;
use crate::objects::digest::Hasher;
use crate::objects::{Algorithm, Attributes, Condition, ObjectsError, Written};
use server::header::CONTENT_ENCODING;

/// Headers that an object keeps, beside its metadata.
const KEPT: [&str; 7] = [
    "content-type",
    "content-disposition",
    "content-language",
    "cache-control",
    "expires",
    "x-amz-website-redirect-location",
    "x-amz-storage-class",
];

/// How the headers of metadata begin.
pub(super) const METADATA: &str = "x-amz-meta-";

/// The most bytes of metadata.
const METADATA_BYTES_MAX: usize = 2 << 10;

/// Access control lists that say what holds anyway: the bucket's owner owns what is in it.
const OWNERS_OWN: [&str; 2] = ["private", "bucket-owner-full-control"];

/// What is promised of bytes, beside what the signature does.
pub(super) struct Expected {
    pub(super) md5: Option<Vec<u8>>,
}

/// A checksum that is promised.
pub(super) struct ExpectedChecksum {
    pub(super) algorithm: Algorithm,
    pub(super) value: String,
}

impl ExpectedChecksum {
    fn new(algorithm: Algorithm, name: &str, value: &str) -> Result<Self, Failure> {
        let right = from_base64(value).is_some_and(|bytes| bytes.len() == algorithm.bytes());
        if right {
            return Ok(Self { algorithm, value: value.trim().to_owned() });
        }
        Err(Failure::invalid_request(format!("Value for {name} header is invalid.")))
    }

    /// Whether it is that of a document.
    pub(super) fn check_document(&self, document: &[u8]) -> Result<(), Failure> {
        let mut hasher = Hasher::new(self.algorithm);
        hasher.update(document);
        self.check(&hasher.finish())
    }

    fn check(&self, computed: &str) -> Result<(), Failure> {
        if self.value == computed {
            return Ok(());
        }
        Err(ObjectsError::BadDigest(self.algorithm.name()).into())
    }
}

impl Call {
    /// What is promised of the bytes that come.
    pub(super) fn expected(&self) -> Result<Expected, Failure> {
        let invalid = || Failure::new(400, "InvalidDigest", "The Content-MD5 you specified is not valid.");
        let md5 = self
            .header("content-md5")
            .map(|value| from_base64(value).filter(|bytes| bytes.len() == 16).ok_or_else(invalid));
        Ok(Expected { md5: md5.transpose()? })
    }

    /// The checksum that the headers promise, or, once the body is read, what stands behind it.
    pub(super) fn expected_checksum(&self) -> Result<Option<ExpectedChecksum>, Failure> {
        let mut found: Option<ExpectedChecksum> = None;
        for algorithm in Algorithm::ALL {
            let name = format!("x-amz-checksum-{}", algorithm.name().to_lowercase());
            let trailer = self.request.body.trailers().iter().find(|(known, _)| *known == name);
            let value = self.header(&name).or(trailer.map(|(_, value)| value.as_str()));
            let Some(value) = value else { continue };
            if found.is_some() {
                return Err(Failure::invalid_request(
                    "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
                ));
            }
            found = Some(ExpectedChecksum::new(algorithm, &name, value)?);
        }
        Ok(found)
    }

    /// The algorithm by which a checksum is promised, now or behind the body.
    pub(super) fn algorithm(&self) -> Result<Option<Algorithm>, Failure> {
        if let Some(checksum) = self.expected_checksum()? {
            return Ok(Some(checksum.algorithm));
        }
        if let Some(name) =
            self.header("x-amz-trailer").and_then(|name| name.trim().strip_prefix("x-amz-checksum-"))
        {
            let unknown = || {
                Failure::invalid_request("The value specified in the x-amz-trailer header is not supported")
            };
            return Algorithm::named(name).map(Some).ok_or_else(unknown);
        }
        self.named_algorithm("x-amz-sdk-checksum-algorithm")
    }

    /// The algorithm that a header names.
    pub(super) fn named_algorithm(&self, header: &str) -> Result<Option<Algorithm>, Failure> {
        let Some(name) = self.header(header) else { return Ok(None) };
        let unknown = || {
            Failure::invalid_request(
                "Checksum algorithm provided is unsupported. Please try again with any of the valid types",
            )
        };
        Algorithm::named(name).map(Some).ok_or_else(unknown)
    }

    /// Reads the bytes that come into a file, and checks them against what is promised.
    pub(super) async fn receive(&mut self, algorithm: Option<Algorithm>) -> Result<Written, Failure> {
        if self.request.body.length().is_none() {
            let message = "You must provide the Content-Length HTTP header.";
            return Err(Failure::new(411, "MissingContentLength", message));
        }
        let expected = self.expected()?;
        let algorithm = self.algorithm()?.or(algorithm);
        let mut writer = self.objects.create(algorithm);
        while let Some(piece) = self.request.body.next().await? {
            writer.write(piece).await?;
        }
        let written = writer.finish().await?;
        if expected.md5.is_some_and(|md5| md5 != written.md5) {
            return Err(ObjectsError::WrongMd5.into());
        }
        match self.expected_checksum()? {
            Some(checksum) => checksum.check(&written.checksum.value)?,
            None if self.header("x-amz-trailer").is_some() => {
                return Err(Failure::new(
                    400,
                    "MalformedTrailerError",
                    "The request contained trailing data that was not well-formed or did not conform to our published schema.",
                ));
            }
            None => {}
        }
        Ok(written)
    }

    /// What the headers say of the object.
    pub(super) fn attributes(&self) -> Result<Attributes, Failure> {
        self.check_acl()?;
        let mut headers = self.kept_headers()?;
        if !headers.iter().any(|(name, _)| name == "content-type") {
            headers.push(("content-type".into(), "binary/octet-stream".into()));
            headers.sort_unstable();
        }
        let tags = self.header("x-amz-tagging").map(tags::from_query).transpose()?.unwrap_or_default();
        Ok(Attributes { headers, tags })
    }

    fn kept_headers(&self) -> Result<Vec<(String, String)>, Failure> {
        let (mut headers, mut metadata_bytes) = (Vec::new(), 0);
        let all = self.request.head().headers();
        for name in all.keys() {
            let text = name.as_str();
            let is_metadata = text.starts_with(METADATA);
            if !is_metadata && !KEPT.contains(&text) && name != CONTENT_ENCODING {
                continue;
            }
            let values = all.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
            let mut value = values.collect::<Vec<_>>().join(",");
            if name == CONTENT_ENCODING {
                // How it was sent, not what it is.
                let codings = value.split(',').map(str::trim).filter(|coding| *coding != "aws-chunked");
                value = codings.collect::<Vec<_>>().join(",");
            }
            if is_metadata {
                metadata_bytes += text.len() - METADATA.len() + value.len();
            }
            if is_metadata || !value.is_empty() {
                headers.push((text.to_owned(), value));
            }
        }
        if metadata_bytes > METADATA_BYTES_MAX {
            let message = "Your metadata headers exceed the maximum allowed metadata size";
            return Err(Failure::new(400, "MetadataTooLarge", message));
        }
        headers.sort_unstable();
        Ok(headers)
    }

    /// An access control list must say what holds anyway.
    pub(super) fn check_acl(&self) -> Result<(), Failure> {
        let canned = self.header("x-amz-acl").is_none_or(|acl| OWNERS_OWN.contains(&acl));
        let grants =
            self.request.head().headers().keys().any(|name| name.as_str().starts_with("x-amz-grant-"));
        if canned && !grants {
            return Ok(());
        }
        Err(Failure::new(400, "AccessControlListNotSupported", "The bucket does not allow ACLs"))
    }

    /// What must be true of the object that is there already.
    pub(super) fn condition(&self) -> Result<Condition, Failure> {
        let absent = match self.header("if-none-match") {
            None => false,
            Some("*") => true,
            Some(_) => return Err(Failure::not_implemented("If-None-Match other than *")),
        };
        Ok(Condition { absent, matches: self.header("if-match").map(|etag| unquoted(etag).to_owned()) })
    }
}
