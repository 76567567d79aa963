//! Ion as the developer guide shows it, and in every notation.

use super::*;
use item::{Map, Stored};

fn shown(item: &Stored) -> String {
    let mut out = Vec::new();
    wire::value::write_map(&mut out, &item.decode().unwrap());
    String::from_utf8(out).unwrap()
}

fn read(value: &str) -> Result<String, IonError> {
    let line = format!("$ion_1_0 {{Item:{{a:{value}}}}}");
    read_line(&line).map(|item| {
        let text = shown(&item.unwrap());
        text[5..text.len() - 1].to_owned()
    })
}

#[test]
fn the_example_of_the_developer_guide_is_read_and_written() {
    let line = concat!(
        "$ion_1_0 {Item:{Authors:$dynamodb_SS::[\"Author1\",\"Author2\"],Dimensions:\"8.5 x 11.0 x 1.5\",",
        "ISBN:\"333-3333333333\",Id:103.,InPublication:false,PageCount:6d2,Price:2d3,ProductCategory:\"Book\",",
        "Title:\"Book 103 Title\"}}\n"
    );
    let item = read_line(line).unwrap().unwrap();
    let expected = concat!(
        r#"{"Authors":{"SS":["Author1","Author2"]},"Dimensions":{"S":"8.5 x 11.0 x 1.5"},"#,
        r#""ISBN":{"S":"333-3333333333"},"Id":{"N":"103"},"InPublication":{"BOOL":false},"#,
        r#""PageCount":{"N":"600"},"Price":{"N":"2000"},"ProductCategory":{"S":"Book"},"#,
        r#""Title":{"S":"Book 103 Title"}}"#
    );
    assert_eq!(shown(&item), expected);
    let mut written = Vec::new();
    write_line(&mut written, &item.decode().unwrap());
    assert_eq!(String::from_utf8(written).unwrap(), line);
}

#[test]
fn values_of_every_notation_are_read() {
    for (ion, json) in [
        ("\"\"", r#"{"S":""}"#),
        (r#""a\"\\\n\x41\u00e9\U0001F600\ud83d\ude00""#, "{\"S\":\"a\\\"\\\\\\nAé😀😀\"}"),
        ("'''it's '' ''' /* and */ '''long'''", r#"{"S":"it's '' long"}"#),
        ("0", r#"{"N":"0"}"#),
        ("-0.", r#"{"N":"0"}"#),
        ("103.", r#"{"N":"103"}"#),
        ("6d2", r#"{"N":"600"}"#),
        ("-1.50D-1", r#"{"N":"-0.15"}"#),
        ("1_000.000_1", r#"{"N":"1000.0001"}"#),
        ("2.5e1", r#"{"N":"25"}"#),
        ("0xfF_0", r#"{"N":"4080"}"#),
        ("-0b101", r#"{"N":"-5"}"#),
        ("true", r#"{"BOOL":true}"#),
        ("null", r#"{"NULL":true}"#),
        ("null.string", r#"{"NULL":true}"#),
        ("null.struct ", r#"{"NULL":true}"#),
        ("{{ AQ I= }}", r#"{"B":"AQI="}"#),
        ("{{}}", r#"{"B":""}"#),
        ("[]", r#"{"L":[]}"#),
        ("[1,\"x\",[true,],]", r#"{"L":[{"N":"1"},{"S":"x"},{"L":[{"BOOL":true}]}]}"#),
        ("{}", r#"{"M":{}}"#),
        ("{'b c':1,\"d\":2,'''e''' '''f''':3,}", r#"{"M":{"b c":{"N":"1"},"d":{"N":"2"},"ef":{"N":"3"}}}"#),
        ("$dynamodb_NS::[2,1d0]", r#"{"NS":["1","2"]}"#),
        ("'$dynamodb_BS' :: [{{AQ==}}]", r#"{"BS":["AQ=="]}"#),
        ("1 // the end\n", r#"{"N":"1"}"#),
    ] {
        assert_eq!(read(ion).as_deref(), Ok(json), "{ion}");
    }
}

#[test]
fn what_dynamodb_has_no_type_for_is_refused() {
    for (ion, what) in [
        ("2020-01-01T", "timestamps"),
        ("2020T", "timestamps"),
        ("sym", "symbols"),
        ("'sym'", "symbols"),
        ("(1 2)", "S-expressions"),
        ("{{\"clob\"}}", "clobs"),
        ("nan", "what is not a number"),
        ("-inf", "infinite numbers"),
        ("+inf", "infinite numbers"),
        ("note::1", "other annotations than those of sets"),
        ("$dynamodb_SS::null.list", "an annotation of a set before something else than a list"),
        ("{$10:1}", "symbols by their numbers"),
    ] {
        assert_eq!(read(ion), Err(IonError::Unsupported(what)), "{ion}");
    }
}

#[test]
fn what_is_wrong_is_said() {
    for (ion, error) in [
        ("$dynamodb_SS::[]", "a set must not be empty"),
        ("$dynamodb_NS::[1,1.0]", "a set must not contain duplicates"),
        ("$dynamodb_SS::[1]", "a member of a set is not of the type that its annotation says"),
        ("{b:1,b:2}", "the field b is there twice"),
        ("{'':1}", "a field has an empty name"),
        ("1d999", "Number overflow. Attempting to store a number with magnitude larger than supported range"),
        ("01", "no number at byte 18"),
        ("1__0", "no number at byte 18"),
        ("1.2.3", "no number at byte 18"),
        ("1d", "no number at byte 18"),
        ("\"x", "a text without an end at byte 19"),
        ("\"\\q\"", "an unknown escape at byte 19"),
        ("\"\\ud83d\"", "an unknown escape at byte 19"),
        ("[1 2]", "neither a comma nor the end of a list at byte 21"),
        ("{b 1}", "a field without a colon at byte 21"),
        ("null.nothing", "a null of an unknown type at byte 30"),
        ("{{AQ=}}", "a blob that is not base64 at byte 20"),
        ("", "no value at byte 18"),
    ] {
        assert_eq!(read(ion).map_err(|error| error.to_string()), Err(error.to_owned()), "{ion}");
    }
    let deep = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    assert!(read(&deep(31)).is_ok());
    assert_eq!(read(&deep(32)), Err(IonError::Depth));
    assert_eq!(read(&deep(500_000)), Err(IonError::Depth));
}

#[test]
fn only_a_struct_with_an_item_is_a_line() {
    for line in
        ["1", "{}", "{Item:1}", "{item:{}}", "{Item:{},Item:{}}", "[{Item:{}}]", "{{AQ==}}", "{Item:{{}}}"]
    {
        assert_eq!(read_line(line), Err(IonError::NoItem), "{line}");
    }
    for empty in ["", "  ", "$ion_1_0", "$ion_1_0 // nothing"] {
        assert_eq!(read_line(empty), Ok(None), "{empty}");
    }
    assert_eq!(read_line("$ion_1_0{Item:{}}"), Ok(Some(Stored::encode(&Map::new()))));
    assert!(read_line("{Item:{}} {Item:{}}").is_err());
}
