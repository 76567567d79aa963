//! What is kept in the store.

use crate::failure::Failure;
use crate::keys::StackKey;
use crate::status::{ChangeSetStatus, ExecutionStatus, ResourceStatus, StackStatus};
use bytes::Bytes;
use cloudformation::template::Policy;
use cloudformation::{Map, Value};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};

/// The type of a stack, as a resource.
pub(crate) const STACK_TYPE: &str = "AWS::CloudFormation::Stack";

/// A stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stack {
    /// Its ARN.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) created_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) updated_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deleted_ms: Option<u64>,
    pub(crate) status: StackStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// The number of the revision that is in force; none before the first.
    pub(crate) revision: Option<u64>,
    /// The number of the next revision.
    pub(crate) revisions: u64,
    #[serde(default)]
    pub(crate) protected: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) policy: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) outputs: Vec<Output>,
    /// The exports of others that it uses.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) imports: BTreeSet<String>,
    /// The change set that was executed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) change_set: Option<String>,
    /// What is being done to it, or was done last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) operation: Option<Operation>,
    /// The stack that it is nested in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) parent: Option<String>,
    /// The outermost of those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) root: Option<String>,
    /// Tokens of requests, with what they were for; the last last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) tokens: Vec<(String, String)>,
}

/// What is done to a stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Operation {
    pub(crate) id: String,
    /// `CREATE_STACK`, `UPDATE_STACK`, `DELETE_STACK`, `CONTINUE_ROLLBACK` or `ROLLBACK`.
    pub(crate) kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<String>,
    /// The revision that it brings the stack to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) target: Option<u64>,
    /// Host and port that the client called.
    pub(crate) host: String,
    #[serde(default)]
    pub(crate) on_failure: OnFailure,
    /// Resources that were made by an operation that fails go, even if their deletion policy is to retain them.
    #[serde(default)]
    pub(crate) retain_except_on_create: bool,
    /// Resources that a deletion leaves, or that a rollback does not touch.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) skip: BTreeSet<String>,
    /// Somebody asked for it to end.
    #[serde(default)]
    pub(crate) cancelled: bool,
    /// Whether it is an import: status names are others.
    #[serde(default)]
    pub(crate) import: bool,
    /// The identifiers of resources that are there already, by logical id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) imported: BTreeMap<String, String>,
}

/// What is done when making or changing a resource fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum OnFailure {
    #[default]
    #[serde(rename = "ROLLBACK")]
    Rollback,
    #[serde(rename = "DO_NOTHING")]
    Nothing,
    #[serde(rename = "DELETE")]
    Delete,
}

/// A template with what it is deployed with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Revision {
    pub(crate) body: String,
    /// The values of its parameters, as they were given or are the default.
    pub(crate) parameters: BTreeMap<String, String>,
    /// What parameters of the parameter store were.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) looked_up: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tags: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) notification_arns: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) capabilities: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) role_arn: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) timeout_minutes: Option<u32>,
}

/// An output of a stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Output {
    pub(crate) key: String,
    pub(crate) value: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) export: Option<String>,
}

/// A value that a stack exports.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Export {
    pub(crate) stack: StackKey,
    pub(crate) value: String,
}

/// A resource of a stack, under its logical id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Resource {
    pub(crate) resource_type: String,
    pub(crate) status: ResourceStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    pub(crate) updated_ms: u64,
    /// The one that is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) present: Option<Instance>,
    /// What was there before the operation; none where that did nothing to it yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<Before>,
    /// What was begun, and has not ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) doing: Option<Step>,
    /// Those that are to be deleted: replaced ones, and those that a rollback takes out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) garbage: Vec<Instance>,
    /// The physical id that is told where there is none any longer.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) last_physical_id: String,
    /// The operation that touched it last.
    #[serde(default)]
    pub(crate) operation: String,
}

/// What was there before an operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Before {
    Nothing,
    Instance(Box<Instance>),
}

/// A resource as it was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Instance {
    pub(crate) physical_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
    #[serde(default)]
    pub(crate) attributes: Json,
    pub(crate) shape: Shape,
    /// The logical ids of what it needs.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) needs: BTreeSet<String>,
    /// Whether nothing but this record is made of it: its type is not known here.
    #[serde(default)]
    pub(crate) recorded: bool,
    /// Its type.
    #[serde(default)]
    pub(crate) resource_type: String,
}

/// A resource as it shall be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Shape {
    pub(crate) properties: Json,
    #[serde(default)]
    pub(crate) metadata: Json,
    #[serde(default)]
    pub(crate) deletion_policy: PolicyName,
    #[serde(default)]
    pub(crate) replace_policy: PolicyName,
    /// The tags of the stack, which its resources have too.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tags: BTreeMap<String, String>,
}

