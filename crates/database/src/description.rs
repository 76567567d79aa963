//! `TableDescription`, as the control operations answer it.
//!
//! Tables change at once here, but an answer to a change says CREATING, UPDATING or DELETING as AWS's does,
//! since clients look for it; the next DescribeTable says ACTIVE.

use crate::descriptor::{
    IndexDescriptor, Keys, LatestStream, ProjectionDescriptor, SearchAttribute, TableDescriptor, Throughput,
    VectorsDescriptor,
};
use crate::table::IndexKind;
use serde_json::{Map, Value, json};

/// What AWS warms an on-demand table for.
const ON_DEMAND_WARM_READ: i64 = 12_000;
const ON_DEMAND_WARM_WRITE: i64 = 4_000;
const DAY_MS: u64 = 86_400_000;

/// The status that an answer shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    Creating,
    Active,
    Updating,
    Deleting,
}

impl Shown {
    fn as_str(self) -> &'static str {
        match self {
            Self::Creating => "CREATING",
            Self::Active => "ACTIVE",
            Self::Updating => "UPDATING",
            Self::Deleting => "DELETING",
        }
    }
}

/// A count of items and the sum of their sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) items: i64,
    pub(crate) bytes: i64,
}

/// What of a table changes without its descriptor.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sizes {
    pub(crate) table: Counts,
    /// In the order of the descriptor's indexes.
    pub(crate) indexes: Vec<Counts>,
    pub(crate) now_ms: u64,
}

/// Epoch seconds with their fraction, as JSON timestamps are.
pub(crate) fn timestamp(ms: u64) -> Value {
    // Milliseconds of service time are far below 2^53.
    #[allow(clippy::cast_precision_loss)]
    let seconds = ms as f64 / 1000.0;
    json!(seconds)
}

/// The whole description.
pub(crate) fn describe(table: &TableDescriptor, sizes: &Sizes, shown: Shown) -> Value {
    let mut description = identity(table, sizes, shown);
    description.insert("AttributeDefinitions".into(), definitions(table));
    description.insert("KeySchema".into(), key_schema(&table.keys));
    description.insert("CreationDateTime".into(), timestamp(table.created_ms));
    for (member, kind) in [
        ("LocalSecondaryIndexes", IndexKind::Local),
        ("GlobalSecondaryIndexes", IndexKind::Global),
        ("VectorIndexes", IndexKind::Vector),
    ] {
        let indexes: Vec<Value> = (table.indexes.iter().enumerate())
            .filter(|(_, index)| index.kind() == kind)
            .map(|(place, index)| {
                let counts = sizes.indexes.get(place).copied().unwrap_or_default();
                describe_index(table, index, counts, (shown, sizes.now_ms))
            })
            .collect();
        if !indexes.is_empty() {
            description.insert(member.into(), indexes.into());
        }
    }
    describe_stream(&mut description, table.stream.as_ref());
    describe_settings(&mut description, table, shown);
    if let Some(restore) = &table.restore {
        let mut summary = json!({
            "SourceTableArn": restore.source_arn,
            "RestoreDateTime": timestamp(restore.of_ms),
            "RestoreInProgress": true,
        });
        if let Some(arn) = &restore.backup_arn {
            summary["SourceBackupArn"] = json!(arn);
        }
        description.insert("RestoreSummary".into(), summary);
    }
    Value::Object(description)
}

/// What is left to say of a table that is going.
pub(crate) fn describe_deleted(table: &TableDescriptor, sizes: &Sizes) -> Value {
    Value::Object(identity(table, sizes, Shown::Deleting))
}

fn identity(table: &TableDescriptor, sizes: &Sizes, shown: Shown) -> Map<String, Value> {
    let mut description = Map::new();
    description.insert("TableName".into(), json!(table.name));
    description.insert("TableArn".into(), json!(table.arn()));
    description.insert("TableId".into(), json!(table.uuid));
    description.insert("TableStatus".into(), json!(shown.as_str()));
    description.insert("ItemCount".into(), json!(sizes.table.items));
    description.insert("TableSizeBytes".into(), json!(sizes.table.bytes));
    description.insert("ProvisionedThroughput".into(), throughput(&table.throughput, sizes.now_ms));
    description.insert("DeletionProtectionEnabled".into(), json!(table.deletion_protection));
    // A table that was never on demand has no summary.
    if table.billing.on_demand || table.billing.on_demand_since_ms.is_some() {
        let mode = if table.billing.on_demand { "PAY_PER_REQUEST" } else { "PROVISIONED" };
        let mut summary = json!({ "BillingMode": mode });
        if let Some(since_ms) = table.billing.on_demand_since_ms.filter(|_| shown != Shown::Creating) {
            summary["LastUpdateToPayPerRequestDateTime"] = timestamp(since_ms);
        }
        description.insert("BillingModeSummary".into(), summary);
    }
    description
}

fn definitions(table: &TableDescriptor) -> Value {
    let one = |attribute: &crate::descriptor::Attribute| json!({ "AttributeName": attribute.name, "AttributeType": attribute.kind.as_str() });
    table.attributes.iter().map(one).collect()
}

pub(crate) fn key_schema(keys: &Keys) -> Value {
    let element = |name: &String, part: &str| json!({ "AttributeName": name, "KeyType": part });
    let partition = keys.partition.iter().map(|name| element(name, "HASH"));
    partition.chain(keys.sort.iter().map(|name| element(name, "RANGE"))).collect()
}

