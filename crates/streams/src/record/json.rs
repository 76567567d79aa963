//! Records as JSON: in GetRecords, and in the events of functions.

use super::{Damaged, Kind, Record, decode};
use crate::hex::hex;
use crate::{SequenceNumber, StreamDescriptor, ViewType};
use item::stored::{CorruptItem, ImageWriter, write_json};
use siphasher::sip128::{Hasher128, SipHasher13};
use std::hash::Hasher as _;
use store::{LogRecord, Position};
use wire::json::{write_string, write_u64};

/// The two shapes in which a record goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As GetRecords answers it.
    GetRecords,
    /// As a function gets it: with the stream's ARN, the identity's members in lower case, the time as a number
    /// with a fraction, and the members in the order in which AWS sends them.
    Event,
}

/// Writes the records of one stream. What they have in common is rendered once.
#[derive(Debug)]
pub struct RecordWriter {
    /// From the opening brace to before the digits of the event id.
    head: Vec<u8>,
    /// In an event: from behind the event's name to before the time.
    event: Option<Vec<u8>>,
    /// From behind the last member of `dynamodb` to before the closing brace.
    tail: Vec<u8>,
    identity: &'static [u8],
    ids: EventIds,
    images: ImageWriter,
}

impl RecordWriter {
    /// For records of this stream, read in this region.
    #[must_use]
    pub fn new(stream: &StreamDescriptor, region: &str, form: Form) -> Self {
        let (head, event) = match form {
            Form::GetRecords => {
                let mut head = b"{\"awsRegion\":".to_vec();
                write_string(&mut head, region);
                head.extend_from_slice(
                    b",\"eventSource\":\"aws:dynamodb\",\"eventVersion\":\"1.1\",\"eventID\":\"",
                );
                (head, None)
            }
            Form::Event => {
                let mut event =
                    b"\",\"eventVersion\":\"1.1\",\"eventSource\":\"aws:dynamodb\",\"awsRegion\":".to_vec();
                write_string(&mut event, region);
                event.extend_from_slice(b",\"dynamodb\":{\"ApproximateCreationDateTime\":");
                (b"{\"eventID\":\"".to_vec(), Some(event))
            }
        };
        let mut tail = Vec::new();
        if form == Form::Event {
            tail.extend_from_slice(b",\"eventSourceARN\":");
            write_string(&mut tail, &stream.arn);
        }
        let identity: &[u8] = match form {
            Form::GetRecords => {
                b",\"userIdentity\":{\"PrincipalId\":\"dynamodb.amazonaws.com\",\"Type\":\"Service\"}"
            }
            Form::Event => {
                b",\"userIdentity\":{\"principalId\":\"dynamodb.amazonaws.com\",\"type\":\"Service\"}"
            }
        };
        Self { head, event, tail, identity, ids: EventIds::of(&stream.arn), images: ImageWriter::default() }
    }

    /// The id of the event of a record.
    #[must_use]
    pub fn event_id(&self, position: Position) -> String {
        let mut digits = Vec::with_capacity(32);
        self.ids.write(&mut digits, position);
        String::from_utf8(digits).unwrap_or_default()
    }

    /// Writes a record from its stored bytes.
    ///
    /// # Errors
    /// When the bytes are no record; `out` then ends in a piece of one.
    pub fn write(&mut self, out: &mut Vec<u8>, record: &LogRecord) -> Result<(), Damaged> {
        let decoded = decode(&record.bytes)?;
        out.extend_from_slice(&self.head);
        self.ids.write(out, record.position);
        match &self.event {
            None => {
                out.extend_from_slice(event_name(decoded.kind));
                write_u64(out, record.time_ms / 1_000);
            }
            Some(event) => {
                out.extend_from_slice(b"\",\"eventName\":\"");
                out.extend_from_slice(decoded.kind.as_str().as_bytes());
                out.extend_from_slice(event);
                write_u64(out, record.time_ms / 1_000);
                out.extend_from_slice(b".0");
            }
        }
        write_images(&mut self.images, out, &decoded)
            .map_err(|CorruptItem| Damaged("an image that is no item"))?;
        out.extend_from_slice(b",\"SequenceNumber\":\"");
        SequenceNumber::of(record.position).write(out);
        out.extend_from_slice(b"\",\"SizeBytes\":");
        write_u64(out, u64::from(decoded.size_bytes));
        out.extend_from_slice(view_type(decoded.view));
        if decoded.service {
            out.extend_from_slice(self.identity);
        }
        out.extend_from_slice(&self.tail);
        out.push(b'}');
        Ok(())
    }
}

/// Writes the key and the images that there are.
pub(super) fn write_images(
    images: &mut ImageWriter,
    out: &mut Vec<u8>,
    record: &Record<'_>,
) -> Result<(), CorruptItem> {
    out.extend_from_slice(b",\"Keys\":");
    write_json(record.keys, out)?;
    if let Some(new) = record.new {
        out.extend_from_slice(b",\"NewImage\":");
        images.first(new, out)?;
    }
    if let Some(old) = record.old {
        out.extend_from_slice(b",\"OldImage\":");
        match record.new {
            Some(new) => images.second(old, new, out)?,
            None => write_json(old, out)?,
        }
    }
    Ok(())
}

/// From behind the event id to before the time, in one piece.
fn event_name(kind: Kind) -> &'static [u8] {
    match kind {
        Kind::Insert => b"\",\"eventName\":\"INSERT\",\"dynamodb\":{\"ApproximateCreationDateTime\":",
        Kind::Modify => b"\",\"eventName\":\"MODIFY\",\"dynamodb\":{\"ApproximateCreationDateTime\":",
        Kind::Remove => b"\",\"eventName\":\"REMOVE\",\"dynamodb\":{\"ApproximateCreationDateTime\":",
    }
}

/// From behind the size to the end of `dynamodb`.
fn view_type(view: ViewType) -> &'static [u8] {
    match view {
        ViewType::KeysOnly => b",\"StreamViewType\":\"KEYS_ONLY\"}",
        ViewType::NewImage => b",\"StreamViewType\":\"NEW_IMAGE\"}",
        ViewType::OldImage => b",\"StreamViewType\":\"OLD_IMAGE\"}",
        ViewType::NewAndOldImages => b",\"StreamViewType\":\"NEW_AND_OLD_IMAGES\"}",
    }
}

/// The event ids of one stream: a keyed hash of the position, so that a record read again has the same one.
#[derive(Clone, Copy, Debug)]
pub(super) struct EventIds {
    key: [u8; 16],
}

impl EventIds {
    /// Those of the stream with this ARN.
    pub(super) fn of(arn: &str) -> Self {
        let mut hasher = SipHasher13::new();
        hasher.write(arn.as_bytes());
        Self { key: hasher.finish128().as_bytes() }
    }

    /// Appends the 32 hex digits.
    pub(super) fn write(self, out: &mut Vec<u8>, position: Position) {
        let mut hasher = SipHasher13::new_with_key(&self.key);
        hasher.write(&position.0.to_le_bytes());
        out.extend_from_slice(&hex(hasher.finish128().as_bytes()));
    }
}
