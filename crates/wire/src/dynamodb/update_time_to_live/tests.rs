//! UpdateTimeToLive: what it must have.

use super::*;

#[test]
fn both_members_of_the_specification_are_required() {
    let request = UpdateTimeToLive::decode(
        br#"{"TableName":"abc","TimeToLiveSpecification":{"Enabled":true,"AttributeName":"ttl"}}"#,
    )
    .unwrap();
    assert!(request.enabled);
    assert_eq!(request.attribute_name, "ttl");
    let missing =
        UpdateTimeToLive::decode(br#"{"TableName":"abc","TimeToLiveSpecification":{}}"#).unwrap_err();
    assert_eq!(
        missing.message(),
        Some(
            "2 validation errors detected: Value null at 'timeToLiveSpecification.enabled' failed to satisfy constraint: \
             Member must not be null; Value null at 'timeToLiveSpecification.attributeName' failed to satisfy \
             constraint: Member must not be null"
        )
    );
    assert!(UpdateTimeToLive::decode(br#"{"TableName":"abc"}"#).is_err());
}
