//! Uploads in parts.

use super::buckets;
use super::call::{Call, WithHeader, answer, empty, quoted, unquoted};
use super::failure::Failure;
use super::listing::Encoding;
use super::putting::with_checksum;
use super::xml::{Node, Writer};
use crate::objects::{Algorithm, Assembly, Checksum, ChecksumKind, Finished, PartNumber, Upload, UploadId};
use environment::calendar::iso;
use server::StreamAnswer;

impl Call {
    /// CreateMultipartUpload.
    pub(super) async fn create_multipart_upload(self) -> Result<StreamAnswer, Failure> {
        let bucket = self.bucket()?;
        let attributes = self.attributes()?;
        let algorithm = self.named_algorithm("x-amz-checksum-algorithm")?;
        let checksum = match (algorithm, self.header("x-amz-checksum-type")) {
            (None, None) => None,
            (None, Some(_)) => {
                return Err(Failure::invalid_request(
                    "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
                ));
            }
            (Some(Algorithm::Crc64Nvme), None) => Some((Algorithm::Crc64Nvme, ChecksumKind::FullObject)),
            (Some(algorithm), None | Some("COMPOSITE")) if algorithm != Algorithm::Crc64Nvme => {
                Some((algorithm, ChecksumKind::Composite))
            }
            (Some(algorithm), Some("FULL_OBJECT")) if algorithm.combines() => {
                Some((algorithm, ChecksumKind::FullObject))
            }
            (Some(algorithm), kind) => {
                let (kind, algorithm) = (kind.unwrap_or_default(), algorithm.name().to_lowercase());
                return Err(Failure::invalid_request(format!(
                    "The {kind} checksum type cannot be used with the {algorithm} checksum algorithm."
                )));
            }
        };
        let id = self.objects.begin_upload(self.address()?, attributes, checksum).await;
        let id = id.map_err(|error| self.failure(error))?;
        let mut xml = Writer::new("InitiateMultipartUploadResult");
        xml.element("Bucket", &bucket.name).element("Key", self.key()?.as_str());
        xml.element("UploadId", id.as_str());
        let mut answer = answer(xml).with_header("x-amz-server-side-encryption", "AES256");
        if let Some((algorithm, kind)) = checksum {
            answer = answer.with_header("x-amz-checksum-algorithm", algorithm.name());
            answer = answer.with_header("x-amz-checksum-type", kind.name());
        }
        Ok(answer)
    }

    /// The upload that the request names.
    pub(super) fn upload(&self) -> Result<(UploadId, Upload), Failure> {
        let id = UploadId::parse(self.query.get("uploadId").unwrap_or_default());
        let id = id.ok_or_else(|| self.failure(crate::objects::ObjectsError::NoSuchUpload))?;
        let upload = self.objects.upload(self.address()?, &id).map_err(|error| self.failure(error))?;
        Ok((id, upload))
    }

    /// The number of the part that the request names.
    pub(super) fn part_number(&self) -> Result<PartNumber, Failure> {
        let number = self.query.get("partNumber").and_then(|number| number.parse().ok());
        number.and_then(PartNumber::new).ok_or_else(|| {
            Failure::invalid_argument("Part number must be an integer between 1 and 10000, inclusive")
        })
    }

    /// UploadPart.
    pub(super) async fn upload_part(mut self) -> Result<StreamAnswer, Failure> {
        self.bucket()?;
        let (id, upload) = self.upload()?;
        let number = self.part_number()?;
        let asked = upload.checksum.map(|(algorithm, _)| algorithm);
        if let (Some(asked), Some(given)) = (asked, self.algorithm()?)
            && asked != given
        {
            let (asked, given) = (asked.name().to_lowercase(), given.name().to_lowercase());
            return Err(Failure::invalid_request(format!(
                "Checksum Type mismatch occurred, expected checksum Type: {asked}, actual checksum Type: {given}"
            )));
        }
        let written = self.receive(asked).await?;
        let part = self.objects.put_part(self.address()?, &id, number, written).await;
        let part = part.map_err(|error| self.failure(error))?;
        let answer = empty(200)
            .with_header("etag", quoted(&part.etag))
            .with_header("x-amz-server-side-encryption", "AES256");
        Ok(with_checksum(answer, Some(&part.checksum)))
    }

