//! What an item becomes by an update.
//!
//! First every action's outcome is found from the item as it was; then all outcomes are put in place, in the
//! order of the paths, so that the positions of a list mean its elements as they were.

use super::{SetOperand, SetValue, Update};
use crate::error::UpdateError;
use crate::path::{Path, Step, same_step};
use crate::projection::project;
use crate::tree::{ActionNode, SetOperandNode, SetValueNode};
use crate::value_ref::{Attributes, ValueRef};
use item::{Map, Name, Value};
use std::borrow::Cow;

/// How many levels an item may have; an attribute is the first.
const LEVELS_MAX: usize = 32;

/// An item after an update.
#[derive(Clone, Debug)]
pub struct Updated<'u> {
    /// The item.
    pub item: Map,
    /// Where values were written, as the item is now.
    written: Vec<Cow<'u, Path>>,
}

impl Updated<'_> {
    /// What was written, and nothing else: the answer UPDATED_NEW.
    pub fn updated_new(&self) -> Map {
        let mut paths: Vec<&Path> = self.written.iter().map(|path| &**path).collect();
        paths.sort_unstable();
        project(&self.item, &paths)
    }
}

/// What an action does to its path.
pub(super) enum Outcome {
    Put(Value),
    Remove,
    /// Nothing, but the way to the path must exist all the same.
    Keep,
}

/// An outcome and its place.
pub(super) struct Edit<'u> {
    pub(super) path: Cow<'u, Path>,
    pub(super) outcome: Outcome,
    is_written: bool,
}

impl Edit<'_> {
    /// The step at `depth`, where 1 is the first below the attribute; `None` past the end.
    pub(super) fn step(&self, depth: usize) -> Option<&Step> {
        self.path.steps.get(depth.checked_sub(1)?)
    }

    /// The name that the path has at `depth`, where 0 is the attribute's.
    pub(super) fn name(&self, depth: usize) -> Result<&Name, UpdateError> {
        match (depth, self.step(depth)) {
            (0, _) => Ok(&self.path.root),
            (_, Some(Step::Key(name))) => Ok(name),
            _ => Err(UpdateError::InvalidPath),
        }
    }

    /// Whether the path ends with its step `depth`.
    pub(super) fn ends_at(&self, depth: usize) -> bool {
        self.path.steps.len() == depth
    }
}

impl Update {
    /// What `old` becomes; an absent item is one without attributes but its key.
    ///
    /// # Errors
    /// When an operand or a path does not fit the item, which then stays as it is.
    pub fn apply(&self, old: &Map) -> Result<Updated<'_>, UpdateError> {
        self.apply_to(old.clone())
    }

    /// As [`Update::apply`], for an item that nobody else needs.
    ///
    /// # Errors
    /// When an operand or a path does not fit the item.
    pub fn apply_to(&self, mut item: Map) -> Result<Updated<'_>, UpdateError> {
        let mut edits = self.outcomes(&item)?;
        place_in_map(&mut item, &mut edits, 0)?;
        let written = edits.into_iter().filter(|edit| edit.is_written).map(|edit| edit.path).collect();
        Ok(Updated { item, written })
    }

    /// The outcomes in the order of their paths. Operands of ADD and DELETE are looked at before all others.
    pub(super) fn outcomes(&self, old: &impl Attributes) -> Result<Vec<Edit<'_>>, UpdateError> {
        self.found_outcomes(old).map_err(|error| match error {
            UpdateError::OperandType if self.of_attributes => UpdateError::AttributeType,
            error => error,
        })
    }

    fn found_outcomes(&self, old: &impl Attributes) -> Result<Vec<Edit<'_>>, UpdateError> {
        let mut outcomes: Vec<Option<Outcome>> = Vec::with_capacity(self.actions.len());
        for action in &self.actions {
            outcomes.push(match action {
                ActionNode::Add(path, value) => Some(sum(old.at(path), value)?),
                ActionNode::Delete(path, value) => Some(difference(old.at(path), value)?),
                ActionNode::Set(..) | ActionNode::Remove(_) => None,
            });
        }
        for (action, outcome) in self.actions.iter().zip(&mut outcomes) {
            if let ActionNode::Set(path, value) = action {
                let value = set_value(value, old)?;
                if path.steps.len() + value.depth() > LEVELS_MAX {
                    return Err(UpdateError::TooDeep);
                }
                *outcome = Some(Outcome::Put(value));
            }
        }
        let edit = |at: &usize| {
            let outcome = outcomes[*at].take().unwrap_or(Outcome::Remove);
            let is_written = matches!(outcome, Outcome::Put(_));
            Edit { path: Cow::Borrowed(self.actions[*at].path()), outcome, is_written }
        };
        Ok(self.sorted.iter().map(edit).collect())
    }
}

