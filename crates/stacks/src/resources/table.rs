//! `AWS::DynamoDB::Table`.

use super::handler::{Done, Handler, Place, document, made, picked};
use super::shape::{Member, Shape, TAGS, TEXTS, may, must, never};
use super::table_present::as_it_is;
use super::{Made, table_changes, tags};
use serde_json::{Value as Json, json};
use wire::Operation;

pub(super) const KEY_SCHEMA: Shape =
    Shape::List(&Shape::Structure(&[must("AttributeName", Shape::Text), must("KeyType", Shape::Text)]));

pub(super) const DEFINITIONS: Shape =
    Shape::List(&Shape::Structure(&[must("AttributeName", Shape::Text), must("AttributeType", Shape::Text)]));

pub(super) const PROJECTION: Shape =
    Shape::Structure(&[may("NonKeyAttributes", TEXTS), may("ProjectionType", Shape::Text)]);

pub(super) const INSIGHTS: Shape =
    Shape::Structure(&[must("Enabled", Shape::Boolean), may("Mode", Shape::Text)]);

const THROUGHPUT: Shape = Shape::Structure(&[
    must("ReadCapacityUnits", Shape::Integer),
    must("WriteCapacityUnits", Shape::Integer),
]);

const ON_DEMAND: Shape = Shape::Structure(&[
    may("MaxReadRequestUnits", Shape::Integer),
    may("MaxWriteRequestUnits", Shape::Integer),
]);

pub(super) const WARM: Shape = Shape::Structure(&[
    may("ReadUnitsPerSecond", Shape::Integer),
    may("WriteUnitsPerSecond", Shape::Integer),
]);

pub(super) const LOCAL_INDEXES: Shape = Shape::List(&Shape::Structure(&[
    must("IndexName", Shape::Text),
    must("KeySchema", KEY_SCHEMA),
    must("Projection", PROJECTION),
]));

const GLOBAL_INDEXES: Shape = Shape::List(&Shape::Structure(&[
    may("ContributorInsightsSpecification", INSIGHTS),
    must("IndexName", Shape::Text),
    must("KeySchema", KEY_SCHEMA),
    may("OnDemandThroughput", ON_DEMAND),
    must("Projection", PROJECTION),
    may("ProvisionedThroughput", THROUGHPUT),
    may("WarmThroughput", WARM),
]));

pub(super) const VECTOR_INDEXES: Shape = Shape::List(&Shape::Structure(&[
    must("Dimensions", Shape::Integer),
    must("DistanceFunction", Shape::Text),
    must("IndexName", Shape::Text),
    must("Projection", PROJECTION),
    may(
        "SearchSchema",
        Shape::List(&Shape::Structure(&[
            must("AttributeName", Shape::Text),
            must("SearchSchemaElementType", Shape::Text),
        ])),
    ),
    must("VectorAttribute", Shape::Structure(&[must("AttributeName", Shape::Text)])),
]));

pub(super) const KINESIS: Shape = Shape::Structure(&[
    may("ApproximateCreationDateTimePrecision", Shape::Text),
    must("StreamArn", Shape::Text),
]);

pub(super) const RECOVERY: Shape = Shape::Structure(&[
    may("PointInTimeRecoveryEnabled", Shape::Boolean),
    may("RecoveryPeriodInDays", Shape::Integer),
]);

pub(super) const POLICY: Shape = Shape::Structure(&[must("PolicyDocument", Shape::Json)]);

pub(super) const TIME_TO_LIVE: Shape =
    Shape::Structure(&[may("AttributeName", Shape::Text), must("Enabled", Shape::Boolean)]);

/// The type.
pub(super) struct Table;

impl Handler for Table {
    const TYPE: &'static str = "AWS::DynamoDB::Table";

