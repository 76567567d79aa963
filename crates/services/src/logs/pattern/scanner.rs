//! Reading a pattern from its left end.

use super::InvalidPattern;
use super::value::{Regex, Text};

/// What is left of a pattern.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    /// Goes over a character.
    pub(super) fn step(&mut self) {
        let mut characters = self.rest.chars();
        characters.next();
        self.rest = characters.as_str();
    }

    pub(super) fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Takes this off, if it is next, behind spaces.
    pub(super) fn take(&mut self, text: &str) -> bool {
        self.skip_space();
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes a word off, in any case of letters, if it is next and ends there.
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        self.skip_space();
        let Some(start) = self.rest.get(..word.len()) else { return false };
        let ends = !self.rest[word.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '_');
        if !start.eq_ignore_ascii_case(word) || !ends {
            return false;
        }
        self.rest = &self.rest[word.len()..];
        true
    }

    /// Takes this off, or fails.
    pub(super) fn expect(&mut self, text: &str) -> Result<(), InvalidPattern> {
        if self.take(text) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// Takes characters off as long as they are such.
    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|next| !wanted(next)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// A text in double quotes, the first of which is next. `\"` and `\\` stand for what they escape.
    pub(super) fn quoted(&mut self) -> Result<String, InvalidPattern> {
        let mut text = String::new();
        let mut characters = self.rest.char_indices().skip(1);
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(text);
                }
                '\\' => match characters.next() {
                    Some((_, escaped @ ('"' | '\\'))) => text.push(escaped),
                    Some((_, other)) => text.extend(['\\', other]),
                    None => break,
                },
                other => text.push(other),
            }
        }
        Err(InvalidPattern::new("a quoted text has no end"))
    }

    /// A regular expression between `%`, the first of which is next.
    pub(super) fn regex(&mut self) -> Result<Regex, InvalidPattern> {
        let body = &self.rest[1..];
        let end = body.find('%').ok_or_else(|| InvalidPattern::new("a regular expression has no end"))?;
        let regex = Regex::new(&body[..end])?;
        self.rest = &body[end + 1..];
        Ok(regex)
    }

    /// What a value is compared with: quoted, a regular expression, or up to what `ends` it.
    pub(super) fn operand(&mut self, ends: &str) -> Result<Text, InvalidPattern> {
        self.skip_space();
        match self.peek() {
            Some('"') => Ok(Text::quoted(self.quoted()?)),
            Some('%') => Ok(Text::Regex(self.regex()?)),
            _ => {
                let word = self.take_while(|next| !next.is_whitespace() && !ends.contains(next));
                if word.is_empty() { Err(self.unexpected()) } else { Ok(Text::word(word)) }
            }
        }
    }

    /// Says that something else was expected than what is next.
    pub(super) fn unexpected(&self) -> InvalidPattern {
        InvalidPattern::new(match self.peek() {
            None => "it ends too early".to_owned(),
            Some(_) => {
                let near: String = self.rest.chars().take(20).collect();
                format!("unexpected at '{near}'")
            }
        })
    }
}
