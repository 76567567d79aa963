//! What the placeholders of a request stand for, and which of them its expressions use.

use crate::condition::{Condition, Operand};
use crate::error::{ExpressionError, Problem};
use crate::kind::ExpressionKind;
use crate::lexer::is_placeholder;
use crate::path::{Path, Step};
use crate::tree::{ConditionNode, Literal, NameAst, OperandNode, PathAst, Placeholder, StepAst};
use item::{Name, Value};
use std::sync::Arc;

/// The length of a placeholder, in bytes.
const KEY_BYTES_MAX: usize = 255;

/// The longest name of an attribute.
const NAME_BYTES_MAX: usize = 65_535;

/// `ExpressionAttributeNames` and `ExpressionAttributeValues` of one request.
///
/// All expressions of the request are bound with the same bindings; [`Bindings::finish`] then refuses what
/// none of them used.
#[derive(Debug, Default)]
pub struct Bindings {
    names: Vec<Binding<Name>>,
    values: Vec<Binding<Literal>>,
}

#[derive(Debug)]
struct Binding<T> {
    key: String,
    meaning: T,
    is_used: bool,
}

impl Bindings {
    /// Takes both parameters as sent.
    ///
    /// # Errors
    /// When one is empty, a key is no placeholder or a name is empty.
    pub fn new(
        names: Option<Vec<(String, String)>>,
        values: Option<Vec<(String, Value)>>,
    ) -> Result<Self, ExpressionError> {
        Ok(Self { names: bound_names(names)?, values: bound_values(values)? })
    }

    /// Refuses parameters sent without any expression.
    ///
    /// # Errors
    /// When one of them was sent.
    pub fn without_expressions(has_names: bool, has_values: bool) -> Result<(), ExpressionError> {
        match (has_names, has_values) {
            (true, _) => Err(ExpressionError::NamesWithoutExpression),
            (_, true) => Err(ExpressionError::ValuesWithoutExpression),
            _ => Ok(()),
        }
    }

    /// Refuses names and values that no expression used.
    ///
    /// # Errors
    /// When there are some.
    pub fn finish(&self) -> Result<(), ExpressionError> {
        let names = unused(&self.names);
        if !names.is_empty() {
            return Err(ExpressionError::UnusedNames(names));
        }
        let values = unused(&self.values);
        if values.is_empty() { Ok(()) } else { Err(ExpressionError::UnusedValues(values)) }
    }

    fn name(&mut self, name: &NameAst) -> Result<Name, Problem> {
        match name {
            NameAst::Plain(name) => Ok(name.clone()),
            NameAst::Placeholder(key) => {
                find(&mut self.names, key).ok_or_else(|| Problem::UndefinedName(key.clone()))
            }
        }
    }

    pub(crate) fn value(&mut self, key: &Placeholder) -> Result<Literal, Problem> {
        find(&mut self.values, key).ok_or_else(|| Problem::UndefinedValue(key.clone()))
    }

    pub(crate) fn path(&mut self, path: &PathAst) -> Result<Path, Problem> {
        let root = self.name(&path.root)?;
        let step = |step: &StepAst| {
            Ok(match step {
                StepAst::Index(index) => Step::Index(*index),
                StepAst::Key(name) => Step::Key(self.name(name)?),
            })
        };
        Ok(Path { root, steps: path.steps.iter().map(step).collect::<Result<_, Problem>>()? })
    }

    pub(crate) fn operand(
        &mut self,
        operand: &OperandNode<PathAst, Placeholder>,
    ) -> Result<Operand, Problem> {
        Ok(match operand {
            OperandNode::Path(path) => OperandNode::Path(self.path(path)?),
            OperandNode::Value(value) => OperandNode::Value(self.value(value)?),
            OperandNode::Size(operand) => OperandNode::Size(Box::new(self.operand(operand)?)),
        })
    }

