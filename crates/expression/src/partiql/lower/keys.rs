//! What a condition says of the key: which item a write is about, and which parts of which partitions a read
//! has to look at.

use super::update::value_of;
use crate::condition::{Condition, Operand};
use crate::key_condition::{KeyAttribute, KeyCondition, KeyTest, RangeCondition};
use crate::partiql::error::StatementError;
use crate::path::Path;
use crate::tree::{Comparator, ConditionNode, Literal, OperandNode};
use item::{Map, Name, Value};

/// Most parts that one read is taken apart into; beyond it, whole partitions are read.
const BRANCHES_MAX: usize = 100;

/// A part of a partition that a read looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// The part. There may be more in it than the condition lets through.
    pub keys: KeyCondition,
    /// Whether it is all that the condition says of the sort key, so that parts which overlap are a fault of
    /// the statement.
    pub exact: bool,
}

/// The key that a condition pins, each attribute with one equality, and what else it says of the item.
///
/// # Errors
/// When an attribute of the key is left open, has several conditions, or a value that no key has.
pub fn pinned_key(
    condition: Option<Condition>,
    key: &[&str],
) -> Result<(Map, Option<Condition>), StatementError> {
    let mut conjuncts = Vec::new();
    flatten(condition, &mut conjuncts);
    let mut pinned = Map::with_capacity(key.len());
    for name in key {
        let is_about = |conjunct: &Condition| tested(conjunct).is_some_and(|path| is_key(path, name));
        let about = conjuncts.iter().filter(|conjunct| is_about(conjunct)).count();
        let equality = conjuncts.iter().position(|conjunct| equal_to(conjunct, name).is_some());
        let Some(at) = equality else { return Err(StatementError::KeyOpen) };
        if about > 1 {
            return Err(StatementError::KeyTwice((*name).to_owned()));
        }
        if let Some(value) = equal_to(&conjuncts[at], name) {
            require_key_type(name, value)?;
            pinned.insert(Name::from(*name), Value::clone(value));
        }
        conjuncts.remove(at);
    }
    let rest = match conjuncts.len() {
        0 => None,
        1 => conjuncts.pop(),
        _ => Some(ConditionNode::And(conjuncts)),
    };
    Ok((pinned, rest))
}

/// The parts of partitions in which all items lie that the condition lets through; `None` where these may be in
/// any partition.
///
/// # Errors
/// When a value that the key is compared with is of another type than the key.
pub fn branches(
    condition: &Condition,
    partition: KeyAttribute<'_>,
    sort: Option<KeyAttribute<'_>>,
) -> Result<Option<Vec<Branch>>, StatementError> {
    let Some(pins) = pins(condition, partition.name, sort.map(|sort| sort.name)) else { return Ok(None) };
    let mut branches: Vec<Branch> = Vec::with_capacity(pins.len());
    for pin in pins {
        require_type(partition, &pin.partition)?;
        let (mut equal, mut range) = (Vec::new(), None);
        if let (Some(test), Some(sort)) = (pin.test, sort) {
            for value in test.values() {
                require_type(sort, value)?;
            }
            match test {
                KeyTest::Equal(value) => equal.push(value),
                KeyTest::Range(condition) => range = Some(condition),
            }
        }
        let keys = KeyCondition { partition: vec![pin.partition], sort: equal, range };
        if !branches.iter().any(|branch| branch.keys == keys) {
            branches.push(Branch { keys, exact: pin.exact });
        }
    }
    Ok(Some(branches))
}

fn flatten(condition: Option<Condition>, conjuncts: &mut Vec<Condition>) {
    match condition {
        None => {}
        Some(ConditionNode::And(members)) => {
            members.into_iter().for_each(|member| flatten(Some(member), conjuncts));
        }
        Some(other) => conjuncts.push(other),
    }
}

fn is_key(path: &Path, name: &str) -> bool {
    path.is_attribute() && path.root == name
}

fn path_of(operand: &Operand) -> Option<&Path> {
    match operand {
        OperandNode::Path(path) => Some(path),
        _ => None,
    }
}

/// The path that a predicate tests.
fn tested(condition: &Condition) -> Option<&Path> {
    match condition {
        ConditionNode::Compare { left, right, .. } => path_of(left).or(path_of(right)),
        ConditionNode::Between { operand, .. }
        | ConditionNode::In { operand, .. }
        | ConditionNode::BeginsWith { operand, .. } => path_of(operand),
        ConditionNode::Not(inner) => tested(inner),
        _ => None,
    }
}

/// The value that the attribute must have.
fn equal_to<'c>(condition: &'c Condition, name: &str) -> Option<&'c Literal> {
    match equal_to_any(condition, name)?[..] {
        [value] => Some(value),
        _ => None,
    }
}

