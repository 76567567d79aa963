//! ListObjectsV2, ListObjects and ListObjectVersions.

use super::call::{Call, answer, quoted};
use super::failure::Failure;
use super::xml::Writer;
use super::{buckets, uri};
use crate::objects::{Entry, Listing, Object, Page};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use environment::calendar::iso;
use server::StreamAnswer;
use std::ops::Bound;

/// The most that is listed at once.
const COUNT_MAX: usize = 1_000;

/// How names are written.
#[derive(Clone, Copy)]
pub(super) struct Encoding(bool);

impl Encoding {
    pub(super) fn of(call: &Call) -> Result<Self, Failure> {
        match call.query.get("encoding-type") {
            None | Some("") => Ok(Self(false)),
            Some("url") => Ok(Self(true)),
            Some(_) => Err(Failure::invalid_argument("Invalid Encoding Method specified in Request")),
        }
    }

    pub(super) fn name(self, name: &str) -> String {
        if self.0 { uri::encode(name) } else { name.to_owned() }
    }

    pub(super) fn tell(self, xml: &mut Writer) {
        xml.optional("EncodingType", self.0.then_some("url"));
    }
}

impl Call {
    /// How much is listed at most, by a parameter.
    pub(super) fn count(&self, name: &str) -> Result<usize, Failure> {
        let Some(text) = self.query.get(name).filter(|text| !text.is_empty()) else { return Ok(COUNT_MAX) };
        let count = text.parse::<i32>().ok().and_then(|count| usize::try_from(count).ok());
        let wrong = || {
            Failure::invalid_argument(format!("Argument {name} must be an integer between 0 and 2147483647"))
        };
        count.map(|count| count.min(COUNT_MAX)).ok_or_else(wrong)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.query.get(name).filter(|text| !text.is_empty())
    }

    fn listing(&self, from: Bound<String>) -> Result<Listing, Failure> {
        let prefix = self.text("prefix").unwrap_or_default().to_owned();
        let delimiter = self.text("delimiter").map(str::to_owned);
        Ok(Listing { prefix, delimiter, from, count: self.count("max-keys")? })
    }

    fn page(&self, listing: &Listing) -> Result<Page, Failure> {
        self.objects.list(self.name()?, self.account(), listing).map_err(|error| self.failure(error))
    }

    /// The place after a name that was listed last.
    fn after(&self, marker: &str) -> Bound<String> {
        let prefix = self.text("prefix").unwrap_or_default();
        Listing::after(marker, prefix, self.text("delimiter"))
    }

    /// ListObjectsV2.
    pub(super) fn list_objects_v2(self) -> Result<StreamAnswer, Failure> {
        let bucket = self.bucket()?;
        let encoding = Encoding::of(&self)?;
        let (token, start) = (self.query.get("continuation-token"), self.text("start-after"));
        let from = match (token, start) {
            (Some(token), _) => from_token(token)?,
            (None, Some(start)) => Bound::Excluded(start.to_owned()),
            (None, None) => Bound::Unbounded,
        };
        let listing = self.listing(from)?;
        let page = self.page(&listing)?;
        let owner = (self.query.get("fetch-owner") == Some("true")).then_some(bucket.account.as_str());
        let mut xml = Writer::new("ListBucketResult");
        xml.element("Name", &bucket.name).element("Prefix", encoding.name(&listing.prefix));
        xml.optional("Delimiter", listing.delimiter.as_deref().map(|delimiter| encoding.name(delimiter)));
        xml.element("MaxKeys", listing.count.to_string());
        encoding.tell(&mut xml);
        xml.element("KeyCount", page.entries.len().to_string());
        xml.element("IsTruncated", page.next.is_some().to_string());
        xml.optional("ContinuationToken", token)
            .optional("StartAfter", start.map(|start| encoding.name(start)));
        xml.optional("NextContinuationToken", page.next.as_ref().map(token_of));
        entries(&mut xml, &page, encoding, |xml, key, object| contents(xml, key, object, owner));
        Ok(answer(xml))
    }

    /// ListObjects.
    pub(super) fn list_objects(self) -> Result<StreamAnswer, Failure> {
        let bucket = self.bucket()?;
        let encoding = Encoding::of(&self)?;
        let marker = self.text("marker").unwrap_or_default();
        let listing = self.listing(self.after(marker))?;
        let page = self.page(&listing)?;
        let mut xml = Writer::new("ListBucketResult");
        xml.element("Name", &bucket.name).element("Prefix", encoding.name(&listing.prefix));
        xml.element("Marker", encoding.name(marker));
        xml.optional("Delimiter", listing.delimiter.as_deref().map(|delimiter| encoding.name(delimiter)));
        xml.element("MaxKeys", listing.count.to_string());
        encoding.tell(&mut xml);
        xml.element("IsTruncated", page.next.is_some().to_string());
        // Without a delimiter the last key is the marker.
        if let (Some(_), Some(_), Some(last)) = (&page.next, &listing.delimiter, page.entries.last()) {
            xml.element("NextMarker", encoding.name(last.name()));
        }
        let owner = bucket.account.as_str();
        entries(&mut xml, &page, encoding, |xml, key, object| contents(xml, key, object, Some(owner)));
        Ok(answer(xml))
    }

