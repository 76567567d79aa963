//! The tokens of Ion's text.

use super::IonError;

/// A position in a text.
#[derive(Clone)]
pub(super) struct Scan<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
}

impl<'a> Scan<'a> {
    /// The byte that is next.
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Whether the text goes on with this.
    pub(super) fn is_at(&self, what: &str) -> bool {
        self.text.as_bytes()[self.at..].starts_with(what.as_bytes())
    }

    /// Takes this, if the text goes on with it.
    pub(super) fn take(&mut self, what: &str) -> bool {
        let is_there = self.is_at(what);
        if is_there {
            self.at += what.len();
        }
        is_there
    }

    /// Takes this, with white space before it.
    pub(super) fn expect(&mut self, what: &str, named: &'static str) -> Result<(), IonError> {
        self.space()?;
        if self.take(what) { Ok(()) } else { Err(self.syntax(named)) }
    }

    /// An error here.
    pub(super) fn syntax(&self, what: &'static str) -> IonError {
        IonError::Syntax { what, at: self.at }
    }

    /// Passes over white space and comments.
    pub(super) fn space(&mut self) -> Result<(), IonError> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c) => self.at += 1,
                Some(b'/') if self.is_at("//") => {
                    let rest = &self.text[self.at..];
                    self.at += rest.find('\n').unwrap_or(rest.len());
                }
                Some(b'/') if self.is_at("/*") => match self.text[self.at + 2..].find("*/") {
                    Some(end) => self.at += end + 4,
                    None => return Err(self.syntax("a comment without an end")),
                },
                _ => return Ok(()),
            }
        }
    }

    /// The bytes from here on for which this holds.
    pub(super) fn while_true(&mut self, holds: impl Fn(u8) -> bool) -> &'a str {
        let rest = &self.text[self.at..];
        let length = rest.bytes().position(|byte| !holds(byte)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// An identifier.
    pub(super) fn identifier(&mut self) -> Option<&'a str> {
        if !self.peek().is_some_and(is_identifier_start) {
            return None;
        }
        Some(self.while_true(|byte| is_identifier_start(byte) || byte.is_ascii_digit()))
    }
}

pub(super) fn is_identifier_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'$')
}

/// Whether an identifier is a symbol's number, such as `$10`, whose name is in a table that is not here.
pub(super) fn is_symbol_number(identifier: &str) -> bool {
    let digits = identifier.strip_prefix('$').unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}
