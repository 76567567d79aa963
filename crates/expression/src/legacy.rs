//! The request parameters from before expressions, as the same trees: `Expected`, `QueryFilter` and `ScanFilter`
//! become a [`Condition`], `AttributeUpdates` an [`Update`], `KeyConditions` [`KeyClauses`], and `AttributesToGet`
//! is [`Projection::of_attributes`](crate::Projection::of_attributes).
//!
//! They speak of whole attributes alone: a dot in a name is a dot. What is lowered here was checked for operands
//! that the operators take; nothing of it is refused but what key conditions cannot have.
//!
//! [`Condition`]: crate::Condition
//! [`Update`]: crate::Update
//! [`KeyClauses`]: crate::KeyClauses

mod condition;
mod key_condition;
mod update;

pub use condition::condition;
pub use key_condition::key_clauses;
pub use update::update;

use crate::tree::Literal;

/// What is asked of an attribute: a `ComparisonOperator` with its operands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `EQ`: it has this value.
    Equal(Literal),
    /// `NE`: it has not this value, or is absent.
    NotEqual(Literal),
    /// `LE`
    LessOrEqual(Literal),
    /// `LT`
    Less(Literal),
    /// `GE`
    GreaterOrEqual(Literal),
    /// `GT`
    Greater(Literal),
    /// `NOT_NULL`: it is there, whatever it holds.
    NotNull,
    /// `NULL`: it is absent. An attribute that holds the null value is there.
    Null,
    /// `CONTAINS`
    Contains(Literal),
    /// `NOT_CONTAINS`: it is there and does not contain this.
    NotContains(Literal),
    /// `BEGINS_WITH`
    BeginsWith(Literal),
    /// `IN`: it has one of these values.
    In(Vec<Literal>),
    /// `BETWEEN`, both included.
    Between(Literal, Literal),
}

/// How several comparisons are joined: `ConditionalOperator`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Join {
    /// All hold.
    #[default]
    And,
    /// One holds.
    Or,
}

/// What becomes of an attribute: an `Action` of `AttributeUpdates` with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttributeAction {
    /// `PUT`: it has this value.
    Put(Literal),
    /// `ADD`: a number is added to it, the elements of a set are, or those of a list at its end.
    Add(Literal),
    /// `DELETE` with a value: it loses these elements of a set.
    DeleteElements(Literal),
    /// `DELETE`: it goes.
    Delete,
}
