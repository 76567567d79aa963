//! What is wrong with the members of a request, collected as data and worded as one error.

use super::{Layer, Wording};
use crate::dynamodb::enumeration::Enumeration;
use crate::error::ApiError;
use crate::table_ref::TableRef;
use std::borrow::Cow;
use std::fmt::{self, Write as _};

const TABLE_NAME_PATTERN: &str = "[a-zA-Z0-9_.-]+";

/// What a member should have satisfied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constraint {
    /// Present.
    NotNull,
    /// A shortest length, of a text or a list.
    MinLength(i64),
    /// A longest length.
    MaxLength(i64),
    /// A least value.
    MinValue(i64),
    /// A greatest value.
    MaxValue(i64),
    /// A pattern.
    Pattern(&'static str),
    /// One of an enumeration, listed as AWS lists it.
    Enum(&'static str),
    /// Each member of a list of texts.
    Members(&'static [Constraint]),
    /// Each key of a map.
    MapKeys(&'static [Constraint]),
    /// Each value of a map.
    MapValues(&'static [Constraint]),
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Constraint::NotNull => f.write_str("Member must not be null"),
            Constraint::MinLength(n) => write!(f, "Member must have length greater than or equal to {n}"),
            Constraint::MaxLength(n) => write!(f, "Member must have length less than or equal to {n}"),
            Constraint::MinValue(n) => write!(f, "Member must have value greater than or equal to {n}"),
            Constraint::MaxValue(n) => write!(f, "Member must have value less than or equal to {n}"),
            Constraint::Pattern(p) => write!(f, "Member must satisfy regular expression pattern: {p}"),
            Constraint::Enum(set) => write!(f, "Member must satisfy enum value set: {set}"),
            Constraint::Members(all) => write_each(f, "Member", all),
            Constraint::MapKeys(all) => write_each(f, "Map keys", all),
            Constraint::MapValues(all) => write_each(f, "Map value", all),
        }
    }
}

fn write_each(f: &mut fmt::Formatter<'_>, what: &str, all: &[Constraint]) -> fmt::Result {
    write!(f, "{what} must satisfy constraint: [")?;
    for (index, constraint) in all.iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        write!(f, "{comma}{constraint}")?;
    }
    f.write_char(']')
}

/// How a failure names its member.
#[derive(Clone, Debug)]
enum Form {
    /// `Value '<value>' at '<path>' failed to satisfy constraint: ...`, or `Value null at ...`.
    Echoed(Option<Cow<'static, str>>),
    /// `Value at '<path>' failed to satisfy constraint: ...`.
    Named,
    /// A whole text of its own; the path is that text.
    Verbatim,
}

#[derive(Clone, Debug)]
struct Failure {
    path: Cow<'static, str>,
    form: Form,
    constraint: Constraint,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, constraint) = (&self.path, &self.constraint);
        match &self.form {
            Form::Echoed(Some(value)) => {
                write!(f, "Value '{value}' at '{path}' failed to satisfy constraint: {constraint}")
            }
            Form::Echoed(None) => {
                write!(f, "Value null at '{path}' failed to satisfy constraint: {constraint}")
            }
            Form::Named => write!(f, "Value at '{path}' failed to satisfy constraint: {constraint}"),
            Form::Verbatim => f.write_str(path),
        }
    }
}

/// The failures of one request's members, in the order in which they are reported.
#[derive(Clone, Debug)]
pub struct Constraints {
    layer: Layer,
    failures: Vec<Failure>,
}

impl Constraints {
    /// None so far.
    pub fn new(layer: Layer) -> Constraints {
        Constraints { layer, failures: Vec::new() }
    }

    /// The layer they are worded for.
    pub fn layer(&self) -> Layer {
        self.layer
    }

    /// A failure in the form that echoes the value.
    pub fn fail(
        &mut self,
        path: impl Into<Cow<'static, str>>,
        value: impl Into<Cow<'static, str>>,
        constraint: Constraint,
    ) {
        self.failures.push(Failure { path: path.into(), form: Form::Echoed(Some(value.into())), constraint });
    }

    /// A failure of one of the few checks that the new layer words without the value and with the member's
    /// name as the model has it: `name` is then the path, in the model's capitals.
    pub fn fail_built_in(
        &mut self,
        path: &'static str,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Cow<'static, str>>,
        constraint: Constraint,
    ) {
        match self.layer.wording {
            Wording::Old => self.fail(path, value, constraint),
            Wording::New => self.fail_named(name, constraint),
        }
    }

    /// A failure that names the member and not the value, on either layer.
    pub fn fail_named(&mut self, path: impl Into<Cow<'static, str>>, constraint: Constraint) {
        self.failures.push(Failure { path: path.into(), form: Form::Named, constraint });
    }

    /// A failure with a text of its own.
    pub fn fail_verbatim(&mut self, text: impl Into<Cow<'static, str>>) {
        let constraint = Constraint::NotNull;
        self.failures.push(Failure { path: text.into(), form: Form::Verbatim, constraint });
    }

    /// A member that is not there and must be.
    pub fn null(&mut self, path: impl Into<Cow<'static, str>>) {
        self.failures.push(Failure {
            path: path.into(),
            form: Form::Echoed(None),
            constraint: Constraint::NotNull,
        });
    }

    /// Says that a member must be there.
    pub fn required<T>(&mut self, path: &'static str, member: Option<&T>) {
        if member.is_none() {
            self.null(path);
        }
    }