    /// ListObjectVersions: each object is its only version.
    pub(super) fn list_object_versions(self) -> Result<StreamAnswer, Failure> {
        let bucket = self.bucket()?;
        let encoding = Encoding::of(&self)?;
        let marker = self.text("key-marker").unwrap_or_default();
        let listing = self.listing(self.after(marker))?;
        let page = self.page(&listing)?;
        let mut xml = Writer::new("ListVersionsResult");
        xml.element("Name", &bucket.name).element("Prefix", encoding.name(&listing.prefix));
        xml.element("KeyMarker", encoding.name(marker)).element("VersionIdMarker", "");
        xml.optional("Delimiter", listing.delimiter.as_deref().map(|delimiter| encoding.name(delimiter)));
        xml.element("MaxKeys", listing.count.to_string());
        encoding.tell(&mut xml);
        xml.element("IsTruncated", page.next.is_some().to_string());
        if let (Some(_), Some(last)) = (&page.next, page.entries.last()) {
            xml.element("NextKeyMarker", encoding.name(last.name())).element("NextVersionIdMarker", "null");
        }
        let owner = bucket.account.as_str();
        entries(&mut xml, &page, encoding, |xml, key, object| {
            xml.open("Version").element("Key", key).element("VersionId", "null").element("IsLatest", "true");
            details(xml, object, Some(owner));
            xml.close();
        });
        Ok(answer(xml))
    }
}

/// What a page holds: objects first, as S3 has it, then prefixes.
fn entries(
    xml: &mut Writer,
    page: &Page,
    encoding: Encoding,
    mut tell: impl FnMut(&mut Writer, &str, &Object),
) {
    for entry in &page.entries {
        if let Entry::Object(key, object) = entry {
            tell(xml, &encoding.name(key), object);
        }
    }
    for entry in &page.entries {
        if let Entry::Prefix(prefix) = entry {
            xml.open("CommonPrefixes").element("Prefix", encoding.name(prefix)).close();
        }
    }
}

fn contents(xml: &mut Writer, key: &str, object: &Object, owner: Option<&str>) {
    xml.open("Contents").element("Key", key);
    details(xml, object, owner);
    xml.close();
}

fn details(xml: &mut Writer, object: &Object, owner: Option<&str>) {
    xml.element("LastModified", iso(object.modified_ms)).element("ETag", quoted(&object.etag));
    if let Some(checksum) = &object.checksum {
        xml.element("ChecksumAlgorithm", checksum.algorithm.name());
        xml.element("ChecksumType", checksum.kind.name());
    }
    xml.element("Size", object.size.to_string());
    if let Some(account) = owner {
        buckets::owner(xml, "Owner", account);
    }
    xml.element("StorageClass", object.attributes.header("x-amz-storage-class").unwrap_or("STANDARD"));
}

/// Where to go on, as text that says nothing to clients.
fn token_of(next: &Bound<String>) -> String {
    match next {
        Bound::Included(key) => BASE64.encode(format!("i{key}")),
        Bound::Excluded(key) => BASE64.encode(format!("e{key}")),
        Bound::Unbounded => BASE64.encode("i"),
    }
}

fn from_token(token: &str) -> Result<Bound<String>, Failure> {
    let decoded = BASE64.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let parsed = decoded.as_deref().and_then(|text| match text.split_at_checked(1)? {
        ("i", key) => Some(Bound::Included(key.to_owned())),
        ("e", key) => Some(Bound::Excluded(key.to_owned())),
        _ => None,
    });
    parsed.ok_or_else(|| Failure::invalid_argument("The continuation token provided is incorrect"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_token_says_where_to_go_on(key in "\\PC{0,20}", included: bool) {
            let next = if included { Bound::Included(key) } else { Bound::Excluded(key) };
            prop_assert_eq!(from_token(&token_of(&next)).unwrap(), next);
        }

        #[test]
        fn what_is_no_token_is_refused_or_read(token in "[a-zA-Z0-9_-]{0,12}") {
            let _ = from_token(&token);
        }
    }
}
