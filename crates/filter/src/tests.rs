//! The tables of the language, and the compiled search held against one that tries everything.

use super::{Filters, InvalidPattern, Pattern, Refusal};
use proptest::prelude::*;
use serde_json::{Value, json};

fn matches(pattern: &Value, event: &Value) -> bool {
    Pattern::parse(&pattern.to_string()).unwrap().matches(event)
}

/// `event` is the value of field `a`; `null` in JSON is a null there.
#[track_caller]
fn field(wanted: Value, value: Value, expected: bool) {
    assert_eq!(matches(&json!({"a": wanted}), &json!({"a": value})), expected, "{wanted} {value}");
}

#[track_caller]
fn whole(pattern: Value, event: Value, expected: bool) {
    assert_eq!(matches(&pattern, &event), expected, "{pattern} {event}");
}

#[test]
fn values_as_event_ruler_compares_them() {
    field(json!([1]), json!(1), true);
    field(json!([1]), json!(1.0), true);
    field(json!(["1"]), json!(1), false);
    assert!(
        Pattern::parse(r#"{"a":[300]}"#)
            .unwrap()
            .matches(&serde_json::from_str::<Value>(r#"{"a":3.0e2}"#).unwrap())
    );
    field(json!([1]), json!("1"), false);
    field(json!([null]), json!(null), true);
    whole(json!({"a": [null]}), json!({}), false);
    field(json!([""]), json!(""), true);
    field(json!([true]), json!(true), true);
    field(json!(["true"]), json!(true), false);
    field(json!([false]), json!(true), false);
    field(json!(["z"]), json!(["x", "z"]), true);
    field(json!(["z"]), json!([["x"], ["z"]]), true);
    field(json!(["z", 1, null]), json!(1), true);
    field(json!([{"exactly": "z"}]), json!("z"), true);
    field(json!(["::1"]), json!("0:0:0:0:0:0:0:1"), true);
    field(json!(["10.0.0.1"]), json!("10.0.0.1"), true);
    field(json!(["10.0.0.1"]), json!("10.0.0.2"), false);
}

#[test]
fn existence_as_event_ruler_sees_it() {
    let (there, absent) = (json!([{"exists": true}]), json!([{"exists": false}]));
    for scalar in [json!(null), json!(1), json!("x"), json!(["x"]), json!([[1]])] {
        field(there.clone(), scalar.clone(), true);
        field(absent.clone(), scalar, false);
    }
    for other in [json!({"b": 1}), json!([]), json!({}), json!([{"b": 1}])] {
        field(there.clone(), other.clone(), false);
        field(absent.clone(), other, true);
    }
    whole(json!({"a": absent}), json!({}), true);
    whole(json!({"a": there}), json!({}), false);
    whole(json!({"a": {"b": absent}}), json!({}), true);
    whole(json!({"a": {"b": absent}}), json!({"a": {"b": 1}}), false);
    let either = json!([{"exists": false}, "x"]);
    whole(json!({"a": either}), json!({}), true);
    field(either.clone(), json!("x"), true);
    field(either, json!("y"), false);
}

#[test]
fn anything_but_as_event_ruler_compares_it() {
    let x = json!([{"anything-but": "x"}]);
    whole(json!({"a": x}), json!({}), false);
    field(x.clone(), json!(1), true);
    field(x.clone(), json!(null), true);
    field(x, json!("x"), false);
    let numbers = json!([{"anything-but": [1, 2]}]);
    field(numbers.clone(), json!(3), true);
    field(numbers.clone(), json!("1"), true);
    field(numbers, json!(1.0), false);
    field(json!([{"anything-but": {"prefix": "x"}}]), json!("y"), true);
    field(json!([{"anything-but": {"prefix": "x"}}]), json!(5), true);
    field(json!([{"anything-but": {"prefix": "x"}}]), json!("xy"), false);
    field(json!([{"anything-but": {"prefix": ["x", "y"]}}]), json!("yz"), false);
    field(json!([{"anything-but": {"suffix": "x"}}]), json!("yx"), false);
    field(json!([{"anything-but": {"equals-ignore-case": ["X", "Y"]}}]), json!("x"), false);
    field(json!([{"anything-but": {"wildcard": "*x*"}}]), json!("axb"), false);
    field(json!([{"anything-but": {"wildcard": ["*x*", "b*"]}}]), json!("ab"), true);
    field(json!([{"anything-but": ["x", "y"]}]), json!(["x", "z"]), true);
    field(json!([{"anything-but": ["x", "y"]}]), json!(["x", "y"]), false);
}

#[test]
fn operators_as_event_ruler_runs_them() {
    field(json!([{"numeric": [">", 100]}]), json!("101"), false);
    field(json!([{"numeric": [">", 100]}]), json!(101), true);
    field(json!([{"numeric": [">", 100]}]), json!(100), false);
    field(json!([{"numeric": [">=", 100]}]), json!(100), true);
    field(json!([{"numeric": ["=", 3.018e2]}]), json!(301.8), true);
    field(json!([{"numeric": [">", 0, "<=", 5]}]), json!(5), true);
    field(json!([{"numeric": [">", 0, "<=", 5]}]), json!(0), false);
    field(json!([{"numeric": [">=", 0, "<", 5]}]), json!(5), false);
    field(json!([{"numeric": ["<", -1]}]), json!(-2.5), true);
    field(json!([{"prefix": ""}]), json!("abc"), true);
    field(json!([{"suffix": ""}]), json!("abc"), true);
    field(json!([{"prefix": "a"}]), json!(1), false);
    field(json!([{"prefix": "ab"}]), json!("abc"), true);
    field(json!([{"suffix": "bc"}]), json!("abc"), true);
    field(json!([{"prefix": {"equals-ignore-case": "AB"}}]), json!("abc"), true);
    field(json!([{"suffix": {"equals-ignore-case": "BC"}}]), json!("abc"), true);
    field(json!([{"suffix": {"equals-ignore-case": "xabc"}}]), json!("abc"), false);
    field(json!([{"equals-ignore-case": "ABC"}]), json!("abc"), true);
    field(json!([{"equals-ignore-case": "ABC"}]), json!("abcd"), false);
    field(json!([{"wildcard": "a*c"}]), json!("abbbc"), true);
    field(json!([{"cidr": "10.0.0.0/24"}]), json!("10.0.0.33"), true);
    field(json!([{"cidr": "10.0.0.0/24"}]), json!("10.0.1.33"), false);
}

#[test]
fn paths_and_arrays_as_event_ruler_follows_them() {
    whole(json!({"a.b": ["x"]}), json!({"a": {"b": "x"}}), true);
    whole(json!({"a": {"b": ["x"]}}), json!({"a.b": "x"}), true);
    whole(json!({"a": {"b": {"c": ["x"]}}}), json!({"a": {"b.c": "x"}, "a.b": {"c": "y"}}), true);
    let pattern = json!({"a": {"b": ["1"], "c": ["2"]}});
    whole(pattern.clone(), json!({"a": [{"b": "1", "c": "2"}, {"b": "3"}]}), true);
    whole(pattern.clone(), json!({"a": [{"b": "1", "c": "3"}, {"b": "1", "c": "2"}]}), true);
    whole(pattern, json!({"a": [{"b": "1"}, {"c": "2"}]}), false);
    // What must be absent is looked for within the element that was chosen before, by the order of names.
    whole(
        json!({"a": {"b": ["1"], "c": [{"exists": false}]}}),
        json!({"a": [{"b": "1", "c": 1}, {"b": "1"}]}),
        true,
    );
    whole(
        json!({"a": {"b": [{"exists": false}], "c": ["1"]}}),
        json!({"a": [{"b": "1", "c": "2"}, {"c": "1"}]}),
        false,
    );
}

#[test]
fn alternatives() {
    let pattern = json!({"s": ["m"], "$or": [{"n": ["a", "b"]}, {"t": ["x"], "u": ["y"]}]});
    whole(pattern.clone(), json!({"s": "m", "n": "b"}), true);
    whole(pattern.clone(), json!({"s": "m", "t": "x", "u": "y"}), true);
    whole(pattern.clone(), json!({"s": "m", "t": "x"}), false);
    whole(pattern, json!({"n": "b"}), false);
    let inner = json!({"d": {"$or": [{"a": [1]}, {"b": [2]}]}});
    whole(inner.clone(), json!({"d": {"b": 2}}), true);
    whole(inner, json!({"b": 2}), false);
    // As an object, or with values, it is a field like any other.
    whole(json!({"$or": {"a": [1]}}), json!({"$or": {"a": 1}}), true);
    whole(json!({"$or": [{"prefix": "a"}, {"prefix": "b"}]}), json!({"$or": "bc"}), true);
    whole(json!({"$or": ["x", "y"]}), json!({"$or": "y"}), true);
    // A later word about a field is the last.
    let twice = Pattern::parse(r#"{"a":["x"],"a":["y"]}"#).unwrap();
    assert!(twice.matches(&json!({"a": "y"})) && !twice.matches(&json!({"a": "x"})));
    let within = Pattern::parse(r#"{"a":["x"],"$or":[{"a":["y"]},{"b":["z"]}]}"#).unwrap();
    assert!(within.matches(&json!({"a": "y"})) && within.matches(&json!({"a": "x", "b": "z"})));
    assert!(!within.matches(&json!({"a": "x"})));
}

#[test]
fn what_is_no_pattern() {
    let texts = [
        "",
        "x",
        "[]",
        "null",
        "1",
        r#""a""#,
        "{",
        "{}",
        r#"{"a":["x"]} x"#,
        r#"{"a":"x"}"#,
        r#"{"a":1}"#,
        r#"{"a":null}"#,
        r#"{"a":[]}"#,
        r#"{"a":{}}"#,
        r#"{"a":[["x"]]}"#,
        r#"{"a":[{}]}"#,
        r#"{"a":[{"prefix":"x","suffix":"y"}]}"#,
        r#"{"a":[{"unknown":"x"}]}"#,
        r#"{"a":[{"prefix":1}]}"#,
        r#"{"a":[{"prefix":["x"]}]}"#,
        r#"{"a":[{"prefix":{"suffix":"x"}}]}"#,
        r#"{"a":[{"exists":"true"}]}"#,
        r#"{"a":[{"exists":null}]}"#,
        r#"{"a":[{"numeric":[]}]}"#,
        r#"{"a":[{"numeric":">"}]}"#,
        r#"{"a":[{"numeric":[">"]}]}"#,
        r#"{"a":[{"numeric":[">","1"]}]}"#,
        r#"{"a":[{"numeric":["==",1]}]}"#,
        r#"{"a":[{"numeric":["<",5,">",1]}]}"#,
        r#"{"a":[{"numeric":[">",5,"<",5]}]}"#,
        r#"{"a":[{"numeric":[">",5,"<",1]}]}"#,
        r#"{"a":[{"numeric":[">",1,"<",5,"<",6]}]}"#,
        r#"{"a":[{"numeric":["=",1,"<",5]}]}"#,
        r#"{"a":[{"numeric":["=",1e400]}]}"#,
        r#"{"a":[{"numeric":[">",-1e400]}]}"#,
        r#"{"a":[{"anything-but":["x",1]}]}"#,
        r#"{"a":[{"anything-but":[1,"x"]}]}"#,
        r#"{"a":[{"anything-but":[]}]}"#,
        r#"{"a":[{"anything-but":null}]}"#,
        r#"{"a":[{"anything-but":true}]}"#,
        r#"{"a":[{"anything-but":[null]}]}"#,
        r#"{"a":[{"anything-but":{"prefix":""}}]}"#,
        r#"{"a":[{"anything-but":{"suffix":[]}}]}"#,
        r#"{"a":[{"anything-but":{"prefix":[1]}}]}"#,
        r#"{"a":[{"anything-but":{"numeric":["=",1]}}]}"#,
        r#"{"a":[{"anything-but":{"exists":true}}]}"#,
        r#"{"a":[{"anything-but":{"prefix":"a","suffix":"b"}}]}"#,
        r#"{"a":[{"wildcard":"a**b"}]}"#,
        r#"{"a":[{"wildcard":1}]}"#,
        r#"{"a":[{"cidr":"10.0.0.0"}]}"#,
        r#"{"a":[{"cidr":"x/8"}]}"#,
        r#"{"a":[{"exactly":1}]}"#,
        r#"{"a":[{"equals-ignore-case":1}]}"#,
        r#"{"$or":[{"a":["x"]}]}"#,
        r#"{"$or":[]}"#,
        r#"{"$or":[{"a":["x"]},{}]}"#,
        r#"{"$or":[{"a":["x"]},1]}"#,
        r#"{"$or":[{"a":["x"]},{"prefix":["x"]}]}"#,
        r#"{"$or":"x"}"#,
    ];
    for text in texts {
        assert_eq!(Pattern::parse(text).map(|_| ()), Err(InvalidPattern), "{text}");
    }
    assert_eq!(InvalidPattern.to_string(), "Invalid filter pattern definition.");
}

#[test]
fn what_is_too_deep_or_too_many_is_no_pattern() {
    let deep = format!("{}[1]{}", r#"{"a":"#.repeat(3_000), "}".repeat(3_000));
    assert!(Pattern::parse(&deep).is_err());
    let alternatives = r#"{"$or":[{"a":["x"]},{"b":["x"]}]}"#;
    let many = (0..12).fold(alternatives.to_owned(), |inner, name| {
        format!(r#"{{"f{name}":{inner},"$or":[{{"c{name}":[1]}},{{"d{name}":[1]}}]}}"#)
    });
    assert!(Pattern::parse(&many).is_err(), "it has too many alternatives");
}

/// The record of a table's stream, of which the patterns of the guide speak.
fn stream_record() -> Value {
    json!({
        "eventID": "1", "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_700_000_000.0,
            "Keys": {"id": {"S": "k"}}, "NewImage": {"id": {"S": "k"}, "n": {"N": "101"}, "v": {"S": "v"}},
            "SequenceNumber": "100000000000000000001", "SizeBytes": 26, "StreamViewType": "NEW_IMAGE"
        },
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/l"
    })
}

#[test]
fn records_of_streams() {
    let rows = [
        (json!({"eventName": ["INSERT"], "eventSource": ["aws:dynamodb"]}), true),
        (json!({"eventName": ["REMOVE", "MODIFY"]}), false),
        (json!({"dynamodb": {"NewImage": {"v": {"S": ["v"]}}}}), true),
        (json!({"dynamodb": {"NewImage": {"v": ["v"]}}}), false),
        (json!({"dynamodb": {"NewImage": {"n": {"N": [{"numeric": [">", 100]}]}}}}), false),
        (json!({"dynamodb": {"NewImage": {"n": {"N": ["101"]}}}}), true),
        (json!({"dynamodb": {"NewImage": {"n": {"N": [{"prefix": "10"}]}}}}), true),
        (json!({"dynamodb": {"NewImage": {"n": {"N": [{"anything-but": ["100"]}]}}}}), true),
        (json!({"dynamodb": {"ApproximateCreationDateTime": [{"numeric": [">", 0]}]}}), true),
        (json!({"dynamodb": {"OldImage": {"v": {"S": [{"exists": false}]}}}}), true),
    ];
    for (pattern, expected) in rows {
        whole(pattern, stream_record(), expected);
    }
}

#[test]
fn filters_are_alternatives_and_say_why_they_refuse() {
    let none = Filters::default();
    assert!(none.matches(&stream_record()) && none.refusals(&stream_record()).is_none());
    let filters =
        Filters::parse([r#"{"eventName":["REMOVE"]}"#, r#"{"dynamodb":{"Keys":{"id":{"S":["k"]}}}}"#]);
    let filters = filters.unwrap();
    assert!(filters.matches(&stream_record()));
    let filters = Filters::parse([
        r#"{"eventName":["REMOVE"],"awsRegion":["us-east-1"]}"#,
        r#"{"l":{"a":[1],"b":[2]}}"#,
        r#"{"$or":[{"eventName":["MODIFY"]},{"awsRegion":["us-east-1"],"dynamodb":{"SizeBytes":[1]}}]}"#,
    ])
    .unwrap();
    let mut record = stream_record();
    record["l"] = json!([{"a": 1}, {"b": 2}]);
    assert_eq!(
        filters.refusals(&record).unwrap(),
        [Refusal::Field("eventName"), Refusal::NotInOneElement, Refusal::Field("dynamodb.SizeBytes")]
    );
    assert!(Filters::parse(["{}"]).is_err());
}

#[test]
fn a_hostile_record_takes_no_longer_than_its_size() {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let mut pattern = json!({"z": ["never"]});
    let mut record = json!({"z": "here"});
    for name in names {
        pattern[name] = json!({"x": [1], "y": [1]});
        record[name] = (0..500).map(|_| json!({"x": [1, 1], "y": [1, 1]})).collect();
    }
    whole(pattern, record, false);
    // Within one array, and with arrays in its elements.
    let mut pattern = json!({"z": ["never"]});
    for name in names {
        pattern[name] = json!([1]);
    }
    let element: Value = serde_json::from_str(&format!(
        "{{{}}}",
        names.map(|name| format!(r#""{name}":[1,1,1,1,1,1,1,1]"#)).join(",")
    ))
    .unwrap();
    let list: Vec<Value> = (0..500).map(|_| element.clone()).collect();
    whole(json!({"l": pattern}), json!({"l": list}), false);
}

/// A field of a flattened record: its path, its value, and the elements of arrays that it is in.
struct Flat<'a> {
    path: String,
    value: &'a Value,
    within: Vec<(usize, usize)>,
}

/// All fields of a record. Arrays are known by their number in the walk.
fn flatten<'a>(
    value: &'a Value,
    path: &str,
    within: &[(usize, usize)],
    arrays: &mut usize,
    out: &mut Vec<Flat<'a>>,
) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(member, &path, within, arrays, out);
            }
        }
        Value::Array(elements) => {
            *arrays += 1;
            let array = *arrays;
            for (index, element) in elements.iter().enumerate() {
                flatten(element, path, &[within, &[(array, index)]].concat(), arrays, out);
            }
        }
        value => out.push(Flat { path: path.into(), value, within: within.to_vec() }),
    }
}

/// What is wanted of a field, for the naive search: these values, or its absence.
type Wanted = (String, Vec<Value>, bool);

fn consistent(chosen: &[(usize, usize)], within: &[(usize, usize)]) -> Option<Vec<(usize, usize)>> {
    let conflict = within.iter().any(|(array, index)| chosen.iter().any(|(a, i)| a == array && i != index));
    (!conflict).then(|| [chosen, within].concat())
}

fn naive(clauses: &[Wanted], fields: &[Flat<'_>], chosen: &[(usize, usize)]) -> bool {
    let Some(((path, values, absent), behind)) = clauses.split_first() else { return true };
    let here: Vec<_> = fields
        .iter()
        .filter(|field| field.path == *path)
        .filter_map(|field| Some((field.value, consistent(chosen, &field.within)?)))
        .collect();
    if *absent && here.is_empty() && naive(behind, fields, chosen) {
        return true;
    }
    here.iter().any(|(value, chosen)| values.contains(value) && naive(behind, fields, chosen))
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![Just(json!(null)), Just(json!(1)), Just(json!("x")), Just(json!("y"))]
}

fn record() -> impl Strategy<Value = Value> {
    let value = scalar().prop_recursive(5, 40, 4, |inner| {
        let name = prop_oneof![6 => "[abc]", 1 => Just("a.b".to_owned())];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    });
    prop::collection::btree_map("[abc]", value, 1..4).prop_map(|map| map.into_iter().collect())
}

fn clauses() -> impl Strategy<Value = Vec<Wanted>> {
    let path = prop::collection::vec("[abc]", 1..4).prop_map(|names| names.join("."));
    let wanted = (prop::collection::vec(scalar(), 0..3), any::<bool>())
        .prop_map(|(values, absent)| (absent || values.is_empty(), values));
    prop::collection::btree_map(path, wanted, 1..5)
        .prop_map(|map| map.into_iter().map(|(path, (absent, values))| (path, values, absent)).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(environment::repeated(1_500) as u32))]

    #[test]
    fn finds_what_trying_everything_finds(record in record(), clauses in clauses()) {
        let pattern: Value = clauses.iter().map(|(path, values, absent)| {
            let absence = absent.then(|| json!({"exists": false}));
            (path.clone(), values.iter().cloned().chain(absence).collect::<Value>())
        }).collect();
        let mut fields = Vec::new();
        flatten(&record, "", &[], &mut 0, &mut fields);
        let pattern = Pattern::parse(&pattern.to_string()).unwrap();
        let expected = naive(&clauses, &fields, &[]);
        prop_assert_eq!(pattern.matches(&record), expected);
        prop_assert_eq!(pattern.refusal(&record).is_none(), expected);
    }

    #[test]
    fn no_text_makes_it_panic(text in r#"[{}\[\]",:a$or1prefix]{0,60}"#) {
        let _ = Pattern::parse(&text);
    }
}
