//! Attribute values: every type, canonical items, and refusals as AWS answers them.

use super::*;
use crate::error::ApiError;
use crate::json::Reader;
use crate::layer::Layer;
use item::Stored;
use item::value::{Map, Value};
use proptest::prelude::*;

/// Reads `json` as an item and answers it, or the refusal on a layer.
fn read(json: &str, layer: Layer) -> Result<Map, String> {
    let mut reader = Reader::new(json.as_bytes()).unwrap();
    let mut values = Values::new();
    let text = |error: ApiError| error.message().unwrap_or("no message").to_owned();
    let map = values.map(&mut reader).map_err(|error| text(error.into()))?;
    values.check(values.layer(layer)).map_err(text)?;
    reader.finish().unwrap();
    Ok(map.unwrap())
}

fn refused(json: &str) -> [String; 2] {
    let item = format!(r#"{{"a":{json}}}"#);
    [Layer::NEW_BARE, Layer::OLD].map(|layer| read(&item, layer).unwrap_err())
}

fn written(map: &Map) -> String {
    let mut out = Vec::new();
    write_map(&mut out, map);
    String::from_utf8(out).unwrap()
}

#[test]
fn every_type_is_read_and_written() {
    let item = r#"{"b":{"B":"AP8="},"bool":{"BOOL":false},"bs":{"BS":["AA==","/w=="]},"l":{"L":[{"S":"x"},{"L":[]}]},"m":{"M":{"n":{"NULL":true}}},"n":{"N":"-1.5"},"ns":{"NS":["1","2"]},"s":{"S":"a\"b"},"ss":{"SS":["a","b"]}}"#;
    assert_eq!(written(&read(item, Layer::OLD).unwrap()), item);
}

#[test]
fn items_are_canonical_whatever_the_order_sent() {
    let sent = r#" { "z" : {"NS":["2","10e-1"]} , "a" : {"SS":["b","a"]} } "#;
    assert_eq!(written(&read(sent, Layer::OLD).unwrap()), r#"{"a":{"SS":["a","b"]},"z":{"NS":["1","2"]}}"#);
}

#[test]
fn refusals_read_as_recorded_on_aws() {
    let invalid = "One or more parameter values were invalid: ";
    let numeric = "The parameter cannot be converted to a numeric value";
    let both = |text: String| [text.clone(), text];
    for (json, expected) in [
        (r#"{"N":"abc"}"#, both(format!("{numeric}: abc"))),
        (r#"{"N":" 1"}"#, both(format!("{numeric}:  1"))),
        (r#"{"N":""}"#, [format!("{numeric}: "), numeric.to_owned()]),
        (r#"{"NS":[""]}"#, [format!("{numeric}: "), numeric.to_owned()]),
        (
            r#"{"N":"1e126"}"#,
            both(
                "Number overflow. Attempting to store a number with magnitude larger than supported range"
                    .into(),
            ),
        ),
        (
            r#"{"SS":["b","a","b"]}"#,
            [
                format!(r#"{invalid}Input collection ["a", "b", "b"] contains duplicates."#),
                format!("{invalid}Input collection [b, a, b] contains duplicates."),
            ],
        ),
        (
            r#"{"SS":["b","a","b","C"]}"#,
            [
                format!(r#"{invalid}Input collection ["a", "b", "b", "C"] contains duplicates."#),
                format!("{invalid}Input collection [b, a, b, C] contains duplicates."),
            ],
        ),
        (
            r#"{"BS":["/w==","AA==","AA=="]}"#,
            [
                format!(r#"{invalid}Input collection ["AA==","/w==","AA=="]of type BS contains duplicates."#),
                format!("{invalid}Input collection [/w==, AA==, AA==]of type BS contains duplicates."),
            ],
        ),
        (
            r#"{"NS":["2","1","2.0"]}"#,
            [
                format!("{invalid}Input collection contains duplicates."),
                "Input collection contains duplicates".into(),
            ],
        ),
        (r#"{"SS":[]}"#, both(format!("{invalid}An string set  may not be empty"))),
        (r#"{"NS":[]}"#, both(format!("{invalid}An number set  may not be empty"))),
        (r#"{"BS":[]}"#, both(format!("{invalid}Binary sets should not be empty"))),
        (
            r#"{"NULL":false}"#,
            both(format!("{invalid}Null attribute value types must have the value of true")),
        ),
        (r#"{"M":{"":{"S":"x"}}}"#, both("Empty attribute name".into())),
    ] {
        assert_eq!(refused(json), expected, "{json}");
    }
    let empty = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes";
    for json in ["{}", r#"{"S":null}"#, r#"{"X":1}"#, "null"] {
        assert_eq!(refused(json), [empty, empty], "{json}");
    }
    assert_eq!(written(&read(r#"{"a":{"S":"a","N":null}}"#, Layer::OLD).unwrap()), r#"{"a":{"S":"a"}}"#);
}

#[test]
fn of_several_members_the_worst_is_reported() {
    let multiple = "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes";
    assert_eq!(refused(r#"{"S":"a","N":"1"}"#)[0], multiple);
    assert!(refused(r#"{"NULL":false,"N":"x"}"#)[0].ends_with("numeric value: x"));
    assert!(refused(r#"{"N":"x","SS":[]}"#)[0].ends_with("may not be empty"));
    assert!(refused(r#"{"NULL":false,"S":"x"}"#)[0].ends_with("value of true"));
}

#[test]
fn of_several_values_the_first_is_reported() {
    let text = read(r#"{"b":{"L":[{"NULL":false},{"SS":[]}]},"a":{"N":"x"}}"#, Layer::OLD).unwrap_err();
    assert!(text.ends_with("must have the value of true"), "{text}");
}

#[test]
fn some_refusals_bring_the_old_layer() {
    let enveloped = |json: &str| read(json, Layer::NEW_ENVELOPED).unwrap_err();
    let number = "The parameter cannot be converted to a numeric value: x";
    assert_eq!(enveloped(r#"{"a":{"N":"x"}}"#), format!("1 validation error detected: {number}"));
    assert_eq!(enveloped(r#"{"a":{"N":"x"},"b":{"BOOL":"yes"}}"#), number);
    assert_eq!(enveloped(r#"{"a":{"N":"x"},"b":{"S":"a","N":"1"}}"#), number);
    assert!(enveloped(r#"{"a":{}}"#).starts_with("Supplied"));
}

#[test]
fn wrong_json_types_are_serialization_errors() {
    for (json, expected) in [
        (r#"{"S":1}"#, "NUMBER_VALUE cannot be converted to String"),
        (r#"{"N":1}"#, "NUMBER_VALUE cannot be converted to String"),
        (r#"{"S":true}"#, "TRUE_VALUE cannot be converted to String"),
        (r#"{"S":{}}"#, "Start of structure or map found where not expected"),
        (r#"{"BOOL":"maybe"}"#, "Unexpected token received from parser"),
        (r#"{"BOOL":1}"#, "NUMBER_VALUE cannot be converted to Boolean"),
        (r#"{"NULL":1.5}"#, "DECIMAL_VALUE cannot be converted to Boolean"),
        (r#"{"BOOL":[]}"#, "no message"),
        (r#"{"SS":"a"}"#, "Unexpected field type"),
        (r#"{"M":1}"#, "Unexpected field type"),
        (r#"{"B":1}"#, "only base-64-encoded strings are convertible to bytes"),
        (r#"{"B":"abc"}"#, "Base64 encoded length is expected a multiple of 4 bytes but found: 3"),
        (r#"{"B":"ab!="}"#, "Invalid Base64 character: '!'"),
        (r#"{"B":"AB=="}"#, "Invalid last non-pad Base64 character dectected"),
        (r#""text""#, "Unexpected value type in payload"),
    ] {
        assert_eq!(refused(json), [expected, expected], "{json}");
    }
    assert_eq!(read(r#"{"a":{"S":"1"},"a":{"S":"2"}}"#, Layer::OLD).unwrap_err(), "no message");
}

#[test]
fn thirty_two_levels_pass_and_thirty_three_do_not() {
    let nested = |wrappers: usize, open: &str, close: &str| {
        format!(r#"{{"a":{}{{"S":"x"}}{}}}"#, open.repeat(wrappers), close.repeat(wrappers))
    };
    let depth = "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond \
                 supported limit";
    for (open, close) in [(r#"{"L":["#, "]}"), (r#"{"M":{"k":"#, "}}")] {
        assert_eq!(read(&nested(31, open, close), Layer::OLD).unwrap().get("a").unwrap().depth(), 32);
        let text = read(&nested(32, open, close), Layer::NEW_ENVELOPED).unwrap_err();
        assert_eq!(text, format!("1 validation error detected: {depth}"));
        assert_eq!(
            read(&nested(61, open, close), Layer::NEW_ENVELOPED).unwrap_err(),
            format!("1 validation error detected: {depth}")
        );
        assert_eq!(read(&nested(62, open, close), Layer::NEW_ENVELOPED).unwrap_err(), depth);
        assert_eq!(read(&nested(1_990, open, close), Layer::OLD).unwrap_err(), depth);
        assert_eq!(read(&nested(100_000, open, close), Layer::OLD).unwrap_err(), "no message");
    }
}

#[test]
fn many_attributes_in_falling_order_are_read_in_time() {
    let members: Vec<String> = (0..100_000).rev().map(|n| format!(r#""{n:06}":{{"NULL":true}}"#)).collect();
    let map = read(&format!("{{{}}}", members.join(",")), Layer::OLD).unwrap();
    assert_eq!(map.len(), 100_000);
}

#[test]
fn expression_values_are_named_by_the_old_layer() {
    let refuse = |layer: Layer| {
        let mut reader = Reader::new(br#"{":v":{"N":"x"},":w":{"SS":[]}}"#).unwrap();
        let mut values = Values::new();
        values.expression_values(&mut reader).unwrap();
        values.check(layer).unwrap_err().message().unwrap().to_owned()
    };
    let number = "The parameter cannot be converted to a numeric value: x";
    assert_eq!(
        refuse(Layer::OLD),
        format!("ExpressionAttributeValues contains invalid value: {number} for key :v")
    );
    assert_eq!(refuse(Layer::NEW_BARE), number);
    assert_eq!(refuse(Layer::NEW_ENVELOPED), format!("1 validation error detected: {number}"));
}

pub(crate) fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        ".{0,12}".prop_map(Value::S),
        any::<i64>().prop_map(|number| Value::N(number.into())),
        prop::collection::vec(any::<u8>(), 0..9).prop_map(|bytes| Value::B(bytes.into())),
        any::<bool>().prop_map(Value::Bool),
        Just(Value::Null),
        prop::collection::btree_set(".{0,5}", 1..5)
            .prop_map(|set| Value::string_set(set.into_iter().collect()).unwrap()),
        prop::collection::btree_set(any::<i64>(), 1..5)
            .prop_map(|set| Value::number_set(set.into_iter().map(Into::into).collect()).unwrap()),
        prop::collection::btree_set(prop::collection::vec(any::<u8>(), 0..5), 1..5)
            .prop_map(|set| Value::binary_set(set.into_iter().map(Into::into).collect()).unwrap()),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::L),
            any_map_of(inner).prop_map(Value::M),
        ]
    })
}

fn any_map_of(values: impl Strategy<Value = Value>) -> impl Strategy<Value = Map> {
    prop::collection::vec((".{1,8}", values), 0..5)
        .prop_map(|entries| entries.into_iter().map(|(name, value)| (name.into(), value)).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(environment::repeated(128) as u32))]

    #[test]
    fn what_is_written_is_read_back(map in any_map_of(any_value())) {
        let text = written(&map);
        let stored = item::Stored::encode(&map);
        let mut of_stored = Vec::new();
        item::stored::write_json(stored.as_bytes(), &mut of_stored).unwrap();
        let parsed = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).unwrap();
        prop_assert_eq!(parsed(&of_stored), parsed(text.as_bytes()), "the stored form is written as the value is");
        prop_assert_eq!(read(&text, Layer::OLD).unwrap(), map);
    }
}

/// JSON text with the spaces that some clients send.
fn spaced(json: &str) -> String {
    let (mut out, mut in_string, mut is_escaped) = (String::new(), false, false);
    for character in json.chars() {
        out.push(character);
        if character == '"' && !is_escaped {
            in_string = !in_string;
        }
        is_escaped = character == '\\' && !is_escaped;
        if !in_string && matches!(character, ':' | ',') {
            out.push(' ');
        }
    }
    out
}

/// Reads an item both ways; the fast one may leave it to the other.
fn both_ways(json: &str) -> (Option<Stored>, Result<Stored, ()>) {
    let mut reader = Reader::new(json.as_bytes()).unwrap();
    let direct = super::direct::item(&mut reader, 0);
    if direct.is_some() {
        reader.finish().unwrap();
    }
    let mut values = Values::new();
    let mut reader = Reader::new(json.as_bytes()).unwrap();
    let map = values.map(&mut reader).ok().flatten();
    let slow = map.filter(|_| values.check(Layer::OLD).is_ok()).map(|map| Stored::encode(&map)).ok_or(());
    (direct, slow)
}

#[test]
fn the_fast_path_of_items_gives_the_same_bytes_or_leaves_it() {
    let fine = [
        r#"{}"#,
        r#"{"pk":{"S":"a"}}"#,
        r#"{"z":{"S":"a\nb"},"a":{"N":"1.50"},"m":{"M":{"y":{"BOOL":true},"x":{"NULL":true}}}}"#,
        r#"{"l":{"L":[{"S":""},{"L":[]},{"M":{}},{"N":"-0"}]},"b":{"B":"AAEC"}}"#,
        r#"{"s":{"SS":["b","a"]},"n":{"NS":["2","1e1"]},"b":{"BS":["AQ==","AA=="]},"q\"":{"S":"\u00e9\ud83d\ude00"}}"#,
    ];
    for json in fine {
        for json in [json.to_owned(), spaced(json)] {
            let (direct, slow) = both_ways(&json);
            assert_eq!(direct.unwrap(), slow.unwrap(), "{json}");
        }
    }
    let left = [
        r#"{"":{"S":"a"}}"#,
        r#"{"a":{"S":"a"},"a":{"S":"b"}}"#,
        r#"{"a":{"N":"x"}}"#,
        r#"{"a":{"S":"a","N":"1"}}"#,
        r#"{"a":{"NULL":false}}"#,
        r#"{"a":{"BOOL":"true"}}"#,
        r#"{"a":{"SS":[]}}"#,
        r#"{"a":{"SS":["a","a"]}}"#,
        r#"{"a":{"B":"*"}}"#,
        r#"{"a":{"S":null}}"#,
        r#"{"a":{}}"#,
        r#"{"a":null}"#,
        r#"{"a":{"X":"1"}}"#,
        r#"{"a":{"L":[null]}}"#,
    ];
    for json in left {
        assert_eq!(both_ways(json).0, None, "{json}");
    }
    let deep = |levels: usize| {
        format!(r#"{{"a":{}{{"S":"x"}}{}}}"#, r#"{"L":["#.repeat(levels), "]}".repeat(levels))
    };
    let (direct, slow) = both_ways(&deep(31));
    assert_eq!(direct.unwrap(), slow.unwrap());
    assert_eq!(both_ways(&deep(32)), (None, Err(())));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(environment::repeated(128) as u32))]

    #[test]
    fn items_read_either_way_are_the_same(map in any_map_of(any_value())) {
        let text = written(&map);
        for json in [text.clone(), spaced(&text)] {
            prop_assert_eq!(both_ways(&json).0, Some(Stored::encode(&map)), "{}", json);
        }
    }
}
