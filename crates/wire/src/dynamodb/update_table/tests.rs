//! UpdateTable: what is asked of indexes, and its paths.

use super::*;

#[test]
fn index_updates_keep_their_order_and_kind() {
    let request = UpdateTable::decode(
        br#"{"TableName":"abc","GlobalSecondaryIndexUpdates":[
            {"Create":{"IndexName":"one","KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}},
            {"Update":{"IndexName":"two","ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":2}}},
            {"Delete":{"IndexName":"three"}}],
            "StreamSpecification":{"StreamEnabled":false},"ReplicaUpdates":[{"Create":{"RegionName":"x"}}]}"#,
    )
    .unwrap();
    let updates = request.global_secondary_index_updates.unwrap();
    assert_eq!(updates[0].create.as_ref().unwrap().index_name, "one");
    assert_eq!(updates[1].update.as_ref().unwrap().provisioned_throughput.unwrap().write_capacity_units, 2);
    assert_eq!(updates[2].delete.as_deref(), Some("three"));
    assert!(!request.stream_specification.unwrap().stream_enabled);
    assert!(request.has_replica_updates && request.vector_index_updates.is_none());
    assert!(request.attribute_definitions.is_none());
}

#[test]
fn an_index_to_create_is_checked_at_its_path() {
    let body = br#"{"TableName":"abc","GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"one","KeySchema":[]}}]}"#;
    assert_eq!(
        UpdateTable::decode(body).unwrap_err().message(),
        Some(
            "2 validation errors detected: Value '[]' at 'globalSecondaryIndexUpdates.1.member.create.keySchema' failed \
             to satisfy constraint: Member must have length greater than or equal to 1; Value null at \
             'globalSecondaryIndexUpdates.1.member.create.projection' failed to satisfy constraint: Member must not be \
             null"
        )
    );
}
