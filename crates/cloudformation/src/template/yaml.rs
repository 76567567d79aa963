//! Templates in YAML.
//!
//! CloudFormation reads YAML 1.1, where `yes` and `on` are booleans. Not read as numbers are those that JSON does not know:
//! the octal `0123`, the sexagesimal `1:30`; they stay the text that was written, which keeps account numbers with a leading
//! zero whole. Anchors are read, aliases refused as AWS refuses them, so nothing can grow beyond its text.

use super::{DEPTH_MAX, short_form};
use crate::{Map, TemplateError, Value};
use granit_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};

struct Composer<'a> {
    events: Parser<'a, StrInput<'a>>,
}

/// Reads a document. Of a name that is there twice, the last counts.
pub(super) fn read(text: &str) -> Result<Value, TemplateError> {
    let options = granit_parser::options! {
        flow_nesting_limit: DEPTH_MAX,
        block_nesting_limit: DEPTH_MAX,
        // A template may be one long line of JSON in YAML.
        simple_key_max_lookahead: super::BODY_BYTES_MAX,
        emit_comments: false,
    };
    let mut composer = Composer { events: Parser::new_from_str_with_options(text, options) };
    let mut found = None;
    loop {
        let (event, span) = composer.next()?;
        match event {
            Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
            Event::StreamEnd => return Ok(found.unwrap_or(Value::Null)),
            event if found.is_none() => found = Some(composer.node(event, span, 0)?),
            _ => return Err(malformed(span)),
        }
    }
}

impl<'a> Composer<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), TemplateError> {
        match self.events.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) if *error.kind() == granit_parser::ErrorKind::RecursionLimitExceeded => {
                Err(TemplateError::TooDeep(DEPTH_MAX))
            }
            Some(Err(error)) => {
                let mark = error.marker();
                Err(TemplateError::Yaml { line: mark.line(), column: mark.col() + 1 })
            }
            None => Err(TemplateError::Yaml { line: 1, column: 1 }),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Value, TemplateError> {
        if depth > DEPTH_MAX {
            return Err(TemplateError::TooDeep(DEPTH_MAX));
        }
        match event {
            Event::Alias(_) => Err(TemplateError::Aliases),
            Event::Scalar(text, style, _, tag) => tagged_scalar(&text, style, tag.as_deref(), span),
            Event::SequenceStart(_, _, tag) => {
                let mut list = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break,
                        (event, span) => list.push(self.node(event, span, depth + 1)?),
                    }
                }
                tagged(Value::List(list), tag.as_deref(), span)
            }
            Event::MappingStart(_, _, tag) => {
                let mut map = Map::new();
                loop {
                    let name = match self.next()? {
                        (Event::MappingEnd, _) => break,
                        (Event::Scalar(name, style, _, None), span) => {
                            // A merge: not one of the features that CloudFormation takes from YAML.
                            if name == "<<" && style == ScalarStyle::Plain {
                                return Err(malformed(span));
                            }
                            name.into_owned()
                        }
                        (Event::Alias(_), _) => return Err(TemplateError::Aliases),
                        (_, span) => return Err(malformed(span)),
                    };
                    let (event, span) = self.next()?;
                    map.insert(name, self.node(event, span, depth + 1)?);
                }
                tagged(Value::Map(map), tag.as_deref(), span)
            }
            _ => Err(malformed(span)),
        }
    }
}

fn malformed(span: Span) -> TemplateError {
    TemplateError::Yaml { line: span.start.line(), column: span.start.col() + 1 }
}

/// A list or an object, with what its tag makes of it.
fn tagged(value: Value, tag: Option<&Tag>, span: Span) -> Result<Value, TemplateError> {
    let Some(tag) = tag else { return Ok(value) };
    match (tag.core_suffix(), &value) {
        (Some("seq"), Value::List(_)) | (Some("map"), Value::Map(_)) => Ok(value),
        (Some(_), _) => Err(malformed(span)),
        (None, _) => short_form::expand(tag.suffix(), value).ok_or_else(|| malformed(span)),
    }
}

fn tagged_scalar(
    text: &str,
    style: ScalarStyle,
    tag: Option<&Tag>,
    span: Span,
) -> Result<Value, TemplateError> {
    let Some(tag) = tag else {
        return Ok(if style == ScalarStyle::Plain { plain(text) } else { Value::string(text) });
    };
    match tag.core_suffix() {
        Some("str") => Ok(Value::string(text)),
        Some("int" | "float" | "bool" | "null") => Ok(plain(text)),
        Some(_) => Err(malformed(span)),
        None if matches!(tag.suffix(), "" | "!") => Ok(Value::string(text)),
        None => short_form::expand(tag.suffix(), Value::string(text)).ok_or_else(|| malformed(span)),
    }
}

/// A scalar without quotes.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Value::Boolean(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Value::Boolean(false),
        _ if is_number(text) => Value::Number(text.to_owned()),
        _ => Value::string(text),
    }
}

/// Whether it is a number of JSON's grammar.
fn is_number(text: &str) -> bool {
    if !text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return false;
    }
    let Ok(mut reader) = wire::json::Reader::new(text.as_bytes()) else { return false };
    reader.number().is_ok_and(|number| number.len() == text.len())
}
