//! Attribute values in JSON, read as an item to be put, which goes straight into stored bytes, and as a key, which
//! becomes a tree: both are what a naive reader makes of it, and come back the same through JSON.

use crate::decimal::Decimal;
use item::stored::{self, Stored};
use item::{Map, Number, Value};
use serde_json::Value as Json;
use wire::ApiError;
use wire::dynamodb::{GetItem, PutItem};

/// See the module.
pub fn target(data: &[u8]) {
    let stored = PutItem::decode(&request("Item", data)).map(|put| put.item);
    let tree = key(data);
    let (stored, item) = match (stored, tree) {
        (Ok(stored), Ok(item)) => (stored, item),
        (Err(_), Err(_)) => return,
        (stored, tree) => panic!("{stored:?} as an item, {tree:?} as a key"),
    };
    assert_eq!(stored, Stored::encode(&item), "the bytes that are written at once");
    let mut written = Vec::new();
    wire::value::write_map(&mut written, &item);
    // What follows the item in the bytes may have been members of the request: the naive reader gets only what
    // was taken for the item.
    if let Ok(json @ Json::Object(_)) = serde_json::from_slice(data) {
        assert_eq!(naive_map(&json).as_ref(), Some(&item), "{json}");
    }
    let again = key(&written).unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(again, item);
    check_stored(&item, &written);
}

fn key(json: &[u8]) -> Result<Map, ApiError> {
    GetItem::decode(&request("Key", json)).map(|get| get.key)
}

/// The stored form holds all of the item, and turns into the same JSON.
pub fn check_stored(item: &Map, json: &[u8]) {
    let stored = Stored::encode(item);
    assert_eq!(stored.decode().as_ref(), Ok(item));
    assert_eq!((stored.size(), stored.len()), (item.size(), item.len()));
    let mut from_stored = Vec::new();
    assert_eq!(stored::write_json(stored.as_bytes(), &mut from_stored), Ok(()));
    let parsed = |bytes: &[u8]| serde_json::from_slice::<Json>(bytes).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(parsed(&from_stored), parsed(json));
    for ((name, value), (stored_name, stored_value)) in item.iter().zip(stored.iter()) {
        assert_eq!(name, stored_name);
        assert_eq!(stored_value.decode().as_ref(), Ok(value));
        assert_eq!(stored_value.size(), value.size(), "{value:?}");
        assert_eq!(stored.attribute(name).map(|found| found.decode()), Some(Ok(value.clone())));
    }
    let names: Vec<_> = item.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(stored.project(&names), stored);
    let every_other: Vec<_> = names.iter().step_by(2).cloned().collect();
    let kept: Map = item.iter().filter(|(name, _)| every_other.contains(name)).cloned().collect();
    assert_eq!(stored.project(&every_other), Stored::encode(&kept));
}

fn request(member: &str, json: &[u8]) -> Vec<u8> {
    [br#"{"TableName":"tab",""#, member.as_bytes(), br#"":"#, json, b"}"].concat()
}

fn naive_map(json: &Json) -> Option<Map> {
    json.as_object()?.iter().map(|(name, value)| Some((name.as_str().into(), naive(value)?))).collect()
}

const TYPES: [&str; 10] = ["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"];

fn naive(json: &Json) -> Option<Value> {
    let members = json.as_object()?;
    // Members that are null count as not sent, and those that no value has are not looked at.
    let counts = |(name, value): &(&String, &Json)| TYPES.contains(&name.as_str()) && !value.is_null();
    let mut given = members.iter().filter(counts);
    let (kind, value) = given.next()?;
    let text = |text: &Json| text.as_str().map(str::to_owned);
    let texts = || value.as_array()?.iter().map(text).collect::<Option<Vec<String>>>();
    let read = match kind.as_str() {
        "S" => Value::S(value.as_str()?.to_owned()),
        "N" => Value::N(number(value.as_str()?)?),
        "B" => Value::B(binary(value.as_str()?)?),
        "BOOL" => Value::Bool(value.as_bool()?),
        "NULL" => Value::Null,
        "SS" => Value::string_set(texts()?).ok()?,
        "NS" => Value::number_set(texts()?.iter().map(|text| number(text)).collect::<Option<_>>()?).ok()?,
        "BS" => Value::binary_set(texts()?.iter().map(|text| binary(text)).collect::<Option<_>>()?).ok()?,
        "L" => Value::L(value.as_array()?.iter().map(naive).collect::<Option<_>>()?),
        "M" => Value::M(naive_map(value)?),
        _ => return None,
    };
    given.next().is_none().then_some(read)
}

fn number(text: &str) -> Option<Number> {
    Number::parse(&Decimal::parse(text).ok()?.text()).ok()
}

fn binary(text: &str) -> Option<bytes::Bytes> {
    wire::value::decode_base64(text).ok().map(Into::into)
}
