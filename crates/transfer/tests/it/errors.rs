//! Bad lines and bad files of JSON and Ion.

use std::io::Cursor;
use transfer::csv::CsvOptions;
use transfer::{Compression, Format, Items, Source};

fn read(format: Format, compression: Compression, file: &[u8]) -> (usize, Vec<String>) {
    let source = Source { format, compression, csv: CsvOptions::default() };
    let mut items = Items::new(Cursor::new(file.to_vec()), &source);
    let (mut good, mut bad) = (0, Vec::new());
    loop {
        match items.read() {
            Ok(None) => return (good, bad),
            Ok(Some(Ok(_))) => good += 1,
            Ok(Some(Err(error))) => bad.push(error.to_string()),
            Err(error) => {
                bad.push(error.kind().to_string());
                return (good, bad);
            }
        }
    }
}

#[test]
fn bad_lines_of_json() {
    let file = b"{\"Item\":{\"a\":{\"S\":\"x\"}}}\n\n{\"Item\":{\"a\":{\"N\":\"x\"}}}\r\n{\"Item\":\n{\"a\":{\"S\":\"x\"}}\n{\"Item\":{}}";
    let (good, bad) = read(Format::Json, Compression::None, file);
    assert_eq!(good, 2);
    let expected = [
        "line 3: The parameter cannot be converted to a numeric value: x",
        "line 4: it is not JSON as DynamoDB writes it",
        "line 5: there is no member Item",
    ];
    assert_eq!(bad, expected);
}

#[test]
fn bad_lines_of_ion() {
    let file =
        b"$ion_1_0 {Item:{a:\"x\"}}\n$ion_1_0\n{Item:{a:b}}\n\xff\n\xe0\x01\x00\xea\n$ion_1_0 {Item:{}}\n";
    let (good, bad) = read(Format::Ion, Compression::None, file);
    assert_eq!(good, 2);
    let expected = [
        "line 3: DynamoDB has no type for symbols",
        "line 4: the line is not UTF-8",
        "line 5: it is Ion's binary form, and only its text is read",
    ];
    assert_eq!(bad, expected);
}

#[test]
fn a_file_that_is_not_what_it_is_said_to_be() {
    let file = b"{\"Item\":{}}\n";
    assert_eq!(read(Format::Json, Compression::Gzip, file), (0, vec!["invalid input parameter".to_owned()]));
    assert_eq!(read(Format::Json, Compression::Zstd, file), (0, vec!["invalid data".to_owned()]));
}
