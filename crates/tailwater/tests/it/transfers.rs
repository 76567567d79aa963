//! `tailwater export` and `tailwater import`, and exports to directories that are buckets.

use crate::running::{Running, tailwater_command};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

/// A server with a table of 60 items of every type, keyed by a name and a number.
fn with_dogs(arguments: &[&str]) -> Running {
    let running = Running::start(arguments);
    running.ok(
        "CreateTable",
        &json!({
            "TableName": "dogs",
            "AttributeDefinitions": [
                { "AttributeName": "name", "AttributeType": "S" }, { "AttributeName": "age", "AttributeType": "N" },
            ],
            "KeySchema": [
                { "AttributeName": "name", "KeyType": "HASH" }, { "AttributeName": "age", "KeyType": "RANGE" },
            ],
            "BillingMode": "PAY_PER_REQUEST",
        }),
    );
    let mut client = running.client();
    for number in 0..60 {
        let item = json!({
            "name": { "S": format!("dog, \"{}\"", number % 7) }, "age": { "N": number.to_string() },
            "note": { "S": "two\nlines" },
            "tags": { "SS": ["a", "b"] }, "more": { "M": { "b": { "B": "AQI=" }, "n": { "NULL": true } } },
        });
        let answer = client.call("PutItem", json!({ "TableName": "dogs", "Item": item }).to_string());
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    running
}

fn items(running: &Running, table: &str) -> BTreeMap<String, Value> {
    let scanned = running.ok("Scan", &json!({ "TableName": table }));
    let key = |item: &Value| format!("{} {}", item["name"], item["age"]);
    scanned["Items"].as_array().unwrap().iter().map(|item| (key(item), item.clone())).collect()
}

/// Runs the binary against the server, with this as its standard input.
fn run(running: &Running, directory: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let url = format!("http://localhost:{}", running.port());
    let mut command = tailwater_command();
    command.args(arguments).env("AWS_ENDPOINT_URL", url).current_dir(directory);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let input = input.to_vec();
    let feeding = std::thread::Builder::new().spawn(move || drop(pipe.write_all(&input))).unwrap();
    let output = child.wait_with_output().unwrap();
    feeding.join().unwrap();
    output
}

/// What it said to standard error when all went well.
fn said(output: &Output) -> &str {
    let text = std::str::from_utf8(&output.stderr).unwrap();
    assert!(output.status.success(), "{text}");
    text
}

fn complaint(output: &Output) -> &str {
    assert!(!output.status.success());
    let text = std::str::from_utf8(&output.stderr).unwrap();
    assert!(!text.contains("panicked"), "{text}");
    text
}

#[test]
fn a_table_goes_to_a_file_of_each_format_and_back() {
    let running = with_dogs(&["--in-memory"]);
    let directory = tempfile::tempdir().unwrap();
    let before = items(&running, "dogs");
    for (number, file) in
        ["dogs.json", "dogs.json.gz", "dogs.ion", "sub/dir/dogs.ion.gz"].into_iter().enumerate()
    {
        let output = run(&running, directory.path(), &["export", "--table", "dogs", "--out", file], b"");
        let text = said(&output);
        assert!(text.starts_with("60 items written to ") && text.lines().count() == 1, "{text}");
        assert!(output.stdout.is_empty());
        let table = format!("back-{number}");
        let create = ["--create", "--key", "name", "--sort-key", "age:N"];
        let arguments = [&["import", "--table", &table, file], &create[..]].concat();
        let output = run(&running, directory.path(), &arguments, b"");
        assert!(said(&output).starts_with("60 items put into back-"), "{}", said(&output));
        assert_eq!(items(&running, &table), before, "{file}");
        assert!(!directory.path().join(format!("{file}.partial")).exists());
    }
    // Through a pipe, and with another number of scans and writers.
    let output = run(&running, directory.path(), &["export", "--table", "dogs", "--segments", "1"], b"");
    said(&output);
    assert_eq!(output.stdout.iter().filter(|byte| **byte == b'\n').count(), 60);
    let create = ["--create", "--key", "name:S", "--sort-key", "age:N", "--writers", "1", "-"];
    let arguments = [&["import", "--table", "piped"][..], &create].concat();
    said(&run(&running, directory.path(), &arguments, &output.stdout));
    assert_eq!(items(&running, "piped"), before);
}

#[test]
fn csv_holds_what_it_can() {
    let running = with_dogs(&["--in-memory"]);
    let directory = tempfile::tempdir().unwrap();
    let output = run(&running, directory.path(), &["export", "--table", "dogs", "-o", "dogs.csv"], b"");
    assert!(
        said(&output).contains("120 booleans, nulls, sets, lists and maps were written as JSON"),
        "{}",
        said(&output)
    );
    let text = fs::read_to_string(directory.path().join("dogs.csv")).unwrap();
    assert!(text.starts_with("name,age,more,note,tags\n"), "{text}");
    let columns = ["export", "--table", "dogs", "-o", "some.tsv", "--columns", "age,name,note"];
    assert_eq!(said(&run(&running, directory.path(), &columns, b"")).lines().count(), 1);
    let create = ["--create", "--key", "name", "--sort-key", "age:N"];
    let arguments = [&["import", "--table", "back", "some.tsv"], &create[..]].concat();
    said(&run(&running, directory.path(), &arguments, b""));
    let mut expected = items(&running, "dogs");
    for item in expected.values_mut() {
        let item = item.as_object_mut().unwrap();
        item.remove("tags");
        item.remove("more");
    }
    assert_eq!(items(&running, "back"), expected);
}

#[test]
fn of_items_of_one_key_the_last_one_stays() {
    let running = with_dogs(&["--in-memory"]);
    let directory = tempfile::tempdir().unwrap();
    let lines: String = (0..500)
        .map(|n| format!("{{\"Item\":{{\"name\":{{\"S\":\"x{}\"}},\"age\":{{\"N\":\"1\"}},\"v\":{{\"N\":\"{n}\"}}}}}}\n", n % 10))
        .collect();
    fs::write(directory.path().join("x.json"), lines).unwrap();
    running.ok("DeleteTable", &json!({ "TableName": "dogs" }));
    let create = ["--create", "--key", "name", "--sort-key", "age:N"];
    said(&run(
        &running,
        directory.path(),
        &[&["import", "--table", "dogs", "x.json"], &create[..]].concat(),
        b"",
    ));
    let values = items(&running, "dogs");
    assert_eq!(values.len(), 10);
    for (place, item) in values.values().enumerate() {
        assert_eq!(item["v"]["N"], (490 + place).to_string());
    }
}

#[test]
fn bad_records_stop_it_or_are_skipped() {
    let running = with_dogs(&["--in-memory"]);
    let directory = tempfile::tempdir().unwrap();
    let good = |n: u32| format!("{{\"Item\":{{\"name\":{{\"S\":\"n\"}},\"age\":{{\"N\":\"{n}\"}}}}}}\n");
    let lines = [
        good(1),
        "{\"Item\":\n".into(),
        good(2),
        "{\"Item\":{\"name\":{\"S\":\"n\"}}}\n".into(),
        "{\"Item\":{\"name\":{\"S\":\"\"},\"age\":{\"N\":\"5\"}}}\n".into(),
        good(6),
    ];
    fs::write(directory.path().join("x.json"), lines.concat()).unwrap();
    let import = ["import", "--table", "dogs", "x.json"];
    let output = run(&running, directory.path(), &import, b"");
    let text = complaint(&output);
    assert!(
        text.contains("x.json:2: it is not JSON as DynamoDB writes it (--skip-errors goes on)"),
        "{text}"
    );
    assert!(text.contains("so far in dogs"), "{text}");
    let output = run(&running, directory.path(), &[&import[..], &["--skip-errors"]].concat(), b"");
    let text = said(&output);
    assert!(text.contains("x.json:2: it is not JSON"), "{text}");
    assert!(text.contains("x.json:4: the key attribute age is missing"), "{text}");
    assert!(text.contains("x.json:5: One or more parameter values are not valid"), "{text}");
    assert!(text.contains("3 items put into dogs") && text.contains("records skipped: 3"), "{text}");
    assert_eq!(items(&running, "dogs").len(), 63);
}

#[test]
fn what_cannot_be_done_is_said_in_words() {
    let running = with_dogs(&["--in-memory"]);
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("x.dat"), "").unwrap();
    fs::write(directory.path().join("x.json"), "{}\n").unwrap();
    for (arguments, text) in [
        (&["export", "--table", "cats"][..], "Table: cats not found"),
        (&["export", "--table", "dogs", "-o", "x.json.zst"], "Zstandard is read only"),
        (&["export", "--table", "dogs", "--columns", "a"], "--columns are of CSV"),
        (&["export", "--table", "dogs", "-o", "x.json/y"], "cannot write x.json/y.partial"),
        (&["import", "--table", "cats", "x.json"], "the table is not there; --create makes it"),
        (
            &["import", "--table", "dogs", "x.dat"],
            "x.dat: the name does not say what it is written in; say --format",
        ),
        (&["import", "--table", "dogs", "y.json"], "cannot read y.json"),
        (&["import", "--table", "dogs", "."], ". is a directory"),
        (&["import", "--table", "dogs", "--create", "--key", "x", "x.json"], "Table already exists: dogs"),
        (&["import", "--table", "dogs", "--create", "x.json"], "--key"),
        (&["export", "--table", "dogs", "--endpoint", "ftp://localhost:1"], "is not a URL of a server"),
        (
            &["export", "--table", "dogs", "--endpoint", "http://localhost:1"],
            "no server answers at http://localhost:1/",
        ),
    ] {
        let output = run(&running, directory.path(), arguments, b"");
        assert!(complaint(&output).contains(text), "{arguments:?}: {}", complaint(&output));
    }
}