    const PROPERTIES: &'static [Member] = &[
        may("AttributeDefinitions", DEFINITIONS),
        may("BillingMode", Shape::Text),
        may("ContributorInsightsSpecification", INSIGHTS),
        may("DeletionProtectionEnabled", Shape::Boolean),
        may("GlobalSecondaryIndexes", GLOBAL_INDEXES),
        never("ImportSourceSpecification"),
        must("KeySchema", KEY_SCHEMA),
        may("KinesisStreamSpecification", KINESIS),
        may("LocalSecondaryIndexes", LOCAL_INDEXES),
        may("OnDemandThroughput", ON_DEMAND),
        may("PointInTimeRecoverySpecification", RECOVERY),
        may("ProvisionedThroughput", THROUGHPUT),
        may("ResourcePolicy", POLICY),
        may(
            "SSESpecification",
            Shape::Structure(&[
                may("KMSMasterKeyId", Shape::Text),
                must("SSEEnabled", Shape::Boolean),
                may("SSEType", Shape::Text),
            ]),
        ),
        may(
            "StreamSpecification",
            Shape::Structure(&[
                may("ResourcePolicy", POLICY),
                must("StreamViewType", Shape::Text),
                never("Tags"),
            ]),
        ),
        may("TableClass", Shape::Text),
        may("TableName", Shape::Text),
        may("Tags", TAGS),
        may("TimeToLiveSpecification", TIME_TO_LIVE),
        may("VectorIndexes", VECTOR_INDEXES),
        may("WarmThroughput", WARM),
    ];

    async fn make(&self, place: Place<'_>, name: &str, properties: &Json) -> Done<String> {
        place.dynamodb(Operation::CreateTable, &creation(place, name, properties)).await?;
        Ok(name.to_owned())
    }

    async fn finish(&self, place: Place<'_>, id: &str, properties: &Json) -> Done<()> {
        let before = as_it_is(place, id, &json!({}), properties).await?;
        table_changes::beside(place, id, &before, properties).await?;
        // Last, so that a table that fails can be taken back.
        if properties["DeletionProtectionEnabled"] == true {
            let request = json!({ "TableName": id, "DeletionProtectionEnabled": true });
            place.dynamodb(Operation::UpdateTable, &request).await?;
        }
        Ok(())
    }

    async fn change(&self, place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<()> {
        table_changes::change(place, id, before, after).await
    }

    async fn remove(&self, place: Place<'_>, id: &str, _: &Json) -> Done<()> {
        place.dynamodb(Operation::DeleteTable, &json!({ "TableName": id })).await.map(drop)
    }

    async fn show(&self, place: Place<'_>, id: &str, _: &Json) -> Done<Made> {
        let table = described(place, id).await?;
        let text = |name: &str| table[name].as_str().unwrap_or_default().to_owned();
        let mut made = made(id, [("Arn", text("TableArn"))]);
        if table["StreamSpecification"]["StreamEnabled"] == true {
            made.attributes
                .insert("StreamArn".to_owned(), cloudformation::Value::String(text("LatestStreamArn")));
        }
        Ok(made)
    }
}

/// A table as DescribeTable tells it.
pub(super) async fn described(place: Place<'_>, id: &str) -> Done<Json> {
    let mut answer = place.dynamodb(Operation::DescribeTable, &json!({ "TableName": id })).await?;
    Ok(answer["Table"].take())
}

/// The request that makes a table.
fn creation(place: Place<'_>, name: &str, properties: &Json) -> Json {
    let mut request = picked(
        properties,
        &[
            "AttributeDefinitions",
            "BillingMode",
            "KeySchema",
            "LocalSecondaryIndexes",
            "OnDemandThroughput",
            "ProvisionedThroughput",
            "TableClass",
            "VectorIndexes",
            "WarmThroughput",
        ],
    );
    // An empty list is no list: that is how conditions leave indexes out.
    request.retain(|_, value| value.as_array().is_none_or(|list| !list.is_empty()));
    let mut put = |name: &str, value: Json| drop(request.insert(name.to_owned(), value));
    put("TableName", json!(name));
    if let Some(indexes) = properties["GlobalSecondaryIndexes"].as_array().filter(|list| !list.is_empty()) {
        put("GlobalSecondaryIndexes", indexes.iter().map(index).collect());
    }
    if let Some(view) = properties["StreamSpecification"].get("StreamViewType") {
        put("StreamSpecification", json!({ "StreamEnabled": true, "StreamViewType": view }));
    }
    if let Some(encryption) = properties.get("SSESpecification") {
        put("SSESpecification", encryption_request(encryption));
    }
    if let Some(policy) = properties["ResourcePolicy"].get("PolicyDocument") {
        put("ResourcePolicy", json!(document(policy)));
    }
    let tags = tags::wanted(place.scope, properties);
    if !tags.is_empty() {
        put("Tags", tags::list(&tags));
    }
    Json::Object(request)
}

/// A global index, as requests have it.
pub(super) fn index(index: &Json) -> Json {
    let mut index = index.clone();
    if let Some(members) = index.as_object_mut() {
        members.remove("ContributorInsightsSpecification");
    }
    index
}

pub(super) fn encryption_request(encryption: &Json) -> Json {
    let mut request = picked(encryption, &["KMSMasterKeyId", "SSEType"]);
    request.insert("Enabled".to_owned(), encryption["SSEEnabled"].clone());
    Json::Object(request)
}
