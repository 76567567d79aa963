//! Reading stored bytes where they stand.

use super::{CorruptItem, DEPTH_MAX};
use crate::number::Number;
use crate::value::{Map, Name, Value};
use bytes::Bytes;

/// The tags of values.
pub(super) mod tag {
    pub(crate) const STRING: u8 = 1;
    pub(crate) const STRING_ESCAPED: u8 = 2;
    pub(crate) const NUMBER: u8 = 3;
    pub(crate) const BINARY: u8 = 4;
    pub(crate) const TRUE: u8 = 5;
    pub(crate) const FALSE: u8 = 6;
    pub(crate) const NULL: u8 = 7;
    pub(crate) const STRING_SET: u8 = 8;
    pub(crate) const NUMBER_SET: u8 = 9;
    pub(crate) const BINARY_SET: u8 = 10;
    pub(crate) const LIST: u8 = 11;
    pub(crate) const MAP: u8 = 12;
}

/// The type of a stored value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the types of DynamoDB")]
pub enum Kind {
    S,
    N,
    B,
    Bool,
    Null,
    Ss,
    Ns,
    Bs,
    L,
    M,
}

/// Bytes that are still to be read.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a>(pub(super) &'a [u8]);

impl<'a> Cursor<'a> {
    #[inline]
    pub(super) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// Most counts and lengths take one byte.
    #[inline]
    pub(super) fn varint(&mut self) -> Option<u32> {
        match self.0.split_first() {
            Some((&byte, rest)) if byte < 0x80 => {
                self.0 = rest;
                Some(u32::from(byte))
            }
            _ => self.long_varint(),
        }
    }

    fn long_varint(&mut self) -> Option<u32> {
        let mut number = 0u64;
        for shift in [0, 7, 14, 21, 28] {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return u32::try_from(number).ok();
            }
        }
        None
    }

    /// A text, and whether JSON needs escapes in it.
    #[inline]
    pub(super) fn text(&mut self) -> Option<(&'a [u8], bool)> {
        let head = self.varint()?;
        Some((self.take((head >> 1) as usize)?, head & 1 == 1))
    }

    #[inline]
    pub(super) fn counted(&mut self) -> Option<&'a [u8]> {
        let length = self.varint()?;
        self.take(length as usize)
    }

    #[inline]
    pub(super) fn value(&mut self) -> Option<StoredValue<'a>> {
        let (&tag, rest) = self.0.split_first()?;
        self.0 = rest;
        let payload = match tag {
            tag::STRING_SET..=tag::MAP => {
                let length = u32::from_le_bytes(*self.take(4)?.first_chunk()?);
                self.take(length as usize)?
            }
            tag::STRING..=tag::NULL => self.counted()?,
            _ => return None,
        };
        Some(StoredValue { tag, payload })
    }
}

/// One attribute as it stands.
pub(super) struct Entry<'a> {
    pub(super) name: &'a [u8],
    pub(super) value: StoredValue<'a>,
    /// Name and value together, to be copied.
    pub(super) bytes: &'a [u8],
}

/// The entries of a map or an item; ends where the bytes are damaged.
pub(super) fn entries(body: &[u8]) -> impl Iterator<Item = Entry<'_>> {
    let mut cursor = Cursor(body);
    let count = cursor.varint().unwrap_or(0);
    (0..count).map_while(move |_| entry(&mut cursor))
}

#[inline]
pub(super) fn entry<'a>(cursor: &mut Cursor<'a>) -> Option<Entry<'a>> {
    let start = cursor.0;
    let (name, _) = cursor.text()?;
    let value = cursor.value()?;
    Some(Entry { name, value, bytes: &start[..start.len() - cursor.0.len()] })
}

/// Finds an attribute; the names are sorted, so the search ends where it would have stood.
pub(super) fn attribute<'a>(body: &'a [u8], name: &str) -> Option<StoredValue<'a>> {
    let (mut cursor, name) = (Cursor(body), name.as_bytes());
    for _ in 0..cursor.varint()? {
        let (found, _) = cursor.text()?;
        let value = cursor.value()?;
        // Most names differ in their first bytes already.
        if found.first() >= name.first() && found >= name {
            return (found == name).then_some(value);
        }
    }
    None
}