#[test]
fn ctrl_c_leaves_a_word_on_how_far_it_came() {
    let running = with_dogs(&["--in-memory"]);
    let url = format!("http://localhost:{}", running.port());
    let mut command = tailwater_command();
    command.args(["import", "--table", "dogs", "--writers", "1", "-"]).env("AWS_ENDPOINT_URL", url);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // The pipe stays open: more might come.
    let mut pipe = child.stdin.take().unwrap();
    for n in 0..50 {
        writeln!(pipe, "{{\"Item\":{{\"name\":{{\"S\":\"new\"}},\"age\":{{\"N\":\"{n}\"}}}}}}").unwrap();
    }
    pipe.flush().unwrap();
    let clock = environment::Clock::system();
    while items(&running, "dogs").len() < 110 {
        assert!(clock.machine() < Duration::from_secs(20));
    }
    let signalled =
        std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(signalled.success());
    let output = child.wait_with_output().unwrap();
    drop(pipe);
    assert_eq!(complaint(&output), "tailwater: stopped; 50 items so far in dogs: interrupted\n");
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let running = with_dogs(&["--in-memory"]);
    // So little that all of it is written at the end.
    running.make("cats");
    running.ok("PutItem", &json!({ "TableName": "cats", "Item": { "name": { "S": "Tom" } } }));
    for table in ["dogs", "cats"] {
        let mut command = running.tailwater(&["export", "--table", table]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.stderr.escape_ascii().to_string(), "", "{table}");
        assert!(output.status.success(), "{table}");
    }
}

