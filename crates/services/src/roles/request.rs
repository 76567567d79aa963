//! A request as operations read it.

use crate::query::{Failure, check_length, required};
use database::Caller;
use std::collections::BTreeMap;
use wire::query::Members;

/// How many tags something has at most.
const TAGS_MAX: usize = 50;

/// The longest names, paths, descriptions and ARNs.
pub(super) const ROLE_NAME_MAX: usize = 64;
pub(super) const POLICY_NAME_MAX: usize = 128;
const PATH_MAX: usize = 512;
const DESCRIPTION_MAX: usize = 1_000;
const ARN_LENGTHS: (usize, usize) = (20, 2_048);

/// A request.
#[derive(Debug)]
pub(super) struct Request<'a> {
    pub(super) members: Members,
    pub(super) caller: &'a Caller,
}

impl Request<'_> {
    /// A text that must be there.
    pub(super) fn required(&self, name: &str) -> Result<&str, Failure> {
        required(&self.members, name)
    }

    /// A name of at most this many characters.
    pub(super) fn name(&self, member: &str, most: usize) -> Result<&str, Failure> {
        let name = self.required(member)?;
        check_length(member, name, (1, most))?;
        if name.chars().all(|character| character.is_ascii_alphanumeric() || "+=,.@_-".contains(character)) {
            return Ok(name);
        }
        let (first, rest) = member.split_at(1);
        Err(Failure::new(
            "ValidationError",
            format!(
                "The specified value for {}{rest} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-",
                first.to_ascii_lowercase()
            ),
        ))
    }

    /// The name of the role that it is about.
    pub(super) fn role_name(&self) -> Result<&str, Failure> {
        self.name("RoleName", ROLE_NAME_MAX)
    }

    /// The ARN of a policy.
    pub(super) fn policy_arn(&self) -> Result<&str, Failure> {
        self.arn("PolicyArn")
    }

    /// The ARN of a policy, in a member of this name.
    pub(super) fn arn(&self, member: &str) -> Result<&str, Failure> {
        let arn = self.required(member)?;
        check_length(member, arn, ARN_LENGTHS)?;
        if arn.starts_with("arn:") {
            return Ok(arn);
        }
        Err(Failure::new("InvalidInput", format!("ARN {arn} is not valid.")))
    }

    /// The path of what is made.
    pub(super) fn path(&self) -> Result<&str, Failure> {
        let Some(path) = self.members.text("Path") else { return Ok("/") };
        check_length("Path", path, (1, PATH_MAX))?;
        if path.starts_with('/') && path.ends_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(path);
        }
        let message = "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.";
        Err(Failure::new("ValidationError", message))
    }

    /// What the paths of what is listed begin with.
    pub(super) fn path_prefix(&self) -> &str {
        self.members.text("PathPrefix").unwrap_or("/")
    }

    /// A description, where one is given.
    pub(super) fn description(&self) -> Result<Option<String>, Failure> {
        let Some(text) = self.members.text("Description") else { return Ok(None) };
        check_length("Description", text, (0, DESCRIPTION_MAX))?;
        Ok(Some(text.to_owned()))
    }

    /// The tags that are given.
    pub(super) fn tags(&self) -> Result<BTreeMap<String, String>, Failure> {
        let mut tags = BTreeMap::new();
        for (nth, tag) in self.members.list("Tags").unwrap_or_default().into_iter().enumerate() {
            let (key, value) = (required(tag, "Key")?, required(tag, "Value")?);
            check_length(&format!("tags.{}.member.key", nth + 1), key, (1, 128))?;
            check_length(&format!("tags.{}.member.value", nth + 1), value, (0, 256))?;
            if tags.insert(key.to_owned(), value.to_owned()).is_some() {
                let message = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
                return Err(Failure::new("InvalidInput", message));
            }
        }
        check_tag_count(&tags)?;
        Ok(tags)
    }

    /// The keys of the tags that shall go.
    pub(super) fn tag_keys(&self) -> Result<Vec<&str>, Failure> {
        let keys = self.members.list("TagKeys");
        let keys = keys.ok_or_else(|| Failure::constraint(None, "TagKeys", "Member must not be null"))?;
        Ok(keys.into_iter().filter_map(Members::value).collect())
    }
}

/// Refuses more tags than there may be.
pub(super) fn check_tag_count(tags: &BTreeMap<String, String>) -> Result<(), Failure> {
    if tags.len() <= TAGS_MAX {
        return Ok(());
    }
    Err(Failure::limit(format!("The number of tags has reached the maximum limit of {TAGS_MAX}.")))
}
