//! The size that an update request is charged with before anything is read: one that is charged more than
//! an item may hold is refused, however small the item would become.

use super::{SetOperand, SetValue, Update};
use crate::path::{Path, Step};
use crate::tree::{ActionNode, SetOperandNode, SetValueNode};

impl Update {
    /// The charge, in bytes. Attributes that the request does not name, and the key, are free; so is whatever is
    /// not an expression.
    pub fn request_charge(&self) -> usize {
        if self.of_attributes {
            return 0;
        }
        let actions = self.actions.iter().map(|action| match action {
            ActionNode::Set(path, value) => 19 + target(path) + set_value(value),
            ActionNode::Add(path, value) => 19 + target(path) + value.size(),
            ActionNode::Remove(path) | ActionNode::Delete(path, _) => 1 + target(path),
        });
        3 + actions.sum::<usize>()
    }
}

/// The size of an element of a path.
fn element(step: &Step) -> usize {
    match step {
        Step::Key(name) => name.len(),
        Step::Index(index) => index.checked_ilog10().unwrap_or(0) as usize + 1,
    }
}

fn target(path: &Path) -> usize {
    path.root.len() + path.steps.iter().map(|step| 4 + element(step)).sum::<usize>()
}

fn source(path: &Path) -> usize {
    1 + 14 + path.root.len() + path.steps.iter().map(|step| 14 + element(step)).sum::<usize>()
}

fn set_value(value: &SetValue) -> usize {
    match value {
        SetValueNode::Operand(one) => operand(one),
        SetValueNode::Plus(left, right) => 34 + operand(left) + operand(right),
        SetValueNode::Minus(left, right) => 37 + operand(left) + operand(right),
    }
}

fn operand(operand_node: &SetOperand) -> usize {
    match operand_node {
        SetOperandNode::Path(path) => source(path),
        SetOperandNode::Value(value) => value.size(),
        SetOperandNode::IfNotExists(path, otherwise) => 39 + source(path) + operand(otherwise),
        SetOperandNode::ListAppend(front, back) => 37 + operand(front) + operand(back),
    }
}
