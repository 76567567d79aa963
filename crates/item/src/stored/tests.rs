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
    prop::collection::btree_map("[a-c\"é]{1,3}|[ab]{7,9}\0?", value, 0..5)
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

    /// The second image is most often the first with something changed, at times another altogether.
    #[test]
    fn a_second_image_is_written_as_if_alone(
        first in map(value()), changes in map(value()), gone in prop::collection::vec(0usize..8, 0..3), mixed in any::<bool>(), before in "x{0,2}",
    ) {
        let kept = first.iter().filter(|_| mixed).map(|(name, value)| (name.clone(), value.clone()));
        let changed = changes.iter().map(|(name, value)| (name.clone(), value.clone()));
        let mut second: std::collections::BTreeMap<Name, Value> = kept.chain(changed).collect();
        for place in gone {
            if let Some(name) = second.keys().nth(place).cloned() {
                second.remove(&name);
            }
        }
        let second: Map = second.into_iter().collect();
        let (first, second) = (Stored::encode(&first), Stored::encode(&second));
        let (mut alone, mut together) = (Vec::new(), before.clone().into_bytes());
        write_json(second.as_bytes(), &mut alone).unwrap();
        let mut writer = ImageWriter::default();
        writer.first(first.as_bytes(), &mut together).unwrap();
        together.extend_from_slice(b",between:");
        let at = together.len();
        writer.second(second.as_bytes(), first.as_bytes(), &mut together).unwrap();
        prop_assert_eq!(String::from_utf8_lossy(&together[at..]), String::from_utf8_lossy(&alone));
        let mut first_alone = Vec::new();
        write_json(first.as_bytes(), &mut first_alone).unwrap();
        prop_assert_eq!(&together[before.len()..at - 9], &first_alone[..]);
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

/// Writes a map as its attributes come, in the order that `shuffle` gives them.
fn write_map(map: &Map, shuffle: u64, writer: &mut Writer) {
    write_entries(map, shuffle, writer, |value, writer| write_value(value, shuffle, writer));
}

fn write_names(map: &Map, shuffle: u64, writer: &mut Writer) {
    write_entries(map, shuffle, writer, |_, _| {});
}

fn write_entries(map: &Map, shuffle: u64, writer: &mut Writer, write: impl Fn(&Value, &mut Writer)) {
    let mut entries: Vec<_> = map.iter().collect();
    let mut state = shuffle | 1;
    for at in (1..entries.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        entries.swap(at, (state >> 33) as usize % (at + 1));
    }
    let is_plain = |text: &str| !text.contains(['"', '\\', '\n', '\u{1}', '\0']);
    let mut open = writer.open_map();
    for (name, value) in entries {
        writer.name(&mut open, name, is_plain(name));
        write(value, writer);
    }
    assert!(writer.close_map(open));
}

fn write_value(value: &Value, shuffle: u64, writer: &mut Writer) {
    match value {
        Value::L(members) => {
            let mut list = writer.open_list();
            for member in members {
                writer.element(&mut list);
                write_value(member, shuffle, writer);
            }
            writer.close_list(list);
        }
        Value::M(map) => {
            let container = writer.open_map_value();
            write_map(map, shuffle, writer);
            writer.close_map_value(container);
        }
        Value::Ss(members) => {
            let container = writer.open_string_set();
            let names = members.iter().map(|member| (Name::from(member), Value::Null)).collect();
            write_names(&names, shuffle, writer);
            writer.close_map_value(container);
        }
        Value::N(number) => writer.number(*number),
        Value::Bool(value) => writer.boolean(*value),
        Value::Null => writer.null(),
        Value::B(bytes) => writer.binary(bytes),
        other => writer.value(other),
    }
}

/// A change of a map: by name a value or none, or changes within.
#[derive(Clone, Debug)]
enum Change {
    Value(Option<Value>),
    Within(std::collections::BTreeMap<Name, Change>),
}

fn changes() -> impl Strategy<Value = std::collections::BTreeMap<Name, Change>> {
    let name = || "[a-c]{1,2}".prop_map(Name::from);
    let leaf = prop::option::of(value()).prop_map(Change::Value);
    let change = leaf.prop_recursive(3, 12, 4, move |inner| {
        prop::collection::btree_map(name(), inner, 0..4).prop_map(Change::Within)
    });
    prop::collection::btree_map(name(), change, 0..5)
}

fn change(map: &mut Map, changes: &std::collections::BTreeMap<Name, Change>) {
    for (name, what) in changes {
        match (what, map.get_mut(name)) {
            (Change::Value(Some(value)), _) => drop(map.insert(name.clone(), value.clone())),
            (Change::Value(None), _) => drop(map.remove(name)),
            (Change::Within(changes), Some(Value::M(inner))) => change(inner, changes),
            (Change::Within(_), _) => {}
        }
    }
}

/// The same as edits, without those within what is no map.
fn edits_of(map: &Map, changes: &std::collections::BTreeMap<Name, Change>) -> Edits {
    let edit = |(name, what): (&Name, &Change)| {
        let edit = match (what, map.get(name)) {
            (Change::Value(Some(value)), _) => Edit::Put(value.clone()),
            (Change::Value(None), _) => Edit::Remove,
            (Change::Within(changes), Some(Value::M(inner))) => Edit::Within(edits_of(inner, changes)),
            (Change::Within(_), _) => return None,
        };
        Some((name.clone(), edit))
    };
    changes.iter().filter_map(edit).collect()
}

#[test]
fn a_map_may_grow_to_more_than_one_byte_can_count() {
    let names: Vec<Name> = (0..200).map(|at| Name::from(format!("n{at:03}"))).collect();
    let few: Map = names[..100].iter().map(|name| (name.clone(), Value::Null)).collect();
    let all: Map = names.iter().map(|name| (name.clone(), Value::Bool(true))).collect();
    let puts: Edits = names.iter().map(|name| (name.clone(), Edit::Put(Value::Bool(true)))).collect();
    assert_eq!(Stored::encode(&few).edited(&puts).unwrap(), Stored::encode(&all));
    let within = |map: Map| -> Map { [(Name::from("m"), Value::M(map))].into_iter().collect() };
    let name = Name::from("m");
    let edited = Stored::encode(&within(few)).edited(&[(name, Edit::Within(puts))]).unwrap();
    assert_eq!(edited, Stored::encode(&within(all)));
}

proptest! {
    #[test]
    fn an_edited_item_is_the_item_with_other_values(item in map(value()), edits in changes()) {
        let mut expected = item.clone();
        change(&mut expected, &edits);
        let edits = edits_of(&item, &edits);
        prop_assert_eq!(Stored::encode(&item).edited(&edits).unwrap(), Stored::encode(&expected));
    }

    #[test]
    fn an_item_written_in_any_order_is_the_item_encoded(item in map(value()), shuffle: u64) {
        let mut writer = Writer::with_capacity(0);
        write_map(&item, shuffle, &mut writer);
        prop_assert_eq!(writer.finish(item.size()), Stored::encode(&item));
    }
}

#[test]
fn long_maps_and_lists_are_written_as_they_are_encoded() {
    for count in [127, 128, 300] {
        let names: Map = (0..count).map(|at| (Name::from(format!("n{at}")), Value::Null)).collect();
        let list = Value::L(vec![Value::Bool(true); count]);
        let item: Map = [("list".into(), list), ("map".into(), Value::M(names.clone()))]
            .into_iter()
            .chain(names)
            .collect();
        for shuffle in [1, 2, 3] {
            let mut writer = Writer::with_capacity(0);
            write_map(&item, shuffle, &mut writer);
            assert_eq!(writer.finish(item.size()), Stored::encode(&item), "{count}");
        }
    }
}

#[test]
fn a_name_twice_is_no_item() {
    for names in [["a", "a", "b"], ["b", "a", "b"], ["b", "a", "a"]] {
        let mut writer = Writer::with_capacity(0);
        let mut map = writer.open_map();
        for name in names {
            writer.name(&mut map, name, true);
            writer.null();
        }
        assert!(!writer.close_map(map), "{names:?}");
    }
}

#[test]
fn bytes_that_nothing_reads_are_damage() {
    let item = |value: &[u8]| {
        let entries = [&[1, 2, b'a'], value].concat();
        Stored::from_bytes([&[1, 0, 2, 0, 0, 0][..], &entries].concat().into())
    };
    assert!(item(&[6, 0]).decode().is_ok());
    assert!(item(&[11, 1, 0, 0, 0, 0]).decode().is_ok());
    // A boolean, a null, a list and a set of strings, each with a byte too many.
    for value in [&[6, 1, 0][..], &[7, 1, 0], &[11, 2, 0, 0, 0, 0, 0], &[8, 4, 0, 0, 0, 1, 2, b'a', 0]] {
        let stored = item(value);
        assert_eq!(stored.decode(), Err(CorruptItem), "{value:?}");
        assert_eq!(write_json(stored.as_bytes(), &mut Vec::new()), Err(CorruptItem), "{value:?}");
    }
}

#[test]
fn an_item_keeps_no_room_that_it_does_not_need() {
    let mut writer = Writer::with_capacity(1 << 20);
    let mut map = writer.open_map();
    writer.name(&mut map, "pk", true);
    writer.string("a", true);
    assert!(writer.close_map(map));
    let bytes = Vec::from(writer.finish(3).bytes().clone());
    assert!(bytes.capacity() < 2 * bytes.len(), "{} for {}", bytes.capacity(), bytes.len());
}
