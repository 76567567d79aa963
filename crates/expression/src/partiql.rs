//! PartiQL: statements in place of the parameters of an operation.
//!
//! A statement is parsed to a tree of its own ([`Statement`]), and with its parameters lowered to the trees
//! that expressions are bound to: [`Condition`](crate::Condition), [`Update`](crate::Update), paths and key
//! clauses. So whatever a statement says is done by what does the same for expressions.
//!
//! Pure, as the rest of the crate; the parser refuses what nests deeper than it can bear.

mod ast;
mod error;
mod lexer;
mod lower;
mod parser;

pub use ast::{
    Assignment, Change, Delete, Expr, Insert, Node, OrderTerm, Place, Returning, Select, Source, Statement,
    TypeName, UpdateStatement, Version,
};
pub use error::StatementError;
pub use lower::{Branch, Lowering, branches, column_name, pinned_key};

#[cfg(test)]
mod tests;
