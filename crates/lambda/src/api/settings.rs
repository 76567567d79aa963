//! How a function is to be configured, as CreateFunction and UpdateFunctionConfiguration say it.

use super::Failure;
use super::members::{Members, Pattern};
use crate::functions::Functions;
use crate::functions::name::is_word;
use crate::functions::record::{Configuration, LayerUse, Logging};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::mem;
use wire::layer::Constraint;

/// The runtimes that are run here.
pub(crate) const RUNTIMES: [&str; 27] = [
    "nodejs",
    "nodejs4.3",
    "nodejs6.10",
    "nodejs8.10",
    "nodejs10.x",
    "nodejs12.x",
    "nodejs14.x",
    "nodejs16.x",
    "nodejs18.x",
    "nodejs20.x",
    "nodejs22.x",
    "nodejs24.x",
    "nodejs26.x",
    "python2.7",
    "python3.6",
    "python3.7",
    "python3.8",
    "python3.9",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
    "python3.15",
    "provided",
    "provided.al2",
    "provided.al2023",
];

/// What the names of the runtimes begin with that AWS has and this server does not run.
const OTHER_RUNTIMES: [&str; 4] = ["java", "dotnet", "ruby", "go1"];

/// Variables that a function may not set.
const RESERVED: [&str; 20] = [
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_LAMBDA_MAX_CONCURRENCY",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
    "AWS_LAMBDA_METADATA_API",
];

/// How many bytes the variables of a function may have, as JSON.
const VARIABLES_BYTES_MAX: usize = 4_096;

/// How many layers a function may use.
const LAYERS_MAX: usize = 5;

const ROLE: Pattern = Pattern {
    text: "arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+",
    satisfied: |text| {
        let Some((owner, name)) = text.split_once(":role") else { return false };
        let Some(account) = owner.strip_prefix("arn:aws").and_then(|rest| rest.split_once(":iam::")) else {
            return false;
        };
        let digits = account.1.len() == 12 && account.1.bytes().all(|byte| byte.is_ascii_digit());
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@-_/".contains(&byte);
        digits && !name.is_empty() && name.bytes().all(allowed)
    },
};

const HANDLER: Pattern =
    Pattern { text: "[^\\s]+", satisfied: |text| !text.is_empty() && !text.contains(char::is_whitespace) };

const LOG_GROUP: Pattern = Pattern {
    text: "[\\.\\-_/#A-Za-z0-9]+",
    satisfied: |text| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_/#".contains(&byte);
        !text.is_empty() && text.bytes().all(allowed)
    },
};

const VARIABLE: Pattern = Pattern {
    text: "[a-zA-Z]([a-zA-Z0-9_])+",
    satisfied: |text| {
        let starts = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
        starts && text.len() > 1 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    },
};

/// Members that name what this server does not have.
const UNSUPPORTED: [&str; 7] = [
    "FileSystemConfigs",
    "ImageConfig",
    "TenancyConfig",
    "CapacityProviderConfig",
    "DurableConfig",
    "RuntimeConfig",
    "AcceleratorConfig",
];

/// What a request says of a function's configuration; `None` for what it does not say.
#[derive(Debug, Default)]
pub(super) struct Settings {
    runtime: Option<String>,
    role: Option<String>,
    handler: Option<String>,
    description: Option<String>,
    timeout_s: Option<u32>,
    memory_mib: Option<u32>,
    variables: Option<Option<BTreeMap<String, String>>>,
    layers: Option<Vec<String>>,
    dead_letter_arn: Option<String>,
    kms_key_arn: Option<String>,
    tracing: Option<String>,
    pub(super) architectures: Option<Vec<String>>,
    ephemeral_storage_mib: Option<u32>,
    snap_start: Option<String>,
    logging: Option<LoggingSettings>,
    vpc: Option<Value>,
}

/// What a request says of a function's logs.
#[derive(Debug, Default)]
struct LoggingSettings {
    format: Option<String>,
    group: Option<String>,
    application_level: Option<String>,
    system_level: Option<String>,
}

impl Settings {
    /// Reads them, and notes what the model's constraints refuse.
    pub(super) fn read(members: &mut Members) -> Result<Self, Failure> {
        members.unsupported(&UNSUPPORTED)?;
        let variables = match members.structure("Environment")?.is_some() {
            true => Some(members.map("Environment.Variables")?),
            false => None,
        };
        let arn = |arn: Option<String>| arn.map(|arn| arn.trim().to_owned());
        Ok(Self {
            role: members.pattern("Role", ROLE)?,
            handler: handler(members)?,
            description: members.text_of("Description", (0, 256))?,
            timeout_s: members.integer("Timeout", (1, 900))?,
            memory_mib: members.integer("MemorySize", (128, 10_240))?,
            runtime: members.text("Runtime")?,
            variables,
            layers: members.texts("Layers")?,
            dead_letter_arn: arn(members.text("DeadLetterConfig.TargetArn")?),
            kms_key_arn: members.text("KMSKeyArn")?,
            tracing: members
                .one_of("TracingConfig.Mode", (&["Active", "PassThrough"], "[Active, PassThrough]"))?,
            architectures: architectures(members)?,
            ephemeral_storage_mib: members.integer("EphemeralStorage.Size", (512, 10_240))?,
            snap_start: members
                .one_of("SnapStart.ApplyOn", (&["PublishedVersions", "None"], "[PublishedVersions, None]"))?,
            logging: LoggingSettings::read(members)?,
            vpc: vpc(members)?,
        })
    }

