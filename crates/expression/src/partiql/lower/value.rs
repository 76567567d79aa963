//! Values written out in a statement.

use super::{Lowering, token_of};
use crate::partiql::ast::{Expr, Node};
use crate::partiql::error::StatementError;
use crate::tree::Literal;
use item::{Map, Name, Number, SetError, Value};
use std::sync::Arc;

/// How many levels a value may have.
const LEVELS_MAX: usize = 32;

impl Lowering {
    /// The item of an INSERT: a struct, or a parameter that is a map.
    ///
    /// # Errors
    /// When it is no item, or something in it is no value.
    pub fn item(&self, expression: &Expr) -> Result<Map, StatementError> {
        match &expression.node {
            Node::Parameter(at) => match &**self.parameter(*at)? {
                Value::M(map) => Ok(map.clone()),
                other => Err(StatementError::NoItem(other.type_name())),
            },
            Node::Struct(members) => self.members(members, "root", 1),
            _ => match self.constant(expression, "root", 1)? {
                Value::M(map) => Ok(map),
                other => Err(StatementError::NoItem(other.type_name())),
            },
        }
    }

    /// A value that nothing of the item has a part in.
    pub(super) fn literal(&self, expression: &Expr) -> Result<Literal, StatementError> {
        match &expression.node {
            Node::Parameter(at) => self.parameter(*at).cloned(),
            _ => self.constant(expression, "root", 1).map(Arc::new),
        }
    }

    /// Whether the expression is a value by itself.
    pub(super) fn is_literal(expression: &Expr) -> bool {
        matches!(
            expression.node,
            Node::Text(_)
                | Node::Number(_)
                | Node::Boolean(_)
                | Node::Null
                | Node::Parameter(_)
                | Node::List(_)
                | Node::Bag(_)
                | Node::Struct(_)
        )
    }

    /// The value at `path`, which lies on this level.
    fn constant(&self, expression: &Expr, path: &str, level: usize) -> Result<Value, StatementError> {
        let too_deep = |levels: usize| level + levels > LEVELS_MAX + 1;
        if too_deep(1) {
            return Err(StatementError::Depth(path.to_owned()));
        }
        Ok(match &expression.node {
            Node::Text(text) => Value::S(text.clone()),
            Node::Number(text) => Value::N(number(text, path)?),
            Node::Boolean(value) => Value::Bool(*value),
            Node::Null => Value::Null,
            Node::Parameter(at) => {
                let value = self.parameter(*at)?;
                if too_deep(value.depth()) {
                    return Err(StatementError::Depth(path.to_owned()));
                }
                Value::clone(value)
            }
            Node::List(members) => {
                let member = |(at, member)| self.constant(member, &format!("{path}[{at}]"), level + 1);
                Value::L(members.iter().enumerate().map(member).collect::<Result<_, _>>()?)
            }
            Node::Struct(members) => Value::M(self.members(members, path, level + 1)?),
            Node::Bag(members) => self.set(members, path, level)?,
            _ => {
                let (what, path) = (token_of(expression), path.to_owned());
                return Err(StatementError::NoValue { what, path, place: expression.place });
            }
        })
    }

    fn members(&self, members: &[(String, Expr)], path: &str, level: usize) -> Result<Map, StatementError> {
        let mut map = Map::with_capacity(members.len());
        for (name, member) in members {
            if name.is_empty() {
                return Err(StatementError::EmptyName);
            }
            let value = self.constant(member, &format!("{path}.{name}"), level)?;
            map.insert(Name::from(name.as_str()), value);
        }
        Ok(map)
    }

    fn set(&self, members: &[Expr], path: &str, level: usize) -> Result<Value, StatementError> {
        let (mut texts, mut numbers) = (Vec::new(), Vec::new());
        for (at, member) in members.iter().enumerate() {
            match self.constant(member, &format!("{path}[{at}]"), level)? {
                Value::S(text) => texts.push(text),
                Value::N(number) => numbers.push(number),
                _ => return Err(StatementError::MixedBag),
            }
        }
        let set = match (texts.is_empty(), numbers.is_empty()) {
            (true, true) => return Err(StatementError::EmptyBag),
            (false, false) => return Err(StatementError::MixedBag),
            (false, true) => Value::string_set(texts.clone()),
            (true, false) => Value::number_set(numbers),
        };
        set.map_err(|error| match error {
            SetError::Empty => StatementError::EmptyBag,
            SetError::Duplicate if texts.is_empty() => StatementError::RepeatedNumber,
            SetError::Duplicate => StatementError::RepeatedText(texts),
        })
    }
}

fn number(text: &str, path: &str) -> Result<Number, StatementError> {
    Number::parse(text).map_err(|error| StatementError::Number { error, path: path.to_owned() })
}
