//! The stored form of an item: one tagged form for items, index entries and the images of stream records.
//!
//! Canonical: two items are equal exactly when their stored bytes are. It is read where it stands: an
//! attribute is found, and an item is turned into JSON, without a tree of values in between; whether a string
//! needs escapes in JSON is decided once, when it is written.
//!
//! | part | bytes |
//! |---|---|
//! | item | format (1), flags (0), size by DynamoDB's rules (4, little-endian), *entries* |
//! | entries | how many (varint), then for each, in order of name: *text*, *value* |
//! | text | varint of length * 2 + 1 if JSON needs escapes, then UTF-8 |
//! | value | tag (1), length of the payload (4, little-endian, for sets, lists and maps; else varint), payload |
//!
//! | tag | value | payload |
//! |---|---|---|
//! | 1, 2 | string without, with escapes in JSON | UTF-8 |
//! | 3 | number | canonical decimal text |
//! | 4 | binary | bytes |
//! | 5, 6, 7 | true, false, null | none |
//! | 8 | set of strings | how many (varint), texts in order |
//! | 9 | set of numbers | how many (varint), each length (varint) and text, in numeric order |
//! | 10 | set of binaries | how many (varint), each length (varint) and bytes, in order |
//! | 11 | list | how many (varint), values |
//! | 12 | map | entries |
//!
//! A varint is LEB128, at most five bytes. Bytes that were damaged are never trusted: reading them ends in
//! [`CorruptItem`] or in an absent attribute, never in a panic.

mod edit;
mod encode;
mod images;
mod json;
mod read;
mod writer;

pub use edit::{Edit, Edits};
pub use encode::is_plain;
pub use images::ImageWriter;
pub use json::{json_bytes, write_json};
pub use read::{Kind, StoredValue};
pub use writer::Writer;

use crate::value::{Map, Name};
use bytes::Bytes;
use read::Cursor;

/// The format that this version writes.
const FORMAT: u8 = 1;
/// Bytes before the entries: format, flags, size.
const HEADER_LEN: usize = 6;
/// Containers within containers that are followed; DynamoDB allows 32 levels.
const DEPTH_MAX: usize = 48;

/// The bytes are no item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored item is damaged")]
pub struct CorruptItem;

/// An item in its stored form; clones share the bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stored(Bytes);

impl Default for Stored {
    /// The item without attributes.
    fn default() -> Self {
        Self::encode(&Map::new())
    }
}

impl Stored {
    /// Encodes an item.
    #[must_use]
    pub fn encode(item: &Map) -> Self {
        let size = item.size();
        let mut out = Vec::with_capacity(HEADER_LEN + size + size / 4 + 8 * item.len() + 16);
        encode::header(size, &mut out);
        encode::map(item, &mut out);
        Self(exact(out))
    }

    /// Takes bytes for an item. They are checked when they are read.
    #[must_use]
    pub fn from_bytes(bytes: Bytes) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, shared.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// The size of the item by DynamoDB's rules.
    #[must_use]
    pub fn size(&self) -> usize {
        let size = self.0.get(2..HEADER_LEN).and_then(|bytes| bytes.first_chunk());
        size.map_or(0, |size| u32::from_le_bytes(*size) as usize)
    }

    /// How many attributes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        body(&self.0).and_then(|body| Cursor(body).varint()).map_or(0, |count| count as usize)
    }

    /// Whether there is no attribute.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The attribute of that name.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<StoredValue<'_>> {
        read::attribute(body(&self.0)?, name)
    }

    /// The attributes in order of name; ends early where the bytes are damaged.
    pub fn iter(&self) -> impl Iterator<Item = (&str, StoredValue<'_>)> {
        read::entries(body(&self.0).unwrap_or_default())
            .filter_map(|entry| Some((std::str::from_utf8(entry.name).ok()?, entry.value)))
    }

    /// Decodes the whole item.
    ///
    /// # Errors
    /// When the bytes are no item.
    pub fn decode(&self) -> Result<Map, CorruptItem> {
        read::decode_map(body(&self.0).ok_or(CorruptItem)?, DEPTH_MAX)
    }

    /// An item of some of the attributes; `names` are sorted. Copies their bytes.
    #[must_use]
    pub fn project(&self, names: &[Name]) -> Self {
        let Some(body) = body(&self.0) else { return self.clone() };
        let (mut kept, mut count, mut size) = (Vec::new(), 0, 0);
        let mut names = names.iter().map(|name| name.as_bytes()).peekable();
        for entry in read::entries(body) {
            while names.next_if(|name| *name < entry.name).is_some() {}
            match names.peek() {
                None => break,
                Some(name) if *name == entry.name => {
                    kept.extend_from_slice(entry.bytes);
                    count += 1;
                    size += entry.name.len() + entry.value.size();
                }
                Some(_) => {}
            }
        }
        let mut out = Vec::with_capacity(HEADER_LEN + 3 + kept.len());
        encode::header(size, &mut out);
        encode::varint(count, &mut out);
        out.extend_from_slice(&kept);
        Self(exact(out))
    }
}

/// The bytes without the room that was left over: an item may be kept for long.
fn exact(bytes: Vec<u8>) -> Bytes {
    if bytes.capacity() - bytes.len() > bytes.len() / 8 {
        Bytes::copy_from_slice(&bytes)
    } else {
        bytes.into_boxed_slice().into()
    }
}

/// The entries of an item of a format that we read.
fn body(bytes: &[u8]) -> Option<&[u8]> {
    let (header, body) = bytes.split_at_checked(HEADER_LEN)?;
    (header.first() == Some(&FORMAT)).then_some(body)
}

#[cfg(test)]
mod tests;
