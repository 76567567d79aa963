//! Conditions bound to a request: which operands the operators and functions take.

use crate::bindings::Bindings;
use crate::error::{ExpressionError, KeyConditionError, Printed, Problem};
use crate::kind::ExpressionKind;
use crate::parser::ConditionAst;
use crate::path::Path;
use crate::tree::{ConditionNode, Literal, OperandNode};
use crate::value_ref::{TYPE_CODES, ValueRef};
use item::{Name, Value};
use std::cmp::Ordering;

/// A condition on an item, with every placeholder resolved.
pub type Condition = ConditionNode<Path, Literal>;

/// An operand of a condition, with every placeholder resolved.
pub type Operand = OperandNode<Path, Literal>;

impl ConditionNode<Path, Literal> {
    /// Binds a condition or filter to the request's names and values.
    ///
    /// # Errors
    /// When a placeholder is not defined or an operand is not one the operator or function takes.
    pub fn bind(
        kind: ExpressionKind,
        ast: &ConditionAst,
        bindings: &mut Bindings,
    ) -> Result<Self, ExpressionError> {
        bindings.resolve(kind, |bindings| {
            let condition = bindings.condition(&ast.root)?;
            condition.check()?;
            Ok(condition)
        })
    }

    /// Refuses a filter that looks at an attribute of the key which the query is by.
    ///
    /// # Errors
    /// When it does.
    pub fn refuse_keys<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k str> + Clone,
    ) -> Result<(), ExpressionError> {
        let mut found = None;
        self.each_path(&mut |path| {
            if found.is_none() && keys.clone().into_iter().any(|key| key == path.root) {
                found = Some(path.root.to_string());
            }
        });
        found.map_or(Ok(()), |name| Err(KeyConditionError::FilterOnKey(name).into()))
    }

    /// The attributes it looks at, in the order written, each as often as it is named.
    pub fn attributes(&self) -> Vec<&Name> {
        let mut names = Vec::new();
        self.each_path(&mut |path| names.push(&path.root));
        names
    }

    fn each_path<'c>(&'c self, visit: &mut impl FnMut(&'c Path)) {
        match self {
            Self::And(members) | Self::Or(members) => {
                members.iter().for_each(|member| member.each_path(visit));
            }
            Self::Not(member) => member.each_path(visit),
            Self::Exists(path) | Self::NotExists(path) => visit(path),
            predicate => predicate.operands().1.into_iter().for_each(|operand| each_path(operand, visit)),
        }
    }

    /// The operator or function of a predicate over operands, and those in the order written.
    fn operands(&self) -> (&'static str, Vec<&Operand>) {
        match self {
            Self::Compare { left, comparator, right } => (comparator.symbol(), vec![left, right]),
            Self::Between { operand, low, high } => ("BETWEEN", vec![operand, low, high]),
            Self::In { operand, candidates } => ("IN", std::iter::once(operand).chain(candidates).collect()),
            Self::Type { operand, code } => ("attribute_type", vec![operand, code]),
            Self::BeginsWith { operand, prefix } => ("begins_with", vec![operand, prefix]),
            Self::Contains { operand, element } => ("contains", vec![operand, element]),
            Self::And(_) | Self::Or(_) | Self::Not(_) | Self::Exists(_) | Self::NotExists(_) => {
                ("", Vec::new())
            }
        }
    }

    /// Checks every operand, in the order written.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        match self {
            Self::And(members) | Self::Or(members) => members.iter().try_for_each(Self::check),
            Self::Not(member) => member.check(),
            Self::Exists(_) | Self::NotExists(_) => Ok(()),
            predicate => predicate.check_predicate(),
        }
    }

    fn check_predicate(&self) -> Result<(), Problem> {
        let (operator, operands) = self.operands();
        for operand in &operands {
            check_size(operand)?;
        }
        check_distinct(operator, &operands)?;
        match self {
            Self::Compare { left, comparator, right } if comparator.is_ordering() => {
                require(operator, left, is_ordered)?;
                require(operator, right, is_ordered)
            }
            Self::Between { operand, low, high } => {
                require(operator, operand, is_ordered)?;
                require(operator, low, is_ordered)?;
                require(operator, high, is_ordered)?;
                match (low, high) {
                    (OperandNode::Value(low), OperandNode::Value(high)) => check_bounds(low, high),
                    _ => Ok(()),
                }
            }
            Self::Type { code, .. } => check_type_code(code),
            Self::BeginsWith { operand, prefix } => {
                require(operator, operand, has_prefixes)?;
                require(operator, prefix, has_prefixes)
            }
            Self::Contains { operand, .. } => require(operator, operand, has_parts),
            _ => Ok(()),
        }
    }
}

