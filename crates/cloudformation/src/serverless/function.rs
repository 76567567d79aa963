//! `AWS::Serverless::Function`.

use super::{Output, Source, attribute, digest, event, invalid, reference, role, tag_list};
use crate::{Map, TemplateError, Value};

/// What goes to the function as it is.
const PASSED: &[&str] = &[
    "Architectures",
    "CodeSigningConfigArn",
    "Description",
    "DurableConfig",
    "Environment",
    "EphemeralStorage",
    "FileSystemConfigs",
    "FunctionName",
    "Handler",
    "ImageConfig",
    "KmsKeyArn",
    "Layers",
    "LoggingConfig",
    "MemorySize",
    "PackageType",
    "RecursiveLoop",
    "ReservedConcurrentExecutions",
    "Runtime",
    "RuntimeManagementConfig",
    "SnapStart",
    "Timeout",
    "VpcConfig",
];

/// What is written otherwise, or becomes a resource of its own.
const WRITTEN: &[&str] = &[
    "AssumeRolePolicyDocument",
    "AutoPublishAlias",
    "CodeUri",
    "DeadLetterQueue",
    "EventInvokeConfig",
    "Events",
    "FunctionUrlConfig",
    "ImageUri",
    "InlineCode",
    "PermissionsBoundary",
    "Policies",
    "ProvisionedConcurrencyConfig",
    "Role",
    "RolePath",
    "Tags",
    "Tracing",
    "VersionDescription",
];

pub(super) fn write(source: &Source<'_>, output: &mut Output) -> Result<(), TemplateError> {
    source.refuse_others(&[PASSED, WRITTEN])?;
    let code = code(source)?;
    let version = digest(&Value::Map(code.clone()));
    let mut properties = source.passed(PASSED);
    properties.insert("Code".to_owned(), Value::Map(code));
    let created_by = [("Key", Value::string("lambda:createdBy")), ("Value", Value::string("SAM"))];
    properties.insert("Tags".to_owned(), Value::List(tag_list(source, vec![Value::map(created_by)])?));
    if let Some(mode) = source.properties.get("Tracing") {
        properties.insert("TracingConfig".to_owned(), Value::map([("Mode", mode.clone())]));
    }
    if let Some(queue) = source.properties.get("DeadLetterQueue") {
        let target = queue.get("TargetArn");
        let target =
            target.ok_or_else(|| invalid(source.name, "'DeadLetterQueue' requires Type and TargetArn."))?;
        properties.insert("DeadLetterConfig".to_owned(), Value::map([("TargetArn", target.clone())]));
    }
    let events = events(source)?;
    let role = match source.properties.get("Role") {
        Some(role) => role.clone(),
        None => write_role(source, &events, output)?,
    };
    properties.insert("Role".to_owned(), role);
    output
        .add(source.name.to_owned(), Value::Map(source.main_resource("AWS::Lambda::Function", properties)))?;
    let target = write_alias(source, &version, output)?;
    for (name, event) in &events {
        event::write(source, (name, event), &target, output)?;
    }
    write_invoke_config(source, &target, output)?;
    write_url(source, &target, output)
}

/// The code: inline, an image, or an archive.
fn code(source: &Source<'_>) -> Result<Map, TemplateError> {
    let image = source.properties.get("ImageUri").map(|uri| ("ImageUri", uri));
    let inline = source.properties.get("InlineCode").map(|text| ("ZipFile", text));
    match image.or(inline) {
        Some((name, value)) => Ok([(name.to_owned(), value.clone())].into()),
        None => source.archive("CodeUri"),
    }
}

fn events(source: &Source<'_>) -> Result<Map, TemplateError> {
    match source.properties.get("Events") {
        None => Ok(Map::new()),
        Some(Value::Map(events)) => Ok(events.clone()),
        Some(_) => Err(invalid(source.name, "'Events' should be a map.")),
    }
}

