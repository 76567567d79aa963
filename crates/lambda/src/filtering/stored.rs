//! A record of a table's stream as filters see it: the JSON that a function would be given, read where it is stored. So a
//! record that is refused costs no JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use filter::{Node, Scalar, Shape};
use item::Stored;
use item::stored::{Kind, StoredValue};
use std::borrow::Cow;
use std::ops::ControlFlow;
use store::LogRecord;
use streams::record::{Damaged, RecordWriter, StoredRecord, decode_stored};
use streams::{SequenceNumber, ViewType};

/// What a record says.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    record: StoredRecord,
    log_record: &'a LogRecord,
    stream: Stream<'a>,
}

/// The stream of a record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stream<'a> {
    pub(crate) arn: &'a str,
    pub(crate) region: &'a str,
    /// Who makes the ids of events.
    pub(crate) writer: &'a RecordWriter,
}

impl<'a> Fields<'a> {
    /// Looks into a record.
    ///
    /// # Errors
    /// When its bytes are none.
    pub(crate) fn of(log_record: &'a LogRecord, stream: Stream<'a>) -> Result<Self, Damaged> {
        Ok(Self { record: decode_stored(&log_record.bytes)?, log_record, stream })
    }

    /// The whole of it.
    pub(crate) fn root(&'a self) -> Part<'a> {
        Part::Record(self)
    }

    fn member(&'a self, name: &str) -> Option<Part<'a>> {
        Some(match name {
            "eventID" => Part::EventId(self),
            "eventName" => Part::Text(self.record.kind.as_str()),
            "eventVersion" => Part::Text("1.1"),
            "eventSource" => Part::Text("aws:dynamodb"),
            "awsRegion" => Part::Text(self.stream.region),
            "dynamodb" => Part::Change(self),
            "userIdentity" if self.record.service => Part::Identity,
            "eventSourceARN" => Part::Text(self.stream.arn),
            _ => return None,
        })
    }

    fn change(&'a self, name: &str) -> Option<Part<'a>> {
        Some(match name {
            "ApproximateCreationDateTime" => Part::Number(whole(self.log_record.time_ms / 1_000)),
            "Keys" => Part::Image(&self.record.keys),
            "NewImage" => Part::Image(self.record.new.as_ref()?),
            "OldImage" => Part::Image(self.record.old.as_ref()?),
            "SequenceNumber" => Part::Sequence(self),
            "SizeBytes" => Part::Number(f64::from(self.record.size_bytes)),
            "StreamViewType" => Part::Text(view(self.record.view)),
            _ => return None,
        })
    }
}

/// Seconds are far below the numbers that have no exact form.
fn whole(number: u64) -> f64 {
    number as f64
}

fn view(view: ViewType) -> &'static str {
    match view {
        ViewType::KeysOnly => "KEYS_ONLY",
        ViewType::NewImage => "NEW_IMAGE",
        ViewType::OldImage => "OLD_IMAGE",
        ViewType::NewAndOldImages => "NEW_AND_OLD_IMAGES",
    }
}

/// A value in a record.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part<'a> {
    /// The record.
    Record(&'a Fields<'a>),
    /// Its member `dynamodb`.
    Change(&'a Fields<'a>),
    /// The service as the one who deleted the item.
    Identity,
    EventId(&'a Fields<'a>),
    Sequence(&'a Fields<'a>),
    Text(&'a str),
    Number(f64),
    /// An item's attributes.
    Image(&'a Stored),
    /// A value with its type around it: `{"S": ..}`.
    Typed(StoredValue<'a>),
    /// And without.
    Value(StoredValue<'a>),
}

impl<'a> Node<'a> for Part<'a> {
    fn shape(self) -> Shape<'a> {
        let text = |text: Cow<'a, str>| Shape::Scalar(Scalar::String(text));
        match self {
            Self::Record(_) | Self::Change(_) | Self::Identity | Self::Image(_) | Self::Typed(_) => {
                Shape::Object
            }
            Self::EventId(fields) => text(fields.stream.writer.event_id(fields.log_record.position).into()),
            Self::Sequence(fields) => text(SequenceNumber::of(fields.log_record.position).to_string().into()),
            Self::Text(value) => text(value.into()),
            Self::Number(value) => Shape::Scalar(Scalar::Number(value)),
            Self::Value(value) => match value.kind() {
                Kind::S => text(value.as_str().unwrap_or_default().into()),
                Kind::N => text(value.as_number_text().unwrap_or_default().into()),
                Kind::B => text(STANDARD.encode(value.as_binary().unwrap_or_default()).into()),
                Kind::Bool => Shape::Scalar(Scalar::Bool(value.as_bool().unwrap_or_default())),
                Kind::Null => Shape::Scalar(Scalar::Bool(true)),
                Kind::Ss | Kind::Ns | Kind::Bs | Kind::L => Shape::Array,
                Kind::M => Shape::Object,
            },
        }
    }

    fn member(self, name: &str) -> Option<Self> {
        match self {
            Self::Record(fields) => fields.member(name),
            Self::Change(fields) => fields.change(name),
            Self::Identity => match name {
                "type" => Some(Self::Text("Service")),
                "principalId" => Some(Self::Text("dynamodb.amazonaws.com")),
                _ => None,
            },
            Self::Image(image) => image.attribute(name).map(Self::Typed),
            Self::Typed(value) => (value.type_name() == name).then_some(Self::Value(value)),
            Self::Value(value) => value.attribute(name).map(Self::Typed),
            Self::EventId(_) | Self::Sequence(_) | Self::Text(_) | Self::Number(_) => None,
        }
    }

    fn element(self, index: usize) -> Option<Self> {
        let Self::Value(value) = self else { return None };
        match value.kind() {
            Kind::L => value.element(index).map(Self::Typed),
            _ => value.set().nth(index).map(Self::Value),
        }
    }

    fn elements<B>(self, mut each: impl FnMut(usize, Self) -> ControlFlow<B>) -> ControlFlow<B> {
        let Self::Value(value) = self else { return ControlFlow::Continue(()) };
        match value.kind() {
            Kind::L => value.list().enumerate().try_for_each(|(at, element)| each(at, Self::Typed(element))),
            _ => value.set().enumerate().try_for_each(|(at, element)| each(at, Self::Value(element))),
        }
    }

    fn same(self, other: Self) -> bool {
        // Only arrays are ever compared, and these are values.
        matches!((self, other), (Self::Value(one), Self::Value(other)) if one.is_same(other))
    }
}

#[cfg(test)]
mod tests;