fn set_value(value: &SetValue, old: &impl Attributes) -> Result<Value, UpdateError> {
    match value {
        SetValueNode::Operand(one) => operand(one, old).map(Cow::into_owned),
        SetValueNode::Plus(left, right) => match (&*operand(left, old)?, &*operand(right, old)?) {
            (Value::N(left), Value::N(right)) => {
                left.checked_add(*right).map(Value::N).map_err(UpdateError::Number)
            }
            _ => Err(UpdateError::OperandType),
        },
        SetValueNode::Minus(left, right) => match (&*operand(left, old)?, &*operand(right, old)?) {
            (Value::N(left), Value::N(right)) => {
                left.checked_sub(*right).map(Value::N).map_err(UpdateError::Number)
            }
            _ => Err(UpdateError::OperandType),
        },
    }
}

fn operand<'a>(node: &'a SetOperand, old: &'a impl Attributes) -> Result<Cow<'a, Value>, UpdateError> {
    match node {
        SetOperandNode::Path(path) => match old.at(path) {
            Some(ValueRef::Tree(value)) => Ok(Cow::Borrowed(value)),
            Some(stored) => Ok(Cow::Owned(stored.to_value())),
            None => Err(UpdateError::MissingAttribute),
        },
        SetOperandNode::Value(value) => Ok(Cow::Borrowed(value)),
        SetOperandNode::IfNotExists(path, otherwise) => match old.at(path) {
            Some(ValueRef::Tree(value)) => Ok(Cow::Borrowed(value)),
            Some(stored) => Ok(Cow::Owned(stored.to_value())),
            None => operand(otherwise, old),
        },
        SetOperandNode::ListAppend(front, back) => {
            let (front, back) = (operand(front, old)?, operand(back, old)?);
            match (front, &*back) {
                (front, Value::L(back)) => match front.into_owned() {
                    Value::L(mut list) => {
                        list.extend_from_slice(back);
                        Ok(Cow::Owned(Value::L(list)))
                    }
                    _ => Err(UpdateError::OperandType),
                },
                _ => Err(UpdateError::OperandType),
            }
        }
    }
}

/// What ADD makes of a value.
fn sum(old: Option<ValueRef<'_>>, value: &Value) -> Result<Outcome, UpdateError> {
    let Some(old) = old else { return Ok(Outcome::Put(value.clone())) };
    let sum = match (old.to_value(), value) {
        (Value::N(old), Value::N(value)) => Value::N(old.checked_add(*value).map_err(UpdateError::Number)?),
        (Value::Ss(old), Value::Ss(value)) => Value::Ss(union(old, value)),
        (Value::Ns(old), Value::Ns(value)) => Value::Ns(union(old, value)),
        (Value::Bs(old), Value::Bs(value)) => Value::Bs(union(old, value)),
        _ => return Err(UpdateError::OperandType),
    };
    Ok(Outcome::Put(sum))
}

fn union<T: Ord + Clone>(mut old: Vec<T>, value: &[T]) -> Vec<T> {
    old.extend_from_slice(value);
    old.sort_unstable();
    old.dedup();
    old
}

/// What DELETE leaves of a set.
fn difference(old: Option<ValueRef<'_>>, value: &Value) -> Result<Outcome, UpdateError> {
    let Some(old) = old else { return Ok(Outcome::Keep) };
    let rest = match (old.to_value(), value) {
        (Value::Ss(old), Value::Ss(value)) => without(old, value).map(Value::Ss),
        (Value::Ns(old), Value::Ns(value)) => without(old, value).map(Value::Ns),
        (Value::Bs(old), Value::Bs(value)) => without(old, value).map(Value::Bs),
        _ => return Err(UpdateError::OperandType),
    };
    Ok(rest.map_or(Outcome::Remove, Outcome::Put))
}

