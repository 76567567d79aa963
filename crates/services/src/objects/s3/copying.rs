//! CopyObject and UploadPartCopy.

use super::call::{Call, WithHeader, answer, quoted};
use super::failure::Failure;
use super::getting::{Conditions, Verdict, precondition_failed};
use super::headers::METADATA;
use super::range::{self, Range};
use super::uri;
use super::xml::Writer;
use crate::objects::{
    Address, Algorithm, Attributes, BucketName, Checksum, Object, ObjectKey, Reader, Written,
};
use environment::calendar::iso;
use server::StreamAnswer;

/// An object that is copied.
struct Source {
    is_target: bool,
    object: Object,
    reader: Reader,
}

impl Call {
    /// CopyObject.
    pub(super) async fn copy_object(self) -> Result<StreamAnswer, Failure> {
        self.bucket()?;
        let Source { is_target, object, reader } = self.source()?;
        let attributes = self.copied_attributes(&object)?;
        if is_target
            && attributes == object.attributes
            && self.header("x-amz-metadata-directive") != Some("REPLACE")
        {
            return Err(Failure::invalid_request(
                "This copy request is illegal because it is trying to copy an object to itself without changing the \
                 object's metadata, storage class, website redirect location or encryption attributes.",
            ));
        }
        let algorithm = self.named_algorithm("x-amz-checksum-algorithm")?;
        let algorithm = algorithm.or(object.checksum.as_ref().map(|checksum| checksum.algorithm));
        let written = self.copied(reader, algorithm).await?;
        let condition = self.condition()?;
        let copied = self.objects.put(self.address()?, written, attributes, condition).await;
        let copied = copied.map_err(|error| self.failure(error))?;
        let result = result("CopyObjectResult", &copied.etag, copied.modified_ms, copied.checksum.as_ref());
        Ok(answer(result).with_header("x-amz-server-side-encryption", "AES256"))
    }

    /// UploadPartCopy.
    pub(super) async fn upload_part_copy(self) -> Result<StreamAnswer, Failure> {
        self.bucket()?;
        let (id, upload) = self.upload()?;
        let number = self.part_number()?;
        let Source { object, mut reader, .. } = self.source()?;
        if let Some(header) = self.header("x-amz-copy-source-range") {
            let Range::Part(from, to) = range::parse(Some(header), object.size) else {
                return Err(Failure::invalid_argument(
                    "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
                ));
            };
            reader = reader.range(from, to);
        }
        let written = self.copied(reader, upload.checksum.map(|(algorithm, _)| algorithm)).await?;
        let part = self.objects.put_part(self.address()?, &id, number, written).await;
        let part = part.map_err(|error| self.failure(error))?;
        Ok(answer(result("CopyPartResult", &part.etag, part.modified_ms, Some(&part.checksum))))
    }

    /// What is to be copied, where its conditions hold.
    fn source(&self) -> Result<Source, Failure> {
        let invalid = || {
            Failure::invalid_argument(
                "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
            )
        };
        let header = self.header("x-amz-copy-source").ok_or_else(invalid)?;
        let (path, query) = header.split_once('?').unwrap_or((header, ""));
        if !matches!(query, "" | "versionId=null") {
            return Err(Failure::invalid_argument("Invalid version id specified"));
        }
        let path = uri::decode(path).map_err(|_| invalid())?;
        let (bucket, key) = path.trim_start_matches('/').split_once('/').ok_or_else(invalid)?;
        let bucket = BucketName::new(bucket).map_err(|_| invalid())?;
        let key = ObjectKey::new(key).map_err(|_| invalid())?;
        let at = Address { account: self.account(), bucket: &bucket, key: &key };
        let found = self.objects.open_object(at);
        let (object, reader) = found.map_err(|error| {
            let failure: Failure = error.into();
            failure.with("Key", key.as_str())
        })?;
        let conditions = Conditions {
            matches: self.header("x-amz-copy-source-if-match"),
            none_match: self.header("x-amz-copy-source-if-none-match"),
            modified_since: self.header("x-amz-copy-source-if-modified-since"),
            unmodified_since: self.header("x-amz-copy-source-if-unmodified-since"),
        };
        if conditions.judge(&object) != Verdict::Go {
            return Err(precondition_failed("x-amz-copy-source-if"));
        }
        let is_target = bucket == *self.name()? && key == *self.key()?;
        Ok(Source { is_target, object, reader })
    }

    async fn copied(&self, mut reader: Reader, algorithm: Option<Algorithm>) -> Result<Written, Failure> {
        let mut writer = self.objects.create(algorithm);
        while let Some(piece) = reader.next().await.map_err(crate::objects::ObjectsError::from)? {
            writer.write(piece).await?;
        }
        Ok(writer.finish().await?)
    }

    /// What is said of the copy: as of what is copied, but for what is to be replaced.
    fn copied_attributes(&self, object: &Object) -> Result<Attributes, Failure> {
        let asked = self.attributes()?;
        let replaces = |directive: &'static str| match self.header(directive) {
            None | Some("COPY") => Ok(false),
            Some("REPLACE") => Ok(true),
            Some(_) => Err(Failure::invalid_argument(format!("Unknown value for {directive}."))),
        };
        let tags =
            if replaces("x-amz-tagging-directive")? { asked.tags } else { object.attributes.tags.clone() };
        if replaces("x-amz-metadata-directive")? {
            return Ok(Attributes { headers: asked.headers, tags });
        }
        let is_copied = |name: &str| {
            name.starts_with(METADATA)
                || name.starts_with("content-")
                || matches!(name, "cache-control" | "expires")
        };
        let mut headers: Vec<(String, String)> =
            object.attributes.headers.iter().filter(|(name, _)| is_copied(name)).cloned().collect();
        headers.extend(asked.headers.into_iter().filter(|(name, _)| !is_copied(name)));
        headers.sort_unstable();
        Ok(Attributes { headers, tags })
    }
}

fn result(root: &'static str, etag: &str, modified_ms: u64, checksum: Option<&Checksum>) -> Writer {
    let mut xml = Writer::new(root);
    xml.element("LastModified", iso(modified_ms)).element("ETag", quoted(etag));
    if let Some(checksum) = checksum {
        xml.element(&format!("Checksum{}", checksum.algorithm.name()), &checksum.value);
        xml.element("ChecksumType", checksum.kind.name());
    }
    xml
}