fn each_path<'c>(operand: &'c Operand, visit: &mut impl FnMut(&'c Path)) {
    match operand {
        OperandNode::Path(path) => visit(path),
        OperandNode::Value(_) => {}
        OperandNode::Size(operand) => each_path(operand, visit),
    }
}

/// Refuses a value of the request that `accepts` does not take; what the item holds is seen later.
fn require(
    operator: &'static str,
    operand: &Operand,
    accepts: impl FnOnce(&Value) -> bool,
) -> Result<(), Problem> {
    match operand {
        OperandNode::Value(value) => require_value(operator, value, accepts),
        OperandNode::Path(_) | OperandNode::Size(_) => Ok(()),
    }
}

pub(crate) fn require_value(
    operator: &'static str,
    value: &Value,
    accepts: impl FnOnce(&Value) -> bool,
) -> Result<(), Problem> {
    if accepts(value) {
        return Ok(());
    }
    Err(Problem::OperandType { operator, operand: ValueRef::Tree(value).type_code() })
}

/// Whether values of this type have an order.
pub(crate) fn is_ordered(value: &Value) -> bool {
    matches!(value, Value::S(_) | Value::N(_) | Value::B(_))
}

/// Whether values of this type have prefixes.
pub(crate) fn has_prefixes(value: &Value) -> bool {
    matches!(value, Value::S(_) | Value::B(_))
}

/// Whether values of this type have parts that `contains` can look for.
fn has_parts(value: &Value) -> bool {
    !matches!(value, Value::N(_) | Value::Bool(_) | Value::Null | Value::M(_))
}

/// Refuses `size` of a value of the request that has none.
fn check_size(operand: &Operand) -> Result<(), Problem> {
    match operand {
        OperandNode::Size(inner) => match &**inner {
            OperandNode::Value(value) => require_value("size", value, |value| {
                !matches!(value, Value::N(_) | Value::Bool(_) | Value::Null)
            }),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Refuses a first operand that stands a second time: the answer would be known beforehand.
fn check_distinct(operator: &'static str, operands: &[&Operand]) -> Result<(), Problem> {
    let Some((OperandNode::Path(first), rest)) = operands.split_first() else { return Ok(()) };
    if rest.iter().any(|operand| matches!(operand, OperandNode::Path(path) if path == first)) {
        return Err(Problem::SameOperand { operator, operand: first.to_string() });
    }
    Ok(())
}

fn check_type_code(code: &Operand) -> Result<(), Problem> {
    match code {
        OperandNode::Value(value) => match &**value {
            Value::S(name) if TYPE_CODES.contains(&name.as_str()) => Ok(()),
            Value::S(name) => Err(Problem::UnknownType(name.clone())),
            other => require_value("attribute_type", other, |_| false),
        },
        _ => Ok(()),
    }
}

/// Refuses bounds of BETWEEN that nothing can lie between.
pub(crate) fn check_bounds(low: &Value, high: &Value) -> Result<(), Problem> {
    let printed = || (Printed(low).to_string(), Printed(high).to_string());
    match ValueRef::Tree(low).compare(ValueRef::Tree(high)) {
        Some(Ordering::Greater) => {
            let (lower, upper) = printed();
            Err(Problem::BoundsReversed { lower, upper })
        }
        Some(_) => Ok(()),
        None => {
            let (lower, upper) = printed();
            Err(Problem::BoundsDiffer { lower, upper })
        }
    }
}