/// The rest of a set; `None` where nothing is left. `value` is in order, as all sets are.
fn without<T: Ord>(mut old: Vec<T>, value: &[T]) -> Option<Vec<T>> {
    old.retain(|element| value.binary_search(element).is_err());
    (!old.is_empty()).then_some(old)
}

/// Puts the outcomes in place. All paths lead to `map`; what they do there is their step `depth`.
fn place_in_map(map: &mut Map, edits: &mut [Edit<'_>], depth: usize) -> Result<(), UpdateError> {
    for group in groups(edits, depth) {
        let [first, ..] = group else { continue };
        let name = first.name(depth)?;
        if !first.ends_at(depth) {
            let inner = map.get_mut(name).ok_or(UpdateError::InvalidPath)?;
            place(inner, group, depth + 1)?;
            continue;
        }
        let name = name.clone();
        match std::mem::replace(&mut first.outcome, Outcome::Keep) {
            Outcome::Put(value) => {
                map.insert(name, value);
            }
            Outcome::Remove => {
                map.remove(&name);
            }
            Outcome::Keep => {}
        }
    }
    Ok(())
}

/// Puts the outcomes in place whose paths go on within `value`.
pub(super) fn place(value: &mut Value, edits: &mut [Edit<'_>], depth: usize) -> Result<(), UpdateError> {
    match value {
        Value::M(map) => place_in_map(map, edits, depth),
        Value::L(list) => place_in_list(list, edits, depth),
        _ => Err(UpdateError::InvalidPath),
    }
}

fn place_in_list(list: &mut Vec<Value>, edits: &mut [Edit<'_>], depth: usize) -> Result<(), UpdateError> {
    let mut removed: Vec<usize> = Vec::new();
    let mut appended = Vec::new();
    let length = list.len();
    for group in groups(edits, depth) {
        let [first, ..] = group else { continue };
        let Some(&Step::Index(index)) = first.step(depth) else { return Err(UpdateError::InvalidPath) };
        if !first.ends_at(depth) {
            place(list.get_mut(index).ok_or(UpdateError::InvalidPath)?, group, depth + 1)?;
            continue;
        }
        match (std::mem::replace(&mut first.outcome, Outcome::Keep), list.get_mut(index)) {
            (Outcome::Put(value), Some(element)) => *element = value,
            (Outcome::Put(value), None) => appended.push(value),
            (Outcome::Remove, Some(_)) => removed.push(index),
            (Outcome::Remove, None) | (Outcome::Keep, _) => {}
        }
    }
    if removed.is_empty() && appended.is_empty() {
        return Ok(());
    }
    let mut at = 0;
    let mut gone = removed.iter().copied().peekable();
    list.retain(|_| {
        at += 1;
        gone.next_if_eq(&(at - 1)).is_none()
    });
    let kept = list.len();
    list.append(&mut appended);
    renumber(edits, depth, &Moves { length, removed: &removed, kept });
    Ok(())
}

/// How the elements of a list moved.
struct Moves<'m> {
    /// How many there were.
    length: usize,
    /// The positions of those that went, in order.
    removed: &'m [usize],
    /// How many stayed.
    kept: usize,
}

/// Makes the paths say where in the list their values are now.
fn renumber(edits: &mut [Edit<'_>], depth: usize, moves: &Moves<'_>) {
    let mut appended = 0;
    for edit in edits.iter_mut().filter(|edit| edit.is_written) {
        let Some(&Step::Index(old)) = edit.step(depth) else { continue };
        let new = if old < moves.length {
            old - moves.removed.partition_point(|removed| *removed < old)
        } else {
            appended += 1;
            moves.kept + appended - 1
        };
        if new != old
            && let Some(step) = edit.path.to_mut().steps.get_mut(depth - 1)
        {
            *step = Step::Index(new);
        }
    }
}

/// Runs of edits, in order, that take the same step at `depth`.
pub(super) fn groups<'e, 'u>(
    edits: &'e mut [Edit<'u>],
    depth: usize,
) -> impl Iterator<Item = &'e mut [Edit<'u>]> {
    edits.chunk_by_mut(move |left, right| same_step(&left.path, &right.path, depth))
}
