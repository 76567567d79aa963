//! From a request's JSON straight to an item's stored bytes.
//!
//! This is the fast path of whole items: it reads what is sent as nearly all clients send it. Of whatever is
//! wrong or unusual it answers nothing, and the item is read again by [`super::decode`], which alone knows how
//! each fault is reported. Both give the same bytes.

use super::base64::decode_base64;
use super::decode::Values;
use super::problem::Problem;
use crate::json::{Reader, Token};
use item::Stored;
use item::number::Number;
use item::stored::{Writer, is_plain};
use std::borrow::Cow;

/// The deepest level that is read here; the attributes are level 1.
const LEVELS_MAX: u32 = 32;

/// What a level adds to the size of a list or a map.
const CONTAINER_BYTES: usize = 3;

/// Reads an item; where it answers `None`, the reader is somewhere inside of it.
pub(super) fn item(reader: &mut Reader<'_>, bytes: usize) -> Option<Stored> {
    let mut direct = Direct { writer: Writer::with_capacity(bytes) };
    let size = direct.entries(reader, 1, 0)?;
    Some(direct.writer.finish(size))
}

struct Direct {
    writer: Writer,
}

impl Direct {
    /// Reads the attributes of a map whose values stand at `level`; answers their size, with `each` added for
    /// each of them.
    fn entries(&mut self, reader: &mut Reader<'_>, level: u32, each: usize) -> Option<usize> {
        if reader.peek().ok()? != Token::Object {
            return None;
        }
        let mut members = reader.object().ok()?;
        let (mut map, mut size) = (self.writer.open_map(), 0);
        while let Some(name) = reader.next_member(&mut members).ok()? {
            if Problem::of_name(&name).is_some() {
                return None;
            }
            // A borrowed text stood in the JSON as it is.
            let is_plain = matches!(name, Cow::Borrowed(_)) || is_plain(&name);
            self.writer.name(&mut map, &name, is_plain);
            size += each + name.len() + self.value(reader, level)?;
        }
        self.writer.close_map(map).then_some(size)
    }

    /// Reads a value; answers its size.
    fn value(&mut self, reader: &mut Reader<'_>, level: u32) -> Option<usize> {
        if level > LEVELS_MAX {
            return None;
        }
        match reader.one_letter_string() {
            Some((b'S', text)) => {
                self.writer.string(text, true);
                return Some(text.len());
            }
            Some((b'N', text)) => return self.number(text),
            Some((b'B', text)) => return self.binary(text),
            Some(_) => return None,
            None => {}
        }
        self.typed_value(reader, level)
    }

    fn number(&mut self, text: &str) -> Option<usize> {
        let number = Number::parse(text).ok()?;
        self.writer.number(number);
        Some(number.size())
    }

    fn typed_value(&mut self, reader: &mut Reader<'_>, level: u32) -> Option<usize> {
        let start = reader.clone();
        if reader.peek().ok()? != Token::Object {
            return None;
        }
        let mut members = reader.object().ok()?;
        let name = reader.next_member(&mut members).ok()??;
        let next = reader.peek().ok()?;
        let size = match (&*name, next) {
            ("S", Token::String) => {
                let text = reader.string().ok()?;
                self.writer.string(&text, is_plain(&text));
                text.len()
            }
            ("N", Token::String) => self.number(&reader.string().ok()?)?,
            ("BOOL", Token::True | Token::False) => {
                self.writer.boolean(reader.boolean().ok()?);
                1
            }
            ("NULL", Token::True) => {
                reader.boolean().ok()?;
                self.writer.null();
                1
            }
            ("M", Token::Object) => {
                let container = self.writer.open_map_value();
                let size = CONTAINER_BYTES + self.entries(reader, level + 1, 1)?;
                self.writer.close_map_value(container);
                size
            }
            ("L", Token::Array) => self.list(reader, level + 1)?,
            ("B", Token::String) => self.binary(&reader.string().ok()?)?,
            ("SS", Token::Array) => self.string_set(reader)?,
            ("NS" | "BS", Token::Array) => {
                *reader = start;
                return self.set(reader);
            }
            _ => return None,
        };
        // A second member is the other path's business.
        if reader.next_member(&mut members).ok()?.is_some() { None } else { Some(size) }
    }

    fn list(&mut self, reader: &mut Reader<'_>, level: u32) -> Option<usize> {
        let (mut elements, mut list) = (reader.array().ok()?, self.writer.open_list());
        let mut size = CONTAINER_BYTES;
        while reader.next_element(&mut elements).ok()? {
            self.writer.element(&mut list);
            size += 1 + self.value(reader, level)?;
        }
        self.writer.close_list(list);
        Some(size)
    }

    fn binary(&mut self, text: &str) -> Option<usize> {
        let bytes = decode_base64(text).ok()?;
        self.writer.binary(&bytes);
        Some(bytes.len())
    }

    fn string_set(&mut self, reader: &mut Reader<'_>) -> Option<usize> {
        let (mut elements, mut size, mut is_empty) = (reader.array().ok()?, 0, true);
        let container = self.writer.open_string_set();
        let mut set = self.writer.open_map();
        while reader.next_element(&mut elements).ok()? {
            if reader.peek().ok()? != Token::String {
                return None;
            }
            let text = reader.string().ok()?;
            // A borrowed text stood in the JSON as it is.
            let is_plain = matches!(text, Cow::Borrowed(_)) || is_plain(&text);
            self.writer.name(&mut set, &text, is_plain);
            size += text.len();
            is_empty = false;
        }
        if is_empty || !self.writer.close_map(set) {
            return None;
        }
        self.writer.close_map_value(container);
        Some(size)
    }

    /// Another set is put in order as a value first.
    fn set(&mut self, reader: &mut Reader<'_>) -> Option<usize> {
        let value = Values::new().only(reader)?;
        self.writer.value(&value);
        Some(value.size())
    }
}
