//! Patterns of the members of JSON.

use super::scanner::Scanner;
use super::value::Comparison;
use super::{DEPTH_MAX, InvalidPattern, PARTS_MAX};
use serde_json::Value;

/// What must be true of a JSON message.
#[derive(Clone, Debug)]
pub(super) struct Members(Condition);

#[derive(Clone, Debug)]
enum Condition {
    Test(Vec<Step>, Test),
    All(Vec<Condition>),
    Any(Vec<Condition>),
}

/// A step of a selector.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Member(String),
    Element(usize),
    Each,
}

#[derive(Clone, Debug)]
enum Test {
    Compare(Comparison),
    Is(Constant),
    Exists(bool),
}

#[derive(Clone, Copy, Debug)]
enum Constant {
    Null,
    True,
    False,
}

/// What ends a value without quotes.
const ENDS: &str = "}&|()";

impl Members {
    pub(super) fn parse(scanner: &mut Scanner<'_>) -> Result<Self, InvalidPattern> {
        scanner.expect("{")?;
        let condition = either(scanner, DEPTH_MAX)?;
        scanner.expect("}")?;
        Ok(Self(condition))
    }

    pub(super) fn matches(&self, message: &str) -> bool {
        if !message.trim_start().starts_with(['{', '[']) {
            return false;
        }
        serde_json::from_str(message).is_ok_and(|value: Value| self.0.holds(&value))
    }
}

impl Condition {
    fn holds(&self, message: &Value) -> bool {
        match self {
            Self::All(all) => all.iter().all(|condition| condition.holds(message)),
            Self::Any(any) => any.iter().any(|condition| condition.holds(message)),
            Self::Test(path, Test::Exists(wanted)) => some(message, path, &|_| true) == *wanted,
            Self::Test(path, test) => some(message, path, &|value| test.holds(value)),
        }
    }
}

impl Test {
    fn holds(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Compare(comparison), Value::String(text)) => comparison.holds_for_text(text),
            (Self::Compare(comparison), Value::Number(number)) => match number.as_f64() {
                Some(number) if comparison.is_number() => comparison.holds_for_number(number),
                _ => comparison.holds_for_text(&number.to_string()),
            },
            (Self::Compare(comparison), Value::Bool(boolean)) => {
                comparison.holds_for_text(if *boolean { "true" } else { "false" })
            }
            (Self::Is(Constant::Null), Value::Null)
            | (Self::Is(Constant::True), Value::Bool(true))
            | (Self::Is(Constant::False), Value::Bool(false))
            | (Self::Exists(_), _) => true,
            _ => false,
        }
    }
}

/// Whether one of the values that a selector leads to is such.
fn some(value: &Value, path: &[Step], wanted: &dyn Fn(&Value) -> bool) -> bool {
    let Some((step, rest)) = path.split_first() else { return wanted(value) };
    match step {
        Step::Member(name) => value.get(name).is_some_and(|value| some(value, rest, wanted)),
        Step::Element(place) => value.get(place).is_some_and(|value| some(value, rest, wanted)),
        Step::Each => {
            value.as_array().is_some_and(|values| values.iter().any(|value| some(value, rest, wanted)))
        }
    }
}

fn either(scanner: &mut Scanner<'_>, depth: usize) -> Result<Condition, InvalidPattern> {
    let mut all = vec![both(scanner, depth)?];
    while scanner.take("||") {
        all.push(both(scanner, depth)?);
        bounded(&all)?;
    }
    Ok(if all.len() == 1 { all.remove(0) } else { Condition::Any(all) })
}

fn both(scanner: &mut Scanner<'_>, depth: usize) -> Result<Condition, InvalidPattern> {
    let mut all = vec![one(scanner, depth)?];
    while scanner.take("&&") {
        all.push(one(scanner, depth)?);
        bounded(&all)?;
    }
    Ok(if all.len() == 1 { all.remove(0) } else { Condition::All(all) })
}

fn bounded(all: &[Condition]) -> Result<(), InvalidPattern> {
    if all.len() > PARTS_MAX { Err(InvalidPattern::new("it has too many conditions")) } else { Ok(()) }
}

fn one(scanner: &mut Scanner<'_>, depth: usize) -> Result<Condition, InvalidPattern> {
    if scanner.take("(") {
        if depth == 0 {
            return Err(InvalidPattern::new("it is nested too deeply"));
        }
        let inner = either(scanner, depth - 1)?;
        scanner.expect(")")?;
        return Ok(inner);
    }
    let path = selector(scanner)?;
    let test = if scanner.take_word("IS") {
        let constants = [("NULL", Constant::Null), ("TRUE", Constant::True), ("FALSE", Constant::False)];
        let found = constants.into_iter().find(|(word, _)| scanner.take_word(word));
        Test::Is(found.ok_or_else(|| scanner.unexpected())?.1)
    } else if scanner.take_word("NOT") {
        if !scanner.take_word("EXISTS") {
            return Err(scanner.unexpected());
        }
        Test::Exists(false)
    } else if scanner.take_word("EXISTS") {
        Test::Exists(true)
    } else {
        Test::Compare(Comparison::read(scanner, ENDS)?.ok_or_else(|| scanner.unexpected())?)
    };
    Ok(Condition::Test(path, test))
}

/// `$.name.other[0]['another'][*]`
fn selector(scanner: &mut Scanner<'_>) -> Result<Vec<Step>, InvalidPattern> {
    scanner.expect("$")?;
    let mut path = Vec::new();
    loop {
        match scanner.peek() {
            Some('.') => {
                scanner.expect(".")?;
                if scanner.peek() == Some('[') {
                    continue;
                }
                let name = scanner.take_while(|next| next.is_alphanumeric() || "_-@#:/".contains(next));
                if name.is_empty() {
                    return Err(scanner.unexpected());
                }
                path.push(Step::Member(name.to_owned()));
            }
            Some('[') => path.push(bracket(scanner)?),
            _ if path.is_empty() => return Err(scanner.unexpected()),
            _ => return Ok(path),
        }
    }
}

fn bracket(scanner: &mut Scanner<'_>) -> Result<Step, InvalidPattern> {
    scanner.expect("[")?;
    let step = match scanner.peek() {
        Some('*') => {
            scanner.expect("*")?;
            Step::Each
        }
        Some('"') => Step::Member(scanner.quoted()?),
        Some('\'') => {
            scanner.expect("'")?;
            let name = scanner.take_while(|next| next != '\'').to_owned();
            scanner.expect("'")?;
            Step::Member(name)
        }
        _ => {
            let digits = scanner.take_while(|next| next.is_ascii_digit());
            Step::Element(digits.parse().map_err(|_| scanner.unexpected())?)
        }
    };
    scanner.expect("]")?;
    Ok(step)
}
