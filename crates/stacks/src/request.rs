//! A request as operations read it, and their answers.

use crate::failure::Failure;
use cloudformation::parameters::Given;
use database::Caller;
use std::collections::BTreeMap;
use wire::query::{Answer, Members};

/// The name space of CloudFormation's elements.
pub(crate) const NAMESPACE: &str = "http://cloudformation.amazonaws.com/doc/2010-05-15/";

/// How many tags a stack has at most.
const TAGS_MAX: usize = 50;

/// The longest name of a stack or change set.
const NAME_LENGTH_MAX: usize = 128;

/// The longest list of a request.
const LIST_MAX: usize = 500;

/// A request.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) members: Members,
    pub(crate) caller: &'a Caller,
}

/// The name of a member as texts of errors write it.
fn path(name: &str) -> String {
    let mut path = name.to_owned();
    if let Some(first) = path.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    path
}

/// Starts the answer to an operation, with a result.
pub(crate) fn result(operation: &str) -> Answer {
    Answer::with_result(operation, NAMESPACE)
}

/// The answer to an operation that says nothing more.
pub(crate) fn done(operation: &str) -> Answer {
    Answer::without_result(operation, NAMESPACE)
}

impl Request<'_> {
    /// A text, where one was given.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.members.text(name)
    }

    /// A text that must be there.
    pub(crate) fn required(&self, name: &str) -> Result<&str, Failure> {
        match self.text(name) {
            None => Err(Failure::constraint("null", &path(name), "Member must not be null")),
            Some("") => Err(Failure::constraint(
                "''",
                &path(name),
                "Member must have length greater than or equal to 1",
            )),
            Some(text) => Ok(text),
        }
    }

    /// A text of at most so many characters.
    pub(crate) fn bounded(&self, name: &str, length_max: usize) -> Result<Option<String>, Failure> {
        let Some(text) = self.text(name) else { return Ok(None) };
        if text.chars().count() > length_max {
            return Err(Failure::constraint(
                format!("'{text}'"),
                &path(name),
                format!("Member must have length less than or equal to {length_max}"),
            ));
        }
        Ok(Some(text.to_owned()))
    }

    /// One of some texts.
    pub(crate) fn one_of(&self, name: &str, known: &[&str]) -> Result<Option<String>, Failure> {
        match self.text(name) {
            Some(text) if !known.contains(&text) => Err(Failure::constraint(
                format!("'{text}'"),
                &path(name),
                format!("Member must satisfy enum value set: [{}]", known.join(", ")),
            )),
            text => Ok(text.map(str::to_owned)),
        }
    }

    /// A boolean, where one was given.
    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>, Failure> {
        match self.text(name) {
            None => Ok(None),
            Some("true" | "True" | "1") => Ok(Some(true)),
            Some("false" | "False" | "0") => Ok(Some(false)),
            Some(other) => {
                Err(Failure::new("MalformedInput", format!("'{other}' is no boolean, which {name} must be")))
            }
        }
    }

    /// A list of texts; an empty one where there is none.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<String>, Failure> {
        let list = self.members.list(name).unwrap_or_default();
        if list.len() > LIST_MAX {
            return Err(Failure::constraint(
                format!("of {} elements", list.len()),
                &path(name),
                format!("Member must have length less than or equal to {LIST_MAX}"),
            ));
        }
        Ok(list.into_iter().filter_map(Members::value).map(str::to_owned).collect())
    }

    /// The name for a new stack.
    pub(crate) fn new_stack_name(&self) -> Result<&str, Failure> {
        let name = self.required("StackName")?;
        check_name(name, "stackName", "[a-zA-Z][-a-zA-Z0-9]*")?;
        Ok(name)
    }

    /// The name for a new change set.
    pub(crate) fn new_change_set_name(&self) -> Result<&str, Failure> {
        let name = self.required("ChangeSetName")?;
        check_name(name, "changeSetName", "[a-zA-Z][-a-zA-Z0-9]*")?;
        Ok(name)
    }

    /// The token of a request.
    pub(crate) fn token(&self) -> Result<Option<String>, Failure> {
        let Some(token) = self.bounded("ClientRequestToken", NAME_LENGTH_MAX)? else { return Ok(None) };
        let well_formed = token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && token.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        if !well_formed {
            return Err(Failure::constraint(
                format!("'{token}'"),
                "clientRequestToken",
                "Member must satisfy regular expression pattern: [a-zA-Z0-9][-a-zA-Z0-9]*",
            ));
        }
        Ok(Some(token))
    }

    /// What is given for parameters.
    pub(crate) fn parameters(&self) -> Result<BTreeMap<String, Given>, Failure> {
        let mut given = BTreeMap::new();
        for parameter in self.members.list("Parameters").unwrap_or_default() {
            let Some(name) = parameter.text("ParameterKey") else {
                return Err(Failure::validation("Parameters must have a ParameterKey"));
            };
            let previous = matches!(parameter.text("UsePreviousValue"), Some("true" | "True" | "1"));
            let value = match (parameter.text("ParameterValue"), previous) {
                (Some(_), true) => {
                    return Err(Failure::validation(format!(
                        "Invalid input for parameter key {name}. Cannot specify usePreviousValue as true and non empty value for a parameter"
                    )));
                }
                (None, true) => Given::Previous,
                (Some(value), false) => Given::Value(value.to_owned()),
                (None, false) => {
                    return Err(Failure::validation(format!(
                        "Invalid input for parameter key {name}. Need to specify either usePreviousValue as true or a non-empty value for the parameter"
                    )));
                }
            };
            if given.insert(name.to_owned(), value).is_some() {
                return Err(Failure::validation(format!("Duplicate input for parameter key {name}")));
            }
        }
        Ok(given)
    }

    /// The tags that are given; `None` where there is no such member.
    pub(crate) fn tags(&self) -> Result<Option<BTreeMap<String, String>>, Failure> {
        let Some(list) = self.members.list("Tags") else { return Ok(None) };
        let mut tags = BTreeMap::new();
        for tag in list {
            let key = tag.text("Key").unwrap_or_default();
            let value = tag.text("Value").unwrap_or_default();
            let lengths = (1..=128).contains(&key.chars().count()) && value.chars().count() <= 256;
            if !lengths {
                return Err(Failure::validation(format!(
                    "The key of a tag has 1 to 128 characters, its value at most 256: '{key}'"
                )));
            }
            if key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:")) {
                return Err(Failure::validation(format!(
                    "aws: prefixed tag key names are not allowed for external use: {key}"
                )));
            }
            if tags.insert(key.to_owned(), value.to_owned()).is_some() {
                return Err(Failure::validation(format!("Duplicate tag keys are not allowed: {key}")));
            }
        }
        if tags.len() > TAGS_MAX {
            return Err(Failure::validation(format!("A stack has at most {TAGS_MAX} tags")));
        }
        Ok(Some(tags))
    }
}

/// Holds a name against what names are.
fn check_name(name: &str, path: &str, pattern: &str) -> Result<(), Failure> {
    let well_formed = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    if !well_formed {
        return Err(Failure::constraint(
            format!("'{name}'"),
            path,
            format!("Member must satisfy regular expression pattern: {pattern}"),
        ));
    }
    if name.len() > NAME_LENGTH_MAX {
        return Err(Failure::constraint(
            format!("'{name}'"),
            path,
            format!("Member must have length less than or equal to {NAME_LENGTH_MAX}"),
        ));
    }
    Ok(())
}