/// The values of which the attribute must have one.
fn equal_to_any<'c>(condition: &'c Condition, name: &str) -> Option<Vec<&'c Literal>> {
    let is_it = |operand: &Operand| path_of(operand).is_some_and(|path| is_key(path, name));
    match condition {
        ConditionNode::Compare { left, comparator: Comparator::Equal, right } => {
            let value = if is_it(left) { value_of(right) } else { value_of(left).filter(|_| is_it(right)) };
            Some(vec![value?])
        }
        ConditionNode::In { operand, candidates } if is_it(operand) => {
            candidates.iter().map(value_of).collect()
        }
        _ => None,
    }
}

fn require_key_type(name: &str, value: &Value) -> Result<(), StatementError> {
    match value.key_kind() {
        Some(_) => Ok(()),
        None => Err(StatementError::NoKeyType { name: name.to_owned(), kind: value.type_name() }),
    }
}

fn require_type(attribute: KeyAttribute<'_>, value: &Value) -> Result<(), StatementError> {
    require_key_type(attribute.name, value)?;
    if value.key_kind() == Some(attribute.kind) {
        return Ok(());
    }
    Err(StatementError::KeyType(attribute.name.to_owned()))
}

/// A partition, and what is asked of the sort key in it.
#[derive(Clone)]
struct Pin {
    partition: Literal,
    test: Option<KeyTest>,
    exact: bool,
}

/// The partitions that a condition pins, in the order written.
fn pins(condition: &Condition, partition: &str, sort: Option<&str>) -> Option<Vec<Pin>> {
    match condition {
        ConditionNode::Or(members) => {
            let of_each = members.iter().map(|member| pins(member, partition, sort));
            Some(of_each.collect::<Option<Vec<_>>>()?.concat())
        }
        ConditionNode::And(members) => {
            let pinned = members.iter().find_map(|member| pins(member, partition, sort))?;
            Some(match sort {
                Some(sort) => narrowed(pinned, members, sort),
                None => pinned,
            })
        }
        predicate => {
            let values = equal_to_any(predicate, partition)?;
            let pin = |value: &Literal| Pin { partition: value.clone(), test: None, exact: true };
            Some(values.into_iter().map(pin).collect())
        }
    }
}

/// The pins with what the members of a conjunction say of the sort key.
fn narrowed(pins: Vec<Pin>, members: &[Condition], sort: &str) -> Vec<Pin> {
    let about: Vec<&Condition> =
        members.iter().filter(|member| tested(member).is_some_and(|path| is_key(path, sort))).collect();
    let tests = match about[..] {
        [] => return pins,
        [one] => tests(one, sort),
        _ => None,
    };
    let open = |pin: Pin| Pin { exact: false, ..pin };
    match tests {
        Some(tests)
            if pins.len() * tests.len() <= BRANCHES_MAX && pins.iter().all(|pin| pin.test.is_none()) =>
        {
            let with = |pin: &Pin, test: &KeyTest| Pin { test: Some(test.clone()), ..pin.clone() };
            pins.iter().flat_map(|pin| tests.iter().map(move |test| with(pin, test))).collect()
        }
        _ => pins.into_iter().map(open).collect(),
    }
}

/// The tests of the sort key of which one must hold, if a predicate can be read so.
fn tests(condition: &Condition, sort: &str) -> Option<Vec<KeyTest>> {
    if let Some(values) = equal_to_any(condition, sort) {
        return Some(values.into_iter().cloned().map(KeyTest::Equal).collect());
    }
    let is_it = |operand: &Operand| path_of(operand).is_some_and(|path| is_key(path, sort));
    let range = match condition {
        ConditionNode::Compare { left, comparator, right } => {
            let (comparator, value) = match is_it(left) {
                true => (*comparator, value_of(right)?),
                false => (comparator.flipped(), value_of(left)?),
            };
            match comparator {
                Comparator::Less => RangeCondition::Less(value.clone()),
                Comparator::LessOrEqual => RangeCondition::LessOrEqual(value.clone()),
                Comparator::Greater => RangeCondition::Greater(value.clone()),
                Comparator::GreaterOrEqual => RangeCondition::GreaterOrEqual(value.clone()),
                Comparator::Equal | Comparator::NotEqual => return None,
            }
        }
        ConditionNode::Between { operand, low, high } if is_it(operand) => {
            RangeCondition::Between(value_of(low)?.clone(), value_of(high)?.clone())
        }
        ConditionNode::BeginsWith { operand, prefix } if is_it(operand) => {
            RangeCondition::BeginsWith(value_of(prefix)?.clone())
        }
        _ => return None,
    };
    Some(vec![KeyTest::Range(range)])
}
