//! A PartiQL statement with its parameters, as the three operations that run statements have it.

use super::echo;
use super::enumeration::{Enumeration, ReturnValuesOnConditionCheckFailure};
use crate::error::ApiError;
use crate::json::{JsonError, Reader};
use crate::layer::{Constraint, Constraints, Layer};
use crate::member::{boolean, list, owned_string, string, structure};
use crate::value::Values;
use item::value::Value;

/// The longest statement, in characters.
const STATEMENT_LENGTH_MAX: usize = 8192;

/// One statement of a request.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Its text.
    pub text: String,
    /// What its question marks stand for, in their order.
    pub parameters: Vec<Value>,
    /// Whether a read sees all writes acknowledged before it.
    pub consistent_read: bool,
    /// Whether a failed condition answers the item.
    pub return_values_on_condition_check_failure: ReturnValuesOnConditionCheckFailure,
}

/// A statement, before it is checked.
pub(super) struct Raw {
    values: Values,
    text: Option<String>,
    parameters: Option<Vec<Value>>,
    consistent_read: Option<bool>,
    values_on_failure: Option<String>,
}

impl Raw {
    /// Nothing so far.
    pub(super) fn new() -> Raw {
        Raw {
            values: Values::new(),
            text: None,
            parameters: None,
            consistent_read: None,
            values_on_failure: None,
        }
    }

    /// Reads one statement of several.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Raw, JsonError> {
        let mut raw = Raw::new();
        structure(reader, |reader, name| raw.member(reader, name))?;
        Ok(raw)
    }

    /// Reads a member; one that no statement has is stepped over.
    pub(super) fn member(&mut self, reader: &mut Reader<'_>, name: &str) -> Result<(), JsonError> {
        match name {
            "Statement" => self.text = owned_string(reader)?,
            "Parameters" => {
                let values = &mut self.values;
                let parameters = list(reader, |reader| values.legacy(reader))?;
                self.parameters = parameters.map(|values| values.into_iter().flatten().collect());
            }
            "ConsistentRead" => self.consistent_read = boolean(reader)?,
            "ReturnValuesOnConditionCheckFailure" => {
                self.values_on_failure = string(reader)?.map(|text| text.into_owned());
            }
            _ => drop(reader.skip()?),
        }
        Ok(())
    }

    /// Checks the text.
    pub(super) fn check_text(&self, path: &str, failures: &mut Constraints) {
        let path = format!("{path}statement");
        match &self.text {
            None => failures.null(path),
            Some(text) => failures.length(path, Some(text), 1, STATEMENT_LENGTH_MAX),
        }
    }

    /// Checks the list of parameters.
    pub(super) fn check_parameters(&self, path: &str, failures: &mut Constraints) {
        if self.parameters.as_ref().is_some_and(Vec::is_empty) {
            failures.fail(format!("{path}parameters"), "[]", Constraint::MinLength(1));
        }
    }

    /// Checks what a failed condition answers.
    pub(super) fn check_values_on_failure(&self, path: &str, failures: &mut Constraints) {
        let path = format!("{path}returnValuesOnConditionCheckFailure");
        let _: Option<ReturnValuesOnConditionCheckFailure> =
            failures.enumeration(path, self.values_on_failure.as_deref());
    }

    /// Refuses the request for a parameter that is refused.
    pub(super) fn check_values(&self, layer: Layer) -> Result<(), ApiError> {
        self.values.check(layer)
    }

    /// The statement.
    pub(super) fn finish(self) -> Statement {
        let values_on_failure = self.values_on_failure.as_deref().and_then(Enumeration::from_text);
        Statement {
            text: self.text.unwrap_or_default(),
            parameters: self.parameters.unwrap_or_default(),
            consistent_read: self.consistent_read.unwrap_or_default(),
            return_values_on_condition_check_failure: values_on_failure.unwrap_or_default(),
        }
    }
}

/// The statements of a request, and its member that holds them.
pub(super) struct RawList<'a> {
    pub(super) member: &'static str,
    /// The Java class that an echo prints.
    pub(super) class: &'static str,
    pub(super) statements: Option<&'a [Raw]>,
    pub(super) max: usize,
}

impl RawList<'_> {
    /// Checks the length of the list and the members of its statements.
    pub(super) fn check(&self, failures: &mut Constraints) {
        match self.statements.map(<[Raw]>::len) {
            None => failures.null(self.member),
            Some(0) => failures.fail(self.member, "[]", Constraint::MinLength(1)),
            Some(count) if count > self.max => {
                failures.fail(self.member, self.echo(), Constraint::MaxLength(self.max as i64));
            }
            Some(_) => {}
        }
        for (place, statement) in self.statements.unwrap_or_default().iter().enumerate() {
            let path = format!("{}.{}.member.", self.member, place + 1);
            statement.check_values_on_failure(&path, failures);
            statement.check_text(&path, failures);
            statement.check_parameters(&path, failures);
        }
    }

    fn echo(&self) -> String {
        let is_batch = self.class == "BatchStatementRequest";
        let one = |raw: &Raw| {
            let text = raw.text.as_deref().unwrap_or("null");
            let parameters = raw.parameters.as_deref().map_or_else(|| "null".to_owned(), echo::values);
            let consistent = match raw.consistent_read {
                _ if !is_batch => String::new(),
                None => ", consistentRead=null".to_owned(),
                Some(value) => format!(", consistentRead={value}"),
            };
            let on_failure = raw.values_on_failure.as_deref().unwrap_or("null");
            format!(
                "{}(statement={text}, parameters={parameters}{consistent}, \
                 returnValuesOnConditionCheckFailure={on_failure})",
                self.class
            )
        };
        let all: Vec<String> = self.statements.unwrap_or_default().iter().map(one).collect();
        format!("[{}]", all.join(", "))
    }
}