fn write_role(source: &Source<'_>, events: &Map, output: &mut Output) -> Result<Value, TemplateError> {
    let types = events.values().filter_map(|event| event.get("Type")?.as_str());
    let mut managed: Vec<&str> = types.filter_map(event::managed_policy).collect();
    managed.sort_unstable();
    managed.dedup();
    let name = format!("{}Role", source.name);
    let resource = source.resource("AWS::IAM::Role", role::properties(source, &managed)?);
    output.add(name.clone(), Value::Map(resource))?;
    Ok(attribute(&name, "Arn"))
}

/// Writes version and alias, if one is to be published with each change of the code; answers what events call.
fn write_alias(source: &Source<'_>, version: &str, output: &mut Output) -> Result<String, TemplateError> {
    let Some(alias) = source.properties.get("AutoPublishAlias") else { return Ok(source.name.to_owned()) };
    let alias = alias.as_str().filter(|alias| !alias.is_empty());
    let alias = alias.ok_or_else(|| invalid(source.name, "'AutoPublishAlias' must be a string."))?;
    let version_id = format!("{}Version{version}", source.name);
    let mut properties: Map = [("FunctionName".to_owned(), reference(source.name))].into();
    if let Some(description) = source.properties.get("VersionDescription") {
        properties.insert("Description".to_owned(), description.clone());
    }
    let mut resource = source.resource("AWS::Lambda::Version", properties);
    // Who uses a version that is there goes on to.
    resource.insert("DeletionPolicy".to_owned(), Value::string("Retain"));
    output.add(version_id.clone(), Value::Map(resource))?;
    let plain: String = alias.chars().filter(char::is_ascii_alphanumeric).collect();
    let alias_id = format!("{}Alias{plain}", source.name);
    let mut properties: Map = [
        ("FunctionName".to_owned(), reference(source.name)),
        ("FunctionVersion".to_owned(), attribute(&version_id, "Version")),
        ("Name".to_owned(), Value::string(alias)),
    ]
    .into();
    properties.extend(source.passed(&["ProvisionedConcurrencyConfig"]));
    output.add(alias_id.clone(), Value::Map(source.resource("AWS::Lambda::Alias", properties)))?;
    output.renamed.insert(format!("{}.Alias", source.name), alias_id.clone());
    output.renamed.insert(format!("{}.Version", source.name), version_id);
    Ok(alias_id)
}

fn write_invoke_config(source: &Source<'_>, target: &str, output: &mut Output) -> Result<(), TemplateError> {
    let Some(config) = source.properties.get("EventInvokeConfig") else { return Ok(()) };
    let mut properties: Map = ["MaximumEventAgeInSeconds", "MaximumRetryAttempts"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), config.get(name)?.clone())))
        .collect();
    if let Some(destinations) = config.get("DestinationConfig") {
        let destinations = event::destinations(destinations).map_err(|text| invalid(source.name, &text))?;
        properties.insert("DestinationConfig".to_owned(), destinations);
    }
    properties.insert("FunctionName".to_owned(), reference(source.name));
    let qualifier = if target == source.name { None } else { source.properties.get("AutoPublishAlias") };
    properties.insert("Qualifier".to_owned(), qualifier.cloned().unwrap_or_else(|| Value::string("$LATEST")));
    let resource = source.resource("AWS::Lambda::EventInvokeConfig", properties);
    output.add(format!("{}EventInvokeConfig", source.name), Value::Map(resource))
}

fn write_url(source: &Source<'_>, target: &str, output: &mut Output) -> Result<(), TemplateError> {
    let Some(config) = source.properties.get("FunctionUrlConfig") else { return Ok(()) };
    let mut properties: Map = ["AuthType", "Cors", "InvokeMode"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), config.get(name)?.clone())))
        .collect();
    properties.insert("TargetFunctionArn".to_owned(), reference(target));
    output.add(format!("{}Url", source.name), Value::Map(source.resource("AWS::Lambda::Url", properties)))
}
