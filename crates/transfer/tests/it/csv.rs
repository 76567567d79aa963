//! CSV as other programs write it.

use item::{KeyKind, Map, Name, Stored, Value};
use std::io::Cursor;
use transfer::csv::CsvOptions;
use transfer::writer::Layout;
use transfer::{Compression, Format, Items, Source};

fn read(text: &str, csv: CsvOptions) -> Vec<Result<String, String>> {
    let source = Source { format: Format::Csv, compression: Compression::None, csv };
    let mut items = Items::new(Cursor::new(text.as_bytes().to_vec()), &source);
    let mut all = Vec::new();
    loop {
        match items.read() {
            Ok(None) => return all,
            Ok(Some(Ok(item))) => all.push(Ok(shown(&item))),
            Ok(Some(Err(bad))) => all.push(Err(bad.to_string())),
            Err(error) => {
                all.push(Err(error.to_string()));
                return all;
            }
        }
    }
}

fn shown(item: &Stored) -> String {
    let mut out = Vec::new();
    item::stored::write_json(item.as_bytes(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn records_are_read_with_the_types_of_keys() {
    let kinds = vec![(Name::from("id"), KeyKind::N), (Name::from("raw"), KeyKind::B)];
    let options = CsvOptions { kinds, ..CsvOptions::default() };
    let text =
        "\u{feff}id,name,raw\r\n1,\"Rex, \"\"the\"\" dog\",AQ==\r\n\r\n2.50,\"two\r\nlines\",\n3,\"\",\n";
    let expected = [
        r#"{"id":{"N":"1"},"name":{"S":"Rex, \"the\" dog"},"raw":{"B":"AQ=="}}"#,
        r#"{"id":{"N":"2.5"},"name":{"S":"two\r\nlines"}}"#,
        r#"{"id":{"N":"3"},"name":{"S":""}}"#,
    ];
    assert_eq!(read(text, options), expected.map(|item| Ok(item.to_owned())));
}

#[test]
fn a_bad_record_is_told_and_the_next_is_read() {
    let kinds = vec![(Name::from("id"), KeyKind::N), (Name::from("raw"), KeyKind::B)];
    let options = CsvOptions { kinds, delimiter: b'|', ..CsvOptions::default() };
    let text = "id|raw\nx|\n1|*\n1\n1|2|3\n5\"|\n\"1\"2|\n\"4\n\"|\n7|AQ==\n\"8|";
    let expected = [
        Err("line 2: id: The parameter cannot be converted to a numeric value"),
        Err("line 3: raw: Base64 encoded length is expected a multiple of 4 bytes but found: 1"),
        Err("line 4: the header has 2 columns, but the record 1 fields"),
        Err("line 5: the header has 2 columns, but the record 3 fields"),
        Err("line 6: a quote in a field that does not stand in quotes"),
        Err("line 7: something stands behind a field in quotes"),
        Err("line 8: id: The parameter cannot be converted to a numeric value"),
        Ok(r#"{"id":{"N":"7"},"raw":{"B":"AQ=="}}"#),
        Err("line 11: a quote without an end"),
    ];
    let expected = expected.map(|record| record.map(str::to_owned).map_err(str::to_owned));
    assert_eq!(read(text, options), expected);
}

#[test]
fn a_header_that_says_nothing_ends_it() {
    for (text, error) in [
        ("a,a\n1,2\n", "the header cannot be used: the column a is there twice"),
        ("a,\n1,2\n", "the header cannot be used: a column has no name"),
        ("a,\"b\n1,2\n", "the header cannot be used: a quote without an end"),
    ] {
        assert_eq!(read(text, CsvOptions::default()), [Err(error.to_owned())]);
    }
    assert_eq!(read("", CsvOptions::default()), []);
    assert_eq!(read("a,b\n", CsvOptions::default()), []);
    let header = Some(vec!["x".to_owned()]);
    let told = read("a\n", CsvOptions { header, ..CsvOptions::default() });
    assert_eq!(told, [Ok(r#"{"x":{"S":"a"}}"#.to_owned())]);
}

#[test]
fn what_csv_has_no_type_for_is_written_as_text_and_counted() {
    let mut item = Map::new();
    item.insert("b", Value::Bool(true));
    item.insert("l", Value::L(vec![Value::S("x".into())]));
    item.insert("n", Value::N(1i64.into()));
    item.insert("z", Value::Null);
    let columns = ["n", "b", "l", "none", "z"].map(Name::from).to_vec();
    let mut out = Vec::new();
    let untyped =
        Layout::Csv { columns, delimiter: b',' }.write_item(&mut out, &Stored::encode(&item)).unwrap();
    assert_eq!(untyped, 3);
    assert_eq!(String::from_utf8(out).unwrap(), "1,true,\"{\"\"L\"\":[{\"\"S\"\":\"\"x\"\"}]}\",,null\n");
}
