//! CreateTable: members, their paths and their texts.

use super::*;
use crate::dynamodb::enumeration::{KeyType, ProjectionType, ScalarAttributeType, StreamViewType};

const KEY: &str = r#""AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}]"#;

fn decode(rest: &str) -> Result<CreateTable, String> {
    let body = format!(r#"{{"TableName":"abc",{KEY}{rest}}}"#);
    CreateTable::decode(body.as_bytes()).map_err(|error| error.message().unwrap().to_owned())
}

#[test]
fn a_whole_request_is_read() {
    let request = decode(
        r#","BillingMode":"PAY_PER_REQUEST","ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":6},
        "StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"},
        "GlobalSecondaryIndexes":[{"IndexName":"gsi","KeySchema":[{"AttributeName":"a","KeyType":"HASH"},
            {"AttributeName":"b","KeyType":"RANGE"}],"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["x"]},
            "OnDemandThroughput":{"MaxReadRequestUnits":7}}],
        "LocalSecondaryIndexes":[{"IndexName":"lsi","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],
            "Projection":{"ProjectionType":"ALL"}}],
        "Tags":[{"Key":"k","Value":""}],"DeletionProtectionEnabled":true,"TableClass":"STANDARD",
        "SSESpecification":{"Enabled":true,"SSEType":"KMS"},"WarmThroughput":{"ReadUnitsPerSecond":12000},"Unknown":{"a":[1]}"#,
    )
    .unwrap();
    assert_eq!(request.attribute_definitions[0].attribute_type, ScalarAttributeType::S);
    assert_eq!(request.key_schema[0].key_type, KeyType::Hash);
    assert_eq!(request.billing_mode, Some(BillingMode::PayPerRequest));
    assert_eq!(request.provisioned_throughput.unwrap().write_capacity_units, 6);
    assert_eq!(
        request.stream_specification,
        Some(StreamSpecification {
            stream_enabled: true,
            stream_view_type: Some(StreamViewType::NewAndOldImages)
        })
    );
    let index = &request.global_secondary_indexes.unwrap()[0];
    assert_eq!((index.index_name.as_str(), index.key_schema.len()), ("gsi", 2));
    assert_eq!(index.projection.projection_type, Some(ProjectionType::Include));
    assert_eq!(index.on_demand_throughput.unwrap().max_read_request_units, Some(7));
    assert_eq!(request.local_secondary_indexes.unwrap()[0].index_name, "lsi");
    assert_eq!(request.tags.unwrap()[0].value, "");
    assert_eq!(request.deletion_protection_enabled, Some(true));
    assert_eq!(request.warm_throughput.unwrap().read_units_per_second, Some(12000));
    assert!(request.vector_indexes.is_none());
}

#[test]
fn an_absent_name_has_its_own_text() {
    let error = CreateTable::decode(b"{}").unwrap_err();
    assert_eq!(
        error.message(),
        Some("The parameter 'TableName' is required but was not present in the request")
    );
}

#[test]
fn members_fail_at_their_paths() {
    for (rest, expected) in [
        (
            r#","StreamSpecification":{}"#,
            "Value null at 'streamSpecification.streamEnabled' failed to satisfy constraint: Member must not be null",
        ),
        (
            r#","GlobalSecondaryIndexes":[{"IndexName":"g1","KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],"Projection":{}}]"#,
            "Value 'g1' at 'globalSecondaryIndexes.1.member.indexName' failed to satisfy constraint: Member must have \
             length greater than or equal to 3",
        ),
        (
            r#","ProvisionedThroughput":{"ReadCapacityUnits":0,"WriteCapacityUnits":1}"#,
            "Value '0' at 'provisionedThroughput.readCapacityUnits' failed to satisfy constraint: Member must have \
             value greater than or equal to 1",
        ),
    ] {
        assert_eq!(decode(rest).unwrap_err(), format!("1 validation error detected: {expected}"));
    }
}

#[test]
fn key_types_and_attribute_types_are_enumerations() {
    let body = r#"{"TableName":"abc","AttributeDefinitions":[{"AttributeName":"a","AttributeType":"INVALID"}],
        "KeySchema":[{"AttributeName":"a","KeyType":"INVALID"}]}"#;
    assert_eq!(
        CreateTable::decode(body.as_bytes()).unwrap_err().message(),
        Some(
            "2 validation errors detected: Value 'INVALID' at 'attributeDefinitions.1.member.attributeType' failed to \
             satisfy constraint: Member must satisfy enum value set: [B, N, S]; Value 'INVALID' at \
             'keySchema.1.member.keyType' failed to satisfy constraint: Member must satisfy enum value set: [HASH, RANGE]"
        )
    );
}

#[test]
fn a_key_of_three_is_echoed() {
    let body = r#"{"TableName":"abc","AttributeDefinitions":[],"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},
        {"AttributeName":"a","KeyType":"RANGE"},{"AttributeName":"b","KeyType":"RANGE"}]}"#;
    assert_eq!(
        CreateTable::decode(body.as_bytes()).unwrap_err().message(),
        Some(
            "1 validation error detected: Value '[KeySchemaElement(attributeName=pk, keyType=HASH), \
             KeySchemaElement(attributeName=a, keyType=RANGE), KeySchemaElement(attributeName=b, keyType=RANGE)]' at \
             'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2"
        )
    );
}
