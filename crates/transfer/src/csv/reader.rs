//! Reading: fields out of lines, and items out of fields.

use super::CsvOptions;
use crate::lines::{Line, Lines, RECORD_BYTES_MAX};
use item::{KeyKind, Map, Name, Number, Stored, Value};
use std::collections::HashSet;
use std::io;
use wire::value::decode_base64;

/// What was found where a record is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Record {
    Item(Stored),
    /// No item: why.
    Bad(String),
    End,
}

struct Column {
    name: Name,
    /// `None` for a string.
    kind: Option<KeyKind>,
}

/// Reads the records of a file.
pub(crate) struct CsvReader {
    options: CsvOptions,
    /// Empty until the header was read.
    columns: Vec<Column>,
    line: Vec<u8>,
    fields: Fields,
    /// The line at which the last record began.
    pub(crate) started: u64,
}

impl CsvReader {
    pub(crate) fn new(options: CsvOptions) -> Self {
        Self { options, columns: Vec::new(), line: Vec::new(), fields: Fields::default(), started: 0 }
    }

    /// Reads the next record.
    pub(crate) fn read(&mut self, lines: &mut Lines) -> io::Result<Record> {
        if self.columns.is_empty() && !self.read_header(lines)? {
            return Ok(Record::End);
        }
        Ok(match self.read_fields(lines)? {
            None => Record::End,
            Some(Err(reason)) => Record::Bad(reason.to_owned()),
            Some(Ok(())) => match self.item() {
                Ok(item) => Record::Item(item),
                Err(reason) => Record::Bad(reason),
            },
        })
    }

    /// Finds out the columns; `false` in an empty file.
    fn read_header(&mut self, lines: &mut Lines) -> io::Result<bool> {
        let names = match self.options.header.take() {
            Some(names) => names,
            None => match self.read_fields(lines)? {
                None => return Ok(false),
                Some(Err(reason)) => return Err(header_error(reason)),
                Some(Ok(())) => self.fields.texts().map_err(header_error)?,
            },
        };
        let mut seen = HashSet::new();
        for name in names {
            if name.is_empty() {
                return Err(header_error("a column has no name"));
            }
            if !seen.insert(name.clone()) {
                return Err(header_error(&format!("the column {name} is there twice")));
            }
            let kinds = self.options.kinds.iter();
            let kind = kinds.filter(|(known, _)| *known == name).map(|(_, kind)| *kind).next();
            self.columns.push(Column { name: name.into(), kind: kind.filter(|kind| *kind != KeyKind::S) });
        }
        Ok(true)
    }

    /// Reads the fields of the next record that is not an empty line; `None` at the end.
    fn read_fields(&mut self, lines: &mut Lines) -> io::Result<Option<Result<(), &'static str>>> {
        self.fields.clear();
        loop {
            let found = lines.next(&mut self.line)?;
            if !self.fields.is_open() {
                self.started = lines.number;
            }
            match found {
                Line::End if self.fields.is_open() => return Ok(Some(Err("a quote without an end"))),
                Line::End => return Ok(None),
                Line::TooLong => return Ok(Some(Err("the line is too long"))),
                Line::Whole if !self.fields.is_open() && is_blank(&self.line) => continue,
                Line::Whole => {}
            }
            if let Err(reason) = self.fields.push_line(&self.line, self.options.delimiter) {
                return Ok(Some(Err(reason)));
            }
            if !self.fields.is_open() {
                return Ok(Some(Ok(())));
            }
        }
    }

    fn item(&self) -> Result<Stored, String> {
        let (found, expected) = (self.fields.ends.len(), self.columns.len());
        if found != expected {
            return Err(format!("the header has {expected} columns, but the record {found} fields"));
        }
        let mut entries: Vec<(Name, Value)> = Vec::with_capacity(expected);
        for (place, column) in self.columns.iter().enumerate() {
            let (bytes, is_quoted) = self.fields.field(place);
            if bytes.is_empty() && !is_quoted {
                continue;
            }
            let text = std::str::from_utf8(bytes).map_err(|_| "the record is not UTF-8".to_owned())?;
            entries.push((column.name.clone(), column.value(text)?));
        }
        entries.sort_by(|(one, _), (other, _)| one.as_bytes().cmp(other.as_bytes()));
        Ok(Stored::encode(&entries.into_iter().collect::<Map>()))
    }
}

