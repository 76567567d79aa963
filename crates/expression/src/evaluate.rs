//! Whether a condition holds for an item.
//!
//! A comparison with something the item does not have is false, except `<>`, which is true; so is a
//! comparison between types: equal to nothing, different from everything, in no order.

use crate::path::Path;
use crate::tree::{Comparator, ConditionNode, Literal, OperandNode};
use crate::value_ref::{Attributes, ValueRef};
use item::{Number, Value};
use std::cmp::Ordering;

/// What an operand comes to: a value, held by the item or the request, or a size.
enum Found<'a> {
    Value(ValueRef<'a>),
    Size(Value),
}

impl Found<'_> {
    fn value(&self) -> ValueRef<'_> {
        match self {
            Self::Value(value) => *value,
            Self::Size(size) => ValueRef::Tree(size),
        }
    }
}

impl ConditionNode<Path, Literal> {
    /// Whether the condition holds for this item; an absent item is one without attributes.
    pub fn matches(&self, item: &impl Attributes) -> bool {
        match self {
            Self::And(members) => members.iter().all(|member| member.matches(item)),
            Self::Or(members) => members.iter().any(|member| member.matches(item)),
            Self::Not(member) => !member.matches(item),
            Self::Compare { left, comparator, right } => {
                compare(find(left, item), *comparator, find(right, item))
            }
            Self::Between { operand, low, high } => {
                let operand = find(operand, item);
                let operand = operand.as_ref().map(Found::value);
                in_order(find(low, item).as_ref().map(Found::value), operand)
                    && in_order(operand, find(high, item).as_ref().map(Found::value))
            }
            Self::In { operand, candidates } => find(operand, item).is_some_and(|operand| {
                candidates
                    .iter()
                    .filter_map(|candidate| find(candidate, item))
                    .any(|candidate| operand.value().equals(candidate.value()))
            }),
            Self::Exists(path) => item.at(path).is_some(),
            Self::NotExists(path) => item.at(path).is_none(),
            Self::Type { operand, code } => both(operand, code, item, |operand, code| {
                code.as_str().is_some_and(|code| code == operand.type_code())
            }),
            Self::BeginsWith { operand, prefix } => {
                both(operand, prefix, item, |operand, prefix| operand.begins_with(prefix))
            }
            Self::Contains { operand, element } => {
                both(operand, element, item, |operand, element| operand.contains(element))
            }
        }
    }
}

/// The operand's value, if the item has it.
fn find<'a>(operand: &'a OperandNode<Path, Literal>, item: &'a impl Attributes) -> Option<Found<'a>> {
    match operand {
        OperandNode::Path(path) => item.at(path).map(Found::Value),
        OperandNode::Value(value) => Some(Found::Value(ValueRef::Tree(value))),
        OperandNode::Size(inner) => {
            let size = find(inner, item)?.value().size()?;
            Some(Found::Size(Value::N(Number::from(size as u64))))
        }
    }
}

fn both<'a>(
    left: &'a OperandNode<Path, Literal>,
    right: &'a OperandNode<Path, Literal>,
    item: &'a impl Attributes,
    holds: impl FnOnce(ValueRef<'_>, ValueRef<'_>) -> bool,
) -> bool {
    let (Some(left), Some(right)) = (find(left, item), find(right, item)) else { return false };
    holds(left.value(), right.value())
}

fn compare(left: Option<Found<'_>>, comparator: Comparator, right: Option<Found<'_>>) -> bool {
    let (Some(left), Some(right)) = (left, right) else { return comparator == Comparator::NotEqual };
    let (left, right) = (left.value(), right.value());
    let ordering = || left.compare(right);
    match comparator {
        Comparator::Equal => left.equals(right),
        Comparator::NotEqual => !left.equals(right),
        Comparator::Less => ordering().is_some_and(Ordering::is_lt),
        Comparator::LessOrEqual => ordering().is_some_and(Ordering::is_le),
        Comparator::Greater => ordering().is_some_and(Ordering::is_gt),
        Comparator::GreaterOrEqual => ordering().is_some_and(Ordering::is_ge),
    }
}

fn in_order(low: Option<ValueRef<'_>>, high: Option<ValueRef<'_>>) -> bool {
    let (Some(low), Some(high)) = (low, high) else { return false };
    low.compare(high).is_some_and(Ordering::is_le)
}