    /// The configuration of a new function.
    pub(super) fn create(mut self, functions: &Functions, name: &str) -> Result<Configuration, Failure> {
        let missing = || {
            Failure::invalid(
                "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
            )
        };
        let runtime = self.runtime.take().ok_or_else(missing)?;
        let handler = self.handler.take().ok_or_else(missing)?;
        check_runtime(&runtime)?;
        let mut configuration = Configuration {
            runtime,
            handler,
            role: self.role.take().unwrap_or_default(),
            description: String::new(),
            timeout_s: 3,
            memory_mib: 128,
            variables: None,
            layers: Vec::new(),
            dead_letter_arn: None,
            kms_key_arn: None,
            tracing: "PassThrough".to_owned(),
            architecture: "x86_64".to_owned(),
            ephemeral_storage_mib: 512,
            snap_start: "None".to_owned(),
            logging: Logging {
                format: "Text".to_owned(),
                group: format!("/aws/lambda/{name}"),
                application_level: None,
                system_level: None,
            },
            vpc: None,
        };
        self.apply(functions, &mut configuration)?;
        Ok(configuration)
    }

    /// Changes what they say of a configuration, where it may be as they say.
    pub(super) fn apply(
        mut self,
        functions: &Functions,
        configuration: &mut Configuration,
    ) -> Result<(), Failure> {
        if let Some(runtime) = &self.runtime {
            check_runtime(runtime)?;
        }
        set(&mut configuration.runtime, self.runtime.take());
        set(&mut configuration.role, self.role.take());
        set(&mut configuration.handler, self.handler.take());
        set(&mut configuration.description, self.description.take());
        set(&mut configuration.timeout_s, self.timeout_s);
        set(&mut configuration.memory_mib, self.memory_mib);
        set(&mut configuration.tracing, self.tracing.take());
        set(&mut configuration.ephemeral_storage_mib, self.ephemeral_storage_mib);
        set(&mut configuration.snap_start, self.snap_start.take());
        set(&mut configuration.architecture, self.architectures.and_then(|all| all.into_iter().next()));
        if let Some(variables) = self.variables {
            let variables = variables.unwrap_or_default();
            check_variables(&variables)?;
            configuration.variables = Some(variables).filter(|variables| !variables.is_empty());
        }
        if let Some(layers) = self.layers {
            configuration.layers = layers_of(functions, layers)?;
        }
        if let Some(arn) = self.dead_letter_arn {
            check_dead_letter(&arn)?;
            configuration.dead_letter_arn = Some(arn).filter(|arn| !arn.is_empty());
        }
        if let Some(arn) = self.kms_key_arn {
            configuration.kms_key_arn = Some(arn).filter(|arn| !arn.is_empty());
        }
        if let Some(vpc) = self.vpc {
            configuration.vpc = Some(vpc).filter(|vpc| vpc["SubnetIds"] != json!([]));
        }
        if let Some(logging) = self.logging {
            logging.apply(&mut configuration.logging);
        }
        Ok(())
    }
}

impl LoggingSettings {
    fn read(members: &mut Members) -> Result<Option<Self>, Failure> {
        if members.structure("LoggingConfig")?.is_none() {
            return Ok(None);
        }
        let levels: (&[&str], _) = (
            &["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"],
            "[TRACE, DEBUG, INFO, WARN, ERROR, FATAL]",
        );
        Ok(Some(Self {
            format: members.one_of("LoggingConfig.LogFormat", (&["JSON", "Text"], "[JSON, Text]"))?,
            group: members.pattern("LoggingConfig.LogGroup", LOG_GROUP)?,
            application_level: members.one_of("LoggingConfig.ApplicationLogLevel", levels)?,
            system_level: members.one_of(
                "LoggingConfig.SystemLogLevel",
                (&["DEBUG", "INFO", "WARN"], "[DEBUG, INFO, WARN]"),
            )?,
        }))
    }

    fn apply(self, logging: &mut Logging) {
        set(&mut logging.format, self.format);
        set(&mut logging.group, self.group);
        if logging.format == "JSON" {
            // What logs JSON has levels, and text has none.
            let level = |given: Option<String>, present: &mut Option<String>| {
                let present = mem::take(present);
                given.or(present).or_else(|| Some("INFO".to_owned()))
            };
            logging.application_level = level(self.application_level, &mut logging.application_level);
            logging.system_level = level(self.system_level, &mut logging.system_level);
        } else {
            (logging.application_level, logging.system_level) = (None, None);
        }
    }
}

fn set<T>(present: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *present = given;
    }
}

