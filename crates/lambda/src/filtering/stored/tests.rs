//! Records where they are stored, held against their JSON as `serde_json` reads it.

use super::{Fields, Stream};
use filter::Filters;
use item::{Map, Name, Number, Stored, Value as Item};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use store::{LogRecord, Position};
use streams::record::{Form, Kind, NewRecord, RecordWriter, encode};
use streams::{KeyElement, KeyRole, StreamDescriptor, StreamStatus, ViewType};

fn descriptor() -> StreamDescriptor {
    StreamDescriptor {
        arn: "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/x".into(),
        label: "x".into(),
        account: "000000000000".into(),
        region: "us-east-1".into(),
        table_name: "t".into(),
        key_schema: vec![KeyElement { name: "pk".into(), role: KeyRole::Hash }],
        view: ViewType::NewAndOldImages,
        created_ms: 0,
        status: StreamStatus::Enabled,
        closed_ms: None,
        shards: Vec::new(),
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c]{0,3}", Just("1.5".to_owned()), Just("a\"\n.b".to_owned()), Just("YQ==".to_owned())]
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![Just("1"), Just("-2.5"), Just("100"), Just("1.5")]
        .prop_map(|text| Number::parse(text).unwrap())
}

fn value() -> impl Strategy<Value = Item> {
    let leaf = prop_oneof![
        text().prop_map(Item::S),
        number().prop_map(Item::N),
        prop::collection::vec(any::<u8>(), 0..4).prop_map(|bytes| Item::B(bytes.into())),
        any::<bool>().prop_map(Item::Bool),
        Just(Item::Null),
        prop::collection::btree_set(text(), 1..4).prop_map(|set| Item::Ss(set.into_iter().collect())),
        prop::collection::btree_set(0..9_u8, 1..4).prop_map(|set| {
            Item::Ns(set.into_iter().map(|digit| Number::parse(&digit.to_string()).unwrap()).collect())
        }),
        prop::collection::btree_set(any::<u8>(), 1..4)
            .prop_map(|set| Item::Bs(set.into_iter().map(|byte| vec![byte].into()).collect())),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Item::L),
            map(inner).prop_map(Item::M),
        ]
    })
}

fn map(values: impl Strategy<Value = Item>) -> impl Strategy<Value = Map> {
    let names = prop_oneof![Just("pk"), Just("a"), Just("b"), Just("a.S"), Just("S"), Just("é")];
    prop::collection::btree_map(names, values, 0..4).prop_map(|members| {
        let mut map = Map::with_capacity(members.len());
        for (name, value) in members {
            map.insert(Name::from(name), value);
        }
        map
    })
}

/// All paths through a document, with the values at their ends.
fn paths(value: &Value, path: &mut Vec<String>, found: &mut Vec<(Vec<String>, Value)>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                path.push(name.clone());
                paths(member, path, found);
                path.pop();
            }
        }
        Value::Array(elements) => elements.iter().for_each(|element| paths(element, path, found)),
        scalar => found.push((path.clone(), scalar.clone())),
    }
}

fn nested(path: &[String], wanted: Value) -> Value {
    path.iter().rev().fold(wanted, |inner, name| json!({ name: inner }))
}

/// Patterns about what a record says: each of its values, some other value, and what is not there.
fn patterns(event: &Value) -> Vec<String> {
    let mut found = Vec::new();
    paths(event, &mut Vec::new(), &mut found);
    let mut patterns = BTreeSet::new();
    for (path, value) in &found {
        let mut wanted =
            vec![json!([value]), json!([{"exists": true}]), json!([{"exists": false}]), json!(["z"])];
        if let Some(text) = value.as_str() {
            let start: String = text.chars().take(1).collect();
            wanted.push(json!([{ "anything-but": text }]));
            wanted.push(json!([{ "prefix": start }]));
        }
        if value.is_number() {
            wanted.push(json!([{"numeric": [">=", value]}]));
        }
        patterns.extend(wanted.into_iter().map(|wanted| nested(path, wanted).to_string()));
    }
    for absent in [
        json!({"dynamodb": {"NewImage": {"q": {"S": [{"exists": false}]}}}}),
        json!({"userIdentity": {"type": ["Service"]}}),
        json!({"dynamodb": {"OldImage": {"a": [{"exists": false}]}}}),
        json!({"eventName": ["INSERT"], "dynamodb": {"NewImage": {"a": {"L": {"S": ["a"], "N": ["1"]}}}}}),
    ] {
        patterns.insert(absent.to_string());
    }
    patterns.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(environment::repeated(96) as u32))]

    #[test]
    fn what_is_stored_matches_as_its_json_does(
        (old, new) in (map(value()), map(value())),
        (kind, view) in (0..3_u8, 0..4_u8),
        (service, time_ms) in (any::<bool>(), 0..2_000_000_000_000_u64),
    ) {
        let mut keys = Map::with_capacity(1);
        keys.insert(Name::from("pk"), Item::S("key".into()));
        let (keys, old, new) = (Stored::encode(&keys), Stored::encode(&old), Stored::encode(&new));
        let kind = [Kind::Insert, Kind::Modify, Kind::Remove][usize::from(kind)];
        let view = [ViewType::KeysOnly, ViewType::NewImage, ViewType::OldImage, ViewType::NewAndOldImages]
            [usize::from(view)];
        let record = NewRecord {
            kind,
            keys: &keys,
            old: (kind != Kind::Insert).then_some(&old),
            new: (kind != Kind::Remove).then_some(&new),
            view,
            service: service && kind == Kind::Remove,
        };
        let log_record = LogRecord { position: Position(7_000_000), time_ms, bytes: encode(&record) };
        let stream = descriptor();
        let mut writer = RecordWriter::new(&stream, "us-east-1", Form::Event);
        let mut json = Vec::new();
        writer.write(&mut json, &log_record).unwrap();
        let event: Value = serde_json::from_slice(&json).unwrap();
        let of = Stream { arn: &stream.arn, region: "us-east-1", writer: &writer };
        let fields = Fields::of(&log_record, of).unwrap();
        for pattern in patterns(&event) {
            let filters = Filters::parse([pattern.as_str()]).unwrap();
            prop_assert_eq!(filters.matches(fields.root()), filters.matches(&event), "{} {}", pattern, event);
        }
    }
}
