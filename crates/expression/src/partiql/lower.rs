//! Statements, with their parameters, as the trees that expressions are bound to.

mod condition;
mod keys;
mod update;
mod value;

pub use keys::{Branch, branches, pinned_key};

use super::ast::Expr;
use super::error::StatementError;
use crate::path::{Path, Step};
use crate::tree::Literal;
use item::Value;
use std::sync::Arc;

/// The parameters of a statement, and what its parts are with them.
#[derive(Clone, Debug, Default)]
pub struct Lowering {
    parameters: Vec<Literal>,
}

impl Lowering {
    /// With these parameters, in the order of the question marks.
    pub fn new(parameters: impl IntoIterator<Item = Value>) -> Self {
        Self { parameters: parameters.into_iter().map(Arc::new).collect() }
    }

    fn parameter(&self, at: usize) -> Result<&Literal, StatementError> {
        self.parameters.get(at).ok_or(StatementError::TooFewParameters)
    }
}

/// The name of a column in the answer: the last name of its path, with the positions that follow it.
pub fn column_name(path: &Path) -> String {
    let mut name = path.root.to_string();
    for step in &path.steps {
        match step {
            Step::Key(key) => name = key.to_string(),
            index => name.push_str(&index.to_string()),
        }
    }
    name
}

/// What a message calls an expression that cannot stand where it stands.
fn token_of(expression: &Expr) -> String {
    use super::ast::Node;
    match &expression.node {
        Node::Text(text) | Node::Number(text) | Node::Call(text, _) => text.clone(),
        Node::Boolean(value) => value.to_string().to_uppercase(),
        Node::Null => "NULL".to_owned(),
        Node::Missing => "MISSING".to_owned(),
        Node::Parameter(_) => "?".to_owned(),
        Node::Path(path) => column_name(path),
        Node::List(_) => "[".to_owned(),
        Node::Sequence(_) => "(".to_owned(),
        Node::Bag(_) => "<<".to_owned(),
        Node::Struct(_) => "{".to_owned(),
        Node::Subquery | Node::Exists(_) => "SELECT".to_owned(),
        Node::Not(_) => "NOT".to_owned(),
        Node::And(_) => "AND".to_owned(),
        Node::Or(_) => "OR".to_owned(),
        Node::Compare(_, comparator, _) => comparator.symbol().to_owned(),
        Node::Between(_) => "BETWEEN".to_owned(),
        Node::In(..) => "IN".to_owned(),
        Node::Is(..) => "IS".to_owned(),
        Node::Plus(..) => "+".to_owned(),
        Node::Minus(..) => "-".to_owned(),
    }
}

/// The refusal of an expression that cannot stand where it stands.
fn unsupported(expression: &Expr) -> StatementError {
    StatementError::UnsupportedToken(token_of(expression), expression.place)
}
