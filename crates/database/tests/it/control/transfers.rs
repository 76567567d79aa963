//! Exports and imports, to and from buckets that are directories.

mod directory;
mod exports;
mod imports;
mod incremental;
mod interrupted;

use crate::world::{World, table, with};
use database::objects::Directory;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use transfer::csv::CsvOptions;
use transfer::{Compression, Items, Source};
use wire::Operation::*;

/// The ARN of a table.
fn arn(table: &str) -> String {
    format!("arn:aws:dynamodb:us-east-1:000000000000:table/{table}")
}

/// A world with a bucket.
struct Buckets {
    world: World,
    directory: TempDir,
}

impl Buckets {
    fn with(world: World) -> Buckets {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("bucket")).unwrap();
        world.database.set_objects(Arc::new(Directory::new(directory.path().to_owned())));
        Buckets { world, directory }
    }

    fn in_memory() -> Buckets {
        Buckets::with(World::in_memory())
    }

    fn path(&self, key: &str) -> PathBuf {
        self.directory.path().join("bucket").join(key)
    }

    fn put(&self, key: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn text(&self, key: &str) -> String {
        fs::read_to_string(self.path(key)).unwrap()
    }

    /// A table with recovery.
    async fn recoverable(&self, name: &str) {
        self.world.ok(CreateTable, table(name)).await;
        let specification = json!({ "PointInTimeRecoveryEnabled": true });
        let request = json!({ "TableName": name, "PointInTimeRecoverySpecification": specification });
        self.world.ok(UpdateContinuousBackups, request).await;
    }

    async fn put_item(&self, table: &str, item: Value) {
        self.world.ok(PutItem, json!({ "TableName": table, "Item": item })).await;
    }

    /// Exports a table, and waits for the end of it.
    async fn export(&self, table: &str, members: Value) -> Value {
        let request = with(json!({ "TableArn": arn(table), "S3Bucket": "bucket" }), members);
        let answer = self.world.ok(ExportTableToPointInTime, request).await["ExportDescription"].clone();
        assert_eq!(answer["ExportStatus"], "IN_PROGRESS", "{answer}");
        self.exported(answer["ExportArn"].as_str().unwrap()).await
    }

    async fn exported(&self, arn: &str) -> Value {
        let ask = async |world: &World| {
            world.ok(DescribeExport, json!({ "ExportArn": arn })).await["ExportDescription"].clone()
        };
        let has_ended = async |world: &World| ask(world).await["ExportStatus"] != "IN_PROGRESS";
        self.world.until("the export has ended", has_ended).await;
        ask(&self.world).await
    }

    /// Imports a table, and waits for the end of it.
    async fn import(&self, request: Value) -> Value {
        let answer = self.world.ok(ImportTable, request).await["ImportTableDescription"].clone();
        assert_eq!(answer["ImportStatus"], "IN_PROGRESS", "{answer}");
        self.imported(answer["ImportArn"].as_str().unwrap()).await
    }

    async fn imported(&self, arn: &str) -> Value {
        let ask = async |world: &World| {
            world.ok(DescribeImport, json!({ "ImportArn": arn })).await["ImportTableDescription"].clone()
        };
        let has_ended = async |world: &World| ask(world).await["ImportStatus"] != "IN_PROGRESS";
        self.world.until("the import has ended", has_ended).await;
        ask(&self.world).await
    }

    /// The items of a table, by `pk`.
    async fn items(&self, table: &str) -> BTreeMap<String, Value> {
        let scanned = self.world.ok(Scan, json!({ "TableName": table })).await;
        let items = scanned["Items"].as_array().unwrap().clone();
        items.into_iter().map(|item| (item["pk"].to_string(), item)).collect()
    }

    /// All files below the bucket, by key.
    fn keys(&self) -> Vec<String> {
        let mut keys = Vec::new();
        let root = self.path("");
        let mut open = vec![root.clone()];
        while let Some(directory) = open.pop() {
            for found in fs::read_dir(directory).unwrap() {
                let path = found.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    keys.push(path.strip_prefix(&root).unwrap().to_string_lossy().into_owned());
                }
            }
        }
        keys.sort();
        keys
    }
}

/// The lines of a compressed file.
fn lines(path: &Path) -> Vec<String> {
    let mut text = String::new();
    Compression::Gzip.reader(fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// How many items a file of an export has.
fn count(path: &Path, format: transfer::Format) -> usize {
    let source = Source { format, compression: Compression::Gzip, csv: CsvOptions::default() };
    let (mut items, mut count) = (Items::new(Cursor::new(fs::read(path).unwrap()), &source), 0);
    while let Some(item) = items.read().unwrap() {
        item.unwrap();
        count += 1;
    }
    count
}

/// ImportTable of a table with a partition key `pk`.
fn import(table: &str, format: &str, prefix: &str) -> Value {
    json!({
        "S3BucketSource": { "S3Bucket": "bucket", "S3KeyPrefix": prefix },
        "InputFormat": format,
        "TableCreationParameters": crate::world::table(table),
    })
}