    /// CompleteMultipartUpload.
    pub(super) async fn complete_multipart_upload(mut self) -> Result<StreamAnswer, Failure> {
        self.bucket()?;
        let (id, upload) = self.upload()?;
        let condition = self.condition()?;
        // A checksum in a header is that of the object, not of this document.
        let checksum = self.expected_of_whole(&upload)?;
        let size = self.header("x-amz-mp-object-size").map(|size| {
            size.parse()
                .map_err(|_| Failure::invalid_request("Value for x-amz-mp-object-size header is invalid."))
        });
        let size = size.transpose()?;
        let document = self.plain_document().await?;
        let request = Node::parse(&document).map_err(|_| Failure::malformed_xml())?;
        if request.name != "CompleteMultipartUpload" {
            return Err(Failure::malformed_xml());
        }
        let parts: Result<Vec<Finished>, Failure> = request.all("Part").map(finished).collect();
        let parts = parts?;
        if parts.is_empty() || parts.len() != request.children.len() {
            return Err(Failure::malformed_xml());
        }
        let assembly = Assembly { parts, condition, checksum, size };
        let object = self.objects.complete_upload(self.address()?, &id, assembly).await;
        let object = object.map_err(|error| self.failure(error))?;
        let (bucket, key) = (self.name()?, self.key()?);
        let host = self.request.head().host().unwrap_or("localhost").to_owned();
        let mut xml = Writer::new("CompleteMultipartUploadResult");
        xml.element("Location", format!("http://{host}/{bucket}/{}", super::uri::encode(key.as_str())));
        xml.element("Bucket", bucket.as_str())
            .element("Key", key.as_str())
            .element("ETag", quoted(&object.etag));
        checksum_in(&mut xml, object.checksum.as_ref());
        Ok(answer(xml).with_header("x-amz-server-side-encryption", "AES256"))
    }

    /// The checksum that a completed object is said to have.
    fn expected_of_whole(&self, upload: &Upload) -> Result<Option<Checksum>, Failure> {
        let kind = upload.checksum.map_or(ChecksumKind::FullObject, |(_, kind)| kind);
        for algorithm in Algorithm::ALL {
            let name = format!("x-amz-checksum-{}", algorithm.name().to_lowercase());
            if let Some(value) = self.header(&name) {
                return Ok(Some(Checksum { algorithm, value: value.to_owned(), kind }));
            }
        }
        Ok(None)
    }

    /// AbortMultipartUpload.
    pub(super) async fn abort_multipart_upload(self) -> Result<StreamAnswer, Failure> {
        self.bucket()?;
        let (id, _) = self.upload()?;
        let aborted = self.objects.abort_upload(self.address()?, &id).await;
        aborted.map_err(|error| self.failure(error))?;
        Ok(empty(204))
    }