#[test]
fn a_directory_can_hold_the_buckets() {
    let buckets = tempfile::tempdir().unwrap();
    fs::create_dir(buckets.path().join("out")).unwrap();
    let running = with_dogs(&["--in-memory", "--transfer-dir", buckets.path().to_str().unwrap()]);
    let specification = json!({ "PointInTimeRecoveryEnabled": true });
    let request = json!({ "TableName": "dogs", "PointInTimeRecoverySpecification": specification });
    running.ok("UpdateContinuousBackups", &request);
    let table = "arn:aws:dynamodb:us-east-1:000000000000:table/dogs";
    let export = running.ok("ExportTableToPointInTime", &json!({ "TableArn": table, "S3Bucket": "out" }));
    let arn = export["ExportDescription"]["ExportArn"].clone();
    let clock = environment::Clock::system();
    let ended = loop {
        let described = running.ok("DescribeExport", &json!({ "ExportArn": arn }));
        let described = described["ExportDescription"].clone();
        if described["ExportStatus"] != "IN_PROGRESS" {
            break described;
        }
        assert!(clock.machine() < Duration::from_secs(20));
    };
    assert_eq!((&ended["ExportStatus"], &ended["ItemCount"]), (&json!("COMPLETED"), &json!(60)), "{ended}");
    let manifest = buckets.path().join("out").join(ended["ExportManifest"].as_str().unwrap());
    assert!(fs::read_to_string(manifest).unwrap().contains("\"itemCount\":60"));
}
