//! The operators: what one value of a field must be.

use super::Scalar;
use super::cidr::Cidr;
use super::json::Json;
use super::pattern::InvalidPattern;
use super::wildcard::Wildcard;
use std::net::IpAddr;

/// The names of the operators, which no field below `$or` may have.
pub(super) const OPERATORS: [&str; 18] = [
    "exactly",
    "prefix",
    "suffix",
    "equals-ignore-case",
    "wildcard",
    "numeric",
    "anything-but",
    "exists",
    "cidr",
    "anything-but-prefix",
    "anything-but-suffix",
    "anything-but-ignore-case",
    "anything-but-wildcard",
    "=",
    "<",
    "<=",
    ">",
    ">=",
];

/// One value that is wanted, or one operator.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Matcher {
    Null,
    Bool(bool),
    Number(f64),
    Text(TextMatcher),
    /// A text that is an address: also other ways to write it.
    Address(IpAddr),
    Cidr(Cidr),
    Range(Range),
    Exists,
    NoneOfNumbers(Vec<f64>),
    NoneOfTexts(Vec<TextMatcher>),
}

/// What a string must be.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TextMatcher {
    Exactly(String),
    Prefix(String),
    Suffix(String),
    PrefixIgnoringCase(String),
    SuffixIgnoringCase(String),
    IgnoringCase(String),
    Wildcard(Wildcard),
}

/// From a number to another, either of which may be missing; with the ends themselves, or without them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Range {
    low: Option<(f64, bool)>,
    high: Option<(f64, bool)>,
}

/// What an element of a field's array may say.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Wanted {
    /// A value.
    Value(Matcher),
    /// That the field is not there.
    Absent,
}

impl Matcher {
    /// Whether a value is as wanted.
    pub(super) fn matches(&self, value: &Scalar<'_>) -> bool {
        match (self, value) {
            (Matcher::Exists, _) | (Matcher::Null, Scalar::Null) => true,
            (Matcher::Bool(wanted), Scalar::Bool(value)) => wanted == value,
            (Matcher::Number(wanted), Scalar::Number(value)) => wanted == value,
            (Matcher::Range(range), Scalar::Number(value)) => range.contains(*value),
            (Matcher::Text(wanted), Scalar::String(value)) => wanted.matches(value),
            (Matcher::Address(wanted), Scalar::String(value)) => value.parse() == Ok(*wanted),
            (Matcher::Cidr(block), Scalar::String(value)) => block.contains(value),
            (Matcher::NoneOfNumbers(numbers), Scalar::Number(value)) => !numbers.contains(value),
            (Matcher::NoneOfTexts(texts), Scalar::String(value)) => {
                !texts.iter().any(|text| text.matches(value))
            }
            (Matcher::NoneOfNumbers(_) | Matcher::NoneOfTexts(_), _) => true,
            _ => false,
        }
    }
}

impl TextMatcher {
    fn matches(&self, value: &str) -> bool {
        match self {
            TextMatcher::Exactly(text) => text == value,
            TextMatcher::Prefix(text) => value.starts_with(text.as_str()),
            TextMatcher::Suffix(text) => value.ends_with(text.as_str()),
            TextMatcher::Wildcard(wildcard) => wildcard.matches(value),
            TextMatcher::IgnoringCase(text) => lower(value).eq(lower(text)),
            TextMatcher::PrefixIgnoringCase(text) => {
                let mut value = lower(value);
                lower(text).all(|char| value.next() == Some(char))
            }
            TextMatcher::SuffixIgnoringCase(text) => {
                let mut value = value.chars().rev().flat_map(lower_char);
                text.chars().rev().flat_map(lower_char).all(|char| value.next() == Some(char))
            }
        }
    }
}

fn lower(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}

/// The lower-case form of a character, back to front.
fn lower_char(char: char) -> impl Iterator<Item = char> {
    char.to_lowercase().rev()
}

impl Range {
    fn contains(self, value: f64) -> bool {
        let above = self.low.is_none_or(|(low, included)| value > low || included && value == low);
        above && self.high.is_none_or(|(high, included)| value < high || included && value == high)
    }
}

/// Reads an element of a field's array.
pub(super) fn compile(json: &Json) -> Result<Wanted, InvalidPattern> {
    let matcher = match json {
        Json::Null => Matcher::Null,
        Json::Bool(value) => Matcher::Bool(*value),
        Json::Number(number) => Matcher::Number(*number),
        Json::String(text) => match text.parse() {
            Ok(address) => Matcher::Address(address),
            Err(_) => Matcher::Text(TextMatcher::Exactly(text.clone())),
        },
        Json::Object(members) => match members.as_slice() {
            [(operator, operand)] => return operation(operator, operand),
            _ => return Err(InvalidPattern),
        },
        Json::Array(_) => return Err(InvalidPattern),
    };
    Ok(Wanted::Value(matcher))
}