impl Column {
    fn value(&self, text: &str) -> Result<Value, String> {
        let refused = |error: &dyn std::fmt::Display| format!("{}: {error}", self.name);
        match self.kind {
            None | Some(KeyKind::S) => Ok(Value::S(text.to_owned())),
            Some(KeyKind::N) => Number::parse(text).map(Value::N).map_err(|error| refused(&error)),
            Some(KeyKind::B) => match decode_base64(text) {
                Ok(bytes) => Ok(Value::B(bytes.into())),
                Err(error) => Err(refused(&error)),
            },
        }
    }
}

fn header_error(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the header cannot be used: {reason}"))
}

fn is_blank(line: &[u8]) -> bool {
    matches!(line, [] | [b'\r'])
}

/// Where in a field a line has come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Start,
    Plain,
    Quoted,
    /// Behind a quote in a quoted field: the end of it, or the first of two that stand for one.
    AfterQuote,
}

/// The fields of a record.
#[derive(Default)]
struct Fields {
    /// The fields one after the other, without quotes.
    bytes: Vec<u8>,
    /// Where each ends, and whether it stood in quotes.
    ends: Vec<(usize, bool)>,
    state: State,
}

impl Fields {
    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.state = State::Start;
    }

    /// Whether the record goes on in the next line.
    fn is_open(&self) -> bool {
        self.state == State::Quoted
    }

    fn field(&self, place: usize) -> (&[u8], bool) {
        let start = if place == 0 { 0 } else { self.ends[place - 1].0 };
        let (end, is_quoted) = self.ends[place];
        (&self.bytes[start..end], is_quoted)
    }

    fn texts(&self) -> Result<Vec<String>, &'static str> {
        let text = |place| String::from_utf8(self.field(place).0.to_vec()).map_err(|_| "it is not UTF-8");
        (0..self.ends.len()).map(text).collect()
    }

    /// Takes a line, without the line feed that ends it.
    fn push_line(&mut self, line: &[u8], delimiter: u8) -> Result<(), &'static str> {
        if self.bytes.len() + line.len() > RECORD_BYTES_MAX {
            return Err("the record is too long");
        }
        for (place, byte) in line.iter().copied().enumerate() {
            let is_end = byte == b'\r' && place + 1 == line.len() && self.state != State::Quoted;
            if is_end {
                break;
            }
            self.push(byte, delimiter)?;
        }
        match self.state {
            State::Quoted => self.bytes.push(b'\n'),
            state => {
                self.ends.push((self.bytes.len(), state == State::AfterQuote));
                self.state = State::Start;
            }
        }
        Ok(())
    }

    fn push(&mut self, byte: u8, delimiter: u8) -> Result<(), &'static str> {
        match (self.state, byte) {
            (State::Quoted, b'"') => self.state = State::AfterQuote,
            (State::Quoted, byte) => self.bytes.push(byte),
            (state, byte) if byte == delimiter => {
                self.ends.push((self.bytes.len(), state == State::AfterQuote));
                self.state = State::Start;
            }
            (State::Start, b'"') => self.state = State::Quoted,
            (State::AfterQuote, b'"') => {
                self.bytes.push(b'"');
                self.state = State::Quoted;
            }
            (State::AfterQuote, _) => return Err("something stands behind a field in quotes"),
            (State::Plain, b'"') => {
                return Err("a quote in a field that does not stand in quotes");
            }
            (State::Start | State::Plain, byte) => {
                self.bytes.push(byte);
                self.state = State::Plain;
            }
        }
        Ok(())
    }
}
