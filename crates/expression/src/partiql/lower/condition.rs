//! WHERE as a condition.

use super::{Lowering, unsupported};
use crate::condition::{Condition, Operand};
use crate::error::Problem;
use crate::parser::{IN_OPERANDS_MAX, known_function};
use crate::partiql::ast::{Expr, Node, TypeName};
use crate::partiql::error::StatementError;
use crate::path::Path;
use crate::tree::{ConditionNode, OperandNode};
use item::Value;
use std::sync::Arc;

type Lowered = Result<Condition, StatementError>;

impl Lowering {
    /// The condition that a WHERE clause is.
    ///
    /// # Errors
    /// When it is none, or an operand is not one the operator or function takes.
    pub fn condition(&self, expression: &Expr) -> Lowered {
        let condition = self.boolean(expression)?;
        condition.check()?;
        Ok(condition)
    }

    fn boolean(&self, expression: &Expr) -> Lowered {
        Ok(match &expression.node {
            Node::And(members) => ConditionNode::And(self.booleans(members)?),
            Node::Or(members) => ConditionNode::Or(self.booleans(members)?),
            Node::Not(member) => ConditionNode::Not(Box::new(self.boolean(member)?)),
            Node::Compare(left, comparator, right) => ConditionNode::Compare {
                left: self.operand(left)?,
                comparator: *comparator,
                right: self.operand(right)?,
            },
            Node::Between(parts) => {
                let [operand, low, high] = &**parts;
                ConditionNode::Between {
                    operand: self.operand(operand)?,
                    low: self.operand(low)?,
                    high: self.operand(high)?,
                }
            }
            Node::In(operand, candidates) => self.candidates(operand, candidates, expression)?,
            Node::Is(operand, name) => self.type_test(operand, name)?,
            Node::Call(function, arguments) => self.call(function, arguments, expression)?,
            _ => return Err(unsupported(expression)),
        })
    }

    fn booleans(&self, members: &[Expr]) -> Result<Vec<Condition>, StatementError> {
        members.iter().map(|member| self.boolean(member)).collect()
    }

    fn candidates(&self, operand: &Expr, candidates: &[Expr], whole: &Expr) -> Lowered {
        match candidates.len() {
            0 => return Err(unsupported(whole)),
            1..=IN_OPERANDS_MAX => {}
            count => return Err(Problem::TooManyInOperands(count).into()),
        }
        let operand = self.operand(operand)?;
        let candidates = candidates.iter().map(|one| self.operand(one)).collect::<Result<_, _>>()?;
        Ok(ConditionNode::In { operand, candidates })
    }

    fn type_test(&self, operand: &Expr, name: &TypeName) -> Lowered {
        match name {
            TypeName::Missing => Ok(ConditionNode::NotExists(path_of(operand, "IS")?)),
            TypeName::Code(code) => Ok(ConditionNode::Type {
                operand: self.operand(operand)?,
                code: OperandNode::Value(Arc::new(Value::S((*code).to_owned()))),
            }),
            TypeName::Unsupported(name) => Err(StatementError::UnsupportedIs(name.clone())),
        }
    }

    fn operand(&self, expression: &Expr) -> Result<Operand, StatementError> {
        match &expression.node {
            Node::Path(path) => Ok(OperandNode::Path(path.clone())),
            Node::Call(function, arguments) if function == "size" => {
                let [argument] = exactly("size", arguments)?;
                Ok(OperandNode::Size(Box::new(self.operand(argument)?)))
            }
            Node::Call(function, _) => Err(match known_function(function) {
                Some(known) => Problem::MisusedFunction(known).into(),
                None => StatementError::UnknownFunction(function.clone(), expression.place),
            }),
            _ if Self::is_literal(expression) => Ok(OperandNode::Value(self.literal(expression)?)),
            _ => Err(unsupported(expression)),
        }
    }

    fn call(&self, function: &str, arguments: &[Expr], whole: &Expr) -> Lowered {
        let Some(function) = known_function(function) else {
            return Err(StatementError::UnknownFunction(function.to_owned(), whole.place));
        };
        if let "attribute_exists" | "attribute_not_exists" = function {
            let [path] = exactly(function, arguments)?;
            let path = path_of(path, function)?;
            return Ok(match function {
                "attribute_exists" => ConditionNode::Exists(path),
                _ => ConditionNode::NotExists(path),
            });
        }
        if function == "size" {
            exactly::<1>(function, arguments)?;
            return Err(Problem::MisusedFunction("size").into());
        }
        let [first, second] = exactly(function, arguments)?;
        let (operand, second) = (self.operand(first)?, self.operand(second)?);
        Ok(match function {
            "attribute_type" => ConditionNode::Type { operand, code: second },
            "begins_with" => ConditionNode::BeginsWith { operand, prefix: second },
            _ => ConditionNode::Contains { operand, element: second },
        })
    }
}

/// The arguments, if there are as many as the function takes.
pub(super) fn exactly<'e, const COUNT: usize>(
    function: &'static str,
    arguments: &'e [Expr],
) -> Result<&'e [Expr; COUNT], StatementError> {
    let count = arguments.len();
    arguments.try_into().map_err(|_| Problem::OperandCount { function, count }.into())
}

fn path_of(expression: &Expr, function: &'static str) -> Result<Path, StatementError> {
    match &expression.node {
        Node::Path(path) => Ok(path.clone()),
        _ => Err(Problem::RequiresPath(function).into()),
    }
}
