//! `AWS::DynamoDB::GlobalTable`, of one region: its properties, with those of this region's replica, are those of a table.

use super::handler::{Done, Handler, Place, picked};
use super::refusal::Refusal;
use super::shape::{Member, Shape, TAGS, may, must, never};
use super::table::{
    self, DEFINITIONS, INSIGHTS, KEY_SCHEMA, KINESIS, LOCAL_INDEXES, POLICY, PROJECTION, RECOVERY,
    TIME_TO_LIVE, Table, VECTOR_INDEXES, WARM,
};
use super::{Made, Scope};
use cloudformation::Value;
use serde_json::{Map, Value as Json, json};

/// Capacity that would follow the load. Here it stays what it is at first.
const SCALING: Shape = Shape::Structure(&[
    must("MaxCapacity", Shape::Integer),
    must("MinCapacity", Shape::Integer),
    may("SeedCapacity", Shape::Integer),
    must(
        "TargetTrackingScalingPolicyConfiguration",
        Shape::Structure(&[
            may("DisableScaleIn", Shape::Boolean),
            may("ScaleInCooldown", Shape::Integer),
            may("ScaleOutCooldown", Shape::Integer),
            must("TargetValue", Shape::Number),
        ]),
    ),
]);

const READS: Shape = Shape::Structure(&[
    may("ReadCapacityAutoScalingSettings", SCALING),
    may("ReadCapacityUnits", Shape::Integer),
]);

const WRITES: Shape = Shape::Structure(&[may("WriteCapacityAutoScalingSettings", SCALING)]);

const READS_ON_DEMAND: Shape = Shape::Structure(&[may("MaxReadRequestUnits", Shape::Integer)]);

const WRITES_ON_DEMAND: Shape = Shape::Structure(&[may("MaxWriteRequestUnits", Shape::Integer)]);

const INDEXES: Shape = Shape::List(&Shape::Structure(&[
    must("IndexName", Shape::Text),
    must("KeySchema", KEY_SCHEMA),
    must("Projection", PROJECTION),
    may("ReadOnDemandThroughputSettings", READS_ON_DEMAND),
    may("ReadProvisionedThroughputSettings", READS),
    may("WarmThroughput", WARM),
    may("WriteOnDemandThroughputSettings", WRITES_ON_DEMAND),
    may("WriteProvisionedThroughputSettings", WRITES),
]));

const REPLICA: Shape = Shape::Structure(&[
    may("ContributorInsightsSpecification", INSIGHTS),
    may("DeletionProtectionEnabled", Shape::Boolean),
    never("DisassociationProtectionEnabled"),
    may(
        "GlobalSecondaryIndexes",
        Shape::List(&Shape::Structure(&[
            may("ContributorInsightsSpecification", INSIGHTS),
            must("IndexName", Shape::Text),
            may("ReadOnDemandThroughputSettings", READS_ON_DEMAND),
            may("ReadProvisionedThroughputSettings", READS),
        ])),
    ),
    never("GlobalTableSettingsReplicationMode"),
    may("KinesisStreamSpecification", KINESIS),
    may("PointInTimeRecoverySpecification", RECOVERY),
    may("ReadOnDemandThroughputSettings", READS_ON_DEMAND),
    may("ReadProvisionedThroughputSettings", READS),
    must("Region", Shape::Text),
    may("ReplicaStreamSpecification", Shape::Structure(&[may("ResourcePolicy", POLICY), never("Tags")])),
    may("ResourcePolicy", POLICY),
    may("SSESpecification", Shape::Structure(&[must("KMSMasterKeyId", Shape::Text)])),
    may("TableClass", Shape::Text),
    may("Tags", TAGS),
]);

/// The type.
pub(super) struct GlobalTable;

impl Handler for GlobalTable {
    const TYPE: &'static str = "AWS::DynamoDB::GlobalTable";

    const PROPERTIES: &'static [Member] = &[
        may("AttributeDefinitions", DEFINITIONS),
        may("BillingMode", Shape::Text),
        may("GlobalSecondaryIndexes", INDEXES),
        never("GlobalTableSourceArn"),
        never("GlobalTableWitnesses"),
        must("KeySchema", KEY_SCHEMA),
        may("LocalSecondaryIndexes", LOCAL_INDEXES),
        never("MultiRegionConsistency"),
        may("ReadOnDemandThroughputSettings", READS_ON_DEMAND),
        may("ReadProvisionedThroughputSettings", READS),
        must("Replicas", Shape::List(&REPLICA)),
        may(
            "SSESpecification",
            Shape::Structure(&[must("SSEEnabled", Shape::Boolean), may("SSEType", Shape::Text)]),
        ),
        may("StreamSpecification", Shape::Structure(&[must("StreamViewType", Shape::Text)])),
        may("TableName", Shape::Text),
        may("TimeToLiveSpecification", TIME_TO_LIVE),
        may("VectorIndexes", VECTOR_INDEXES),
        may("WarmThroughput", WARM),
        may("WriteOnDemandThroughputSettings", WRITES_ON_DEMAND),
        may("WriteProvisionedThroughputSettings", WRITES),
    ];

    async fn make(&self, place: Place<'_>, name: &str, properties: &Json) -> Done<String> {
        Table.make(place, name, &as_table(place.scope, properties)?).await
    }

    async fn finish(&self, place: Place<'_>, id: &str, properties: &Json) -> Done<()> {
        Table.finish(place, id, &as_table(place.scope, properties)?).await
    }

    async fn change(&self, place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<()> {
        // What cannot be read of the table before has nothing to say.
        let before = as_table(place.scope, before).unwrap_or_else(|_| json!({}));
        Table.change(place, id, &before, &as_table(place.scope, after)?).await
    }

    async fn remove(&self, place: Place<'_>, id: &str, properties: &Json) -> Done<()> {
        Table.remove(place, id, properties).await
    }

    async fn show(&self, place: Place<'_>, id: &str, properties: &Json) -> Done<Made> {
        let mut made = Table.show(place, id, properties).await?;
        let table = table::described(place, id).await?;
        let uuid = table["TableId"].as_str().unwrap_or_default();
        made.attributes.insert("TableId".to_owned(), Value::string(uuid));
        Ok(made)
    }
}

