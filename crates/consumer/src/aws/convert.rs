//! Values of the SDK's two clients, to and from those of this crate.

use crate::transport::CallError;
use crate::{Change, ChangeKind, Item, SequenceNumber, Value};
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue as TableValue;
use aws_sdk_dynamodbstreams::types::{AttributeValue as StreamValue, OperationType, Record};
use std::collections::HashMap;

fn unknown(what: &str) -> CallError {
    CallError::Refused(format!("{what} of a kind that this version does not know"))
}

/// The two clients have the same values in two types.
macro_rules! from_sdk {
    ($name:ident, $value:ident) => {
        fn $name(value: $value) -> Result<Value, CallError> {
            Ok(match value {
                $value::S(text) => Value::S(text),
                $value::N(number) => Value::N(number),
                $value::B(bytes) => Value::B(bytes.into_inner()),
                $value::Bool(value) => Value::Bool(value),
                $value::Null(value) => Value::Null(value),
                $value::Ss(texts) => Value::Ss(texts),
                $value::Ns(numbers) => Value::Ns(numbers),
                $value::Bs(blobs) => Value::Bs(blobs.into_iter().map(|blob| blob.into_inner()).collect()),
                $value::L(values) => Value::L(values.into_iter().map($name).collect::<Result<_, _>>()?),
                $value::M(members) => Value::M(
                    members
                        .into_iter()
                        .map(|(name, value)| Ok((name, $name(value)?)))
                        .collect::<Result<_, CallError>>()?,
                ),
                _ => return Err(unknown("a value")),
            })
        }
    };
}

from_sdk!(from_table_value, TableValue);
from_sdk!(from_stream_value, StreamValue);

fn to_table_value(value: &Value) -> TableValue {
    match value {
        Value::S(text) => TableValue::S(text.clone()),
        Value::N(number) => TableValue::N(number.clone()),
        Value::B(bytes) => TableValue::B(Blob::new(bytes.clone())),
        Value::Bool(value) => TableValue::Bool(*value),
        Value::Null(value) => TableValue::Null(*value),
        Value::Ss(texts) => TableValue::Ss(texts.clone()),
        Value::Ns(numbers) => TableValue::Ns(numbers.clone()),
        Value::Bs(blobs) => TableValue::Bs(blobs.iter().cloned().map(Blob::new).collect()),
        Value::L(values) => TableValue::L(values.iter().map(to_table_value).collect()),
        Value::M(members) => TableValue::M(to_table(members)),
    }
}

pub(super) fn to_table(item: &Item) -> HashMap<String, TableValue> {
    item.iter().map(|(name, value)| (name.clone(), to_table_value(value))).collect()
}

pub(super) fn from_table(item: HashMap<String, TableValue>) -> Result<Item, CallError> {
    item.into_iter().map(|(name, value)| Ok((name, from_table_value(value)?))).collect()
}

fn from_stream(item: HashMap<String, StreamValue>) -> Result<Item, CallError> {
    item.into_iter().map(|(name, value)| Ok((name, from_stream_value(value)?))).collect()
}

/// A record of a stream. One without a sequence number could not be passed, and is refused.
pub(super) fn change(record: Record) -> Result<Change, CallError> {
    let kind = match record.event_name {
        Some(OperationType::Insert) => ChangeKind::Insert,
        Some(OperationType::Modify) => ChangeKind::Modify,
        Some(OperationType::Remove) => ChangeKind::Remove,
        _ => return Err(unknown("a record")),
    };
    let body = record.dynamodb.ok_or_else(|| unknown("a record"))?;
    let number = body.sequence_number.ok_or_else(|| unknown("a record"))?;
    Ok(Change {
        kind,
        keys: from_stream(body.keys.unwrap_or_default())?,
        new: body.new_image.map(from_stream).transpose()?,
        old: body.old_image.map(from_stream).transpose()?,
        sequence_number: SequenceNumber::new(&number),
        event_id: record.event_id,
        created_ms: body
            .approximate_creation_date_time
            .and_then(|time| time.to_millis().ok())
            .and_then(|ms| u64::try_from(ms).ok()),
        size_bytes: body.size_bytes.and_then(|bytes| u64::try_from(bytes).ok()),
        principal: record.user_identity.and_then(|identity| identity.principal_id),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_as_they_were() {
        let item = Item::from([
            ("s".to_owned(), Value::from("text")),
            ("n".to_owned(), Value::from(7)),
            ("b".to_owned(), Value::B(vec![0, 255])),
            (
                "sets".to_owned(),
                Value::L(vec![
                    Value::Ss(vec!["a".to_owned()]),
                    Value::Ns(vec!["1".to_owned()]),
                    Value::Bs(vec![vec![1], vec![]]),
                ]),
            ),
            (
                "map".to_owned(),
                Value::M(Item::from([
                    ("yes".to_owned(), Value::Bool(true)),
                    ("null".to_owned(), Value::Null(true)),
                ])),
            ),
        ]);
        assert_eq!(from_table(to_table(&item)).unwrap(), item);
    }

    #[test]
    fn a_record_without_a_sequence_number_is_refused() {
        let record = Record::builder().event_name(OperationType::Insert).build();
        assert!(matches!(change(record), Err(CallError::Refused(_))));
    }
}
