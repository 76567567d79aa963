//! `Expected`, `QueryFilter` and `ScanFilter` as conditions.

use super::{Comparison, Join};
use crate::condition::{Condition, Operand};
use crate::path::Path;
use crate::tree::{Comparator, ConditionNode, Literal, OperandNode};
use item::Name;

/// The condition that these comparisons make; `None` where there are none, which always holds.
pub fn condition(comparisons: Vec<(Name, Comparison)>, join: Join) -> Option<Condition> {
    let mut members: Vec<Condition> =
        comparisons.into_iter().map(|(name, comparison)| predicate(name, comparison)).collect();
    match (members.len(), join) {
        (0 | 1, _) => members.pop(),
        (_, Join::And) => Some(ConditionNode::And(members)),
        (_, Join::Or) => Some(ConditionNode::Or(members)),
    }
}

fn predicate(name: Name, comparison: Comparison) -> Condition {
    let path = Path::attribute(name);
    match comparison {
        Comparison::Equal(value) => compare(path, Comparator::Equal, value),
        Comparison::NotEqual(value) => compare(path, Comparator::NotEqual, value),
        Comparison::LessOrEqual(value) => compare(path, Comparator::LessOrEqual, value),
        Comparison::Less(value) => compare(path, Comparator::Less, value),
        Comparison::GreaterOrEqual(value) => compare(path, Comparator::GreaterOrEqual, value),
        Comparison::Greater(value) => compare(path, Comparator::Greater, value),
        Comparison::NotNull => ConditionNode::Exists(path),
        Comparison::Null => ConditionNode::NotExists(path),
        Comparison::Contains(element) => contains(path, element),
        // `NOT contains(...)` alone would hold for an item without the attribute.
        Comparison::NotContains(element) => ConditionNode::And(vec![
            ConditionNode::Exists(path.clone()),
            ConditionNode::Not(Box::new(contains(path, element))),
        ]),
        Comparison::BeginsWith(prefix) => {
            ConditionNode::BeginsWith { operand: OperandNode::Path(path), prefix: OperandNode::Value(prefix) }
        }
        Comparison::In(candidates) => ConditionNode::In {
            operand: OperandNode::Path(path),
            candidates: candidates.into_iter().map(Operand::Value).collect(),
        },
        Comparison::Between(low, high) => ConditionNode::Between {
            operand: OperandNode::Path(path),
            low: OperandNode::Value(low),
            high: OperandNode::Value(high),
        },
    }
}

fn compare(path: Path, comparator: Comparator, value: Literal) -> Condition {
    ConditionNode::Compare { left: OperandNode::Path(path), comparator, right: OperandNode::Value(value) }
}

fn contains(path: Path, element: Literal) -> Condition {
    ConditionNode::Contains { operand: OperandNode::Path(path), element: OperandNode::Value(element) }
}
