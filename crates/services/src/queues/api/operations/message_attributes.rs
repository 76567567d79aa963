//! The attributes of messages, as they are sent and as they are received.

use crate::queues::{Attribute, AttributeValue, ErrorCode, QueuesError};
use crate::request::Request;
use crate::value::Value;
use std::collections::BTreeMap;

/// Reads a map of attributes.
pub(super) fn read(request: &mut Request, name: &str) -> Result<BTreeMap<String, Attribute>, QueuesError> {
    let map = match request.take(name) {
        None => return Ok(BTreeMap::new()),
        Some(Value::Structure(map)) => map,
        Some(_) => return Err(QueuesError::new(ErrorCode::MalformedInput, format!("{name} is not a map"))),
    };
    let mut attributes = BTreeMap::new();
    for (key, value) in map {
        let attribute = request.within(format!("{name}.{key}"), value, |attribute| one(attribute, &key))?;
        attributes.insert(key, attribute);
    }
    Ok(attributes)
}

fn one(attribute: &mut Request, name: &str) -> Result<Attribute, QueuesError> {
    let data_type = attribute.text("DataType")?.unwrap_or_default();
    for list in ["StringListValues", "BinaryListValues"] {
        if attribute.list(list, (0, usize::MAX))?.is_some_and(|list| !list.is_empty()) {
            let message = "Message attribute list values in SendMessage operation are not supported.";
            return Err(QueuesError::new(ErrorCode::UnsupportedOperation, message));
        }
    }
    let value = match (attribute.text("StringValue")?, attribute.blob("BinaryValue")?) {
        (Some(text), None) => AttributeValue::Text(text),
        (None, Some(bytes)) => AttributeValue::Binary(bytes),
        (Some(_), Some(_)) => {
            let message = format!("Message attribute '{name}' has multiple values.");
            return Err(QueuesError::parameter(message));
        }
        (None, None) => {
            let kind = data_type.split('.').next().unwrap_or_default();
            return Err(QueuesError::parameter(format!(
                "The message attribute '{name}' must contain non-empty message attribute value for message attribute \
                 type '{kind}'."
            )));
        }
    };
    Ok(Attribute { data_type, value })
}

/// Attributes as they are answered.
pub(super) fn told(attributes: BTreeMap<String, Attribute>) -> Value {
    let one = |(name, attribute): (String, Attribute)| {
        let value = match attribute.value {
            AttributeValue::Text(text) => ("StringValue", Value::from(text)),
            AttributeValue::Binary(bytes) => ("BinaryValue", Value::Blob(bytes)),
        };
        (name, Value::structure([value, ("DataType", Value::from(attribute.data_type))]))
    };
    Value::Structure(attributes.into_iter().map(one).collect())
}
