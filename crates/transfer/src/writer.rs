//! Items as lines of the two formats that hold whole items.

use crate::{Format, csv, ion, json};
use item::{CorruptItem, Name, Stored};

/// How items are to be written.
#[derive(Clone, Debug)]
pub enum Layout {
    /// As DynamoDB JSON.
    Json,
    /// As Ion's text.
    Ion,
    /// As CSV, with these columns.
    Csv {
        /// The attributes that are written, in this order.
        columns: Vec<Name>,
        /// What parts the fields.
        delimiter: u8,
    },
}

impl Layout {
    /// The format of what is written.
    #[must_use]
    pub fn format(&self) -> Format {
        match self {
            Self::Json => Format::Json,
            Self::Ion => Format::Ion,
            Self::Csv { .. } => Format::Csv,
        }
    }

    /// Writes what stands at the beginning of a file.
    pub fn write_start(&self, out: &mut Vec<u8>) {
        if let Self::Csv { columns, delimiter } = self {
            csv::write_header(out, columns, *delimiter);
        }
    }

    /// Writes an item. Answers how many of its values the format has no type for.
    ///
    /// # Errors
    /// When the item is damaged.
    pub fn write_item(&self, out: &mut Vec<u8>, item: &Stored) -> Result<u64, CorruptItem> {
        match self {
            Self::Json => json::write_line(out, item).map(|()| 0),
            Self::Ion => {
                ion::write_line(out, &item.decode()?);
                Ok(0)
            }
            Self::Csv { columns, delimiter } => csv::write_record(out, columns, item, *delimiter),
        }
    }
}