    /// Resolves every placeholder of a condition, in the order written.
    pub(crate) fn condition(
        &mut self,
        node: &ConditionNode<PathAst, Placeholder>,
    ) -> Result<Condition, Problem> {
        Ok(match node {
            ConditionNode::And(members) => ConditionNode::And(self.conditions(members)?),
            ConditionNode::Or(members) => ConditionNode::Or(self.conditions(members)?),
            ConditionNode::Not(member) => ConditionNode::Not(Box::new(self.condition(member)?)),
            ConditionNode::Compare { left, comparator, right } => ConditionNode::Compare {
                left: self.operand(left)?,
                comparator: *comparator,
                right: self.operand(right)?,
            },
            ConditionNode::Between { operand, low, high } => ConditionNode::Between {
                operand: self.operand(operand)?,
                low: self.operand(low)?,
                high: self.operand(high)?,
            },
            ConditionNode::In { operand, candidates } => ConditionNode::In {
                operand: self.operand(operand)?,
                candidates: candidates.iter().map(|one| self.operand(one)).collect::<Result<_, _>>()?,
            },
            ConditionNode::Exists(path) => ConditionNode::Exists(self.path(path)?),
            ConditionNode::NotExists(path) => ConditionNode::NotExists(self.path(path)?),
            ConditionNode::Type { operand, code } => {
                ConditionNode::Type { operand: self.operand(operand)?, code: self.operand(code)? }
            }
            ConditionNode::BeginsWith { operand, prefix } => {
                ConditionNode::BeginsWith { operand: self.operand(operand)?, prefix: self.operand(prefix)? }
            }
            ConditionNode::Contains { operand, element } => {
                ConditionNode::Contains { operand: self.operand(operand)?, element: self.operand(element)? }
            }
        })
    }

    fn conditions(
        &mut self,
        members: &[ConditionNode<PathAst, Placeholder>],
    ) -> Result<Vec<Condition>, Problem> {
        members.iter().map(|member| self.condition(member)).collect()
    }

    /// Runs `resolve` and gives its fault the kind of the expression.
    pub(crate) fn resolve<T>(
        &mut self,
        kind: ExpressionKind,
        resolve: impl FnOnce(&mut Self) -> Result<T, Problem>,
    ) -> Result<T, ExpressionError> {
        resolve(self).map_err(|problem| problem.of(kind))
    }
}

fn bound_names(names: Option<Vec<(String, String)>>) -> Result<Vec<Binding<Name>>, ExpressionError> {
    let Some(names) = names else { return Ok(Vec::new()) };
    if names.is_empty() {
        return Err(ExpressionError::EmptyNames);
    }
    let mut bound = Vec::with_capacity(names.len());
    for (key, name) in names {
        if !is_placeholder(&key, b'#') {
            return Err(ExpressionError::InvalidNameKey(key));
        }
        if key.len() > KEY_BYTES_MAX {
            return Err(ExpressionError::NameKeyTooLong(key.len()));
        }
        if name.is_empty() {
            return Err(ExpressionError::EmptyAttributeName(key));
        }
        if name.len() > NAME_BYTES_MAX {
            return Err(ExpressionError::AttributeNameTooLong);
        }
        bound.push(Binding { key, meaning: Name::from(name), is_used: false });
    }
    Ok(bound)
}

fn bound_values(values: Option<Vec<(String, Value)>>) -> Result<Vec<Binding<Literal>>, ExpressionError> {
    let Some(values) = values else { return Ok(Vec::new()) };
    if values.is_empty() {
        return Err(ExpressionError::EmptyValues);
    }
    let mut bound = Vec::with_capacity(values.len());
    for (key, value) in values {
        if !is_placeholder(&key, b':') {
            return Err(ExpressionError::InvalidValueKey(key));
        }
        if key.len() > KEY_BYTES_MAX {
            return Err(ExpressionError::ValueKeyTooLong(key.len()));
        }
        bound.push(Binding { key, meaning: Arc::new(value), is_used: false });
    }
    Ok(bound)
}

/// A search from the front: few requests have more than a handful of placeholders, and none more than its
/// expressions have room for.
fn find<T: Clone>(bindings: &mut [Binding<T>], key: &str) -> Option<T> {
    let binding = bindings.iter_mut().find(|binding| binding.key == key)?;
    binding.is_used = true;
    Some(binding.meaning.clone())
}

fn unused<T>(bindings: &[Binding<T>]) -> Vec<String> {
    bindings.iter().filter(|binding| !binding.is_used).map(|binding| binding.key.clone()).collect()
}
