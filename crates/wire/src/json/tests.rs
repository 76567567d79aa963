//! JSON held against serde's, on good documents, damaged ones and noise.

use super::*;
use proptest::prelude::*;
use serde_json::Value as Oracle;

fn read(reader: &mut Reader<'_>) -> Result<Oracle, JsonError> {
    Ok(match reader.peek()? {
        Token::Null => {
            assert!(reader.null()?);
            Oracle::Null
        }
        Token::True | Token::False => Oracle::Bool(reader.boolean()?),
        Token::String => Oracle::String(reader.string()?.into_owned()),
        Token::Number => {
            let text = reader.number()?;
            // What overflows an f64 is a number to us and none to serde_json.
            serde_json::from_str(text).map_err(|_| JsonError::Mismatch("overflow".into()))?
        }
        Token::Array => {
            let (mut elements, mut values) = (reader.array()?, Vec::new());
            while reader.next_element(&mut elements)? {
                values.push(read(reader)?);
            }
            Oracle::Array(values)
        }
        Token::Object => {
            let (mut members, mut map) = (reader.object()?, serde_json::Map::new());
            while let Some(key) = reader.next_member(&mut members)? {
                map.insert(key.into_owned(), read(reader)?);
            }
            Oracle::Object(map)
        }
    })
}

fn parse(bytes: &[u8]) -> Result<Oracle, JsonError> {
    let mut reader = Reader::new(bytes)?;
    let value = read(&mut reader)?;
    assert_eq!(reader.depth(), 0);
    reader.finish()?;
    Ok(value)
}

fn skip(bytes: &[u8]) -> Result<u32, JsonError> {
    let mut reader = Reader::new(bytes)?;
    let depth = reader.skip()?;
    reader.finish()?;
    Ok(depth)
}

fn document() -> impl Strategy<Value = Oracle> {
    let leaf = prop_oneof![
        Just(Oracle::Null),
        any::<bool>().prop_map(Oracle::from),
        any::<i64>().prop_map(Oracle::from),
        any::<i32>().prop_map(|value| Oracle::from(f64::from(value) / 8.0)),
        ".{0,20}".prop_map(Oracle::from),
        "[\"\\\\\u{0}-\u{1f}a-z/\u{7f}-\u{ff}]{0,20}".prop_map(Oracle::from),
    ];
    leaf.prop_recursive(6, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Oracle::from),
            prop::collection::vec((".{0,10}", inner), 0..6)
                .prop_map(|pairs| Oracle::Object(pairs.into_iter().collect())),
        ]
    })
}

fn write(out: &mut Vec<u8>, value: &Oracle) {
    match value {
        Oracle::String(text) => write_string(out, text),
        Oracle::Array(values) => {
            let mut array = ArrayWriter::new(out);
            for value in values {
                write(array.element(), value);
            }
            array.end();
        }
        Oracle::Object(map) => {
            let mut object = ObjectWriter::new(out);
            for (key, value) in map {
                write(object.key(key), value);
            }
            object.end();
        }
        other => out.extend_from_slice(other.to_string().as_bytes()),
    }
}

proptest! {
    #[test]
    fn reads_what_serde_writes(value in document(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        prop_assert_eq!(parse(text.as_bytes()).unwrap(), value);
        prop_assert!(skip(text.as_bytes()).is_ok());
    }

    #[test]
    fn serde_reads_what_we_write(value in document()) {
        let mut out = Vec::new();
        write(&mut out, &value);
        prop_assert_eq!(serde_json::from_slice::<Oracle>(&out).unwrap(), value);
    }

    #[test]
    fn agrees_with_serde_on_damaged_documents(
        value in document(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()
    ) {
        let mut text = serde_json::to_vec(&value).unwrap();
        let at = at.index(text.len());
        if cut { text.truncate(at) } else { text[at] = byte }
        let expected = serde_json::from_slice::<Oracle>(&text).ok();
        match parse(&text) {
            Ok(found) => prop_assert_eq!(Some(found), expected),
            Err(_) => prop_assert!(expected.is_none()),
        }
    }

    #[test]
    fn never_panics_on_noise(noise in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(&b"{}[]\",:\\u0eE+-. tfn"[..])], 0..60)) {
        prop_assert_eq!(parse_quietly(&noise), skip(&noise).is_ok());
    }
}

