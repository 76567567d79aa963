//! Patterns of the fields of a line, which spaces part; what is in brackets or in double quotes is one field.

use super::scanner::Scanner;
use super::value::Comparison;
use super::{DEPTH_MAX, InvalidPattern, PARTS_MAX};

/// The fields of a message, in order.
#[derive(Clone, Debug)]
pub(super) struct Fields {
    before: Vec<Field>,
    /// What comes behind `...`, which stands for any number of fields.
    after: Option<Vec<Field>>,
}

/// A field, with what must be true of it; nothing is where only its name is given.
#[derive(Clone, Debug)]
struct Field {
    name: String,
    condition: Option<Condition>,
}

#[derive(Clone, Debug)]
enum Condition {
    Holds(Comparison),
    All(Vec<Condition>),
    Any(Vec<Condition>),
}

/// What ends a value without quotes.
const ENDS: &str = ",]&|()";

impl Fields {
    pub(super) fn parse(scanner: &mut Scanner<'_>) -> Result<Self, InvalidPattern> {
        scanner.expect("[")?;
        let mut fields = Self { before: Vec::new(), after: None };
        for _ in 0..PARTS_MAX {
            if scanner.take("...") {
                if fields.after.replace(Vec::new()).is_some() {
                    return Err(InvalidPattern::new("it has more than one ellipsis"));
                }
            } else {
                let field = field(scanner)?;
                fields.after.as_mut().unwrap_or(&mut fields.before).push(field);
            }
            if scanner.take("]") {
                return Ok(fields);
            }
            scanner.expect(",")?;
        }
        Err(InvalidPattern::new("it has too many fields"))
    }

    pub(super) fn matches(&self, message: &str) -> bool {
        let values = split(message);
        let after = self.after.as_deref().unwrap_or_default();
        let named = self.before.len() + after.len();
        let fits = if self.after.is_some() { values.len() >= named } else { values.len() == named };
        if !fits {
            return false;
        }
        let last = &values[values.len() - after.len()..];
        let pairs = self.before.iter().zip(&values).chain(after.iter().zip(last));
        pairs
            .into_iter()
            .all(|(field, value)| field.condition.as_ref().is_none_or(|condition| condition.holds(value)))
    }
}

impl Condition {
    fn holds(&self, value: &str) -> bool {
        match self {
            Self::Holds(comparison) => comparison.holds_for_text(value),
            Self::All(all) => all.iter().all(|condition| condition.holds(value)),
            Self::Any(any) => any.iter().any(|condition| condition.holds(value)),
        }
    }
}

fn field(scanner: &mut Scanner<'_>) -> Result<Field, InvalidPattern> {
    let mut field = Field { name: String::new(), condition: None };
    field.condition = either(scanner, &mut field.name, DEPTH_MAX)?;
    Ok(field)
}

/// Conditions of which one must hold; `None` for a name alone.
fn either(
    scanner: &mut Scanner<'_>,
    name: &mut String,
    depth: usize,
) -> Result<Option<Condition>, InvalidPattern> {
    joined(scanner, "||", &mut |scanner| both(scanner, name, depth)).map(|found| {
        found.map(|mut found| if found.len() == 1 { found.remove(0) } else { Condition::Any(found) })
    })
}

/// Conditions that must all hold.
fn both(
    scanner: &mut Scanner<'_>,
    name: &mut String,
    depth: usize,
) -> Result<Option<Condition>, InvalidPattern> {
    joined(scanner, "&&", &mut |scanner| one(scanner, name, depth)).map(|found| {
        found.map(|mut found| if found.len() == 1 { found.remove(0) } else { Condition::All(found) })
    })
}

fn joined(
    scanner: &mut Scanner<'_>,
    by: &str,
    read: &mut dyn FnMut(&mut Scanner<'_>) -> Result<Option<Condition>, InvalidPattern>,
) -> Result<Option<Vec<Condition>>, InvalidPattern> {
    let Some(first) = read(scanner)? else { return Ok(None) };
    let mut all = vec![first];
    while scanner.take(by) {
        match read(scanner)? {
            Some(condition) if all.len() < PARTS_MAX => all.push(condition),
            _ => return Err(scanner.unexpected()),
        }
    }
    Ok(Some(all))
}

fn one(
    scanner: &mut Scanner<'_>,
    name: &mut String,
    depth: usize,
) -> Result<Option<Condition>, InvalidPattern> {
    if scanner.take("(") {
        if depth == 0 {
            return Err(InvalidPattern::new("it is nested too deeply"));
        }
        let inner = either(scanner, name, depth - 1)?.ok_or_else(|| scanner.unexpected())?;
        scanner.expect(")")?;
        return Ok(Some(inner));
    }
    scanner.skip_space();
    let written = scanner.take_while(|next| next.is_alphanumeric() || matches!(next, '_' | '$' | '-' | '.'));
    if written.is_empty() {
        return Err(scanner.unexpected());
    }
    if !name.is_empty() && name.as_str() != written {
        return Err(InvalidPattern::new(format!("'{written}' is compared where the field is '{name}'")));
    }
    written.clone_into(name);
    Ok(Comparison::read(scanner, ENDS)?.map(Condition::Holds))
}

/// The fields of a message.
fn split(message: &str) -> Vec<&str> {
    let mut fields = Vec::new();
    let mut rest = message.trim();
    while let Some(first) = rest.chars().next() {
        let closing = match first {
            '"' => Some('"'),
            '[' => Some(']'),
            _ => None,
        };
        let enclosed = closing.and_then(|closing| rest[1..].find(closing)).map(|end| &rest[1..=end]);
        let (field, used) = match enclosed {
            Some(field) => (field, field.len() + 2),
            None => {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                (&rest[..end], end)
            }
        };
        fields.push(field);
        rest = rest[used..].trim_start();
    }
    fields
}
