//! SET and REMOVE as an update.

use super::condition::exactly;
use super::{Lowering, unsupported};
use crate::partiql::ast::{Assignment, Change, Expr, Node};
use crate::partiql::error::StatementError;
use crate::tree::{ActionNode, OperandNode, SetOperandNode, SetValueNode};
use crate::update::{Action, SetOperand, SetValue, Update};
use item::Value;

impl Lowering {
    /// The update that these changes are.
    ///
    /// # Errors
    /// When paths meet, or a value is not one the operator or function takes.
    pub fn update(&self, changes: &[Change]) -> Result<Update, StatementError> {
        let action = |change: &Change| match change {
            Change::Remove(path) => Ok(ActionNode::Remove(path.clone())),
            Change::Set(assignment) => self.assignment(assignment),
        };
        let update = Update::new(changes.iter().map(action).collect::<Result<_, _>>()?);
        update.check()?;
        Ok(update)
    }

    fn assignment(&self, assignment: &Assignment) -> Result<Action, StatementError> {
        let (path, value) = (&assignment.path, &assignment.value);
        Ok(match &value.node {
            Node::Call(function, arguments) if function == "set_add" => {
                ActionNode::Add(path.clone(), self.set_argument("SET_ADD", assignment, arguments)?)
            }
            Node::Call(function, arguments) if function == "set_delete" => {
                ActionNode::Delete(path.clone(), self.set_argument("SET_DELETE", assignment, arguments)?)
            }
            _ => ActionNode::Set(path.clone(), self.set_value(value)?),
        })
    }

    /// The set that `set_add` or `set_delete` adds or takes away.
    fn set_argument(
        &self,
        function: &'static str,
        assignment: &Assignment,
        arguments: &[Expr],
    ) -> Result<crate::tree::Literal, StatementError> {
        let [target, set] = arguments else {
            return Err(StatementError::SetArguments(function, assignment.value.place));
        };
        if !matches!(&target.node, Node::Path(path) if *path == assignment.path) {
            return Err(StatementError::SetTarget(function, target.place));
        }
        let no_set = || StatementError::SetValue(function, target.place);
        if !Self::is_literal(set) {
            return Err(no_set());
        }
        let set = self.literal(set)?;
        if matches!(&*set, Value::Ss(_) | Value::Ns(_) | Value::Bs(_)) { Ok(set) } else { Err(no_set()) }
    }

    fn set_value(&self, value: &Expr) -> Result<SetValue, StatementError> {
        Ok(match &value.node {
            Node::Plus(left, right) => SetValueNode::Plus(self.set_operand(left)?, self.set_operand(right)?),
            Node::Minus(left, right) => {
                SetValueNode::Minus(self.set_operand(left)?, self.set_operand(right)?)
            }
            _ => SetValueNode::Operand(self.set_operand(value)?),
        })
    }

    fn set_operand(&self, operand: &Expr) -> Result<SetOperand, StatementError> {
        match &operand.node {
            Node::Path(path) => Ok(SetOperandNode::Path(path.clone())),
            Node::Call(function, arguments) if function == "list_append" => {
                let [front, back] = exactly("list_append", arguments)?;
                let front = Box::new(self.set_operand(front)?);
                Ok(SetOperandNode::ListAppend(front, Box::new(self.set_operand(back)?)))
            }
            Node::Call(function, _) => Err(StatementError::UnknownFunction(function.clone(), operand.place)),
            _ if Self::is_literal(operand) => Ok(SetOperandNode::Value(self.literal(operand)?)),
            _ => Err(unsupported(operand)),
        }
    }
}

/// Whether a condition's operand is a value of the request.
pub(super) fn value_of<P>(operand: &OperandNode<P, crate::tree::Literal>) -> Option<&crate::tree::Literal> {
    match operand {
        OperandNode::Value(value) => Some(value),
        _ => None,
    }
}