/// The properties of the table that this region has of it.
fn as_table(scope: &Scope, properties: &Json) -> Done<Json> {
    let replica = own_replica(scope, properties)?;
    let names = [
        "AttributeDefinitions",
        "KeySchema",
        "LocalSecondaryIndexes",
        "StreamSpecification",
        "TimeToLiveSpecification",
        "VectorIndexes",
        "WarmThroughput",
    ];
    let mut table = picked(properties, &names);
    let of_replica = [
        "ContributorInsightsSpecification",
        "DeletionProtectionEnabled",
        "KinesisStreamSpecification",
        "PointInTimeRecoverySpecification",
        "ResourcePolicy",
        "TableClass",
        "Tags",
    ];
    table.extend(picked(replica, &of_replica));
    let mode = properties["BillingMode"].as_str().unwrap_or("PAY_PER_REQUEST");
    table.insert("BillingMode".to_owned(), json!(mode));
    table.extend(capacity(mode, (properties, replica), properties));
    if let Some(stream) = table.get_mut("StreamSpecification")
        && let Some(policy) = replica["ReplicaStreamSpecification"].get("ResourcePolicy")
    {
        stream["ResourcePolicy"] = policy.clone();
    }
    if let Some(encryption) = properties.get("SSESpecification") {
        let mut encryption = encryption.clone();
        if let Some(key) = replica["SSESpecification"].get("KMSMasterKeyId") {
            encryption["KMSMasterKeyId"] = key.clone();
        }
        table.insert("SSESpecification".to_owned(), encryption);
    }
    if let Some(indexes) = properties["GlobalSecondaryIndexes"].as_array() {
        let indexes = indexes.iter().map(|index| as_index(mode, index, replica)).collect();
        table.insert("GlobalSecondaryIndexes".to_owned(), indexes);
    }
    Ok(Json::Object(table))
}

/// This region's replica, which must be the only one.
fn own_replica<'a>(scope: &Scope, properties: &'a Json) -> Done<&'a Json> {
    match properties["Replicas"].as_array().map(Vec::as_slice) {
        Some([replica]) if replica["Region"] == scope.region.as_str() => Ok(replica),
        _ => Err(Refusal::invalid(format!(
            "The property Replicas must be one replica, in {}: replicas in other regions are not supported by this server",
            scope.region
        ))),
    }
}

fn as_index(mode: &str, index: &Json, replica: &Json) -> Json {
    const INSIGHTS: &str = "ContributorInsightsSpecification";
    let of_replica = replica["GlobalSecondaryIndexes"].as_array().into_iter().flatten();
    let nothing = json!({});
    let here = of_replica.into_iter().find(|other| other["IndexName"] == index["IndexName"]);
    let here = here.unwrap_or(&nothing);
    let mut table = picked(index, &["IndexName", "KeySchema", "Projection", "WarmThroughput"]);
    table.extend(picked(here, &[INSIGHTS]));
    table.extend(capacity(mode, (index, here), index));
    Json::Object(table)
}

/// Throughput of a table or an index: what the replica says of reads goes before what is said of all replicas.
fn capacity(mode: &str, (all, replica): (&Json, &Json), writes: &Json) -> Map<String, Json> {
    let mut capacity = Map::new();
    let first = |name: &str| replica.get(name).or_else(|| all.get(name)).cloned().unwrap_or_default();
    if mode == "PROVISIONED" {
        let reads = first("ReadProvisionedThroughputSettings");
        let read = reads.get("ReadCapacityUnits").cloned();
        let read = read.or_else(|| at_first(&reads["ReadCapacityAutoScalingSettings"]));
        let write =
            at_first(&writes["WriteProvisionedThroughputSettings"]["WriteCapacityAutoScalingSettings"]);
        if let (Some(read), Some(write)) = (read, write) {
            let throughput = json!({ "ReadCapacityUnits": read, "WriteCapacityUnits": write });
            capacity.insert("ProvisionedThroughput".to_owned(), throughput);
        }
        return capacity;
    }
    let mut bounds = picked(&first("ReadOnDemandThroughputSettings"), &["MaxReadRequestUnits"]);
    bounds.extend(picked(&writes["WriteOnDemandThroughputSettings"], &["MaxWriteRequestUnits"]));
    if !bounds.is_empty() {
        capacity.insert("OnDemandThroughput".to_owned(), Json::Object(bounds));
    }
    capacity
}

/// Where capacity begins that follows the load.
fn at_first(scaling: &Json) -> Option<Json> {
    scaling.get("SeedCapacity").or_else(|| scaling.get("MinCapacity")).cloned()
}