    /// Reads an enumeration; an absent or unknown value gives `None`, and an unknown one fails.
    pub fn enumeration<T: Enumeration>(
        &mut self,
        path: impl Into<Cow<'static, str>>,
        text: Option<&str>,
    ) -> Option<T> {
        let text = text?;
        let value = T::from_text(text);
        if value.is_none() {
            self.fail(path, text.to_owned(), Constraint::Enum(T::SET));
        }
        value
    }

    /// Checks the length of a text, in characters.
    pub fn length(&mut self, path: impl Into<Cow<'static, str>>, text: Option<&str>, min: usize, max: usize) {
        let Some(text) = text else { return };
        let length = text.chars().count();
        if length < min {
            self.fail(path, text.to_owned(), Constraint::MinLength(min as i64));
        } else if length > max {
            self.fail(path, text.to_owned(), Constraint::MaxLength(max as i64));
        }
    }

    /// Checks the lengths of the texts of a list: one failure, of the whole list, names the lengths.
    pub fn texts(&mut self, path: &str, texts: &[String], lengths: &'static [Constraint]) {
        let is_within = |text: &String| {
            let length = text.chars().count() as i64;
            lengths.iter().all(|bound| match bound {
                Constraint::MinLength(min) => length >= *min,
                Constraint::MaxLength(max) => length <= *max,
                _ => true,
            })
        };
        if !texts.iter().all(is_within) {
            self.fail(path.to_owned(), format!("[{}]", texts.join(", ")), Constraint::Members(lengths));
        }
    }

    /// Checks an integer against the range of the model.
    pub fn range(&mut self, path: &'static str, value: Option<i32>, min: i32, max: i32) {
        match value {
            Some(value) if value < min => {
                self.fail(path, value.to_string(), Constraint::MinValue(min.into()));
            }
            Some(value) if value > max => {
                self.fail(path, value.to_string(), Constraint::MaxValue(max.into()));
            }
            _ => {}
        }
    }

    /// Checks an integer that the new layer reports without its value.
    pub fn built_in_range(
        &mut self,
        member: (&'static str, &'static str),
        value: Option<i32>,
        min: i32,
        max: i32,
    ) {
        let (path, name) = member;
        match value {
            Some(value) if value < min => {
                self.fail_built_in(path, name, value.to_string(), Constraint::MinValue(min.into()));
            }
            Some(value) if value > max => {
                self.fail_built_in(path, name, value.to_string(), Constraint::MaxValue(max.into()));
            }
            _ => {}
        }
    }

    /// The empty table name alone, which the new layer reports apart from all else.
    pub fn empty_table_name(&mut self, table_name: Option<&str>) {
        if table_name == Some("") {
            self.fail_built_in("tableName", "TableName", "", Constraint::MinLength(1));
        }
    }

    /// A `TableName` member that may be an ARN, absent or present: at most one failure.
    pub fn table_name(&mut self, table_name: Option<&str>) {
        match table_name {
            None => self.null("tableName"),
            Some("") => self.empty_table_name(table_name),
            Some(text) => {
                if let Some(constraint) = table_name_failure(text) {
                    self.fail("tableName", text.to_owned(), constraint);
                }
            }
        }
    }

    /// A table name somewhere else than in `TableName`.
    pub fn table_name_at(&mut self, path: impl Into<Cow<'static, str>>, text: &str) {
        if let Some(constraint) = table_name_failure(text) {
            self.fail(path, text.to_owned(), constraint);
        }
    }

    /// A name that may not be an ARN.
    pub fn plain_table_name(&mut self, path: &'static str, text: Option<&str>) {
        if let Some(text) = text
            && let Some(constraint) = plain_name_failure(text)
        {
            self.fail(path, text.to_owned(), constraint);
        }
    }

    /// `TableName` as UpdateItem reports it: the pattern as well as the length.
    pub fn table_name_twice(&mut self, table_name: Option<&str>) {
        let pattern = Constraint::Pattern(TABLE_NAME_PATTERN);
        if let Some(text) = table_name
            && !text.is_empty()
            && !matches_pattern(text)
            && table_name_failure(text).is_some_and(|constraint| constraint != pattern)
        {
            self.fail("tableName", text.to_owned(), pattern);
        }
        self.table_name(table_name);
    }

    /// Whether anything failed.
    pub fn is_empty(&self) -> bool {
        self.failures.is_empty()
    }

    /// The one failure as an error without anything before it, if there is one.
    pub fn finish_bare(&self) -> Result<(), ApiError> {
        match self.failures.first() {
            None => Ok(()),
            Some(failure) => Err(ApiError::validation(failure.to_string())),
        }
    }

    /// All failures as one error, if there are any.
    pub fn finish(&self) -> Result<(), ApiError> {
        let count = self.failures.len();
        if count == 0 {
            return Ok(());
        }
        let mut message = format!("{count} validation error{} detected: ", if count == 1 { "" } else { "s" });
        for (index, failure) in self.failures.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            // Writing into a string does not fail.
            let _ = write!(message, "{separator}{failure}");
        }
        Err(ApiError::validation(message))
    }
}

/// What is wrong with a table name, the length first.
pub(crate) fn table_name_failure(text: &str) -> Option<Constraint> {
    plain_name_failure(TableRef::parse(text).name)
}

fn plain_name_failure(name: &str) -> Option<Constraint> {
    match name.chars().count() {
        0 => Some(Constraint::MinLength(1)),
        1 | 2 => Some(Constraint::MinLength(3)),
        256.. => Some(Constraint::MaxLength(255)),
        _ if !matches_pattern(name) => Some(Constraint::Pattern(TABLE_NAME_PATTERN)),
        _ => None,
    }
}

fn matches_pattern(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}