/// Like `parse`, without turning numbers into floating point.
fn parse_quietly(bytes: &[u8]) -> bool {
    let Ok(mut reader) = Reader::new(bytes) else { return false };
    fn walk(reader: &mut Reader<'_>) -> Result<(), JsonError> {
        match reader.peek()? {
            Token::Null => reader.null().map(|_| ()),
            Token::True | Token::False => reader.boolean().map(|_| ()),
            Token::String => reader.string().map(|_| ()),
            Token::Number => reader.number().map(|_| ()),
            Token::Array => {
                let mut elements = reader.array()?;
                while reader.next_element(&mut elements)? {
                    walk(reader)?;
                }
                Ok(())
            }
            Token::Object => {
                let mut members = reader.object()?;
                while reader.next_member(&mut members)?.is_some() {
                    walk(reader)?;
                }
                Ok(())
            }
        }
    }
    walk(&mut reader).is_ok() && reader.finish().is_ok()
}

#[test]
fn refuses_what_is_not_json() {
    for text in [
        "",
        " ",
        "{",
        "}",
        "[",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "[1,]",
        "[,1]",
        "{,}",
        "nul",
        "tru",
        "01",
        "1.",
        ".5",
        "-",
        "+1",
        "1e",
        "1e+",
        "\"a",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\u{1}\"",
        "\"\\ud800\"",
        "\"\\ud800\\u0041\"",
        "\"\\udc00\"",
        "{} {}",
        "{}x",
        "'a'",
        "{a:1}",
        "NaN",
        "[1 2]",
        "{\"a\" 1}",
        "\u{feff}{}",
    ] {
        assert!(matches!(parse(text.as_bytes()), Err(JsonError::Malformed(_))), "{text:?}");
        assert!(matches!(skip(text.as_bytes()), Err(JsonError::Malformed(_))), "{text:?}");
    }
    assert_eq!(parse(b"\"\xff\""), Err(JsonError::Malformed(1)));
}

#[test]
fn reads_every_escape() {
    let text = r#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\u0000""#;
    assert_eq!(parse(text.as_bytes()).unwrap(), Oracle::from("\"\\/\u{8}\u{c}\n\r\t\u{e9}\u{1f600}\0"));
}

#[test]
fn writes_escapes_as_aws_does() {
    let mut out = Vec::new();
    write_string(&mut out, "\"\\/\u{8}\u{c}\n\r\t\u{e9}\u{1f}\u{7f}");
    assert_eq!(String::from_utf8(out).unwrap(), "\"\\\"\\\\/\\b\\f\\n\\r\\t\u{e9}\\u001F\u{7f}\"");
}

#[test]
fn a_string_without_escapes_is_borrowed() {
    let mut reader = Reader::new(b"\"plain text of some length\"").unwrap();
    assert!(matches!(reader.string().unwrap(), std::borrow::Cow::Borrowed(_)));
}

#[test]
fn skipping_goes_as_deep_as_the_limit_without_recursion() {
    let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
    assert_eq!(skip(&nested(4_002)), Ok(4_002));
    assert_eq!(skip(&nested(4_003)), Err(JsonError::TooDeep));
    assert_eq!(skip(&vec![b'['; 1_000_000]), Err(JsonError::TooDeep));
    assert_eq!(skip(br#"{"a":[{},[{"b":1}]]}"#), Ok(4));
}

#[test]
fn times_have_milliseconds_only_if_there_are_any() {
    let text = |time_ms| {
        let mut out = Vec::new();
        write_timestamp_ms(&mut out, time_ms);
        String::from_utf8(out).unwrap()
    };
    assert_eq!(text(1_571_767_321_571), "1571767321.571");
    assert_eq!(text(1_571_767_321_007), "1571767321.007");
    assert_eq!(text(1_571_767_321_000), "1571767321");
}
