//! Writing an item's stored bytes from front to back, as its values are read from somewhere, without a tree of
//! values in between.
//!
//! Attributes may come in any order: each map is put in order when it ends. What is finished is the same to the
//! byte as [`Stored::encode`] of the same item.

use super::read::tag;
use super::{HEADER_LEN, Stored, encode, exact};
use crate::number::Number;
use crate::value::Value;
use std::cmp::Ordering;

/// An item that is being written.
#[derive(Debug)]
pub struct Writer {
    out: Vec<u8>,
    /// The attributes of the maps that are open, the innermost last.
    entries: Vec<Entry>,
    /// Where maps are put in order.
    sorted: Vec<u8>,
}

/// Where an attribute, or a member of a set, stands: it goes on to the next one. Items are far smaller than
/// 4 GiB; one that were not would be refused for its size.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// The first eight bytes of the name, so that most comparisons are of numbers.
    prefix: u64,
    start: u32,
    name: u32,
    value: u32,
    end: u32,
}

impl Entry {
    fn name<'a>(&self, out: &'a [u8]) -> &'a [u8] {
        &out[self.name as usize..self.value as usize]
    }

    fn cmp(&self, other: &Self, out: &[u8]) -> Ordering {
        self.prefix.cmp(&other.prefix).then_with(|| self.name(out).cmp(other.name(out)))
    }
}

/// A map or a set that is open.
#[derive(Debug)]
pub struct OpenMap {
    /// Where its count stands.
    at: usize,
    first_entry: usize,
    in_order: bool,
}

/// A value whose length is written when it is known.
#[derive(Debug)]
pub struct Container {
    length_at: usize,
}

/// A list that is open.
#[derive(Debug)]
pub struct OpenList {
    container: Container,
    count: usize,
}

/// The first bytes of a name, as a number that orders as they do.
fn prefix(name: &[u8]) -> u64 {
    if let Some(first) = name.first_chunk() {
        return u64::from_be_bytes(*first);
    }
    let short = name.iter().fold(0, |prefix, byte| prefix << 8 | u64::from(*byte));
    if name.is_empty() { 0 } else { short << (64 - 8 * name.len()) }
}

impl Writer {
    /// A writer with room for so many bytes.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        let mut out = Vec::with_capacity(bytes + HEADER_LEN);
        out.resize(HEADER_LEN, 0);
        Self { out, entries: Vec::with_capacity(24), sorted: Vec::new() }
    }

    /// The item, whose size by DynamoDB's rules is this.
    #[must_use]
    pub fn finish(mut self, size: usize) -> Stored {
        encode::set_header(size, &mut self.out);
        Stored(exact(self.out))
    }

    /// Opens a map: the item itself, or what follows [`Writer::open_map_value`].
    pub fn open_map(&mut self) -> OpenMap {
        let at = self.out.len();
        // Nearly all maps have a count of one byte.
        self.out.push(0);
        OpenMap { at, first_entry: self.entries.len(), in_order: true }
    }

    /// Starts the next attribute of the innermost open map; its value must be written next. `is_plain` says that
    /// JSON writes the name as it is.
    pub fn name(&mut self, map: &mut OpenMap, name: &str, is_plain: bool) {
        let start = self.out.len() as u32;
        encode::varint(name.len() * 2 + usize::from(!is_plain), &mut self.out);
        let at = self.out.len() as u32;
        self.out.extend_from_slice(name.as_bytes());
        let value = self.out.len() as u32;
        let entry = Entry { prefix: prefix(name.as_bytes()), start, name: at, value, end: value };
        if let [.., last] = &mut self.entries[map.first_entry..] {
            last.end = start;
            map.in_order = map.in_order && last.cmp(&entry, &self.out).is_lt();
        }
        self.entries.push(entry);
    }

    /// Ends a map or a set. `false` says that it has a name or a member twice, and that the item is none.
    #[must_use]
    pub fn close_map(&mut self, map: OpenMap) -> bool {
        let end = self.out.len() as u32;
        let (entries, out) = (&mut self.entries[map.first_entry..], &self.out);
        if let [.., last] = entries {
            last.end = end;
        }
        let count = entries.len();
        if map.in_order && count < 0x80 {
            self.out[map.at] = count as u8;
            self.entries.truncate(map.first_entry);
            return true;
        }
        entries.sort_unstable_by(|left, right| left.cmp(right, out));
        let is_double = entries.windows(2).any(|pair| pair[0].cmp(&pair[1], out).is_eq());
        self.sorted.clear();
        self.sorted.reserve(out.len() - map.at + 5);
        encode::varint(count, &mut self.sorted);
        for entry in &*entries {
            self.sorted.extend_from_slice(&out[entry.start as usize..entry.end as usize]);
        }
        self.out.truncate(map.at);
        self.out.extend_from_slice(&self.sorted);
        self.entries.truncate(map.first_entry);
        !is_double
    }

    /// Opens a value that is a set of strings: [`Writer::open_map`] comes next, then each member as a name
    /// without a value.
    pub fn open_string_set(&mut self) -> Container {
        self.container(tag::STRING_SET)
    }

    /// Opens a value that is a map: [`Writer::open_map`] comes next.
    pub fn open_map_value(&mut self) -> Container {
        self.container(tag::MAP)
    }

    /// Ends a value that is a map or a set, after that.
    pub fn close_map_value(&mut self, container: Container) {
        encode::set_length(&mut self.out, container.length_at);
    }

    /// Opens a value that is a list.
    pub fn open_list(&mut self) -> OpenList {
        let container = self.container(tag::LIST);
        self.out.push(0);
        OpenList { container, count: 0 }
    }

    /// Says that the next value written is the next of the list.
    pub fn element(&mut self, list: &mut OpenList) {
        list.count += 1;
    }

    /// Ends a list.
    pub fn close_list(&mut self, list: OpenList) {
        encode::set_count(&mut self.out, list.container.length_at + 4, list.count);
        self.close_map_value(list.container);
    }

    fn container(&mut self, tag: u8) -> Container {
        self.out.push(tag);
        let length_at = self.out.len();
        self.out.extend_from_slice(&[0; 4]);
        Container { length_at }
    }

    /// Writes a string; `is_plain` says that JSON writes it as it is.
    pub fn string(&mut self, text: &str, is_plain: bool) {
        self.out.push(if is_plain { tag::STRING } else { tag::STRING_ESCAPED });
        encode::varint(text.len(), &mut self.out);
        self.out.extend_from_slice(text.as_bytes());
    }

    /// Writes a number.
    pub fn number(&mut self, number: Number) {
        encode::number(number, &mut self.out);
    }

    /// Writes a binary.
    pub fn binary(&mut self, bytes: &[u8]) {
        self.out.push(tag::BINARY);
        encode::counted(bytes, &mut self.out);
    }

    /// Writes a boolean.
    pub fn boolean(&mut self, value: bool) {
        self.out.extend_from_slice(&[if value { tag::TRUE } else { tag::FALSE }, 0]);
    }

    /// Writes null.
    pub fn null(&mut self) {
        self.out.extend_from_slice(&[tag::NULL, 0]);
    }

    /// Writes any value.
    pub fn value(&mut self, value: &Value) {
        encode::value(value, &mut self.out);
    }
}
