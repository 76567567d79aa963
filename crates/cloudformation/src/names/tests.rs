//! Names that are made.

use super::{CHANCE_LENGTH, chance, naming, physical_name};
use crate::Value;
use proptest::prelude::*;

const CHANCE: &str = "IJQEOGVDW0VM";

fn made(resource_type: &str, stack: &str, resource: &str) -> Option<String> {
    physical_name(resource_type, &Value::empty(), (stack, resource), CHANCE)
}

#[test]
fn by_type() {
    let long = "S".repeat(100);
    let table = [
        (
            "AWS::DynamoDB::Table",
            "OrdersStack",
            "OrdersTable315BB997",
            Some("OrdersStack-OrdersTable315BB997-IJQEOGVDW0VM".to_owned()),
        ),
        ("AWS::S3::Bucket", "OrdersStack", "Files", Some("ordersstack-files-ijqeogvdw0vm".to_owned())),
        ("AWS::Lambda::Function", &long, "Function", Some(format!("{}-Function-{CHANCE}", "S".repeat(42)))),
        ("AWS::Lambda::Function", "Orders", &long, Some(format!("Orders-{}-{CHANCE}", "S".repeat(44)))),
        (
            "AWS::Lambda::Function",
            &long,
            &long,
            Some(format!("{}-{}-{CHANCE}", "S".repeat(25), "S".repeat(25))),
        ),
        ("AWS::SQS::Queue", "Orders", "Failed", Some(format!("Orders-Failed-{CHANCE}"))),
        ("AWS::SNS::Subscription", "Orders", "S", None),
        ("AWS::Lambda::EventSourceMapping", "Orders", "M", None),
        ("AWS::CDK::Metadata", "Orders", "M", None),
    ];
    for (resource_type, stack, resource, expected) in table {
        assert_eq!(made(resource_type, stack, resource), expected, "{resource_type}");
    }
}

#[test]
fn a_name_that_is_given_is_taken() {
    let properties = Value::map([("QueueName", Value::string("mine"))]);
    assert_eq!(physical_name("AWS::SQS::Queue", &properties, ("S", "Q"), CHANCE).as_deref(), Some("mine"));
    let properties = Value::map([("FifoQueue", Value::Boolean(true))]);
    let name = physical_name("AWS::SQS::Queue", &properties, ("S", "Q"), CHANCE).unwrap();
    assert_eq!(name, "S-Q-IJQEOGVDW0VM.fifo");
}

#[test]
fn chance_is_letters_and_digits() {
    assert_eq!(chance(0..36), "ABCDEFGHIJKL");
    assert_eq!(chance([35, 36, u64::MAX]), "9AP");
    assert_eq!(chance(0..36).len(), CHANCE_LENGTH);
}

proptest! {
    #[test]
    fn names_are_never_too_long(stack in "[a-zA-Z0-9-]{1,128}", resource in "[a-zA-Z0-9]{1,255}", kind in 0_usize..5) {
        let kinds = ["AWS::Lambda::Function", "AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::IAM::Role", "AWS::DynamoDB::Table"];
        let name = made(kinds[kind], &stack, &resource).unwrap();
        prop_assert!(name.len() <= naming(kinds[kind]).unwrap().length_max);
        prop_assert!(name.to_uppercase().ends_with(CHANCE));
    }
}
