//! What services of the query protocol have in common: calls and answers; and the failures of identity and roles.

use bytes::Bytes;
use database::Caller;
use std::fmt;
use wire::query::{self, Malformed, Members};

/// A request.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// What follows the question mark.
    pub query: &'a [u8],
    /// The body, a form.
    pub body: &'a [u8],
    /// The request's id.
    pub request_id: &'a str,
}

impl Call<'_> {
    /// What it says.
    ///
    /// # Errors
    /// When it is no form.
    pub fn members(&self) -> Result<Members, Malformed> {
        Members::of_request(self.query, self.body)
    }
}

/// An answer: XML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// To a request that was done.
    #[must_use]
    pub fn done(answer: query::Answer, request_id: &str) -> Self {
        Self { status: 200, body: answer.finish(request_id).into() }
    }

    /// To one that was not: the name space of the service's elements, the HTTP status, and the error's code and words.
    #[must_use]
    pub fn refused(namespace: &str, status: u16, told: (&str, &str), request_id: &str) -> Self {
        Self { status, body: query::failure(namespace, status < 500, told, request_id).into() }
    }
}

/// An error as it goes to the client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    code: &'static str,
    status: u16,
    message: String,
}

impl Failure {
    /// An error of the client's.
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, status: 400, message: message.into() }
    }

    /// A member that does not satisfy its constraint, as AWS tells it.
    pub(crate) fn constraint(value: Option<&str>, member: &str, constraint: &str) -> Self {
        let value = value.map_or_else(|| "null".to_owned(), |value| format!("'{value}'"));
        let (first, rest) = member.split_at(member.chars().next().map_or(0, char::len_utf8));
        let member = first.to_ascii_lowercase() + rest;
        Self::new(
            "ValidationError",
            format!(
                "1 validation error detected: Value {value} at '{member}' failed to satisfy constraint: {constraint}"
            ),
        )
    }

    /// A failure of the server's own.
    pub(crate) fn internal(error: impl fmt::Display) -> Self {
        tracing::error!(%error, "a request could not be served");
        Self::new("ServiceFailure", "Internal service failure.").with_status(500)
    }

    /// With another HTTP status than 400.
    pub(crate) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// AWS's code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The words.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn answer(&self, namespace: &str, request_id: &str) -> Answer {
        Answer::refused(namespace, self.status, (self.code, &self.message), request_id)
    }
}

impl From<Malformed> for Failure {
    fn from(error: Malformed) -> Self {
        Self::new("MalformedQueryString", error.to_string())
    }
}

/// A text that must be there.
pub(crate) fn required<'m>(members: &'m Members, name: &str) -> Result<&'m str, Failure> {
    members.text(name).ok_or_else(|| Failure::constraint(None, name, "Member must not be null"))
}

/// Refuses a text that is not of this many characters.
pub(crate) fn check_length(name: &str, text: &str, (least, most): (usize, usize)) -> Result<(), Failure> {
    let (length, bound) = (text.chars().count(), "Member must have length");
    if length < least {
        let constraint = format!("{bound} greater than or equal to {least}");
        return Err(Failure::constraint(Some(text), name, &constraint));
    }
    if length > most {
        let constraint = format!("{bound} less than or equal to {most}");
        return Err(Failure::constraint(Some(text), name, &constraint));
    }
    Ok(())
}

/// An integer between these, where one is given.
pub(crate) fn integer(
    members: &Members,
    name: &str,
    (least, most): (u64, u64),
) -> Result<Option<u64>, Failure> {
    let Some(text) = members.text(name) else { return Ok(None) };
    let constrained = |constraint: String| Failure::constraint(Some(text), name, &constraint);
    match text.parse::<u64>() {
        Err(_) => Err(Failure::new("MalformedInput", format!("{name} is not an integer"))),
        Ok(number) if number < least => {
            Err(constrained(format!("Member must have value greater than or equal to {least}")))
        }
        Ok(number) if number > most => {
            Err(constrained(format!("Member must have value less than or equal to {most}")))
        }
        Ok(number) => Ok(Some(number)),
    }
}

/// A time as these services write it: `2026-11-21T12:00:00Z`.
pub(crate) fn time(ms: u64) -> String {
    environment::calendar::iso(ms).split('.').next().unwrap_or_default().to_owned() + "Z"
}