    /// ListParts.
    pub(super) fn list_parts(self) -> Result<StreamAnswer, Failure> {
        let bucket = self.bucket()?;
        let (id, upload) = self.upload()?;
        let count = self.count("max-parts")?;
        let marker = self.text("part-number-marker").unwrap_or("0");
        let after: u32 = marker.parse().map_err(|_| {
            Failure::invalid_argument(
                "Argument part-number-marker must be an integer between 0 and 2147483647",
            )
        })?;
        let after = PartNumber::new(after.min(PartNumber::MAX.get().into()));
        let parts = self.objects.parts(self.address()?, &id, after, count + 1);
        let mut parts = parts.map_err(|error| self.failure(error))?;
        let more = parts.len() > count;
        parts.truncate(count);
        let mut xml = Writer::new("ListPartsResult");
        xml.element("Bucket", &bucket.name)
            .element("Key", self.key()?.as_str())
            .element("UploadId", id.as_str());
        xml.element("PartNumberMarker", marker);
        let last = parts.last().map_or(0, |part| part.number.get());
        xml.element("NextPartNumberMarker", last.to_string());
        xml.element("MaxParts", count.to_string()).element("IsTruncated", more.to_string());
        if let Some((algorithm, kind)) = upload.checksum {
            xml.element("ChecksumAlgorithm", algorithm.name()).element("ChecksumType", kind.name());
        }
        buckets::owner(&mut xml, "Initiator", &bucket.account);
        buckets::owner(&mut xml, "Owner", &bucket.account);
        xml.element("StorageClass", "STANDARD");
        for part in &parts {
            xml.open("Part").element("PartNumber", part.number.get().to_string());
            xml.element("LastModified", iso(part.modified_ms)).element("ETag", quoted(&part.etag));
            xml.element("Size", part.size.to_string());
            xml.element(&format!("Checksum{}", part.checksum.algorithm.name()), &part.checksum.value).close();
        }
        Ok(answer(xml))
    }

    /// ListMultipartUploads.
    pub(super) fn list_multipart_uploads(self) -> Result<StreamAnswer, Failure> {
        let bucket = self.bucket()?;
        if self.text("delimiter").is_some() {
            return Err(Failure::not_implemented("delimiter of ListMultipartUploads"));
        }
        let encoding = Encoding::of(&self)?;
        let count = self.count("max-uploads")?;
        let prefix = self.text("prefix").unwrap_or_default();
        let (key_marker, id_marker) = (self.text("key-marker"), self.text("upload-id-marker"));
        let id = id_marker.and_then(UploadId::parse);
        let after = key_marker.map(|key| (key, id.as_ref()));
        let uploads = self.objects.uploads(self.name()?, self.account(), prefix, after);
        let mut uploads = uploads.map_err(|error| self.failure(error))?;
        let more = uploads.len() > count;
        uploads.truncate(count);
        let mut xml = Writer::new("ListMultipartUploadsResult");
        xml.element("Bucket", &bucket.name)
            .element("KeyMarker", encoding.name(key_marker.unwrap_or_default()));
        xml.element("UploadIdMarker", id_marker.unwrap_or_default());
        if let (true, Some((key, id, _))) = (more, uploads.last()) {
            xml.element("NextKeyMarker", encoding.name(key)).element("NextUploadIdMarker", id.as_str());
        }
        xml.element("Prefix", encoding.name(prefix));
        encoding.tell(&mut xml);
        xml.element("MaxUploads", count.to_string()).element("IsTruncated", more.to_string());
        for (key, id, upload) in &uploads {
            xml.open("Upload").element("Key", encoding.name(key)).element("UploadId", id.as_str());
            buckets::owner(&mut xml, "Initiator", &bucket.account);
            buckets::owner(&mut xml, "Owner", &bucket.account);
            xml.element("StorageClass", "STANDARD").element("Initiated", iso(upload.began_ms));
            xml.close();
        }
        Ok(answer(xml))
    }
}

/// A part as whoever completes an upload names it.
fn finished(part: &Node) -> Result<Finished, Failure> {
    let number = part.value("PartNumber").and_then(|number| number.parse().ok()).and_then(PartNumber::new);
    let number = number.ok_or_else(|| {
        Failure::invalid_argument("Part number must be an integer between 1 and 10000, inclusive")
    })?;
    let etag = part.value("ETag").ok_or_else(Failure::malformed_xml)?;
    let checksum = Algorithm::ALL.into_iter().find_map(|algorithm| {
        let value = part.value(&format!("Checksum{}", algorithm.name()))?;
        Some((algorithm, value.to_owned()))
    });
    Ok(Finished { number, etag: unquoted(etag).to_owned(), checksum })
}

fn checksum_in(xml: &mut Writer, checksum: Option<&Checksum>) {
    if let Some(checksum) = checksum {
        xml.element(&format!("Checksum{}", checksum.algorithm.name()), &checksum.value);
        xml.element("ChecksumType", checksum.kind.name());
    }
}