fn handler(members: &mut Members) -> Result<Option<String>, Failure> {
    let handler = members.pattern("Handler", HANDLER)?;
    if let Some(long) = handler.as_ref().filter(|handler| handler.len() > 128) {
        members.fail("Handler", long.clone(), Constraint::MaxLength(128));
    }
    Ok(handler)
}

pub(super) fn architectures(members: &mut Members) -> Result<Option<Vec<String>>, Failure> {
    let all = members.texts("Architectures")?;
    if let Some(all) = &all {
        let shown = format!("[{}]", all.join(", "));
        if all.len() != 1 {
            let bound = if all.is_empty() { Constraint::MinLength(1) } else { Constraint::MaxLength(1) };
            members.fail("Architectures", shown, bound);
        } else if !["x86_64", "arm64"].contains(&all[0].as_str()) {
            const SET: &[Constraint] = &[Constraint::Enum("[x86_64, arm64]")];
            members.fail("Architectures", shown, Constraint::Members(SET));
        }
    }
    Ok(all)
}

fn vpc(members: &Members) -> Result<Option<Value>, Failure> {
    if members.structure("VpcConfig")?.is_none() {
        return Ok(None);
    }
    let subnets = members.texts("VpcConfig.SubnetIds")?.unwrap_or_default();
    let groups = members.texts("VpcConfig.SecurityGroupIds")?.unwrap_or_default();
    let ipv6 = members.boolean("VpcConfig.Ipv6AllowedForDualStack")?.unwrap_or(false);
    Ok(Some(json!({
        "SubnetIds": subnets,
        "SecurityGroupIds": groups,
        "VpcId": "",
        "Ipv6AllowedForDualStack": ipv6,
    })))
}

fn check_runtime(runtime: &str) -> Result<(), Failure> {
    if RUNTIMES.contains(&runtime) {
        return Ok(());
    }
    if OTHER_RUNTIMES.iter().any(|start| runtime.starts_with(start)) {
        return Err(Failure::invalid(format!(
            "Runtime {runtime} is not supported by this server: nodejs*, python* and provided* are"
        )));
    }
    Err(Failure::invalid(format!(
        "Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [{}] or be a \
         valid ARN",
        RUNTIMES.join(", ")
    )))
}

fn check_variables(variables: &BTreeMap<String, String>) -> Result<(), Failure> {
    const NAMES: &[Constraint] = &[Constraint::Pattern(VARIABLE.text)];
    if variables
        .keys()
        .any(|name| name != "_HANDLER" && name != "_X_AMZN_TRACE_ID" && !(VARIABLE.satisfied)(name))
    {
        return Err(super::call::refused("environment.variables", "{...}", Constraint::MapKeys(NAMES)));
    }
    let reserved: Vec<&str> =
        variables.keys().map(String::as_str).filter(|name| RESERVED.contains(name)).collect();
    if !reserved.is_empty() {
        return Err(Failure::invalid(format!(
            "Lambda was unable to configure your environment variables because the environment variables you have \
             provided contains reserved keys that are currently not supported for modification. Reserved keys used in \
             this request: {}",
            reserved.join(", ")
        )));
    }
    let measured = json!(variables).to_string();
    if measured.len() > VARIABLES_BYTES_MAX {
        return Err(Failure::invalid(format!(
            "Lambda was unable to configure your environment variables because the environment variables you have \
             provided exceeded the 4KB limit. String measured: {measured}"
        )));
    }
    Ok(())
}

fn check_dead_letter(arn: &str) -> Result<(), Failure> {
    let is_target = arn.starts_with("arn:aws") && (arn.contains(":sqs:") || arn.contains(":sns:"));
    if arn.is_empty() || is_target {
        return Ok(());
    }
    Err(super::call::refused(
        "deadLetterConfig.targetArn",
        arn,
        Constraint::Pattern("(arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()"),
    ))
}

fn layers_of(functions: &Functions, arns: Vec<String>) -> Result<Vec<LayerUse>, Failure> {
    if arns.len() > LAYERS_MAX {
        return Err(Failure::invalid("Cannot reference more than 5 layers."));
    }
    let mut layers: Vec<LayerUse> = Vec::new();
    for arn in arns {
        let version = arn.rsplit(':').next().unwrap_or_default();
        if !arn.contains(":layer:") || !is_word(version) {
            return Err(Failure::invalid(format!(
                "1 validation error detected: Value '[{arn}]' at 'layers' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy regular expression pattern: ((arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:\\d{{12}}:layer:[a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+))]"
            )));
        }
        let missing = || Failure::invalid(format!("Layer version {arn} does not exist."));
        let layer = functions.layer(&arn).ok_or_else(missing)?;
        let owner = layer.arn();
        if let Some(other) = layers.iter().find(|other| other.arn.starts_with(&format!("{owner}:"))) {
            return Err(Failure::invalid(format!(
                "Two different versions of the same layer are not allowed to be referenced in the same function. {arn} \
                 and {} are versions of the same layer.",
                other.arn
            )));
        }
        layers.push(LayerUse { arn, sha256: layer.sha256.clone(), size: layer.size });
    }
    Ok(layers)
}
