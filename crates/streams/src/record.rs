//! A change-log record: what happened to one item, as bytes in a log.
//!
//! A record holds neither its position nor its time (the log gives both back), only what its view shows, and
//! the images as the very bytes in which the item is stored. A new record does not copy them, but refers to the items' own
//! bytes ([`Pieces`]).
//!
//! | offset | length | what |
//! |---|---|---|
//! | 0 | 1 | format, 1 |
//! | 1 | 1 | flags: bits 0-1 the kind (0 insert, 1 modify, 2 remove); bits 2-3 the view (0 keys only, 1 new image, 2 old image, 3 both); bit 4 set where the service itself deleted the item (time to live); bits 5-7 zero |
//! | 2 | 4 | `SizeBytes`: the sizes of the key and of the images held, added up |
//! | 6 | 4 | K, the length of the stored key |
//! | 10 | 4 | N, the length of the stored new image; 0 where the record holds none |
//! | 14 | K | the key |
//! | 14+K | N | the new image |
//! | 14+K+N | rest | the old image; nothing where the record holds none |
//!
//! Integers are little-endian. Which images are held follows from kind and view (see
//! [`ViewType::holds_new`]); a record that holds others is damaged.

mod change;
mod json;
#[cfg(test)]
mod tests;

pub use change::ChangeWriter;
pub use json::{Form, RecordWriter};

use crate::ViewType;
use bytes::Bytes;
use item::Stored;
use store::{Head, Pieces};

const FORMAT: u8 = 1;
const HEADER_LEN: usize = 14;
const KIND_MASK: u8 = 0b11;
const VIEW_SHIFT: u32 = 2;
const VIEW_MASK: u8 = 0b11;
const SERVICE: u8 = 1 << 4;
const UNUSED_MASK: u8 = 0b1110_0000;

/// What happened to the item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// It was not there before.
    Insert,
    /// It was another before.
    Modify,
    /// It is no longer there.
    Remove,
}

impl Kind {
    /// The `eventName` on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Insert => "INSERT",
            Kind::Modify => "MODIFY",
            Kind::Remove => "REMOVE",
        }
    }
}

/// What a record is made of. Images that the view does not hold may be given; they are left out.
#[derive(Clone, Copy, Debug)]
pub struct NewRecord<'a> {
    /// What happened.
    pub kind: Kind,
    /// The item's primary key, and nothing else.
    pub keys: &'a Stored,
    /// The item before; must be there for a modify and a remove.
    pub old: Option<&'a Stored>,
    /// The item after; must be there for an insert and a modify.
    pub new: Option<&'a Stored>,
    /// The stream's view.
    pub view: ViewType,
    /// Whether the service itself deleted the item, because its time to live was over.
    pub service: bool,
}

/// A record as it is read back: what it holds, borrowed from its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// What happened.
    pub kind: Kind,
    /// The view it was written under.
    pub view: ViewType,
    /// Whether the service itself deleted the item.
    pub service: bool,
    /// The size of what the record holds, by DynamoDB's rules.
    pub size_bytes: u32,
    /// The item's primary key, in stored form.
    pub keys: &'a [u8],
    /// The item after, in stored form, where the view shows it.
    pub new: Option<&'a [u8]>,
    /// The item before, in stored form, where the view shows it.
    pub old: Option<&'a [u8]>,
}

/// A record whose images are items of their own, which share its bytes: for whoever looks into them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecord {
    /// What happened.
    pub kind: Kind,
    /// The view it was written under.
    pub view: ViewType,
    /// Whether the service itself deleted the item.
    pub service: bool,
    /// The size of what the record holds, by DynamoDB's rules.
    pub size_bytes: u32,
    /// The item's primary key.
    pub keys: Stored,
    /// The item after, where the view shows it.
    pub new: Option<Stored>,
    /// The item before, where the view shows it.
    pub old: Option<Stored>,
}

