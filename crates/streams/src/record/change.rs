//! A change as the JSON that a table delivers to a data stream: both images, no sequence number and no view.

use super::json::{EventIds, write_images};
use super::{Damaged, Record};
use crate::data_stream::record::Precision;
use item::stored::{CorruptItem, ImageWriter};
use store::Position;
use wire::json::{write_string, write_u64};

/// Writes the changes that are in one data stream.
#[derive(Debug)]
pub struct ChangeWriter {
    /// From the opening brace to before the digits of the event id.
    head: Vec<u8>,
    ids: EventIds,
    images: ImageWriter,
}

impl ChangeWriter {
    /// For changes that are in the stream of this ARN, in this region.
    #[must_use]
    pub fn new(stream_arn: &str, region: &str) -> Self {
        let mut head = b"{\"awsRegion\":".to_vec();
        write_string(&mut head, region);
        head.extend_from_slice(b",\"eventID\":\"");
        Self { head, ids: EventIds::of(stream_arn), images: ImageWriter::default() }
    }

    /// Writes a change of a table, with the precision in which its time is told, from its place in the stream, its
    /// time and its record.
    ///
    /// # Errors
    /// When an image is no item.
    pub(crate) fn write(
        &mut self,
        out: &mut Vec<u8>,
        (table, precision): (&str, Precision),
        (position, time_ms): (Position, u64),
        change: &Record<'_>,
    ) -> Result<(), Damaged> {
        out.extend_from_slice(&self.head);
        self.ids.write(out, position);
        out.extend_from_slice(b"\",\"eventName\":\"");
        out.extend_from_slice(change.kind.as_str().as_bytes());
        out.extend_from_slice(if change.service {
            b"\",\"userIdentity\":{\"type\":\"Service\",\"principalId\":\"dynamodb.amazonaws.com\"}"
        } else {
            b"\",\"userIdentity\":null"
        });
        out.extend_from_slice(b",\"recordFormat\":\"application/json\",\"tableName\":");
        write_string(out, table);
        out.extend_from_slice(b",\"dynamodb\":{\"ApproximateCreationDateTime\":");
        match precision {
            Precision::Millisecond => write_u64(out, time_ms),
            Precision::Microsecond => {
                write_u64(out, time_ms.saturating_mul(1_000));
                out.extend_from_slice(b",\"ApproximateCreationDateTimePrecision\":\"MICROSECOND\"");
            }
        }
        let images = write_images(&mut self.images, out, change);
        images.map_err(|CorruptItem| Damaged("an image that is no item"))?;
        out.extend_from_slice(b",\"SizeBytes\":");
        write_u64(out, u64::from(change.size_bytes));
        out.extend_from_slice(b"},\"eventSource\":\"aws:dynamodb\"}");
        Ok(())
    }
}
