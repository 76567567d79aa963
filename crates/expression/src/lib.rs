//! DynamoDB's expressions: conditions, filters, updates, projections, key conditions and
//! search conditions.
//!
//! An expression is parsed to a tree that depends on its text alone and may be kept ([`Cache`]); a request
//! then binds the tree to its `ExpressionAttributeNames` and `ExpressionAttributeValues` ([`Bindings`]), which
//! gives a [`Condition`], [`Update`], [`Projection`], [`KeyClauses`] or [`SearchClauses`] to run on items. Every fault has
//! DynamoDB's own text.
//!
//! Pure: no clock, no I/O, no randomness. No input makes it panic or recurse without bound.

mod bindings;
mod cache;
mod condition;
mod error;
mod evaluate;
mod key_condition;
mod kind;
pub mod legacy;
mod lexer;
mod parser;
pub mod partiql;
mod path;
mod projection;
mod reserved;
mod search_condition;
mod tree;
mod update;
mod value_ref;

pub use bindings::Bindings;
pub use cache::Cache;
pub use condition::{Condition, Operand};
pub use error::{ExpressionError, KeyConditionError, Problem, StoredUpdateError, UpdateError};
pub use key_condition::{KeyAttribute, KeyClause, KeyClauses, KeyCondition, KeyTest, RangeCondition};
pub use kind::ExpressionKind;
pub use parser::{ConditionAst, ProjectionAst, UpdateAst};
pub use path::{Path, Step};
pub use projection::Projection;
pub use reserved::is_reserved;
pub use search_condition::SearchClauses;
pub use tree::{
    ActionNode, Comparator, ConditionNode, Literal, NameAst, OperandNode, PathAst, Placeholder,
    SetOperandNode, SetValueNode, StepAst,
};
pub use update::{Action, SetOperand, SetValue, Update, Updated};
pub use value_ref::{Attributes, ValueRef};