/// Bytes that are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a stream record is damaged: {0}")]
pub struct Damaged(pub(crate) &'static str);

/// Encodes a record.
#[must_use]
pub fn encode(record: &NewRecord<'_>) -> Pieces {
    let new = record.new.filter(|_| record.view.holds_new(record.kind));
    let old = record.old.filter(|_| record.view.holds_old(record.kind));
    debug_assert_eq!(new.is_some(), record.view.holds_new(record.kind), "the new image is given if held");
    debug_assert_eq!(old.is_some(), record.view.holds_old(record.kind), "the old image is given if held");
    let bytes_of = |image: Option<&Stored>| image.map_or(0, |image| image.as_bytes().len());
    let size_of = |image: Option<&Stored>| image.map_or(0, Stored::size);
    let keys = Some(record.keys);
    let size = size_of(keys) + size_of(new) + size_of(old);

    let mut out = Head::with_capacity(HEADER_LEN + bytes_of(keys));
    out.push(FORMAT);
    out.push(flags(record.kind, record.view, record.service));
    for number in [size, bytes_of(keys), bytes_of(new)] {
        // Items end at 400 KiB.
        out.extend_from_slice(&u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
    }
    out.extend_from_slice(record.keys.as_bytes());
    Pieces::new(out, [new, old].map(|image| image.map_or(Bytes::new(), |image| image.bytes().clone())))
}

/// Reads a record. The images are not looked into.
///
/// # Errors
/// When the bytes are no record.
pub fn decode(bytes: &Pieces) -> Result<Record<'_>, Damaged> {
    decode_parts(bytes.head(), bytes.tail())
}

/// Reads a record whose first bytes are these, and whose others are the tail.
pub(crate) fn decode_parts<'a>(head: &'a [u8], tail: &'a [Bytes; 2]) -> Result<Record<'a>, Damaged> {
    let (header, body) = split_header(head)?;
    let flags = header[1];
    let kind = match flags & KIND_MASK {
        0 => Kind::Insert,
        1 => Kind::Modify,
        2 => Kind::Remove,
        _ => return Err(Damaged("unknown kind")),
    };
    let view = match flags >> VIEW_SHIFT & VIEW_MASK {
        0 => ViewType::KeysOnly,
        1 => ViewType::NewImage,
        2 => ViewType::OldImage,
        _ => ViewType::NewAndOldImages,
    };
    if flags & UNUSED_MASK != 0 {
        return Err(Damaged("unknown flags"));
    }
    let (keys, images) = split(body, number(header, 6))?;
    let (new, old) = split_images(images, tail, number(header, 10))?;
    let held = (!new.is_empty(), !old.is_empty());
    if keys.is_empty() || held != (view.holds_new(kind), view.holds_old(kind)) {
        return Err(Damaged("images that do not fit the view"));
    }
    Ok(Record {
        kind,
        view,
        service: flags & SERVICE != 0,
        size_bytes: number(header, 2),
        keys,
        new: held.0.then_some(new),
        old: held.1.then_some(old),
    })
}

/// Reads a record as [`decode`] does, and takes its images out without copying them.
///
/// # Errors
/// When the bytes are no record.
pub fn decode_stored(bytes: &Pieces) -> Result<StoredRecord, Damaged> {
    let Record { kind, view, service, size_bytes, keys, new, old } = decode(bytes)?;
    let own = |part: &[u8]| Stored::from_bytes(bytes.part(part));
    let (keys, new, old) = (own(keys), new.map(own), old.map(own));
    Ok(StoredRecord { kind, view, service, size_bytes, keys, new, old })
}

/// The `SizeBytes` of a record, without reading the rest.
pub(crate) fn size_bytes(bytes: &Pieces) -> Result<usize, Damaged> {
    let (header, _) = split_header(bytes.head())?;
    Ok(number(header, 2) as usize)
}

fn flags(kind: Kind, view: ViewType, service: bool) -> u8 {
    let kind = match kind {
        Kind::Insert => 0,
        Kind::Modify => 1,
        Kind::Remove => 2,
    };
    let view = match view {
        ViewType::KeysOnly => 0,
        ViewType::NewImage => 1,
        ViewType::OldImage => 2,
        ViewType::NewAndOldImages => 3,
    };
    kind | view << VIEW_SHIFT | if service { SERVICE } else { 0 }
}

fn split_header(bytes: &[u8]) -> Result<(&[u8; HEADER_LEN], &[u8]), Damaged> {
    let (header, body) = bytes.split_first_chunk().ok_or(Damaged("too short"))?;
    if header[0] == FORMAT { Ok((header, body)) } else { Err(Damaged("unknown format")) }
}

fn number(header: &[u8; HEADER_LEN], at: usize) -> u32 {
    u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
}

/// The new and the old image: behind the key, or pieces of their own.
fn split_images<'a>(
    behind: &'a [u8],
    tail: &'a [Bytes; 2],
    new_length: u32,
) -> Result<(&'a [u8], &'a [u8]), Damaged> {
    let [new, old] = tail;
    match (behind.is_empty(), new.is_empty() && old.is_empty()) {
        (_, true) => split(behind, new_length),
        (true, false) if new.len() == new_length as usize => Ok((new, old)),
        _ => Err(Damaged("images in pieces that do not fit")),
    }
}

fn split(bytes: &[u8], length: u32) -> Result<(&[u8], &[u8]), Damaged> {
    bytes.split_at_checked(length as usize).ok_or(Damaged("cut short"))
}
