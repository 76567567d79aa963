//! The parameters from before expressions: `Expected`, `AttributeUpdates`, `KeyConditions`, `QueryFilter`,
//! `ScanFilter`, `ConditionalOperator`, `AttributesToGet`.

pub(super) mod decode;

use super::enumeration::{AttributeAction, ComparisonOperator};
use item::value::Value;

/// A condition of `KeyConditions`, `QueryFilter` or `ScanFilter`.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The operator.
    pub operator: ComparisonOperator,
    /// The operands.
    pub values: Vec<Value>,
}

/// A condition of `Expected`, in either of its two forms.
#[derive(Clone, Debug, PartialEq)]
pub enum Expectation {
    /// `Exists: false`: the attribute is absent.
    Absent,
    /// `Value` (with `Exists: true` or without it): the attribute has this value.
    Equals(Value),
    /// `ComparisonOperator` with `Value` or `AttributeValueList`.
    Compare(Condition),
}

/// One attribute's part of `AttributeUpdates`.
#[derive(Clone, Debug, PartialEq)]
pub struct AttributeUpdate {
    /// What is done; `PUT` when nothing was said.
    pub action: AttributeAction,
    /// The value to do it with.
    pub value: Option<Value>,
}

/// Attribute name and condition, in the order sent.
pub type Conditions = Vec<(String, Condition)>;

/// Attribute name and expectation, in the order sent.
pub type Expected = Vec<(String, Expectation)>;

/// Attribute name and update, in the order sent.
pub type AttributeUpdates = Vec<(String, AttributeUpdate)>;
