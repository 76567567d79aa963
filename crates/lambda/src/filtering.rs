//! Records as filters see them: those of tables where they are stored (`stored`), those of data streams with their data
//! decoded (`data`). [`RecordFilter`] is for whoever else follows a table's stream with a mapping's filters,
//! and [`ItemFilter`] for whoever keeps a copy of the items that they mean.

pub(crate) mod data;
mod items;
pub(crate) mod stored;

pub use items::{Effect, ItemFilter, NotOfItems};

use filter::Filters;
use store::LogRecord;
use stored::{Fields, Stream};
use streams::StreamDescriptor;
use streams::record::{Damaged, Form, RecordWriter};

/// Filters on the records of one stream.
#[derive(Debug)]
pub struct RecordFilter {
    filters: Filters,
    arn: String,
    region: String,
    writer: RecordWriter,
}

impl RecordFilter {
    /// These, on the records of this stream.
    #[must_use]
    pub fn new(filters: Filters, stream: &StreamDescriptor) -> Self {
        let writer = RecordWriter::new(stream, &stream.region, Form::Event);
        Self { filters, arn: stream.arn.clone(), region: stream.region.clone(), writer }
    }

    /// Whether a record is let through.
    ///
    /// # Errors
    /// When its bytes are none.
    pub fn passes(&self, record: &LogRecord) -> Result<bool, Damaged> {
        if self.filters.is_empty() {
            return Ok(true);
        }
        let stream = Stream { arn: &self.arn, region: &self.region, writer: &self.writer };
        Ok(self.filters.matches(Fields::of(record, stream)?.root()))
    }
}
