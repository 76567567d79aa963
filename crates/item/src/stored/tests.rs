//! Round trips, canonical bytes, projections, JSON, and bytes that are no item.

use super::*;
use crate::Number;
use crate::value::Value;
use proptest::prelude::*;

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        "[a-z\"\\\\\n\u{1}é]{0,8}".prop_map(Value::S),
        any::<i64>().prop_map(|number| Value::N(Number::from(number))),
        prop::collection::vec(any::<u8>(), 0..6).prop_map(|bytes| Value::B(bytes.into())),
        any::<bool>().prop_map(Value::Bool),
        Just(Value::Null),
        prop::collection::btree_set("[a-z\"]{0,4}", 1..4)
            .prop_map(|set| Value::string_set(set.into_iter().collect()).unwrap()),
        prop::collection::btree_set(-50i64..50, 1..4)
            .prop_map(|set| Value::number_set(set.into_iter().map(Number::from).collect()).unwrap()),
        prop::collection::btree_set(prop::collection::vec(any::<u8>(), 0..3), 1..4)
            .prop_map(|set| Value::binary_set(set.into_iter().map(Bytes::from).collect()).unwrap()),
    ]
}

fn map(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Map> {
    prop::collection::btree_map("[a-d\"é]{1,3}", value, 0..5)
        .prop_map(|map| map.into_iter().map(|(name, value)| (Name::from(name), value)).collect())
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::L),
            map(inner).prop_map(Value::M),
        ]
    })
}

proptest! {
    #[test]
    fn encode_and_decode(item in map(value())) {
        let stored = Stored::encode(&item);
        prop_assert_eq!(stored.decode().unwrap(), item.clone());
        prop_assert_eq!(stored.size(), item.size());
        prop_assert_eq!(stored.len(), item.len());
        for (name, value) in &item {
            let found = stored.attribute(name).unwrap();
            prop_assert_eq!(&found.decode().unwrap(), value);
            prop_assert_eq!(found.size(), value.size());
        }
        prop_assert!(stored.attribute("zzz").is_none());
    }

    #[test]
    fn equal_items_have_equal_bytes(a in map(value()), b in map(value())) {
        prop_assert_eq!(Stored::encode(&a) == Stored::encode(&b), a == b);
    }

    #[test]
    fn a_projection_is_the_item_of_those_attributes(item in map(value()), names in prop::collection::btree_set("[a-d\"é]{1,3}", 0..6)) {
        let names: Vec<Name> = names.into_iter().map(Name::from).collect();
        let expected: Map = item.iter().filter(|(name, _)| names.contains(name)).cloned().collect();
        prop_assert_eq!(Stored::encode(&item).project(&names), Stored::encode(&expected));
    }

    #[test]
    fn json_is_what_clients_read(item in map(value())) {
        let mut out = Vec::new();
        write_json(Stored::encode(&item).as_bytes(), &mut out).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        prop_assert_eq!(json, map_json(&item));
    }

    #[test]
    fn damaged_bytes_end_in_an_error(item in map(value()), damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4), cut in any::<prop::sample::Index>()) {
        let mut bytes = Stored::encode(&item).as_bytes().to_vec();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        read_all(bytes);
    }

    #[test]
    fn any_bytes_end_in_an_error(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        read_all([&[FORMAT, 0, 0, 0, 0, 0][..], &bytes].concat());
    }
}

/// Reads bytes in every way; whatever they are, it must return.
fn read_all(bytes: Vec<u8>) {
    let stored = Stored::from_bytes(bytes.into());
    let _ = (stored.decode(), stored.size(), stored.len(), write_json(stored.as_bytes(), &mut Vec::new()));
    for (_, value) in stored.iter() {
        let _ = (value.size(), value.list().count(), value.map().count(), value.decode());
    }
    let _ = stored.project(&["a".into(), "b".into()]).decode();
}

#[test]
fn depth_is_bounded() {
    let mut bytes = vec![FORMAT, 0, 0, 0, 0, 0, 1, 2, b'a'];
    let levels = 100_000u32;
    for level in 0..levels {
        bytes.push(read::tag::LIST);
        bytes.extend_from_slice(&((levels - level) * 6).to_le_bytes());
        bytes.push(1);
    }
    let stored = Stored::from_bytes(bytes.into());
    assert_eq!(stored.decode(), Err(CorruptItem));
    assert_eq!(write_json(stored.as_bytes(), &mut Vec::new()), Err(CorruptItem));
}

fn map_json(map: &Map) -> serde_json::Value {
    map.iter()
        .map(|(name, value)| (name.to_string(), value_json(value)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn value_json(value: &Value) -> serde_json::Value {
    use base64::Engine as _;
    use serde_json::json;
    let base64 = |bytes: &Bytes| base64::engine::general_purpose::STANDARD.encode(bytes);
    match value {
        Value::S(text) => json!({ "S": text }),
        Value::N(number) => json!({ "N": number.to_string() }),
        Value::B(bytes) => json!({ "B": base64(bytes) }),
        Value::Bool(value) => json!({ "BOOL": value }),
        Value::Null => json!({ "NULL": true }),
        Value::Ss(members) => json!({ "SS": members }),
        Value::Ns(members) => json!({ "NS": members.iter().map(ToString::to_string).collect::<Vec<_>>() }),
        Value::Bs(members) => json!({ "BS": members.iter().map(base64).collect::<Vec<_>>() }),
        Value::L(members) => json!({ "L": members.iter().map(value_json).collect::<Vec<_>>() }),
        Value::M(members) => json!({ "M": map_json(members) }),
    }
}
