//! `AWS::Lambda::Function`.

use super::ask::Rest;
use super::handler::{Done, Handler, Place, differs, made, picked, text};
use super::shape::{Member, Shape, TAGS, TEXTS, may, must, never};
use super::{Made, inline_code, tags};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloudformation::Value;
use serde_json::{Map, Value as Json, json};

/// The type.
pub(super) struct Function;

/// The paths of operations on functions begin so.
pub(super) const FUNCTIONS: [&str; 2] = ["2015-03-31", "functions"];

impl Handler for Function {
    const TYPE: &'static str = "AWS::Lambda::Function";

    const PROPERTIES: &'static [Member] = &[
        may("Architectures", TEXTS),
        never("CapacityProviderConfig"),
        must(
            "Code",
            Shape::Structure(&[
                never("ImageUri"),
                may("S3Bucket", Shape::Text),
                may("S3Key", Shape::Text),
                may("S3ObjectStorageMode", Shape::Text),
                may("S3ObjectVersion", Shape::Text),
                may("SourceKMSKeyArn", Shape::Text),
                may("ZipFile", Shape::Text),
            ]),
        ),
        never("CodeSigningConfigArn"),
        may("DeadLetterConfig", Shape::Structure(&[may("TargetArn", Shape::Text)])),
        may("Description", Shape::Text),
        never("DurableConfig"),
        may("Environment", Shape::Structure(&[may("Variables", Shape::Map(&Shape::Text))])),
        may("EphemeralStorage", Shape::Structure(&[must("Size", Shape::Integer)])),
        never("FileSystemConfigs"),
        may("FunctionName", Shape::Text),
        never("FunctionScalingConfig"),
        may("Handler", Shape::Text),
        never("ImageConfig"),
        may("KmsKeyArn", Shape::Text),
        may("Layers", TEXTS),
        may(
            "LoggingConfig",
            Shape::Structure(&[
                may("ApplicationLogLevel", Shape::Text),
                may("LogFormat", Shape::Text),
                may("LogGroup", Shape::Text),
                may("SystemLogLevel", Shape::Text),
            ]),
        ),
        may("MemorySize", Shape::Integer),
        may("PackageType", Shape::Text),
        never("PublishToLatestPublished"),
        may("RecursiveLoop", Shape::Text),
        may("ReservedConcurrentExecutions", Shape::Integer),
        must("Role", Shape::Text),
        may("Runtime", Shape::Text),
        may(
            "RuntimeManagementConfig",
            Shape::Structure(&[may("RuntimeVersionArn", Shape::Text), must("UpdateRuntimeOn", Shape::Text)]),
        ),
        may("SnapStart", Shape::Structure(&[must("ApplyOn", Shape::Text)])),
        may("Tags", TAGS),
        never("TenancyConfig"),
        may("Timeout", Shape::Integer),
        may("TracingConfig", Shape::Structure(&[may("Mode", Shape::Text)])),
        may(
            "VpcConfig",
            Shape::Structure(&[
                may("Ipv6AllowedForDualStack", Shape::Boolean),
                may("SecurityGroupIds", TEXTS),
                may("SubnetIds", TEXTS),
            ]),
        ),
    ];

    async fn make(&self, place: Place<'_>, name: &str, properties: &Json) -> Done<String> {
        let mut body = picked(properties, &["Architectures", "PackageType"]);
        body.extend(configuration(properties));
        body.insert("FunctionName".to_owned(), json!(name));
        body.insert("Code".to_owned(), code(properties)?);
        let tags = tags::wanted(place.scope, properties);
        if !tags.is_empty() {
            body.insert("Tags".to_owned(), tags::object(&tags));
        }
        let body = Json::Object(body);
        place.functions(Rest { method: "POST", path: &FUNCTIONS, query: &[], body: &body }).await?;
        Ok(name.to_owned())
    }

    async fn finish(&self, place: Place<'_>, id: &str, properties: &Json) -> Done<()> {
        beside(place, id, &json!({}), properties).await
    }

    async fn change(&self, place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<()> {
        let [date, functions] = FUNCTIONS;
        // The configuration goes first: new code may need it, and inline code follows the runtime.
        let (was, now) = (configuration(before), configuration(after));
        if was != now {
            let body = Json::Object(with_defaults(id, &was, now));
            let path = [date, functions, id, "configuration"];
            place.functions(Rest { method: "PUT", path: &path, query: &[], body: &body }).await?;
        }
        if differs(before, after, "Code") || differs(before, after, "Architectures") {
            let mut body = code(after)?;
            if differs(before, after, "Architectures") {
                let architectures = after.get("Architectures").cloned();
                body["Architectures"] = architectures.unwrap_or_else(|| json!(["x86_64"]));
            }
            let path = [date, functions, id, "code"];
            place.functions(Rest { method: "PUT", path: &path, query: &[], body: &body }).await?;
        }
        let arn = place.arn("lambda", &format!("function:{id}"));
        retag(place, &arn, &tags::Change::new(place, before, after)).await?;
        beside(place, id, before, after).await
    }

    async fn remove(&self, place: Place<'_>, id: &str, _: &Json) -> Done<()> {
        let [date, functions] = FUNCTIONS;
        let path = [date, functions, id];
        let gone = Rest { method: "DELETE", path: &path, query: &[], body: &Json::Null };
        place.functions(gone).await.map(drop)
    }

    async fn show(&self, place: Place<'_>, id: &str, _: &Json) -> Done<Made> {
        let [date, functions] = FUNCTIONS;
        let path = [date, functions, id, "configuration"];
        let shown = Rest { method: "GET", path: &path, query: &[], body: &Json::Null };
        let shown = place.functions(shown).await?;
        let mut made = made(id, [("Arn", text(&shown, "FunctionArn").to_owned())]);
        for name in ["ApplyOn", "OptimizationStatus"] {
            let value = Value::string(text(&shown["SnapStart"], name));
            made.attributes.insert(format!("SnapStartResponse.{name}"), value);
        }
        Ok(made)
    }
}

