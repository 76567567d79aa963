//! The pull reader.

use super::failure::JsonError;
use super::scan::{self, is_special};
use std::borrow::Cow;

/// The deepest nesting of objects and arrays that is read at all: 2,000 levels of attribute values, each of
/// which is an object in an object or an array.
const DEPTH_LIMIT: u32 = 4_002;

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// `{`
    Object,
    /// `[`
    Array,
    /// A string.
    String,
    /// A number.
    Number,
    /// `true`
    True,
    /// `false`
    False,
    /// `null`
    Null,
}

/// Reads one document from front to back.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    depth: u32,
}

/// Where a reader is among the members of an object.
#[derive(Debug)]
pub struct Members {
    first: bool,
}

/// Where a reader is among the elements of an array.
#[derive(Debug)]
pub struct Elements {
    first: bool,
}

impl<'a> Reader<'a> {
    /// A reader over a whole document.
    pub fn new(bytes: &'a [u8]) -> Result<Reader<'a>, JsonError> {
        let text = std::str::from_utf8(bytes).map_err(|error| JsonError::Malformed(error.valid_up_to()))?;
        Ok(Reader { text, bytes, at: 0, depth: 0 })
    }

    /// Says that the document must end here.
    pub fn finish(mut self) -> Result<(), JsonError> {
        self.skip_whitespace();
        if self.at == self.bytes.len() { Ok(()) } else { Err(self.malformed()) }
    }

    /// How many objects and arrays are open.
    pub fn depth(&self) -> u32 {
        self.depth
    }

    /// How many bytes are still to be read.
    pub fn rest(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// The place reached, for [`Reader::since`].
    pub fn position(&self) -> usize {
        self.at
    }

    /// The text read since a place.
    pub fn since(&self, position: usize) -> &'a str {
        self.text.get(position..self.at).unwrap_or_default()
    }

    /// What the next value is, without reading it.
    #[inline]
    pub fn peek(&mut self) -> Result<Token, JsonError> {
        self.skip_whitespace();
        match self.bytes.get(self.at) {
            Some(b'"') => Ok(Token::String),
            Some(b'{') => Ok(Token::Object),
            Some(b'[') => Ok(Token::Array),
            Some(b'0'..=b'9' | b'-') => Ok(Token::Number),
            Some(b't') => Ok(Token::True),
            Some(b'f') => Ok(Token::False),
            Some(b'n') => Ok(Token::Null),
            _ => Err(self.malformed()),
        }
    }

    /// Reads `null`, if that is what comes.
    pub fn null(&mut self) -> Result<bool, JsonError> {
        if self.peek()? != Token::Null {
            return Ok(false);
        }
        self.literal(b"null")?;
        Ok(true)
    }

    /// Opens an object. The caller has seen `Token::Object`.
    #[inline]
    pub fn object(&mut self) -> Result<Members, JsonError> {
        self.open(b'{')?;
        Ok(Members { first: true })
    }

    /// Opens an array. The caller has seen `Token::Array`.
    #[inline]
    pub fn array(&mut self) -> Result<Elements, JsonError> {
        self.open(b'[')?;
        Ok(Elements { first: true })
    }

    fn open(&mut self, bracket: u8) -> Result<(), JsonError> {
        self.skip_whitespace();
        self.expect(bracket)?;
        self.depth += 1;
        if self.depth > DEPTH_LIMIT { Err(JsonError::TooDeep) } else { Ok(()) }
    }

    /// The key of the next member, whose value comes next; `None` once the object is closed.
    #[inline]
    pub fn next_member(&mut self, members: &mut Members) -> Result<Option<Cow<'a, str>>, JsonError> {
        if let Some(key) = self.plain_member(members) {
            return Ok(Some(Cow::Borrowed(key)));
        }
        if !self.next_item(&mut members.first, b'}')? {
            return Ok(None);
        }
        let key = self.string()?;
        self.skip_whitespace();
        self.expect(b':')?;
        Ok(Some(key))
    }