/// A value in its stored bytes.
#[derive(Clone, Copy, Debug)]
pub struct StoredValue<'a> {
    pub(super) tag: u8,
    pub(super) payload: &'a [u8],
}

impl<'a> StoredValue<'a> {
    /// Its type.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self.tag {
            tag::STRING | tag::STRING_ESCAPED => Kind::S,
            tag::NUMBER => Kind::N,
            tag::BINARY => Kind::B,
            tag::TRUE | tag::FALSE => Kind::Bool,
            tag::STRING_SET => Kind::Ss,
            tag::NUMBER_SET => Kind::Ns,
            tag::BINARY_SET => Kind::Bs,
            tag::LIST => Kind::L,
            tag::MAP => Kind::M,
            _ => Kind::Null,
        }
    }

    /// The descriptor of its type on the wire: `S`, `N`, `BOOL`, ...
    #[must_use]
    pub fn type_name(self) -> &'static str {
        match self.kind() {
            Kind::S => "S",
            Kind::N => "N",
            Kind::B => "B",
            Kind::Bool => "BOOL",
            Kind::Null => "NULL",
            Kind::Ss => "SS",
            Kind::Ns => "NS",
            Kind::Bs => "BS",
            Kind::L => "L",
            Kind::M => "M",
        }
    }

    /// A string's text.
    #[must_use]
    pub fn as_str(self) -> Option<&'a str> {
        if self.kind() == Kind::S { std::str::from_utf8(self.payload).ok() } else { None }
    }

    /// A number's canonical text.
    #[must_use]
    pub fn as_number_text(self) -> Option<&'a str> {
        if self.kind() == Kind::N { std::str::from_utf8(self.payload).ok() } else { None }
    }

    /// A number.
    #[must_use]
    pub fn as_number(self) -> Option<Number> {
        Number::parse(self.as_number_text()?).ok()
    }

    /// A binary's bytes.
    #[must_use]
    pub fn as_binary(self) -> Option<&'a [u8]> {
        (self.kind() == Kind::B).then_some(self.payload)
    }

    /// A boolean.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        (self.kind() == Kind::Bool).then_some(self.tag == tag::TRUE)
    }

    /// Members of a set, list or map; bytes of a string or a binary; else 0.
    #[must_use]
    pub fn len(self) -> usize {
        match self.kind() {
            Kind::S | Kind::B => self.payload.len(),
            Kind::Ss | Kind::Ns | Kind::Bs | Kind::L | Kind::M => {
                Cursor(self.payload).varint().map_or(0, |count| count as usize)
            }
            _ => 0,
        }
    }

    /// Whether [`StoredValue::len`] is 0.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The members of a list.
    pub fn list(self) -> impl Iterator<Item = StoredValue<'a>> {
        let mut cursor = Cursor(if self.kind() == Kind::L { self.payload } else { &[0] });
        let count = cursor.varint().unwrap_or(0);
        (0..count).map_while(move |_| cursor.value())
    }

    /// The members of a set: strings, numbers or binaries.
    pub fn set(self) -> impl Iterator<Item = StoredValue<'a>> {
        let tag = match self.kind() {
            Kind::Ss => tag::STRING,
            Kind::Ns => tag::NUMBER,
            Kind::Bs => tag::BINARY,
            _ => tag::NULL,
        };
        let mut cursor = Cursor(if tag == tag::NULL { &[0] } else { self.payload });
        let count = cursor.varint().unwrap_or(0);
        (0..count).map_while(move |_| {
            let payload = if tag == tag::STRING { cursor.text()?.0 } else { cursor.counted()? };
            Some(StoredValue { tag, payload })
        })
    }

    /// Whether the other is the very same value in the same bytes, not only an equal one.
    #[must_use]
    pub fn is_same(self, other: Self) -> bool {
        self.tag == other.tag && std::ptr::eq(self.payload, other.payload)
    }

    /// The member of a list at an index.
    #[must_use]
    pub fn element(self, index: usize) -> Option<StoredValue<'a>> {
        self.list().nth(index)
    }

    /// The member of a map.
    #[must_use]
    pub fn attribute(self, name: &str) -> Option<StoredValue<'a>> {
        if self.kind() == Kind::M { attribute(self.payload, name) } else { None }
    }

    /// The members of a map, in order of name.
    pub fn map(self) -> impl Iterator<Item = (&'a str, StoredValue<'a>)> {
        entries(if self.kind() == Kind::M { self.payload } else { &[0] })
            .filter_map(|entry| Some((std::str::from_utf8(entry.name).ok()?, entry.value)))
    }

    /// Bytes that it counts for in an item's size.
    #[must_use]
    pub fn size(self) -> usize {
        self.sized(DEPTH_MAX)
    }

    fn sized(self, depth: usize) -> usize {
        let Some(depth) = depth.checked_sub(1) else { return 0 };
        match self.kind() {
            Kind::S | Kind::B => self.payload.len(),
            Kind::N => self.as_number().map_or(0, Number::size),
            Kind::Bool | Kind::Null => 1,
            Kind::L => 3 + self.list().map(|member| 1 + member.sized(depth)).sum::<usize>(),
            Kind::M => {
                let members = entries(self.payload);
                3 + members.map(|entry| 1 + entry.name.len() + entry.value.sized(depth)).sum::<usize>()
            }
            Kind::Ss | Kind::Ns | Kind::Bs => self.decode().map_or(0, |set| set.size()),
        }
    }

    /// The value as a tree.
    ///
    /// # Errors
    /// When the bytes are damaged.
    pub fn decode(self) -> Result<Value, CorruptItem> {
        self.decoded(DEPTH_MAX).ok_or(CorruptItem)
    }

    fn decoded(self, depth: usize) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        let mut cursor = Cursor(self.payload);
        let mut count = || cursor.varint().map(|count| count as usize);
        let value = match self.kind() {
            Kind::S => Value::S(self.as_str()?.to_owned()),
            Kind::N => Value::N(self.as_number()?),
            Kind::B => Value::B(Bytes::copy_from_slice(self.payload)),
            Kind::Bool => Value::Bool(self.tag == tag::TRUE),
            Kind::Null => Value::Null,
            Kind::Ss => {
                let count = count()?;
                Value::Ss((0..count).map(|_| string(cursor.text()?.0)).collect::<Option<_>>()?)
            }
            Kind::Ns => {
                let count = count()?;
                let member = |_| Number::parse(std::str::from_utf8(cursor.counted()?).ok()?).ok();
                Value::Ns((0..count).map(member).collect::<Option<_>>()?)
            }
            Kind::Bs => {
                let count = count()?;
                Value::Bs(
                    (0..count)
                        .map(|_| cursor.counted().map(Bytes::copy_from_slice))
                        .collect::<Option<_>>()?,
                )
            }
            Kind::L => {
                let count = count()?;
                Value::L((0..count).map(|_| cursor.value()?.decoded(depth)).collect::<Option<_>>()?)
            }
            Kind::M => Value::M(decode_map(self.payload, depth).ok()?),
        };
        let is_whole = match self.kind() {
            Kind::Bool | Kind::Null => self.payload.is_empty(),
            Kind::Ss | Kind::Ns | Kind::Bs | Kind::L => cursor.0.is_empty(),
            Kind::S | Kind::N | Kind::B | Kind::M => true,
        };
        is_whole.then_some(value)
    }
}

fn string(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).ok().map(str::to_owned)
}

/// Decodes the entries of a map, which must be in order and fill the bytes.
pub(super) fn decode_map(body: &[u8], depth: usize) -> Result<Map, CorruptItem> {
    let mut cursor = Cursor(body);
    let count = cursor.varint().ok_or(CorruptItem)?;
    // A damaged count must not reserve memory: each entry takes at least three bytes.
    let mut map = Map::with_capacity((count as usize).min(body.len() / 3));
    for _ in 0..count {
        let entry = entry(&mut cursor).ok_or(CorruptItem)?;
        let name = std::str::from_utf8(entry.name).map_err(|_| CorruptItem)?;
        let value = entry.value.decoded(depth).ok_or(CorruptItem)?;
        if map.insert(Name::from(name), value).is_some() {
            return Err(CorruptItem);
        }
    }
    if cursor.0.is_empty() { Ok(map) } else { Err(CorruptItem) }
}
