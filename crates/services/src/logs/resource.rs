//! Which group or stream a request is about: by name, or by ARN.

use super::Logs;
use super::failure::Failure;
use super::groups::Group;
use super::state::{GroupKey, State};
use crate::request::{Pattern, Request};
use database::Caller;
use wire::layer::Constraint;

const GROUP_NAME: Pattern = Pattern {
    text: "[\\.\\-_/#A-Za-z0-9]+",
    satisfied: |text| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_/#".contains(&byte)),
};

const STREAM_NAME: Pattern = Pattern { text: "[^:*]*", satisfied: |text| !text.contains([':', '*']) };

/// Reads the name of a group.
pub(super) fn group_name(request: &mut Request, member: &str) -> Result<Option<String>, Failure> {
    Ok(request.pattern(member, 512, GROUP_NAME)?)
}

/// Reads the name of a stream.
pub(super) fn stream_name(request: &mut Request, member: &str) -> Result<Option<String>, Failure> {
    Ok(request.pattern(member, 512, STREAM_NAME)?)
}

/// The names of streams in a list.
pub(super) fn stream_names(request: &mut Request, member: &str) -> Result<Option<Vec<String>>, Failure> {
    let Some(list) = request.list(member, (1, 100))? else { return Ok(None) };
    let mut names = Vec::with_capacity(list.len());
    for value in list {
        let crate::value::Value::Text(name) = value else {
            return Err(Failure::new("SerializationException", format!("{member} is not a list of strings")));
        };
        if !(STREAM_NAME.satisfied)(&name) || name.is_empty() {
            request.fail(member, "[...]", Constraint::Pattern(STREAM_NAME.text));
        }
        names.push(name);
    }
    Ok(Some(names))
}

impl Logs {
    /// The key of the caller's group of this name.
    pub(super) fn group_key(&self, caller: &Caller, name: &str) -> GroupKey {
        self.key(&caller.account, &caller.region, name)
    }

    /// The key of the group that a request names by `logGroupName`, which it must have.
    pub(super) fn required_group(&self, caller: &Caller, request: &mut Request) -> Result<GroupKey, Failure> {
        let name = group_name(request, "logGroupName")?;
        let name = request.required("logGroupName", name).unwrap_or_default();
        Ok(self.group_key(caller, &name))
    }

    /// The key of the group that a request names by `logGroupName` or `logGroupIdentifier`.
    pub(super) fn identified_group(
        &self,
        caller: &Caller,
        request: &mut Request,
    ) -> Result<GroupKey, Failure> {
        let name = group_name(request, "logGroupName")?;
        let identifier = request.text_of("logGroupIdentifier", (1, 2048))?;
        match (name, identifier) {
            (Some(name), None) => Ok(self.group_key(caller, &name)),
            (None, Some(identifier)) => self.group_of(caller, &identifier),
            (Some(_), Some(_)) => Err(Failure::parameter(
                "LogGroup name and LogGroup identifier are mutually exclusive parameters.",
            )),
            (None, None) => {
                Err(Failure::parameter("Either LogGroup name or LogGroup identifier must be provided."))
            }
        }
    }

    /// The key of the group of this name or ARN.
    pub(super) fn group_of(&self, caller: &Caller, identifier: &str) -> Result<GroupKey, Failure> {
        if !identifier.starts_with("arn:") {
            return Ok(self.group_key(caller, identifier));
        }
        let mut parts = identifier.splitn(7, ':').skip(2);
        let (service, region, account) = (parts.next(), parts.next(), parts.next());
        let (kind, name) = (parts.next(), parts.next().unwrap_or_default());
        let name = name.strip_suffix(":*").unwrap_or(name);
        let well_formed = service == Some("logs") && kind == Some("log-group") && !name.is_empty();
        if !well_formed || !(GROUP_NAME.satisfied)(name) {
            return Err(Failure::parameter(format!("Invalid resource ARN: {identifier}")));
        }
        let foreign = region != Some(&caller.region) || account != Some(&caller.account);
        if foreign && !self.inner.options.shared {
            return Err(Failure::no_group());
        }
        Ok(self.group_key(caller, name))
    }
}

/// The ARN of a group, as that caller sees it, without `:*` at its end.
pub(super) fn group_arn(caller: &Caller, name: &str) -> String {
    format!("arn:aws:logs:{}:{}:log-group:{name}", caller.region, caller.account)
}

/// A group that must be there.
pub(super) fn existing<'a>(state: &'a State, key: &GroupKey) -> Result<&'a Group, Failure> {
    state.groups.get(key).ok_or_else(Failure::no_group)
}
