//! `AWS::Serverless::SimpleTable`.

use super::{Output, Source, invalid, tag_list};
use crate::{TemplateError, Value};

const PASSED: [&str; 4] =
    ["PointInTimeRecoverySpecification", "ProvisionedThroughput", "SSESpecification", "TableName"];

/// A table with a partition key: `id`, a string, if no other is named.
pub(super) fn write(source: &Source<'_>, output: &mut Output) -> Result<(), TemplateError> {
    source.refuse_others(&[&PASSED, &["PrimaryKey", "Tags"]])?;
    let mut properties = source.passed(&PASSED);
    let (name, attribute_type) = match source.properties.get("PrimaryKey") {
        None => (Value::string("id"), "S"),
        Some(key) => {
            let name = key.get("Name").ok_or_else(|| invalid(source.name, "'PrimaryKey' has no 'Name'."))?;
            let attribute_type = match key.get("Type").and_then(Value::as_str) {
                Some("String") => "S",
                Some("Number") => "N",
                Some("Binary") => "B",
                _ => {
                    return Err(invalid(
                        source.name,
                        "'PrimaryKey' has no 'Type' of String, Number or Binary.",
                    ));
                }
            };
            (name.clone(), attribute_type)
        }
    };
    let definition =
        Value::map([("AttributeName", name.clone()), ("AttributeType", Value::string(attribute_type))]);
    let element = Value::map([("AttributeName", name), ("KeyType", Value::string("HASH"))]);
    properties.insert("AttributeDefinitions".to_owned(), Value::List(vec![definition]));
    properties.insert("KeySchema".to_owned(), Value::List(vec![element]));
    if !properties.contains_key("ProvisionedThroughput") {
        properties.insert("BillingMode".to_owned(), Value::string("PAY_PER_REQUEST"));
    }
    let tags = tag_list(source, Vec::new())?;
    if !tags.is_empty() {
        properties.insert("Tags".to_owned(), Value::List(tags));
    }
    output.add(source.name.to_owned(), Value::Map(source.main_resource("AWS::DynamoDB::Table", properties)))
}