    /// The key of the next member, if it comes next in its usual form: plain and not empty, with no space but
    /// one after the comma before it. Otherwise nothing is read: ask [`Reader::next_member`].
    #[inline]
    pub fn plain_member(&mut self, members: &mut Members) -> Option<&'a str> {
        let rest = self.bytes.get(self.at..)?;
        let start = match rest {
            [b'"', ..] if members.first => self.at + 1,
            [b',', b'"', ..] if !members.first => self.at + 2,
            [b',', b' ', b'"', ..] if !members.first => self.at + 3,
            _ => return None,
        };
        let end = scan::next_special(self.bytes, start);
        if end == start || self.bytes.get(end..end + 2) != Some(b"\":") {
            return None;
        }
        self.at = end + 2;
        members.first = false;
        Some(&self.text[start..end])
    }

    /// Whether another element comes next; `false` once the array is closed.
    #[inline]
    pub fn next_element(&mut self, elements: &mut Elements) -> Result<bool, JsonError> {
        self.next_item(&mut elements.first, b']')
    }

    #[inline]
    fn next_item(&mut self, first: &mut bool, close: u8) -> Result<bool, JsonError> {
        self.skip_whitespace();
        match self.bytes.get(self.at) {
            Some(byte) if *byte == close => {
                self.at += 1;
                self.depth -= 1;
                return Ok(false);
            }
            Some(b',') if !*first => {
                self.at += 1;
                self.skip_whitespace();
            }
            _ if *first => {}
            _ => return Err(self.malformed()),
        }
        *first = false;
        Ok(true)
    }

    /// Reads a string. Anything else here is malformed: look with [`Reader::peek`] first.
    #[inline]
    pub fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        self.expect(b'"')?;
        let start = self.at;
        let end = scan::next_special(self.bytes, start);
        match self.bytes.get(end) {
            Some(b'"') => {
                self.at = end + 1;
                Ok(Cow::Borrowed(&self.text[start..end]))
            }
            Some(b'\\') => self.escaped_string(start, end).map(Cow::Owned),
            _ => Err(JsonError::Malformed(end)),
        }
    }

    /// Reads an object of one member with a name of one letter and a plain string, such as `{"S":"text"}`, if
    /// it comes next in just this form, or with the space after its colon that some clients send: what most
    /// attribute values are, at a fraction of the usual cost.
    #[inline]
    pub fn one_letter_string(&mut self) -> Option<(u8, &'a str)> {
        let rest = self.bytes.get(self.at..)?;
        let (letter, start) = match rest {
            [b'{', b'"', letter, b'"', b':', b'"', ..] => (*letter, self.at + 6),
            [b' ', b'{', b'"', letter, b'"', b':', b' ', b'"', ..] => (*letter, self.at + 8),
            _ => return None,
        };
        let end = scan::next_special(self.bytes, start);
        if !is_special(letter) && self.bytes.get(end..end + 2) == Some(b"\"}") {
            self.at = end + 2;
            Some((letter, &self.text[start..end]))
        } else {
            None
        }
    }

    fn escaped_string(&mut self, start: usize, first_escape: usize) -> Result<String, JsonError> {
        let mut text = String::with_capacity((first_escape - start) * 2 + 16);
        let (mut plain, mut at) = (start, first_escape);
        loop {
            text.push_str(&self.text[plain..at]);
            match self.bytes.get(at) {
                Some(b'"') => {
                    self.at = at + 1;
                    return Ok(text);
                }
                Some(b'\\') => {
                    self.at = at + 1;
                    text.push(self.escape()?);
                    plain = self.at;
                    at = scan::next_special(self.bytes, plain);
                }
                _ => return Err(JsonError::Malformed(at)),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let byte = *self.bytes.get(self.at).ok_or_else(|| self.malformed())?;
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(),
            _ => return Err(self.malformed()),
        })
    }

    /// `\uXXXX`, or a pair of surrogates; half a pair is no character.
    fn unicode_escape(&mut self) -> Result<char, JsonError> {
        let high = self.four_digits()?;
        let scalar = if (0xD800..0xDC00).contains(&high) {
            if self.bytes.get(self.at..self.at + 2) != Some(b"\\u") {
                return Err(self.malformed());
            }
            self.at += 2;
            let low = self.four_digits()?;
            if !(0xDC00..0xE000).contains(&low) {
                return Err(self.malformed());
            }
            0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)
        } else {
            high
        };
        char::from_u32(scalar).ok_or_else(|| self.malformed())
    }

    fn four_digits(&mut self) -> Result<u32, JsonError> {
        let digits = self.bytes.get(self.at..self.at + 4).ok_or_else(|| self.malformed())?;
        let mut value = 0;
        for digit in digits {
            let digit = char::from(*digit).to_digit(16).ok_or_else(|| self.malformed())?;
            value = value * 16 + digit;
        }
        self.at += 4;
        Ok(value)
    }

    /// Reads a number, as text of JSON's grammar.
    pub fn number(&mut self) -> Result<&'a str, JsonError> {
        self.skip_whitespace();
        let start = self.at;
        if self.bytes.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        match self.bytes.get(self.at) {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.skip_digits(),
            _ => return Err(self.malformed()),
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.bytes.get(self.at) {
            self.at += 1;
            if let Some(b'+' | b'-') = self.bytes.get(self.at) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(&self.text[start..self.at])
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        self.skip_digits();
        if self.at == start { Err(self.malformed()) } else { Ok(()) }
    }

    fn skip_digits(&mut self) {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
    }

    /// Reads `true` or `false`. The caller has seen one of them.
    pub fn boolean(&mut self) -> Result<bool, JsonError> {
        let value = self.peek()? == Token::True;
        self.literal(if value { b"true" } else { b"false" })?;
        Ok(value)
    }

    fn literal(&mut self, word: &[u8]) -> Result<(), JsonError> {
        match self.bytes.get(self.at..self.at + word.len()) {
            Some(found) if found == word => {
                self.at += word.len();
                Ok(())
            }
            _ => Err(self.malformed()),
        }
    }

    /// Reads any value and drops it, to any depth without recursion. Gives how deep it went: 0 for a scalar,
    /// 1 for an array or object of scalars.
    pub fn skip(&mut self) -> Result<u32, JsonError> {
        // One entry an open container: whether it is an object.
        let mut open: Vec<(bool, bool)> = Vec::new();
        let mut deepest = 0;
        loop {
            match self.peek()? {
                Token::Object => {
                    self.open(b'{')?;
                    open.push((true, true));
                }
                Token::Array => {
                    self.open(b'[')?;
                    open.push((false, true));
                }
                Token::String => drop(self.string()?),
                Token::Number => drop(self.number()?),
                Token::True | Token::False => drop(self.boolean()?),
                Token::Null => drop(self.null()?),
            }
            deepest = deepest.max(open.len());
            while let Some((is_object, first)) = open.last_mut() {
                if !self.next_item(first, if *is_object { b'}' } else { b']' })? {
                    open.pop();
                    continue;
                }
                if *is_object {
                    self.string()?;
                    self.skip_whitespace();
                    self.expect(b':')?;
                }
                break;
            }
            if open.is_empty() {
                return Ok(deepest as u32);
            }
        }
    }

    #[inline]
    fn skip_whitespace(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    #[inline]
    fn expect(&mut self, byte: u8) -> Result<(), JsonError> {
        if self.bytes.get(self.at) == Some(&byte) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.malformed())
        }
    }

    /// The failure of a document that is wrong at this point.
    pub fn malformed(&self) -> JsonError {
        JsonError::Malformed(self.at)
    }
}
