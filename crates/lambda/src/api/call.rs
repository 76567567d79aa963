//! A request with its operation, and what many operations ask of it.

use super::members::Members;
use super::{Failure, Request};
use crate::functions::Functions;
use crate::functions::name::{Reference, is_word};
use crate::functions::record::{Function, Version};
use std::sync::Arc;
use wire::layer::{Constraint, ENVELOPE};

/// A request, with the named parts of its path.
pub(super) struct Call {
    pub(super) functions: Functions,
    pub(super) request: Request,
    pub(super) parameters: Vec<String>,
}

/// A function, the version of it that a request names, and how.
pub(super) type Qualified = (Arc<Function>, Arc<Version>, Option<String>);

/// The pattern of names of functions, as AWS writes it.
const NAME: Constraint = Constraint::Pattern(
    "(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?\
     ([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?",
);

/// The longest name of a function.
const NAME_LENGTH_MAX: usize = 64;

impl Call {
    /// A parameter of the query.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        let found = self.request.query.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// A header, by its name in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.request.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The members of the body.
    pub(super) fn members(&self) -> Result<Members, Failure> {
        Members::read(&self.request.body)
    }

    /// A named part of the path.
    pub(super) fn parameter(&self, place: usize) -> &str {
        self.parameters.get(place).map_or("", String::as_str)
    }

    /// The function that the path names, and the qualifier that the path or the query does.
    pub(super) fn reference(&self) -> Result<Reference, Failure> {
        let mut reference = parse(self.parameter(0))?;
        let Some(qualifier) = self.query("Qualifier") else { return Ok(reference) };
        if qualifier.len() > 128 || !is_word(qualifier.strip_prefix('$').unwrap_or(qualifier)) {
            let pattern = "\\$(LATEST(\\.PUBLISHED)?)|[a-zA-Z0-9-_$]+";
            return Err(refused("qualifier", qualifier, Constraint::Pattern(pattern)));
        }
        if reference.qualifier.as_deref().is_some_and(|other| other != qualifier) {
            return Err(Failure::invalid(
                "The derived qualifier from the function name does not match the specified qualifier.",
            ));
        }
        reference.qualifier = Some(qualifier.to_owned());
        Ok(reference)
    }

    /// The function that the path names, and the qualifier.
    pub(super) fn function(&self) -> Result<(Arc<Function>, Option<String>), Failure> {
        let reference = self.reference()?;
        let function = self.functions.find(&self.request.caller, &reference)?;
        Ok((function, reference.qualifier))
    }

    /// The function that the path names, and the version that the qualifier does.
    pub(super) fn version(&self) -> Result<Qualified, Failure> {
        let (function, qualifier) = self.function()?;
        let version = function.qualified(qualifier.as_deref()).cloned();
        let missing = || not_found(&function, qualifier.as_deref());
        let version = version.ok_or_else(missing)?;
        Ok((function, version, qualifier))
    }

    /// The function that the path names, where the operation takes no qualifier.
    pub(super) fn unqualified(&self) -> Result<Arc<Function>, Failure> {
        let mut reference = self.reference()?;
        reference.qualifier = None;
        self.functions.find(&self.request.caller, &reference)
    }

    /// One page of a list whose elements are in the order of their keys.
    pub(super) fn page<T>(
        &self,
        all: Vec<T>,
        page_max: usize,
        key: impl Fn(&T) -> String,
    ) -> Result<(Vec<T>, Option<String>), Failure> {
        let mut wanted = page_max;
        if let Some(text) = self.query("MaxItems") {
            let number: i64 = text.parse().map_err(|_| {
                Failure::new(400, "SerializationException", format!("{text} is not an integer."))
            })?;
            if number < 1 {
                return Err(refused("maxItems", text, Constraint::MinValue(1)));
            }
            if number > 10_000 {
                return Err(refused("maxItems", text, Constraint::MaxValue(10_000)));
            }
            wanted = wanted.min(usize::try_from(number).unwrap_or(page_max));
        }
        let start = match self.query("Marker") {
            None => 0,
            Some(marker) => {
                let last = unmarked(marker).ok_or_else(|| Failure::invalid("Invalid Marker"))?;
                all.iter().position(|element| key(element) > last).unwrap_or(all.len())
            }
        };
        let has_more = all.len() > start + wanted;
        let page: Vec<T> = all.into_iter().skip(start).take(wanted).collect();
        let next = page.last().filter(|_| has_more).map(|last| marked(&key(last)));
        Ok((page, next))
    }
}

fn marked(key: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(key)
}

fn unmarked(marker: &str) -> Option<String> {
    use base64::Engine as _;
    String::from_utf8(base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(marker).ok()?).ok()
}

/// A name of a function in a request.
pub(super) fn parse(name: &str) -> Result<Reference, Failure> {
    let reference = Reference::parse(name).ok_or_else(|| refused("functionName", name, NAME))?;
    if reference.name.len() > NAME_LENGTH_MAX {
        return Err(refused("functionName", name, Constraint::MaxLength(NAME_LENGTH_MAX as i64)));
    }
    Ok(reference)
}

/// A member, a parameter or a part of the path that a constraint refuses.
pub(super) fn refused(path: &str, value: &str, constraint: Constraint) -> Failure {
    Failure::validation(format!(
        "{ENVELOPE}Value '{value}' at '{path}' failed to satisfy constraint: {constraint}"
    ))
}

/// There is no such version or alias.
pub(super) fn not_found(function: &Function, qualifier: Option<&str>) -> Failure {
    Failure::not_found(format!("Function not found: {}", function.arn(qualifier)))
}

/// The revision that a request expects is not the present one.
pub(super) fn check_revision(expected: Option<&str>, present: &str) -> Result<(), Failure> {
    match expected {
        Some(expected) if expected != present => Err(Failure::new(
            412,
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to \
             retrieve the latest Revision Id",
        )),
        _ => Ok(()),
    }
}
