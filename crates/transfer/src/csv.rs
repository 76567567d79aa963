//! CSV: a header, then a record for each item.
//!
//! Fields are parted by a delimiter, and stand in double quotes where they hold one, a quote (which is doubled) or
//! the end of a line. All values are strings, but those of attributes whose types the table knows, its keys and
//! those of its indexes: these are numbers as text, and binaries in base64. An empty field stands for an attribute
//! that is not there; an empty field in quotes, for an empty string.

mod reader;
mod writer;

pub(crate) use reader::{CsvReader, Record};
pub use writer::{write_header, write_record};

use item::{KeyKind, Name};

/// How a file is to be read.
#[derive(Clone, Debug)]
pub struct CsvOptions {
    /// What parts the fields of a record; an ASCII character.
    pub delimiter: u8,
    /// The names of the columns, where the first line of a file does not say them.
    pub header: Option<Vec<String>>,
    /// The types of the attributes that are not strings, or may not be.
    pub kinds: Vec<(Name, KeyKind)>,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self { delimiter: b',', header: None, kinds: Vec::new() }
    }
}
