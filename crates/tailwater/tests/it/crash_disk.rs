//! A disk that is full, or breaks, under the running server: writes are refused in words, reads go on, and
//! nothing that was acknowledged is gone when the disk is well again.
//!
//! A library before the C library (`tests/disk/preload.c`) plays the disk.

use crate::client::Client;
use crate::crash::Table;
use crate::running::{Running, tailwater_command};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const REFUSAL: &str = "the store stopped taking writes after an error:";

/// A server whose disk does as it is told.
struct Disk {
    directory: tempfile::TempDir,
}

impl Disk {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/disk/preload.c");
        let status = Command::new("cc")
            .args(["-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o"])
            .args([&directory.path().join("preload.so"), &source])
            .status()
            .expect("a C compiler is needed");
        assert!(status.success());
        fs::create_dir(directory.path().join("data")).unwrap();
        Self { directory }
    }

    fn fault_file(&self) -> PathBuf {
        self.directory.path().join("fault")
    }

    fn fail(&self, how: &str) {
        fs::write(self.fault_file(), how).unwrap();
    }

    fn mend(&self) {
        fs::remove_file(self.fault_file()).unwrap();
    }

    fn start(&self) -> Running {
        let data = self.directory.path().join("data");
        let mut command = tailwater_command();
        command
            .args(["serve", "--port", "0", "--log", "off", "--data-dir"])
            .arg(&data)
            .env("LD_PRELOAD", self.directory.path().join("preload.so"))
            .env("DISK_ROOT", &data)
            .env("DISK_FAULT", self.fault_file());
        Running::wait_for(command.stdout(Stdio::piped()).spawn().unwrap())
    }
}

fn put(client: &mut Client, number: usize) -> (u16, String) {
    let item = json!({
        "pk": { "S": format!("order {number}") }, "g": { "S": "g" }, "text": { "S": "x".repeat(3000) }
    });
    let request = json!({ "TableName": Table::NAME, "Item": item });
    let answer = client.call("PutItem", request.to_string());
    let message = if answer.status == 200 { String::new() } else { answer.error().1 };
    (answer.status, message)
}

/// The number of items, of index entries and of records, each read whole.
fn counts(running: &Running) -> [usize; 3] {
    let count = |request: Value| running.ok("Scan", &request)["Items"].as_array().unwrap().len();
    let items = count(json!({ "TableName": Table::NAME }));
    let entries = count(json!({ "TableName": Table::NAME, "IndexName": "by-group" }));
    let table = running.ok("DescribeTable", &json!({ "TableName": Table::NAME }))["Table"].clone();
    let stream = table["LatestStreamArn"].clone();
    let description = running.ok("DescribeStream", &json!({ "StreamArn": stream }));
    let request = json!({
        "StreamArn": stream,
        "ShardId": description["StreamDescription"]["Shards"][0]["ShardId"],
        "ShardIteratorType": "TRIM_HORIZON",
    });
    let iterator = running.ok("GetShardIterator", &request)["ShardIterator"].clone();
    let page = running.ok("GetRecords", &json!({ "ShardIterator": iterator }));
    [items, entries, page["Records"].as_array().unwrap().len()]
}

/// Writes until the disk fails, and on; looks at it meanwhile, and again after a restart on a good disk.
fn fails(how: &str, words: &str, stop: &str) {
    let disk = Disk::new();
    let mut running = disk.start();
    running.ok("CreateTable", &Table::request());
    let mut client = running.client();
    let acknowledged = 20;
    (0..acknowledged).for_each(|number| assert_eq!(put(&mut client, number).0, 200));
    disk.fail(how);
    for number in acknowledged..acknowledged + 5 {
        let (status, message) = put(&mut client, number);
        assert_eq!((status, message), (500, format!("{REFUSAL} the storage engine failed: {words}")));
        assert_eq!(counts(&running), [acknowledged; 3], "{how}");
    }
    disk.mend();
    // The page cache may hold what the disk has not: nothing more is promised until a restart.
    assert_eq!(put(&mut client, 99).0, 500);
    assert_eq!(counts(&running), [acknowledged; 3]);
    running.signal(stop);
    running.child.wait().unwrap();
    let running = disk.start();
    let left = counts(&running);
    // The write that met the fault was never acknowledged, but may have got through.
    assert!(
        left[0] >= acknowledged && left[0] <= acknowledged + 1 && left == [left[0]; 3],
        "{how}: {left:?}"
    );
    let mut client = running.client();
    (200..210).for_each(|number| assert_eq!(put(&mut client, number).0, 200));
    assert_eq!(counts(&running), [left[0] + 10; 3]);
}

#[test]
fn a_full_disk_refuses_writes_and_loses_nothing() {
    fails("write", "No space left on device (os error 28)", "-KILL");
    fails("write", "No space left on device (os error 28)", "-TERM");
}

#[test]
fn a_failed_sync_is_not_tried_again_and_loses_nothing() {
    fails("sync", "Input/output error (os error 5)", "-KILL");
}

#[test]
fn below_the_free_space_mark_writes_are_refused_before_they_are_tried() {
    let disk = Disk::new();
    let running = disk.start();
    running.ok("CreateTable", &Table::request());
    let mut client = running.client();
    assert_eq!(put(&mut client, 0).0, 200);
    disk.fail("mark");
    // How much is free is looked up now and then; through the C library if the binary was built for the tests.
    let refused = (1..600).find(|number| put(&mut client, *number).0 == 500).expect("no write was refused");
    let (status, message) = put(&mut client, refused);
    assert!(status == 500 && message.contains("the disk is full"), "{status} {message}");
    let [items, entries, _] = counts(&running);
    assert_eq!([items, entries], [refused; 2]);
    let delete = json!({ "TableName": Table::NAME, "Key": { "pk": { "S": "order 0" } } });
    let deleted = client.call("DeleteItem", delete.to_string());
    assert_eq!(deleted.status, 500, "its record would take space");
    let table = json!({ "TableName": Table::NAME });
    assert_eq!(client.call("DeleteTable", table.to_string()).status, 200, "what gives space back is taken");
    disk.mend();
    running.ok("CreateTable", &Table::request());
    assert_eq!(put(&mut client, refused).0, 200, "there is space again, and no restart is needed");
    running.stop("-TERM");
}