fn operation(operator: &str, operand: &Json) -> Result<Wanted, InvalidPattern> {
    let matcher = match (operator, operand) {
        ("exists", Json::Bool(true)) => Matcher::Exists,
        ("exists", Json::Bool(false)) => return Ok(Wanted::Absent),
        ("cidr", Json::String(text)) => Matcher::Cidr(Cidr::parse(text).ok_or(InvalidPattern)?),
        ("numeric", Json::Array(terms)) => numeric(terms)?,
        ("anything-but", operand) => anything_but(operand)?,
        ("prefix" | "suffix", Json::Object(members)) => match members.as_slice() {
            [(inner, Json::String(text))] if inner == "equals-ignore-case" => Matcher::Text(match operator {
                "prefix" => TextMatcher::PrefixIgnoringCase(text.clone()),
                _ => TextMatcher::SuffixIgnoringCase(text.clone()),
            }),
            _ => return Err(InvalidPattern),
        },
        (operator, Json::String(text)) => Matcher::Text(text_matcher(operator, text)?),
        _ => return Err(InvalidPattern),
    };
    Ok(Wanted::Value(matcher))
}

fn text_matcher(operator: &str, text: &str) -> Result<TextMatcher, InvalidPattern> {
    Ok(match operator {
        "exactly" => TextMatcher::Exactly(text.into()),
        "prefix" => TextMatcher::Prefix(text.into()),
        "suffix" => TextMatcher::Suffix(text.into()),
        "equals-ignore-case" => TextMatcher::IgnoringCase(text.into()),
        "wildcard" => TextMatcher::Wildcard(Wildcard::parse(text).ok_or(InvalidPattern)?),
        _ => return Err(InvalidPattern),
    })
}

fn anything_but(operand: &Json) -> Result<Matcher, InvalidPattern> {
    let one = std::slice::from_ref(operand);
    match operand {
        Json::String(_) => texts("exactly", one),
        Json::Number(_) => numbers(one),
        Json::Array(values) if matches!(values.first(), Some(Json::String(_))) => texts("exactly", values),
        Json::Array(values) => numbers(values),
        Json::Object(members) => match members.as_slice() {
            [(operator, _)] if operator == "exactly" => Err(InvalidPattern),
            [(operator, Json::Array(values))] => texts(operator, values),
            [(operator, value)] => texts(operator, std::slice::from_ref(value)),
            _ => Err(InvalidPattern),
        },
        Json::Null | Json::Bool(_) => Err(InvalidPattern),
    }
}

fn texts(operator: &str, values: &[Json]) -> Result<Matcher, InvalidPattern> {
    let text = |value: &Json| match value {
        // Every string begins and ends with nothing.
        Json::String(text) if text.is_empty() && matches!(operator, "prefix" | "suffix") => {
            Err(InvalidPattern)
        }
        Json::String(text) => text_matcher(operator, text),
        _ => Err(InvalidPattern),
    };
    let texts = values.iter().map(text).collect::<Result<Vec<_>, _>>()?;
    if texts.is_empty() { Err(InvalidPattern) } else { Ok(Matcher::NoneOfTexts(texts)) }
}

fn numbers(values: &[Json]) -> Result<Matcher, InvalidPattern> {
    let numbers = values.iter().map(number).collect::<Result<Vec<_>, _>>()?;
    if numbers.is_empty() { Err(InvalidPattern) } else { Ok(Matcher::NoneOfNumbers(numbers)) }
}

fn number(value: &Json) -> Result<f64, InvalidPattern> {
    match value {
        Json::Number(number) if number.is_finite() => Ok(*number),
        _ => Err(InvalidPattern),
    }
}

fn numeric(terms: &[Json]) -> Result<Matcher, InvalidPattern> {
    let range = match terms {
        [Json::String(operator), bound] => {
            let bound = number(bound)?;
            match operator.as_str() {
                "=" => return Ok(Matcher::Number(bound)),
                ">" => Range { low: Some((bound, false)), high: None },
                ">=" => Range { low: Some((bound, true)), high: None },
                "<" => Range { low: None, high: Some((bound, false)) },
                "<=" => Range { low: None, high: Some((bound, true)) },
                _ => return Err(InvalidPattern),
            }
        }
        [Json::String(above), low, Json::String(below), high] => {
            let (low, high) = (number(low)?, number(high)?);
            let orders = matches!(above.as_str(), ">" | ">=") && matches!(below.as_str(), "<" | "<=");
            if !orders || low >= high {
                return Err(InvalidPattern);
            }
            Range { low: Some((low, above == ">=")), high: Some((high, below == "<=")) }
        }
        _ => return Err(InvalidPattern),
    };
    Ok(Matcher::Range(range))
}
