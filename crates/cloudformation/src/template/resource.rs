//! A resource as a template describes it.

use crate::{Map, TemplateError, Value};

/// What becomes of a resource that leaves a stack, or is replaced in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// It is deleted.
    #[default]
    Delete,
    /// It stays, and the stack forgets it.
    Retain,
    /// It stays, unless its creation is being rolled back.
    RetainExceptOnCreate,
    /// A snapshot of it is taken first; of the types that exist here none has snapshots.
    Snapshot,
}

impl Policy {
    /// The policy of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "Delete" => Some(Self::Delete),
            "Retain" => Some(Self::Retain),
            "RetainExceptOnCreate" => Some(Self::RetainExceptOnCreate),
            "Snapshot" => Some(Self::Snapshot),
            _ => None,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delete => "Delete",
            Self::Retain => "Retain",
            Self::RetainExceptOnCreate => "RetainExceptOnCreate",
            Self::Snapshot => "Snapshot",
        }
    }
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Its type, such as `AWS::SQS::Queue`.
    pub resource_type: String,
    /// Its properties; an object, or a function that gives one.
    pub properties: Value,
    /// The resources named as those that must be there before it.
    pub depends_on: Vec<String>,
    /// The condition under which it is there.
    pub condition: Option<String>,
    /// Its metadata.
    pub metadata: Value,
    /// What becomes of it when it leaves the stack: a string or, with the language extensions, a function.
    pub deletion_policy: Option<Value>,
    /// What becomes of it when it is replaced.
    pub update_replace_policy: Option<Value>,
}

/// What a resource may have. What is not in [`Resource`] is of use to types only that are not here.
const MEMBERS: &[&str] = &[
    "Type",
    "Properties",
    "DependsOn",
    "Condition",
    "Metadata",
    "DeletionPolicy",
    "UpdateReplacePolicy",
    "CreationPolicy",
    "UpdatePolicy",
    "Description",
    "Version",
];

impl Resource {
    pub(super) fn read(name: &str, value: &Value) -> Result<Self, TemplateError> {
        let members =
            value.as_map().ok_or_else(|| TemplateError::NotAnObject(format!("[/Resources/{name}]")))?;
        let resource_type = members
            .get("Type")
            .and_then(Value::as_str)
            .filter(|resource_type| !resource_type.is_empty())
            .ok_or_else(|| TemplateError::ResourceType(name.to_owned()))?;
        if let Some(unknown) = members.keys().find(|member| !MEMBERS.contains(&member.as_str())) {
            return Err(TemplateError::ResourceProperty(unknown.clone()));
        }
        let properties = members.get("Properties").cloned().unwrap_or(Value::empty());
        if properties.as_map().is_none() {
            return Err(TemplateError::NotAnObject(format!("[/Resources/{name}/Properties]")));
        }
        let condition = members
            .get("Condition")
            .map(|value| {
                let condition = value.as_str().map(ToOwned::to_owned);
                condition.ok_or_else(|| TemplateError::NotAString(format!("[/Resources/{name}/Condition]")))
            })
            .transpose()?;
        Ok(Self {
            resource_type: resource_type.to_owned(),
            properties,
            depends_on: depends_on(members)?,
            condition,
            metadata: members.get("Metadata").cloned().unwrap_or(Value::empty()),
            deletion_policy: policy(name, members, "DeletionPolicy")?,
            update_replace_policy: policy(name, members, "UpdateReplacePolicy")?,
        })
    }
}

fn depends_on(members: &Map) -> Result<Vec<String>, TemplateError> {
    let one = |value: &Value| value.as_str().map(ToOwned::to_owned).ok_or(TemplateError::DependsOn);
    match members.get("DependsOn") {
        None => Ok(Vec::new()),
        Some(Value::List(names)) => names.iter().map(one).collect(),
        Some(name) => Ok(vec![one(name)?]),
    }
}

fn policy(resource: &str, members: &Map, attribute: &'static str) -> Result<Option<Value>, TemplateError> {
    let Some(value) = members.get(attribute) else { return Ok(None) };
    match value.as_str() {
        Some(name) if Policy::named(name).is_none() => {
            Err(TemplateError::Policy { attribute, value: name.to_owned(), resource: resource.to_owned() })
        }
        _ => Ok(Some(value.clone())),
    }
}