/// Something that is done to a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Step {
    /// It is made.
    Create { token: String, name: Option<String>, generated: bool, shape: Shape, needs: BTreeSet<String> },
    /// It is changed in place.
    Update {
        token: String,
        shape: Shape,
        needs: BTreeSet<String>,
        /// As in [`Step::Broken`], where an update failed before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        broken: Option<Box<Shape>>,
    },
    /// It was changed to this, and that failed: nobody knows what of it is as before.
    Broken { shape: Shape },
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) logical_id: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) physical_id: String,
    pub(crate) resource_type: String,
    pub(crate) time_ms: u64,
    pub(crate) status: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) properties: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) operation: Option<(String, String)>,
}

/// A change set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ChangeSet {
    /// Its ARN.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) change_type: ChangeType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    pub(crate) created_ms: u64,
    pub(crate) status: ChangeSetStatus,
    pub(crate) execution: ExecutionStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    pub(crate) revision: Revision,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) changes: Vec<Change>,
    #[serde(default)]
    pub(crate) on_failure: Option<OnFailure>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) imported: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) include_nested: bool,
    #[serde(default)]
    pub(crate) import_existing: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<String>,
}

/// What a change set is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ChangeType {
    #[serde(rename = "CREATE")]
    Create,
    #[serde(rename = "UPDATE")]
    Update,
    #[serde(rename = "IMPORT")]
    Import,
}

/// One change, as it is told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Change {
    pub(crate) action: String,
    pub(crate) logical_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) physical_id: Option<String>,
    pub(crate) resource_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) replacement: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) policy_action: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) scope: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) details: Vec<Detail>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) after: Option<String>,
}

/// A part of a change, as it is told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Detail {
    pub(crate) attribute: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    pub(crate) recreation: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) after: Option<String>,
    pub(crate) change_type: String,
    pub(crate) evaluation: String,
    pub(crate) source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) causing_entity: Option<String>,
}

/// A value of a template; kept as the text of its JSON, with numbers as they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Json(pub(crate) Value);

impl Default for Json {
    fn default() -> Self {
        Self(Value::empty())
    }
}

impl Json {
    /// The members of an object.
    pub(crate) fn members(&self) -> &Map {
        const NOTHING: &Map = &Map::new();
        self.0.as_map().unwrap_or(NOTHING)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_json())
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Value::from_json(&text).map(Self).map_err(serde::de::Error::custom)
    }
}

/// A policy, kept by its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PolicyName(pub(crate) Policy);

impl Serialize for PolicyName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name())
    }
}

impl<'de> Deserialize<'de> for PolicyName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Policy::named(&name).map(Self).ok_or_else(|| serde::de::Error::custom("no deletion policy"))
    }
}

impl Serialize for StackKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{:032x}", self.0))
    }
}

impl<'de> Deserialize<'de> for StackKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        u128::from_str_radix(&text, 16).map(Self).map_err(serde::de::Error::custom)
    }
}

impl Shape {
    /// Whether a resource of one shape is also of the other.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.properties.0.same(&other.properties.0)
            && self.metadata.0.same(&other.metadata.0)
            && self.tags == other.tags
    }
}

impl Instance {
    /// What `Ref` gives.
    pub(crate) fn reference(&self) -> &str {
        self.reference.as_deref().unwrap_or(&self.physical_id)
    }
}

impl Resource {
    /// One of which nothing is there.
    pub(crate) fn new(resource_type: &str, status: ResourceStatus, now_ms: u64) -> Self {
        Self {
            resource_type: resource_type.to_owned(),
            status,
            reason: None,
            updated_ms: now_ms,
            present: None,
            before: None,
            doing: None,
            garbage: Vec::new(),
            last_physical_id: String::new(),
            operation: String::new(),
        }
    }

    /// The physical id that is told.
    pub(crate) fn physical_id(&self) -> &str {
        self.present.as_ref().map_or(&self.last_physical_id, |present| &present.physical_id)
    }
}

impl Stack {
    /// What its records are kept under.
    pub(crate) fn key(&self) -> StackKey {
        key_of(&self.id).unwrap_or(StackKey(0))
    }

    /// Whether it is gone.
    pub(crate) fn is_deleted(&self) -> bool {
        self.status == StackStatus::DeleteComplete
    }
}

/// The key of the stack that an ARN names.
pub(crate) fn key_of(arn: &str) -> Option<StackKey> {
    uuid_of(arn).map(StackKey)
}

/// The UUID at the end of an ARN.
pub(crate) fn uuid_of(arn: &str) -> Option<u128> {
    let uuid = arn.rsplit('/').next()?;
    if uuid.len() != 36 {
        return None;
    }
    u128::from_str_radix(&uuid.replace('-', ""), 16).ok()
}

/// A record from its bytes.
pub(crate) fn parsed<T: DeserializeOwned>(value: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(value)
        .map_err(|error| Failure::internal(format!("the records of stacks are damaged: {error}")))
}

/// A record's bytes.
pub(crate) fn stored<T: Serialize>(record: &T) -> Result<Bytes, Failure> {
    serde_json::to_vec(record).map(Bytes::from).map_err(Failure::internal)
}
