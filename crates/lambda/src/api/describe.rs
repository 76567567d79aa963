//! Functions as answers show them.

use crate::functions::code;
use crate::functions::record::{Alias, Code, Configuration, EventInvoke, Function, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// Where a function is on its way, as far as its answer tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// It was made by this request.
    Creating,
    /// It was changed by this request.
    Updating,
    /// It is there.
    Settled,
    /// It is there, as an element of a list, which does not tell.
    Listed,
}

/// AWS's reason for both, a change too.
const BEING_CREATED: &str = "The function is being created.";

/// `2025-01-01T00:00:00.000+0000`
pub(super) fn time(ms: u64) -> String {
    streams::label::format(ms) + "+0000"
}

/// A time as a number: seconds with a fraction.
pub(super) fn epoch(ms: u64) -> Value {
    json!(ms as f64 / 1_000.0)
}

/// A FunctionConfiguration, by the ARN with this qualifier.
pub(super) fn configuration(
    function: &Function,
    version: &Version,
    qualifier: Option<&str>,
    phase: Phase,
) -> Value {
    let mut out = settings(&version.configuration);
    let (sha256, size) = code_of(&version.code);
    for (name, value) in [
        ("FunctionName", json!(function.name)),
        ("FunctionArn", json!(function.arn(qualifier))),
        ("CodeSha256", json!(sha256)),
        ("CodeSize", json!(size)),
        ("LastModified", json!(time(version.modified_ms))),
        ("RevisionId", json!(version.revision_id)),
        ("Version", json!(version.version)),
        ("PackageType", json!("Zip")),
        ("RuntimeVersionConfig", json!({ "RuntimeVersionArn": runtime_version(function, version) })),
    ] {
        out.insert(name.to_owned(), value);
    }
    let mut say = |members: &[(&str, &str)]| {
        out.extend(members.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
    };
    match phase {
        Phase::Listed => {}
        Phase::Creating => {
            say(&[("State", "Pending"), ("StateReason", BEING_CREATED), ("StateReasonCode", "Creating")]);
        }
        Phase::Updating => say(&[
            ("State", "Active"),
            ("LastUpdateStatus", "InProgress"),
            ("LastUpdateStatusReason", BEING_CREATED),
            ("LastUpdateStatusReasonCode", "Creating"),
        ]),
        Phase::Settled => say(&[("State", "Active"), ("LastUpdateStatus", "Successful")]),
    }
    Value::Object(out)
}

/// The SHA-256 of the code in base64, and its length; of code that is run in place, what stands for them.
pub(super) fn code_of(code: &Code) -> (String, u64) {
    match code {
        Code::Archive { sha256, size } => (sha256_base64(sha256), *size),
        Code::Directory(path) => (STANDARD.encode(Sha256::digest(path.display().to_string())), 0),
    }
}

/// A SHA-256 in base64, from hex.
pub(super) fn sha256_base64(hex: &str) -> String {
    STANDARD.encode(code::unhex(hex))
}

fn runtime_version(function: &Function, version: &Version) -> String {
    let digest = Sha256::digest(&version.configuration.runtime);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("arn:aws:lambda:{}::runtime:{hex}", function.region)
}

/// What of a configuration is answered as it was given.
fn settings(configuration: &Configuration) -> Map<String, Value> {
    let logging = &configuration.logging;
    let mut logging_config = json!({ "LogFormat": logging.format, "LogGroup": logging.group });
    for (name, level) in
        [("ApplicationLogLevel", &logging.application_level), ("SystemLogLevel", &logging.system_level)]
    {
        if let Some(level) = level {
            logging_config[name] = json!(level);
        }
    }
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| out.insert(name.to_owned(), value);
    put("Runtime", json!(configuration.runtime));
    put("Handler", json!(configuration.handler));
    put("Role", json!(configuration.role));
    put("Description", json!(configuration.description));
    put("Timeout", json!(configuration.timeout_s));
    put("MemorySize", json!(configuration.memory_mib));
    put("TracingConfig", json!({ "Mode": configuration.tracing }));
    put("Architectures", json!([configuration.architecture]));
    put("EphemeralStorage", json!({ "Size": configuration.ephemeral_storage_mib }));
    put("SnapStart", json!({ "ApplyOn": configuration.snap_start, "OptimizationStatus": "Off" }));
    put("LoggingConfig", logging_config);
    if let Some(variables) = &configuration.variables {
        put("Environment", json!({ "Variables": variables }));
    }
    if !configuration.layers.is_empty() {
        let layer =
            |layer: &crate::functions::record::LayerUse| json!({ "Arn": layer.arn, "CodeSize": layer.size });
        put("Layers", configuration.layers.iter().map(layer).collect());
    }
    if let Some(arn) = &configuration.dead_letter_arn {
        put("DeadLetterConfig", json!({ "TargetArn": arn }));
    }
    if let Some(arn) = &configuration.kms_key_arn {
        put("KMSKeyArn", json!(arn));
    }
    if let Some(vpc) = &configuration.vpc {
        put("VpcConfig", vpc.clone());
    }
    out
}

/// An AliasConfiguration.
pub(super) fn alias(function: &Function, name: &str, alias: &Alias) -> Value {
    let mut out = json!({
        "AliasArn": function.arn(Some(name)),
        "Name": name,
        "FunctionVersion": alias.version,
        "Description": alias.description,
        "RevisionId": alias.revision_id,
    });
    if !alias.weights.is_empty() {
        out["RoutingConfig"] = json!({ "AdditionalVersionWeights": alias.weights });
    }
    out
}

/// A FunctionEventInvokeConfig.
pub(super) fn event_invoke(function: &Function, qualifier: &str, config: &EventInvoke) -> Value {
    let destination =
        |arn: &Option<String>| arn.as_ref().map_or(json!({}), |arn| json!({ "Destination": arn }));
    let mut out = json!({
        "FunctionArn": function.arn(Some(qualifier)),
        "LastModified": epoch(config.modified_ms),
        "DestinationConfig": {
            "OnSuccess": destination(&config.on_success),
            "OnFailure": destination(&config.on_failure),
        },
    });
    if let Some(retries) = config.retries_max {
        out["MaximumRetryAttempts"] = json!(retries);
    }
    if let Some(age_s) = config.age_max_s {
        out["MaximumEventAgeInSeconds"] = json!(age_s);
    }
    out
}
