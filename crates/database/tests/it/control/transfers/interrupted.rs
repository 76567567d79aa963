//! What a restart interrupts has failed.

use super::{Buckets, arn, import};
use crate::world::World;
use database::objects::{Answer, Bucket, Listed, ObjectReader, ObjectWriter, Objects};
use serde_json::json;
use std::future::pending;
use std::sync::Arc;
use wire::Operation::*;

/// Objects that nobody ever gets.
#[derive(Debug)]
struct Stuck;

impl Objects for Stuck {
    fn create<'a>(&'a self, _bucket: Bucket<'a>, _key: &'a str) -> Answer<'a, Box<dyn ObjectWriter>> {
        Box::pin(pending())
    }

    fn open<'a>(&'a self, _bucket: Bucket<'a>, _key: &'a str) -> Answer<'a, Box<dyn ObjectReader>> {
        Box::pin(pending())
    }

    fn list<'a>(&'a self, _bucket: Bucket<'a>, _prefix: &'a str, _limit: usize) -> Answer<'a, Vec<Listed>> {
        Box::pin(pending())
    }
}

#[test]
fn an_export_and_an_import_that_a_restart_interrupts_have_failed() {
    for make in [World::in_memory, World::on_disk] {
        let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let before = runtime();
        let (world, export, imported) = before.block_on(async {
            let world = make();
            world.database.set_objects(Arc::new(Stuck));
            let buckets = Buckets { world, directory: tempfile::tempdir().unwrap() };
            buckets.recoverable("dogs").await;
            let world = buckets.world;
            let request = json!({ "TableArn": arn("dogs"), "S3Bucket": "bucket" });
            let export = world.ok(ExportTableToPointInTime, request).await["ExportDescription"].clone();
            let answer = world.ok(ImportTable, import("cats", "ION", "x")).await;
            let imported = answer["ImportTableDescription"].clone();
            // Nobody sees the table but as one that is being made.
            assert_eq!(world.describe("cats").await["TableStatus"], "CREATING");
            let scan = world.call(Scan, json!({ "TableName": "cats" })).await;
            assert_eq!(scan.unwrap_err().0, "ResourceNotFoundException");
            let delete = world.call(DeleteTable, json!({ "TableName": "cats" })).await;
            assert_eq!(delete.unwrap_err().0, "ResourceInUseException");
            let create = world.call(CreateTable, crate::world::table("cats")).await;
            assert_eq!(create.unwrap_err().0, "ResourceInUseException");
            (world, export, imported)
        });
        // What runs ends with its runtime, as with its process.
        drop(before);
        runtime().block_on(async {
            let world = world.reopened();
            let ended = async |world: &World| {
                let names = world.ok(ListTables, json!({})).await["TableNames"].clone();
                let arn = json!({ "ExportArn": export["ExportArn"] });
                let export = world.ok(DescribeExport, arn).await["ExportDescription"].clone();
                let arn = json!({ "ImportArn": imported["ImportArn"] });
                let imported = world.ok(DescribeImport, arn).await["ImportTableDescription"].clone();
                names == json!(["dogs"])
                    && export["ExportStatus"] == "FAILED"
                    && imported["ImportStatus"] == "FAILED"
            };
            world.until("both have failed", ended).await;
            let arn = json!({ "ExportArn": export["ExportArn"] });
            let export = world.ok(DescribeExport, arn).await["ExportDescription"].clone();
            assert_eq!(export["FailureCode"], "InternalServerError");
            world.ok(CreateTable, crate::world::table("cats")).await;
        });
    }
}
