//! The parameters from before expressions: `Expected`, `AttributeUpdates`, `KeyConditions`, `QueryFilter`,
//! `ScanFilter`, `ConditionalOperator`, `AttributesToGet`.

pub(super) mod decode;

use item::value::Value;

/// A condition of `KeyConditions`, `QueryFilter` or `ScanFilter`, or of `Expected` in its longer form: a
/// `ComparisonOperator` with as many operands as it takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Comparison {
    /// `EQ`
    Equal(Value),
    /// `NE`
    NotEqual(Value),
    /// `LE`
    LessOrEqual(Value),
    /// `LT`
    Less(Value),
    /// `GE`
    GreaterOrEqual(Value),
    /// `GT`
    Greater(Value),
    /// `NOT_NULL`: the attribute is there, whatever it holds.
    NotNull,
    /// `NULL`: the attribute is absent.
    Null,
    /// `CONTAINS`
    Contains(Value),
    /// `NOT_CONTAINS`
    NotContains(Value),
    /// `BEGINS_WITH`
    BeginsWith(Value),
    /// `IN`, of at least one value.
    In(Vec<Value>),
    /// `BETWEEN`, both included.
    Between(Value, Value),
}

/// A condition of `Expected`, in either of its two forms.
#[derive(Clone, Debug, PartialEq)]
pub enum Expectation {
    /// `Exists: false`: the attribute is absent.
    Absent,
    /// `Value` (with `Exists: true` or without it): the attribute has this value.
    Equals(Value),
    /// `ComparisonOperator` with `Value` or `AttributeValueList`.
    Compare(Comparison),
}

/// One attribute's part of `AttributeUpdates`: its action, `PUT` when nothing was said, and the value for it.
#[derive(Clone, Debug, PartialEq)]
pub enum AttributeUpdate {
    /// `PUT`: the attribute has this value.
    Put(Value),
    /// `ADD` to a number, a set or a list.
    Add(Value),
    /// `DELETE` of these elements of a set.
    DeleteElements(Value),
    /// `DELETE` of the whole attribute.
    Delete,
}

/// Attribute name and condition, in the order sent.
pub type Conditions = Vec<(String, Comparison)>;

/// Attribute name and expectation, in the order sent.
pub type Expected = Vec<(String, Expectation)>;

/// Attribute name and update, in the order sent.
pub type AttributeUpdates = Vec<(String, AttributeUpdate)>;
