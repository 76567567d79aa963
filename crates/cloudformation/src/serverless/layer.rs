//! `AWS::Serverless::LayerVersion`.

use super::{Output, Source, digest, invalid};
use crate::{TemplateError, Value};

const PASSED: [&str; 4] = ["CompatibleArchitectures", "CompatibleRuntimes", "Description", "LicenseInfo"];

/// A version of a layer, whose name changes with what it is: versions do not change, so that a new one takes its place and
/// the old one stays, unless `RetentionPolicy` says otherwise.
pub(super) fn write(source: &Source<'_>, output: &mut Output) -> Result<(), TemplateError> {
    source.refuse_others(&[&PASSED, &["ContentUri", "LayerName", "RetentionPolicy"]])?;
    let mut properties = source.passed(&PASSED);
    properties.insert("Content".to_owned(), Value::Map(source.archive("ContentUri")?));
    let name = source.properties.get("LayerName").cloned().unwrap_or_else(|| Value::string(source.name));
    properties.insert("LayerName".to_owned(), name);
    let policy = match source.properties.get("RetentionPolicy").and_then(Value::as_str) {
        None => "Retain",
        Some(policy) if policy.eq_ignore_ascii_case("retain") => "Retain",
        Some(policy) if policy.eq_ignore_ascii_case("delete") => "Delete",
        Some(_) => {
            return Err(invalid(
                source.name,
                "'RetentionPolicy' must be one of the following options: ['Delete', 'Retain'].",
            ));
        }
    };
    let logical_id = format!("{}{}", source.name, digest(&Value::Map(properties.clone())));
    let mut resource = source.main_resource("AWS::Lambda::LayerVersion", properties);
    resource.entry("DeletionPolicy".to_owned()).or_insert_with(|| Value::string(policy));
    output.renamed.insert(source.name.to_owned(), logical_id.clone());
    output.add(logical_id, Value::Map(resource))
}