/// What is said of the configuration, as requests have it.
fn configuration(properties: &Json) -> Map<String, Json> {
    let names = [
        "DeadLetterConfig",
        "Description",
        "Environment",
        "EphemeralStorage",
        "Handler",
        "Layers",
        "LoggingConfig",
        "MemorySize",
        "Role",
        "Runtime",
        "SnapStart",
        "Timeout",
        "TracingConfig",
        "VpcConfig",
    ];
    let mut configuration = picked(properties, &names);
    if let Some(key) = properties.get("KmsKeyArn") {
        configuration.insert("KMSKeyArn".to_owned(), key.clone());
    }
    configuration
}

/// What is no longer said goes back to what it is where nothing is said.
fn with_defaults(name: &str, was: &Map<String, Json>, mut now: Map<String, Json>) -> Map<String, Json> {
    let defaults = [
        ("DeadLetterConfig", json!({ "TargetArn": "" })),
        ("Description", json!("")),
        ("Environment", json!({ "Variables": {} })),
        ("EphemeralStorage", json!({ "Size": 512 })),
        ("KMSKeyArn", json!("")),
        ("Layers", json!([])),
        ("LoggingConfig", json!({ "LogFormat": "Text", "LogGroup": format!("/aws/lambda/{name}") })),
        ("MemorySize", json!(128)),
        ("SnapStart", json!({ "ApplyOn": "None" })),
        ("Timeout", json!(3)),
        ("TracingConfig", json!({ "Mode": "PassThrough" })),
        ("VpcConfig", json!({ "SubnetIds": [], "SecurityGroupIds": [] })),
    ];
    for (name, default) in defaults {
        if was.contains_key(name) && !now.contains_key(name) {
            now.insert(name.to_owned(), default);
        }
    }
    now
}

/// Where the code is, as requests have it.
fn code(properties: &Json) -> Done<Json> {
    let code = &properties["Code"];
    let names = ["S3Bucket", "S3Key", "S3ObjectStorageMode", "S3ObjectVersion", "SourceKMSKeyArn"];
    let mut request = picked(code, &names);
    // It says how the object is kept, which is the bucket's matter.
    request.remove("S3ObjectStorageMode");
    if let Some(inline) = code["ZipFile"].as_str() {
        let archive = inline_code::archive(text(properties, "Runtime"), inline)?;
        request.insert("ZipFile".to_owned(), json!(STANDARD.encode(archive)));
    }
    Ok(Json::Object(request))
}

/// Sets what has operations of its own.
async fn beside(place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<()> {
    if differs(before, after, "ReservedConcurrentExecutions") {
        let path = ["2017-10-31", "functions", id, "concurrency"];
        let (method, body) = match after.get("ReservedConcurrentExecutions") {
            Some(number) => ("PUT", json!({ "ReservedConcurrentExecutions": number })),
            None => ("DELETE", Json::Null),
        };
        place.functions(Rest { method, path: &path, query: &[], body: &body }).await?;
    }
    if differs(before, after, "RuntimeManagementConfig") {
        let usual = || json!({ "UpdateRuntimeOn": "Auto" });
        let body = after.get("RuntimeManagementConfig").cloned().unwrap_or_else(usual);
        let path = ["2021-07-20", "functions", id, "runtime-management-config"];
        place.functions(Rest { method: "PUT", path: &path, query: &[], body: &body }).await?;
    }
    if differs(before, after, "RecursiveLoop") {
        let set = after["RecursiveLoop"].as_str().unwrap_or("Terminate");
        let body = json!({ "RecursiveLoop": set });
        let path = ["2024-08-31", "functions", id, "recursion-config"];
        place.functions(Rest { method: "PUT", path: &path, query: &[], body: &body }).await?;
    }
    Ok(())
}

/// Changes the tags of a function or a mapping.
pub(super) async fn retag(place: Place<'_>, arn: &str, change: &tags::Change) -> Done<()> {
    let path = ["2017-03-31", "tags", arn];
    if !change.removed.is_empty() {
        let keys: Vec<_> = change.removed.iter().map(|key| ("tagKeys", key.as_str())).collect();
        let rest = Rest { method: "DELETE", path: &path, query: &keys, body: &Json::Null };
        place.functions(rest).await?;
    }
    if !change.set.is_empty() {
        let body = json!({ "Tags": tags::object(&change.set) });
        place.functions(Rest { method: "POST", path: &path, query: &[], body: &body }).await?;
    }
    Ok(())
}
