//! Key conditions: which part of one partition a query reads.
//!
//! Two steps, as the faults come in two: [`KeyClauses::bind`] needs no table, [`KeyClauses::against`] holds
//! the clauses against the key of the table or index.

use crate::bindings::Bindings;
use crate::condition::{Condition, Operand, check_bounds, has_prefixes, is_ordered, require_value};
use crate::error::{ExpressionError, KeyConditionError, Problem};
use crate::kind::ExpressionKind;
use crate::parser::ConditionAst;
use crate::path::Path;
use crate::tree::{Comparator, ConditionNode, Literal, OperandNode};
use item::{KeyKind, Name, Value};

/// An attribute of a key, and its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyAttribute<'k> {
    /// Its name.
    pub name: &'k str,
    /// Its type.
    pub kind: KeyKind,
}

/// What a clause asks of its attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyTest {
    /// It has this value.
    Equal(Literal),
    /// It lies in this range.
    Range(RangeCondition),
}

/// A range of values of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RangeCondition {
    /// Below.
    Less(Literal),
    /// Up to and including.
    LessOrEqual(Literal),
    /// Above.
    Greater(Literal),
    /// From, included.
    GreaterOrEqual(Literal),
    /// From the first to the second, both included.
    Between(Literal, Literal),
    /// Everything with this prefix.
    BeginsWith(Literal),
}

/// One clause of a key condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyClause {
    /// The attribute.
    pub name: Name,
    /// What is asked of it.
    pub test: KeyTest,
}

/// The clauses of a key condition in the order written, no two on one attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyClauses {
    clauses: Vec<KeyClause>,
}

/// A part of one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyCondition {
    /// The value of every partition key attribute, in the order of the key.
    pub partition: Vec<Literal>,
    /// The values of the first sort key attributes; none, some or all.
    pub sort: Vec<Literal>,
    /// The range of the sort key attribute after those.
    pub range: Option<RangeCondition>,
}

impl RangeCondition {
    /// The values that it names.
    pub fn values(&self) -> impl Iterator<Item = &Literal> {
        let (first, second) = match self {
            Self::Between(low, high) => (low, Some(high)),
            Self::Less(value)
            | Self::LessOrEqual(value)
            | Self::Greater(value)
            | Self::GreaterOrEqual(value)
            | Self::BeginsWith(value) => (value, None),
        };
        std::iter::once(first).chain(second)
    }
}

impl KeyTest {
    pub(crate) fn values(&self) -> impl Iterator<Item = &Literal> {
        let (value, range) = match self {
            Self::Equal(value) => (Some(value), None),
            Self::Range(range) => (None, Some(range)),
        };
        value.into_iter().chain(range.into_iter().flat_map(RangeCondition::values))
    }
}

impl KeyClauses {
    /// Binds a key condition to the request's names and values. The first clause with a fault decides.
    ///
    /// # Errors
    /// When a placeholder is not defined, or the condition is not a conjunction of one test for each of
    /// several attributes.
    pub fn bind(ast: &ConditionAst, bindings: &mut Bindings) -> Result<Self, ExpressionError> {
        let kind = ExpressionKind::KeyCondition;
        let condition = bindings.resolve(kind, |bindings| bindings.condition(&ast.root))?;
        let mut clauses = Self { clauses: Vec::with_capacity(2) };
        clauses.collect(condition)?;
        Ok(clauses)
    }

    /// The clauses of these tests, no two of which are on one attribute.
    pub fn new(clauses: Vec<KeyClause>) -> Self {
        Self { clauses }
    }

    /// The clauses, in the order written.
    pub fn clauses(&self) -> &[KeyClause] {
        &self.clauses
    }

    fn collect(&mut self, condition: Condition) -> Result<(), ExpressionError> {
        if let ConditionNode::And(members) = condition {
            return members.into_iter().try_for_each(|member| self.collect(member));
        }
        let (path, test) = clause(condition)?;
        let invalid = |problem: Problem| problem.of(ExpressionKind::KeyCondition);
        if !path.is_attribute() {
            return Err(invalid(Problem::NestedKey));
        }
        check_test(&test).map_err(invalid)?;
        if self.clauses.iter().any(|clause| clause.name == path.root) {
            return Err(invalid(Problem::RepeatedKey));
        }
        self.clauses.push(KeyClause { name: path.root, test });
        Ok(())
    }

