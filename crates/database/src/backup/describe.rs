//! What is answered of a backup.

use super::Backup;
use crate::description::{describe_vectors, key_schema, on_demand, projection, timestamp};
use crate::descriptor::{IndexDescriptor, TableDescriptor, Throughput};
use crate::table::IndexKind;
use serde_json::{Map, Value, json};

/// `BackupDetails`.
pub(crate) fn details(backup: &Backup, status: &str) -> Value {
    json!({
        "BackupArn": backup.arn,
        "BackupName": backup.name,
        "BackupSizeBytes": backup.bytes,
        "BackupStatus": status,
        "BackupType": "USER",
        "BackupCreationDateTime": timestamp(backup.created_ms),
    })
}

/// `BackupSummary`.
pub(crate) fn summary(backup: &Backup) -> Value {
    let mut summary = details(backup, status(backup));
    summary["TableName"] = json!(backup.table.name);
    summary["TableId"] = json!(backup.table.uuid);
    summary["TableArn"] = json!(backup.table.arn());
    summary
}

/// `BackupDescription`; in another status than the backup's own where it is going.
pub(crate) fn described(backup: &Backup, deleted: bool) -> Value {
    json!({
        "BackupDetails": details(backup, if deleted { "DELETED" } else { status(backup) }),
        "SourceTableDetails": table_details(backup),
        "SourceTableFeatureDetails": features(&backup.table),
    })
}

fn status(backup: &Backup) -> &'static str {
    if backup.creating { "CREATING" } else { "AVAILABLE" }
}

fn table_details(backup: &Backup) -> Value {
    let table = &backup.table;
    let mut details = json!({
        "TableName": table.name,
        "TableId": table.uuid,
        "TableArn": table.arn(),
        "TableSizeBytes": backup.bytes,
        "ItemCount": backup.items,
        "KeySchema": key_schema(&table.keys),
        "TableCreationDateTime": timestamp(table.created_ms),
        "ProvisionedThroughput": throughput(&table.throughput),
        "BillingMode": if table.billing.on_demand { "PAY_PER_REQUEST" } else { "PROVISIONED" },
    });
    if let Some(bounds) = table.on_demand {
        details["OnDemandThroughput"] = on_demand(bounds);
    }
    details
}

fn throughput(units: &Throughput) -> Value {
    json!({ "ReadCapacityUnits": units.read, "WriteCapacityUnits": units.write })
}

fn features(table: &TableDescriptor) -> Value {
    let mut features = Map::new();
    for (member, kind) in [
        ("LocalSecondaryIndexes", IndexKind::Local),
        ("GlobalSecondaryIndexes", IndexKind::Global),
        ("VectorIndexes", IndexKind::Vector),
    ] {
        let of_kind = table.indexes.iter().filter(|index| index.kind() == kind);
        let indexes: Vec<Value> = of_kind.map(index).collect();
        if !indexes.is_empty() {
            features.insert(member.into(), indexes.into());
        }
    }
    if let Some(stream) = table.enabled_stream() {
        let stream = json!({ "StreamEnabled": true, "StreamViewType": stream.view });
        features.insert("StreamDescription".into(), stream);
    }
    if let Some(expiry) = &table.time_to_live {
        let expiry = json!({ "TimeToLiveStatus": "ENABLED", "AttributeName": expiry.attribute });
        features.insert("TimeToLiveDescription".into(), expiry);
    }
    if let Some(encryption) = &table.encryption {
        let encryption = json!({ "Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": encryption.key });
        features.insert("SSEDescription".into(), encryption);
    }
    features.into()
}

fn index(index: &IndexDescriptor) -> Value {
    let mut value = json!({
        "IndexName": index.name,
        "Projection": projection(&index.projection),
    });
    if let Some(vectors) = &index.vectors {
        describe_vectors(&mut value, vectors);
        return value;
    }
    value["KeySchema"] = key_schema(&index.keys);
    if !index.local {
        value["ProvisionedThroughput"] = throughput(&index.throughput);
        if let Some(bounds) = index.on_demand {
            value["OnDemandThroughput"] = on_demand(bounds);
        }
    }
    value
}