fn throughput(throughput: &Throughput, now_ms: u64) -> Value {
    let today = throughput.decreased_ms.is_some_and(|ms| ms / DAY_MS == now_ms / DAY_MS);
    let mut value = json!({
        "ReadCapacityUnits": throughput.read,
        "WriteCapacityUnits": throughput.write,
        "NumberOfDecreasesToday": if today { throughput.decreases } else { 0 },
    });
    if let Some(ms) = throughput.increased_ms {
        value["LastIncreaseDateTime"] = timestamp(ms);
    }
    if let Some(ms) = throughput.decreased_ms {
        value["LastDecreaseDateTime"] = timestamp(ms);
    }
    value
}

fn describe_index(
    table: &TableDescriptor,
    index: &IndexDescriptor,
    counts: Counts,
    (shown, now_ms): (Shown, u64),
) -> Value {
    let mut value = json!({
        "IndexName": index.name,
        "IndexArn": format!("{}/index/{}", table.arn(), index.name),
        "Projection": projection(&index.projection),
        "ItemCount": counts.items,
        "IndexSizeBytes": counts.bytes,
    });
    match &index.vectors {
        None => value["KeySchema"] = key_schema(&index.keys),
        Some(vectors) => describe_vectors(&mut value, vectors),
    }
    if index.local {
        return value;
    }
    let filling = !index.active;
    let status = match shown {
        Shown::Creating | Shown::Deleting => shown.as_str(),
        Shown::Active | Shown::Updating if filling => "CREATING",
        Shown::Active | Shown::Updating => "ACTIVE",
    };
    value["IndexStatus"] = json!(status);
    if filling && shown != Shown::Creating {
        // A vector index is being allocated while the change that makes it is answered.
        value["Backfilling"] = json!(index.vectors.is_none() || shown == Shown::Active);
    }
    if index.vectors.is_some() {
        return value;
    }
    value["ProvisionedThroughput"] = throughput(&index.throughput, now_ms);
    if let Some(bounds) = &index.on_demand {
        value["OnDemandThroughput"] = on_demand(*bounds);
    }
    value["WarmThroughput"] = warm(index.warm, table.billing.on_demand, &index.throughput, shown);
    value
}

/// What a vector index has beside other indexes.
pub(crate) fn describe_vectors(value: &mut Value, vectors: &VectorsDescriptor) {
    value["VectorAttribute"] = json!({ "AttributeName": vectors.attribute });
    value["Dimensions"] = json!(vectors.dimensions);
    value["DistanceFunction"] = json!(vectors.distance);
    let element = |attribute: &SearchAttribute| {
        let kind = if attribute.partition { "HASH" } else { "INLINE_FILTER" };
        json!({ "AttributeName": attribute.name, "SearchSchemaElementType": kind })
    };
    if !vectors.schema.is_empty() {
        value["SearchSchema"] = vectors.schema.iter().map(element).collect();
    }
}

/// The description of an index that is going, for the answer that deletes it.
pub(crate) fn mark_deleting(description: &mut Value, index: &str) {
    for member in ["GlobalSecondaryIndexes", "VectorIndexes"] {
        let Some(indexes) = description.get_mut(member).and_then(Value::as_array_mut) else { continue };
        for value in indexes.iter_mut().filter(|value| value["IndexName"] == index) {
            value["IndexStatus"] = json!("DELETING");
            if let Some(members) = value.as_object_mut() {
                members.remove("Backfilling");
            }
        }
    }
}

pub(crate) fn projection(projection: &ProjectionDescriptor) -> Value {
    match projection {
        ProjectionDescriptor::All => json!({ "ProjectionType": "ALL" }),
        ProjectionDescriptor::KeysOnly => json!({ "ProjectionType": "KEYS_ONLY" }),
        ProjectionDescriptor::Include(names) => {
            json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": names })
        }
    }
}

fn describe_stream(description: &mut Map<String, Value>, stream: Option<&LatestStream>) {
    let Some(stream) = stream else { return };
    // A disabled stream keeps its ARN here, but not its specification.
    description.insert("LatestStreamArn".into(), json!(stream.arn));
    description.insert("LatestStreamLabel".into(), json!(stream.label));
    if stream.enabled {
        let specification = json!({ "StreamEnabled": true, "StreamViewType": stream.view });
        description.insert("StreamSpecification".into(), specification);
    }
}

fn describe_settings(description: &mut Map<String, Value>, table: &TableDescriptor, shown: Shown) {
    if let Some(bounds) = table.on_demand {
        description.insert("OnDemandThroughput".into(), on_demand(bounds));
    }
    let warmth = warm(table.warm, table.billing.on_demand, &table.throughput, shown);
    description.insert("WarmThroughput".into(), warmth);
    if let Some(class) = &table.class {
        let mut summary = json!({ "TableClass": class.name });
        if let Some(ms) = class.changed_ms {
            summary["LastUpdateDateTime"] = timestamp(ms);
        }
        description.insert("TableClassSummary".into(), summary);
    }
    if let Some(encryption) = &table.encryption {
        let value = json!({ "Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": encryption.key });
        description.insert("SSEDescription".into(), value);
    }
}

pub(crate) fn on_demand(units: crate::descriptor::Units) -> Value {
    // -1 is how AWS shows a bound that is not there.
    json!({
        "MaxReadRequestUnits": units.read.unwrap_or(-1),
        "MaxWriteRequestUnits": units.write.unwrap_or(-1),
    })
}

fn warm(
    asked: Option<crate::descriptor::Units>,
    is_on_demand: bool,
    provisioned: &Throughput,
    shown: Shown,
) -> Value {
    let (read, write) = if is_on_demand {
        (ON_DEMAND_WARM_READ, ON_DEMAND_WARM_WRITE)
    } else {
        (provisioned.read, provisioned.write)
    };
    let asked = asked.unwrap_or_default();
    json!({
        "ReadUnitsPerSecond": asked.read.unwrap_or(read).max(read),
        "WriteUnitsPerSecond": asked.write.unwrap_or(write).max(write),
        "Status": shown.as_str(),
    })
}
