//! Patterns: from their JSON to conjunctions of clauses.

use super::json::Json;
use super::matcher::{self, Matcher, OPERATORS, Wanted};
use super::search;
use super::{Node, Refusal};
use std::sync::Arc;

/// How many conjunctions a pattern may come to: AWS's limit for rules with `$or`.
const CONJUNCTIONS_LIMIT: usize = 1_000;

/// Something that is no pattern. AWS says no more about it either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid filter pattern definition.")]
pub struct InvalidPattern;

/// A pattern, compiled.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// One of these must hold; more than one only with `$or`.
    conjunctions: Vec<Conjunction>,
}

/// Clauses that must all hold, in the order of their paths.
type Conjunction = Vec<Arc<Clause>>;

/// What a pattern says of one field.
#[derive(Clone, Debug)]
pub(super) struct Clause {
    /// The names that lead there, joined by dots.
    pub(super) path: String,
    /// What its value may be.
    pub(super) wanted: Vec<Matcher>,
    /// Whether it may also be missing.
    pub(super) absent: bool,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, InvalidPattern> {
        let Json::Object(members) = Json::parse(text).map_err(|_| InvalidPattern)? else {
            return Err(InvalidPattern);
        };
        let mut conjunctions = vec![Conjunction::new()];
        object(&members, "", &mut conjunctions)?;
        Ok(Self { conjunctions })
    }

    /// Whether a record is as the pattern says.
    #[must_use]
    pub fn matches<'a>(&self, record: impl Node<'a>) -> bool {
        self.conjunctions.iter().any(|clauses| search::holds(clauses, record))
    }

    /// Why it is not; `None` where it is.
    #[must_use]
    pub fn refusal<'a>(&self, record: impl Node<'a>) -> Option<Refusal<'_>> {
        if self.matches(record) {
            return None;
        }
        let refused = |clauses: &'_ Conjunction| {
            clauses.iter().position(|clause| !search::holds(std::slice::from_ref(clause), record))
        };
        let mut farthest: Option<(usize, &str)> = None;
        for clauses in &self.conjunctions {
            let Some(place) = refused(clauses) else { return Some(Refusal::NotInOneElement) };
            if farthest.is_none_or(|(reached, _)| place > reached) {
                farthest = clauses.get(place).map(|clause| (place, clause.path.as_str()));
            }
        }
        farthest.map(|(_, path)| Refusal::Field(path))
    }
}

/// Adds what an object says to each of the conjunctions so far.
fn object(members: &[(String, Json)], path: &str, all: &mut Vec<Conjunction>) -> Result<(), InvalidPattern> {
    if members.is_empty() {
        return Err(InvalidPattern);
    }
    for (name, value) in members {
        if name == "$or"
            && let Some(branches) = branches(value)
        {
            either(&branches, path, all)?;
            continue;
        }
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match value {
            Json::Object(members) => object(members, &path, all)?,
            Json::Array(values) => put(clause(path, values)?, all),
            _ => return Err(InvalidPattern),
        }
    }
    Ok(())
}

/// The branches of `$or`; `None` where it is a field like any other.
fn branches(value: &Json) -> Option<Vec<&[(String, Json)]>> {
    let Json::Array(values) = value else { return None };
    if values.len() < 2 {
        return None;
    }
    values.iter().map(branch).collect()
}

fn branch(value: &Json) -> Option<&[(String, Json)]> {
    let Json::Object(members) = value else { return None };
    let reserved = members.iter().any(|(name, _)| OPERATORS.contains(&name.as_str()));
    (!reserved).then_some(members)
}

/// Every conjunction so far, with each of the branches.
fn either(
    branches: &[&[(String, Json)]],
    path: &str,
    all: &mut Vec<Conjunction>,
) -> Result<(), InvalidPattern> {
    let before = std::mem::take(all);
    for branch in branches {
        let mut with = before.clone();
        object(branch, path, &mut with)?;
        all.append(&mut with);
        if all.len() > CONJUNCTIONS_LIMIT {
            return Err(InvalidPattern);
        }
    }
    Ok(())
}

/// Reads what is said of a field.
fn clause(path: String, values: &[Json]) -> Result<Clause, InvalidPattern> {
    let mut clause = Clause { path, wanted: Vec::with_capacity(values.len()), absent: false };
    for value in values {
        match matcher::compile(value)? {
            Wanted::Value(matcher) => clause.wanted.push(matcher),
            Wanted::Absent => clause.absent = true,
        }
    }
    if values.is_empty() { Err(InvalidPattern) } else { Ok(clause) }
}

/// Puts a clause at its place in each conjunction; what was said of the field before is replaced.
fn put(clause: Clause, all: &mut [Conjunction]) {
    let clause = Arc::new(clause);
    for clauses in all {
        match clauses.binary_search_by(|other| other.path.cmp(&clause.path)) {
            Ok(place) => clauses[place] = Arc::clone(&clause),
            Err(place) => clauses.insert(place, Arc::clone(&clause)),
        }
    }
}
