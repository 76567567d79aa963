//! What is kept of a function.

use super::name::{Arn, FunctionKey, LATEST};
use crate::api::Caller;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// A function, with everything that belongs to it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Function {
    /// Tells it from one of the same name that was there before.
    pub id: u64,
    /// 12 digits.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Its name.
    pub name: String,
    /// What is not published.
    pub latest: Arc<Version>,
    /// What is published, by number. Each is a record of its own.
    #[serde(skip)]
    pub published: BTreeMap<u64, Arc<Version>>,
    /// The number of the version that is published next; numbers are not used again.
    pub next_version: u64,
    /// Names for versions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub aliases: BTreeMap<String, Alias>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// How often it may run at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved_concurrency: Option<u32>,
    /// How asynchronous calls are treated, by qualifier; `$LATEST` is for calls without one too.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub event_invoke: BTreeMap<String, EventInvoke>,
    /// Who may call it, by qualifier; empty is for the function itself. Stored, not enforced.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub policies: BTreeMap<String, Policy>,
    /// Concurrency that is kept ready, by qualifier.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub provisioned: BTreeMap<String, Provisioned>,
    /// Function URLs, by alias; empty is for the function itself.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub urls: BTreeMap<String, Url>,
    /// Which runtime version is used, by qualifier: stored only.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub runtime_management: BTreeMap<String, Value>,
    /// `RecursiveLoop`: stored only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recursive_loop: Option<String>,
}

/// One state of a function's code and configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Version {
    /// `$LATEST`, or a number.
    pub version: String,
    /// How it is configured.
    pub configuration: Configuration,
    /// Its code.
    pub code: Code,
    /// When it was last changed.
    pub modified_ms: u64,
    /// Another one after each change.
    pub revision_id: String,
}

/// Where code is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Code {
    /// In an archive that this server keeps.
    Archive {
        /// The SHA-256 of the archive, in hex.
        sha256: String,
        /// Its length.
        size: u64,
    },
    /// In a directory of this machine, where it is run in place.
    Directory(PathBuf),
}

/// How a function is configured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Configuration {
    /// `Runtime`
    pub runtime: String,
    /// `Handler`
    pub handler: String,
    /// `Role`
    pub role: String,
    /// `Description`
    #[serde(default)]
    pub description: String,
    /// `Timeout`
    pub timeout_s: u32,
    /// `MemorySize`
    pub memory_mib: u32,
    /// `Environment`; none where it was never given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variables: Option<BTreeMap<String, String>>,
    /// `Layers`
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<LayerUse>,
    /// `DeadLetterConfig.TargetArn`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_letter_arn: Option<String>,
    /// `KMSKeyArn`: stored only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key_arn: Option<String>,
    /// `TracingConfig.Mode`: stored only.
    pub tracing: String,
    /// `Architectures`
    pub architecture: String,
    /// `EphemeralStorage.Size`: stored only.
    pub ephemeral_storage_mib: u32,
    /// `SnapStart.ApplyOn`: stored only.
    pub snap_start: String,
    /// `LoggingConfig`
    pub logging: Logging,
    /// `VpcConfig`: stored only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc: Option<Value>,
}

/// `LoggingConfig`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logging {
    /// `LogFormat`
    pub format: String,
    /// `LogGroup`
    pub group: String,
    /// `ApplicationLogLevel`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application_level: Option<String>,
    /// `SystemLogLevel`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_level: Option<String>,
}

/// A version of a layer that a function uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerUse {
    /// The ARN of the version.
    pub arn: String,
    /// The SHA-256 of its archive, in hex.
    pub sha256: String,
    /// The length of its archive.
    pub size: u64,
}

/// A name for a version, or for two.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alias {
    /// `FunctionVersion`
    pub version: String,
    /// `Description`
    #[serde(default)]
    pub description: String,
    /// `RoutingConfig.AdditionalVersionWeights`
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub weights: BTreeMap<String, f64>,
    /// Another one after each change.
    pub revision_id: String,
}

/// How asynchronous calls are treated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventInvoke {
    /// `MaximumRetryAttempts`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries_max: Option<u32>,
    /// `MaximumEventAgeInSeconds`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_max_s: Option<u32>,
    /// `DestinationConfig.OnSuccess.Destination`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_success: Option<String>,
    /// `DestinationConfig.OnFailure.Destination`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_failure: Option<String>,
    /// When it was last changed.
    pub modified_ms: u64,
}

