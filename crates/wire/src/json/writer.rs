//! The writer: JSON straight into a buffer.

use super::scan;

/// Writes a string in quotes.
#[inline]
pub fn write_string(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    let mut plain = 0;
    loop {
        let special = scan::next_special(bytes, plain);
        out.extend_from_slice(&bytes[plain..special]);
        let Some(byte) = bytes.get(special) else { break };
        write_escape(out, *byte);
        plain = special + 1;
    }
    out.push(b'"');
}

#[cold]
fn write_escape(out: &mut Vec<u8>, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let short = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        0x0c => b'f',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => {
            out.extend_from_slice(b"\\u00");
            out.push(DIGITS[usize::from(byte >> 4)]);
            out.push(DIGITS[usize::from(byte & 15)]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// Writes a key and its colon.
#[inline]
pub fn write_key(out: &mut Vec<u8>, key: &str) {
    write_string(out, key);
    out.push(b':');
}

/// Writes an integer.
pub fn write_u64(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Writes a time as AWS does: seconds since the epoch, with milliseconds if there are any.
pub fn write_timestamp_ms(out: &mut Vec<u8>, time_ms: u64) {
    write_u64(out, time_ms / 1000);
    let millis = time_ms % 1000;
    if millis != 0 {
        out.push(b'.');
        for digit in [millis / 100, millis / 10 % 10, millis % 10] {
            out.push(b'0' + digit as u8);
        }
    }
}

/// A document without the white space between its parts.
pub fn compact(document: &str) -> String {
    let (mut out, mut in_string, mut escaped) = (String::with_capacity(document.len()), false, false);
    for character in document.chars() {
        if in_string || !character.is_ascii_whitespace() {
            out.push(character);
        }
        if character == '"' && !escaped {
            in_string = !in_string;
        }
        escaped = character == '\\' && !escaped;
    }
    out
}

/// Writes the members of an object; names are taken to need no escape unless they come through
/// [`ObjectWriter::key`].
#[derive(Debug)]
pub struct ObjectWriter<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl<'a> ObjectWriter<'a> {
    /// Opens an object.
    pub fn new(out: &'a mut Vec<u8>) -> ObjectWriter<'a> {
        out.push(b'{');
        ObjectWriter { out, first: true }
    }

    fn comma(&mut self) {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
    }

    /// Starts a member; the caller writes its value into the buffer.
    #[inline]
    pub fn member(&mut self, name: &'static str) -> &mut Vec<u8> {
        self.comma();
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    /// Starts a member whose name is data.
    #[inline]
    pub fn key(&mut self, name: &str) -> &mut Vec<u8> {
        self.comma();
        write_key(self.out, name);
        self.out
    }

    /// A string member.
    pub fn string(&mut self, name: &'static str, value: &str) {
        write_string(self.member(name), value);
    }

    /// An integer member.
    pub fn unsigned(&mut self, name: &'static str, value: u64) {
        write_u64(self.member(name), value);
    }

    /// An integer member.
    pub fn integer(&mut self, name: &'static str, value: i64) {
        let out = self.member(name);
        out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }

    /// A boolean member.
    pub fn boolean(&mut self, name: &'static str, value: bool) {
        let text: &[u8] = if value { b"true" } else { b"false" };
        self.member(name).extend_from_slice(text);
    }

    /// A time member.
    pub fn timestamp_ms(&mut self, name: &'static str, time_ms: u64) {
        write_timestamp_ms(self.member(name), time_ms);
    }

    /// An object member; the caller ends it.
    pub fn object(&mut self, name: &'static str) -> ObjectWriter<'_> {
        ObjectWriter::new(self.member(name))
    }

    /// An array member; the caller ends it.
    pub fn array(&mut self, name: &'static str) -> ArrayWriter<'_> {
        ArrayWriter::new(self.member(name))
    }

    /// Closes the object.
    pub fn end(self) {
        self.out.push(b'}');
    }
}

/// Writes the elements of an array.
#[derive(Debug)]
pub struct ArrayWriter<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl<'a> ArrayWriter<'a> {
    /// Opens an array.
    pub fn new(out: &'a mut Vec<u8>) -> ArrayWriter<'a> {
        out.push(b'[');
        ArrayWriter { out, first: true }
    }

    /// Starts an element; the caller writes it into the buffer.
    #[inline]
    pub fn element(&mut self) -> &mut Vec<u8> {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
        self.out
    }

    /// A string element.
    pub fn string(&mut self, value: &str) {
        write_string(self.element(), value);
    }

    /// An object element; the caller ends it.
    pub fn object(&mut self) -> ObjectWriter<'_> {
        ObjectWriter::new(self.element())
    }

    /// Closes the array.
    pub fn end(self) {
        self.out.push(b']');
    }
}
