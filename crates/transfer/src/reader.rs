//! Items out of a file of any format, one at a time.

use crate::csv::{CsvOptions, CsvReader, Record};
use crate::lines::{Line, Lines};
use crate::{Compression, Format, ion, json};
use item::Stored;
use std::fmt;
use std::io::{self, Read};

/// How a file is to be read.
#[derive(Clone, Debug)]
pub struct Source {
    /// What its records are written in.
    pub format: Format,
    /// What it is compressed with.
    pub compression: Compression,
    /// The rest of it, where it is CSV.
    pub csv: CsvOptions,
}

/// A record that is no item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRecord {
    /// The line that it begins at, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for BadRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

/// The items of a file.
pub struct Items {
    lines: Lines,
    line: Vec<u8>,
    parser: Parser,
    /// The line at which the last record began.
    started: u64,
}

enum Parser {
    Json,
    Ion,
    Csv(Box<CsvReader>),
}

impl Items {
    /// The items of this file.
    pub fn new(file: impl Read + Send + 'static, source: &Source) -> Items {
        let parser = match source.format {
            Format::Json => Parser::Json,
            Format::Ion => Parser::Ion,
            Format::Csv => Parser::Csv(Box::new(CsvReader::new(source.csv.clone()))),
        };
        let lines = Lines::new(source.compression.reader(file));
        Items { lines, line: Vec::new(), parser, started: 0 }
    }

    /// The bytes of what was read so far, without compression.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.lines.bytes
    }

    /// The line at which the last record began, from 1.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.started
    }

    /// Reads the next item; `None` at the end. Behind a bad record it goes on with the next line.
    ///
    /// # Errors
    /// When nothing more of the file can be read: it is damaged, or has a header that says nothing.
    pub fn read(&mut self) -> io::Result<Option<Result<Stored, BadRecord>>> {
        loop {
            self.started = self.lines.number + 1;
            let found = match &mut self.parser {
                Parser::Csv(csv) => {
                    let record = csv.read(&mut self.lines)?;
                    self.started = csv.started;
                    match record {
                        Record::End => return Ok(None),
                        Record::Item(item) => Ok(Some(item)),
                        Record::Bad(reason) => Err(reason),
                    }
                }
                Parser::Json | Parser::Ion => match self.lines.next(&mut self.line)? {
                    Line::End => return Ok(None),
                    Line::TooLong => Err("the line is too long".to_owned()),
                    Line::Whole => self.of_line(),
                },
            };
            match found {
                Ok(Some(item)) => return Ok(Some(Ok(item))),
                Ok(None) => {}
                Err(reason) => return Ok(Some(Err(BadRecord { line: self.started, reason }))),
            }
        }
    }

    /// The item of a line; `None` where there is nothing on it.
    fn of_line(&self) -> Result<Option<Stored>, String> {
        if self.line.trim_ascii().is_empty() {
            return Ok(None);
        }
        if matches!(self.parser, Parser::Json) {
            return json::read_line(&self.line).map(Some);
        }
        if self.line.starts_with(&[0xe0, 0x01, 0x00, 0xea]) {
            return Err("it is Ion's binary form, and only its text is read".into());
        }
        let text = std::str::from_utf8(&self.line).map_err(|_| "the line is not UTF-8")?;
        ion::read_line(text).map_err(|error| error.to_string())
    }
}

impl fmt::Debug for Items {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("line", &self.started).finish_non_exhaustive()
    }
}