    fn test(&self, name: &str) -> Option<&KeyTest> {
        self.clauses.iter().find(|clause| clause.name == name).map(|clause| &clause.test)
    }

    /// Holds the clauses against the key of a table or index, its attributes in the order of the key.
    ///
    /// # Errors
    /// When the key cannot be read by these clauses.
    pub fn against(
        &self,
        partition: &[KeyAttribute<'_>],
        sort: &[KeyAttribute<'_>],
    ) -> Result<KeyCondition, KeyConditionError> {
        let (conditions, attributes) = (self.clauses.len(), partition.len() + sort.len());
        if conditions > attributes {
            return Err(KeyConditionError::TooMany { conditions, attributes });
        }
        let partition_values = self.partition(partition)?;
        let (sort_values, range) = self.sort(partition, sort)?;
        for attribute in partition.iter().chain(sort) {
            self.check_values(attribute)?;
        }
        Ok(KeyCondition { partition: partition_values, sort: sort_values, range })
    }

    /// The values of the partition key: every attribute needs an equality.
    fn partition(&self, partition: &[KeyAttribute<'_>]) -> Result<Vec<Literal>, KeyConditionError> {
        let mut values = Vec::with_capacity(partition.len());
        let mut lacking = Vec::new();
        for attribute in partition {
            match self.test(attribute.name) {
                Some(KeyTest::Equal(value)) => values.push(value.clone()),
                Some(KeyTest::Range(_)) if partition.len() == 1 => {
                    return Err(KeyConditionError::NotSupported);
                }
                None if partition.len() == 1 => {
                    return Err(KeyConditionError::Missed(attribute.name.to_owned()));
                }
                _ => lacking.push(attribute.name.to_owned()),
            }
        }
        if lacking.is_empty() { Ok(values) } else { Err(KeyConditionError::PartitionNeedsEquality(lacking)) }
    }

    /// The leading equalities of the sort key and the range after them.
    fn sort(
        &self,
        partition: &[KeyAttribute<'_>],
        sort: &[KeyAttribute<'_>],
    ) -> Result<(Vec<Literal>, Option<RangeCondition>), KeyConditionError> {
        let belongs =
            |clause: &KeyClause| partition.iter().chain(sort).any(|attribute| attribute.name == clause.name);
        if !self.clauses.iter().all(belongs) {
            // A clause on something else stands where one on the key would have to.
            let missed = sort.iter().find(|attribute| self.test(attribute.name).is_none());
            let missed = missed.or(partition.first()).map(|attribute| attribute.name.to_owned());
            return Err(KeyConditionError::Missed(missed.unwrap_or_default()));
        }
        let Some(last) = sort.iter().rposition(|attribute| self.test(attribute.name).is_some()) else {
            return Ok((Vec::new(), None));
        };
        let mut values = Vec::with_capacity(last + 1);
        let mut lacking = Vec::new();
        for attribute in &sort[..last] {
            match self.test(attribute.name) {
                Some(KeyTest::Equal(value)) => values.push(value.clone()),
                _ => lacking.push(attribute.name.to_owned()),
            }
        }
        if !lacking.is_empty() {
            let on = sort[last].name.to_owned();
            return Err(KeyConditionError::SortNeedsEquality { attributes: lacking, on });
        }
        match self.test(sort[last].name) {
            Some(KeyTest::Equal(value)) => values.push(value.clone()),
            Some(KeyTest::Range(range)) => return Ok((values, Some(range.clone()))),
            None => {}
        }
        Ok((values, None))
    }

    /// Refuses values of an attribute that it cannot have.
    fn check_values(&self, attribute: &KeyAttribute<'_>) -> Result<(), KeyConditionError> {
        let Some(test) = self.test(attribute.name) else { return Ok(()) };
        for value in test.values() {
            let is_empty = match (&**value, attribute.kind) {
                (Value::S(text), KeyKind::S) => text.is_empty(),
                (Value::B(bytes), KeyKind::B) => bytes.is_empty(),
                (Value::N(_), KeyKind::N) => false,
                _ => return Err(KeyConditionError::TypeMismatch),
            };
            if is_empty {
                let binary = attribute.kind == KeyKind::B;
                return Err(KeyConditionError::EmptyValue { key: attribute.name.to_owned(), binary });
            }
        }
        Ok(())
    }
}

/// The attribute of a predicate and what is asked of it.
fn clause(condition: Condition) -> Result<(Path, KeyTest), ExpressionError> {
    let operator = |operator| Err(KeyConditionError::Operator(operator).into());
    match condition {
        ConditionNode::Compare { left, comparator, right } => compared(left, comparator, right),
        ConditionNode::Between { operand, low, high } => {
            let path = first("BETWEEN", operand)?;
            let test = RangeCondition::Between(bound(low)?, bound(high)?);
            Ok((path, KeyTest::Range(test)))
        }
        ConditionNode::BeginsWith { operand, prefix } => {
            let path = first("begins_with", operand)?;
            Ok((path, KeyTest::Range(RangeCondition::BeginsWith(bound(prefix)?))))
        }
        ConditionNode::And(_) => operator("AND"),
        ConditionNode::Or(_) => operator("OR"),
        ConditionNode::Not(_) => operator("NOT"),
        ConditionNode::In { .. } => operator("IN"),
        ConditionNode::Exists(_) => operator("attribute_exists"),
        ConditionNode::NotExists(_) => operator("attribute_not_exists"),
        ConditionNode::Type { .. } => operator("attribute_type"),
        ConditionNode::Contains { .. } => operator("contains"),
    }
}

/// A comparison, its value on either side.
fn compared(
    left: Operand,
    comparator: Comparator,
    right: Operand,
) -> Result<(Path, KeyTest), ExpressionError> {
    let (path, comparator, value) = match (left, right) {
        (OperandNode::Size(_), _) | (_, OperandNode::Size(_)) => return Err(nested_operation()),
        (OperandNode::Path(_), OperandNode::Path(_)) => {
            return Err(KeyConditionError::SeveralAttributes.into());
        }
        (OperandNode::Value(_), OperandNode::Value(_)) => return Err(KeyConditionError::NoAttribute.into()),
        (OperandNode::Path(path), OperandNode::Value(value)) => (path, comparator, value),
        (OperandNode::Value(value), OperandNode::Path(path)) => (path, comparator.flipped(), value),
    };
    let test = match comparator {
        Comparator::Equal => KeyTest::Equal(value),
        Comparator::NotEqual => return Err(KeyConditionError::Operator("<>").into()),
        Comparator::Less => KeyTest::Range(RangeCondition::Less(value)),
        Comparator::LessOrEqual => KeyTest::Range(RangeCondition::LessOrEqual(value)),
        Comparator::Greater => KeyTest::Range(RangeCondition::Greater(value)),
        Comparator::GreaterOrEqual => KeyTest::Range(RangeCondition::GreaterOrEqual(value)),
    };
    Ok((path, test))
}

/// The first operand, which must be the attribute.
fn first(operator: &'static str, operand: Operand) -> Result<Path, ExpressionError> {
    match operand {
        OperandNode::Path(path) => Ok(path),
        OperandNode::Value(_) => Err(KeyConditionError::AttributeNotFirst(operator).into()),
        OperandNode::Size(_) => Err(nested_operation()),
    }
}

/// A further operand, which must be a value.
fn bound(operand: Operand) -> Result<Literal, ExpressionError> {
    match operand {
        OperandNode::Value(value) => Ok(value),
        OperandNode::Path(_) => Err(KeyConditionError::SeveralAttributes.into()),
        OperandNode::Size(_) => Err(nested_operation()),
    }
}

fn nested_operation() -> ExpressionError {
    Problem::NestedKeyOperation.of(ExpressionKind::KeyCondition)
}

/// Refuses values that the operator does not take, whatever the key.
fn check_test(test: &KeyTest) -> Result<(), Problem> {
    let KeyTest::Range(range) = test else { return Ok(()) };
    match range {
        RangeCondition::Less(value) => require_value("<", value, is_ordered),
        RangeCondition::LessOrEqual(value) => require_value("<=", value, is_ordered),
        RangeCondition::Greater(value) => require_value(">", value, is_ordered),
        RangeCondition::GreaterOrEqual(value) => require_value(">=", value, is_ordered),
        RangeCondition::BeginsWith(value) => require_value("begins_with", value, has_prefixes),
        RangeCondition::Between(low, high) => {
            require_value("BETWEEN", low, is_ordered)?;
            require_value("BETWEEN", high, is_ordered)?;
            check_bounds(low, high)
        }
    }
}