/// Who may call a function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Another one after each change.
    pub revision_id: String,
    /// The statements, as IAM writes them.
    pub statements: Vec<Value>,
}

/// Concurrency that is kept ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provisioned {
    /// How much was asked for.
    pub requested: u32,
    /// When it was last changed.
    pub modified_ms: u64,
}

/// A function URL.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Url {
    /// What stands before the domain.
    pub id: String,
    /// `AuthType`
    pub auth_type: String,
    /// `InvokeMode`
    pub invoke_mode: String,
    /// `Cors`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cors: Option<Value>,
    /// When it was made.
    pub created_ms: u64,
    /// When it was last changed.
    pub modified_ms: u64,
}

impl Function {
    /// A new one, with nothing that belongs to it.
    #[must_use]
    pub fn new(owner: &Caller, name: String, id: u64, latest: Version) -> Self {
        Self {
            id,
            account: owner.account.clone(),
            region: owner.region.clone(),
            name,
            latest: Arc::new(latest),
            published: BTreeMap::new(),
            next_version: 1,
            aliases: BTreeMap::new(),
            tags: BTreeMap::new(),
            reserved_concurrency: None,
            event_invoke: BTreeMap::new(),
            policies: BTreeMap::new(),
            provisioned: BTreeMap::new(),
            urls: BTreeMap::new(),
            runtime_management: BTreeMap::new(),
            recursive_loop: None,
        }
    }

    /// Its ARN, with a qualifier where there is one.
    #[must_use]
    pub fn arn(&self, qualifier: Option<&str>) -> String {
        Arn { region: &self.region, account: &self.account, name: &self.name, qualifier }.to_string()
    }

    /// A version by its name: `$LATEST`, or a number.
    #[must_use]
    pub fn version(&self, name: &str) -> Option<&Arc<Version>> {
        if name == LATEST { Some(&self.latest) } else { self.published.get(&name.parse().ok()?) }
    }

    /// The version that a qualifier names, by itself or as an alias; without one, what is not published.
    #[must_use]
    pub fn qualified(&self, qualifier: Option<&str>) -> Option<&Arc<Version>> {
        let name = qualifier.unwrap_or(LATEST);
        self.version(self.aliases.get(name).map_or(name, |alias| &alias.version))
    }

    /// All versions, with what is not published.
    pub fn versions(&self) -> impl Iterator<Item = &Arc<Version>> {
        std::iter::once(&self.latest).chain(self.published.values())
    }

    /// Under which it is kept.
    #[must_use]
    pub fn key(&self, shared: bool) -> FunctionKey {
        let name = self.name.clone();
        match shared {
            true => FunctionKey { account: String::new(), region: String::new(), name },
            false => FunctionKey { account: self.account.clone(), region: self.region.clone(), name },
        }
    }
}

impl Version {
    /// The archives that it needs, by their SHA-256.
    pub fn archives(&self) -> impl Iterator<Item = &str> {
        let own = match &self.code {
            Code::Archive { sha256, .. } => Some(sha256.as_str()),
            Code::Directory(_) => None,
        };
        own.into_iter().chain(self.configuration.layers.iter().map(|layer| layer.sha256.as_str()))
    }
}

/// A version of a layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// 12 digits.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Its name.
    pub name: String,
    /// The number of the version.
    pub version: u64,
    /// `Description`
    #[serde(default)]
    pub description: String,
    /// `LicenseInfo`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// `CompatibleRuntimes`
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runtimes: Vec<String>,
    /// `CompatibleArchitectures`
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub architectures: Vec<String>,
    /// The SHA-256 of its archive, in hex.
    pub sha256: String,
    /// The length of its archive.
    pub size: u64,
    /// When it was made.
    pub created_ms: u64,
    /// Who may use it: stored only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
}

impl Layer {
    /// The ARN of the layer.
    #[must_use]
    pub fn arn(&self) -> String {
        format!("arn:aws:lambda:{}:{}:layer:{}", self.region, self.account, self.name)
    }

    /// The ARN of this version of it.
    #[must_use]
    pub fn version_arn(&self) -> String {
        format!("{}:{}", self.arn(), self.version)
    }
}
