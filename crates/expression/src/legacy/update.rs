//! `AttributeUpdates` as an update.

use super::AttributeAction;
use crate::path::Path;
use crate::tree::{ActionNode, SetOperandNode, SetValueNode};
use crate::update::{Action, Update};
use item::{Name, Value};
use std::sync::Arc;

/// The update that these actions make, no two of which are on one attribute; `None` where there are none.
pub fn update(actions: Vec<(Name, AttributeAction)>) -> Option<Update> {
    let actions: Vec<Action> = actions.into_iter().map(|(name, action)| lowered(name, action)).collect();
    (!actions.is_empty()).then(|| Update::of_attributes(actions))
}

fn lowered(name: Name, action: AttributeAction) -> Action {
    let path = Path::attribute(name);
    match action {
        AttributeAction::Put(value) => {
            ActionNode::Set(path, SetValueNode::Operand(SetOperandNode::Value(value)))
        }
        // The ADD of expressions takes no lists.
        AttributeAction::Add(value) if matches!(*value, Value::L(_)) => {
            let none = SetOperandNode::Value(Arc::new(Value::L(Vec::new())));
            let old = SetOperandNode::IfNotExists(path.clone(), Box::new(none));
            let list = SetOperandNode::ListAppend(Box::new(old), Box::new(SetOperandNode::Value(value)));
            ActionNode::Set(path, SetValueNode::Operand(list))
        }
        AttributeAction::Add(value) => ActionNode::Add(path, value),
        AttributeAction::DeleteElements(value) => ActionNode::Delete(path, value),
        AttributeAction::Delete => ActionNode::Remove(path),
    }
}
