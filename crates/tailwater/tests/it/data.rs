//! Where data are kept, who else may come near them, and what is not taken for them.

use crate::running::{Running, refused};
use serde_json::json;
use std::fs;
use std::path::Path;

/// A directory in which a server made a table and stored an item.
fn with_data(directory: &Path) {
    let running = Running::start_in(directory, &[]);
    running.make("dogs");
    running.ok("PutItem", &json!({ "TableName": "dogs", "Item": { "name": { "S": "Rex" } } }));
    running.stop("-TERM");
}

#[test]
fn without_being_told_data_go_below_the_current_directory_and_are_kept() {
    let directory = tempfile::tempdir().unwrap();
    with_data(directory.path());
    let running = Running::start_in(directory.path(), &[]);
    let place = directory.path().canonicalize().unwrap().join(".tailwater");
    let hint = "(--data-dir names another place, --in-memory keeps nothing)";
    assert_eq!(running.said("data"), format!("{} {hint}", place.display()));
    let item = running.ok("GetItem", &json!({ "TableName": "dogs", "Key": { "name": { "S": "Rex" } } }));
    assert_eq!(item["Item"]["name"]["S"], "Rex");
    running.stop("-INT");
}

#[test]
fn every_durability_keeps_data_over_a_stop() {
    for durability in ["sync", "interval", "interval=5", "os"] {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("a/b");
        let arguments = ["--data-dir", place.to_str().unwrap(), "--durability", durability];
        let running = Running::start_in(directory.path(), &arguments);
        assert_eq!(running.said("data"), place.canonicalize().unwrap().display().to_string());
        running.make("dogs");
        running.stop("-TERM");
        let running = Running::start_in(directory.path(), &arguments);
        assert_eq!(running.ok("ListTables", &json!({}))["TableNames"], json!(["dogs"]), "{durability}");
    }
}

#[test]
fn nothing_is_kept_in_memory_and_no_file_is_made() {
    let directory = tempfile::tempdir().unwrap();
    let running = Running::start_in(directory.path(), &["--in-memory", "--memory-limit", "16MiB"]);
    running.make("dogs");
    running.stop("-TERM");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn a_second_server_does_not_get_at_the_data_of_a_first() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("data");
    let place = place.to_str().unwrap();
    let first = Running::start_in(directory.path(), &["--data-dir", place]);
    let text = refused(&["serve", "--port", "0", "--data-dir", place]);
    let words = format!("the data directory {place} is in use by process {}", first.child.id());
    assert!(text.contains(&words), "{text}");
    assert_eq!(first.client().get("/_tailwater/health").status, 200);
    first.stop("-TERM");
    Running::start_in(directory.path(), &["--data-dir", place]).stop("-TERM");
}

#[test]
fn what_is_not_a_whole_data_directory_of_this_version_is_refused_untouched() {
    let directory = tempfile::tempdir().unwrap();
    with_data(directory.path());
    let place = directory.path().join(".tailwater");
    let format = place.join("FORMAT");
    let good = fs::read(&format).unwrap();
    let serve = ["serve", "--port", "0", "--data-dir", place.to_str().unwrap()];

    let newer = String::from_utf8(good.clone()).unwrap().replace(" 1 ", " 999 ");
    fs::write(&format, newer).unwrap();
    let text = refused(&serve);
    assert!(text.contains("999") && text.contains("newer"), "{text}");

    fs::write(&format, "nonsense").unwrap();
    assert!(refused(&serve).contains("has a damaged FORMAT file"));

    fs::remove_file(&format).unwrap();
    assert!(refused(&serve).contains("so it is not a data directory"));

    fs::write(&format, &good).unwrap();
    let engine = place.join("engine");
    fs::rename(&engine, place.join("moved")).unwrap();
    assert!(refused(&serve).contains("the data is damaged"));
    fs::rename(place.join("moved"), &engine).unwrap();

    let version = fs::read(engine.join("version")).unwrap();
    fs::write(engine.join("version"), "nonsense").unwrap();
    assert!(refused(&serve).contains("the data is damaged"));
    fs::write(engine.join("version"), version).unwrap();

    // None of that did any harm.
    let running = Running::start_in(directory.path(), &[]);
    assert_eq!(running.ok("Scan", &json!({ "TableName": "dogs" }))["Count"], 1);
}

#[test]
fn a_place_that_cannot_be_written_to_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "of somebody else").unwrap();
    let below = file.join("data");
    for place in [&file, &below, Path::new("/proc/tailwater")] {
        let text = refused(&["serve", "--port", "0", "--data-dir", place.to_str().unwrap()]);
        assert!(text.contains(&format!("the data directory {} cannot", place.display())), "{text}");
    }
    assert_eq!(fs::read(&file).unwrap(), b"of somebody else");
    let text = refused(&["serve", "--port", "0", "--data-dir", directory.path().to_str().unwrap()]);
    assert!(text.contains("holds other files and no FORMAT file"), "{text}");
}
