//! Updates: the actions of an update expression, bound to a request.

mod apply;
mod charge;
mod stored;

pub use apply::Updated;

use crate::bindings::Bindings;
use crate::condition::require_value;
use crate::error::{ExpressionError, Problem};
use crate::kind::ExpressionKind;
use crate::parser::UpdateAst;
use crate::path::{Path, Step, require_apart};
use crate::projection::project;
use crate::tree::{ActionNode, Literal, PathAst, Placeholder, SetOperandNode, SetValueNode};
use crate::value_ref::{Attributes, ValueRef};
use item::{Map, Name, Stored, Value};

/// One action, with every placeholder resolved.
pub type Action = ActionNode<Path, Literal>;

/// What SET gives a path, with every placeholder resolved.
pub type SetValue = SetValueNode<Path, Literal>;

/// An operand of SET, with every placeholder resolved.
pub type SetOperand = SetOperandNode<Path, Literal>;

/// What is to be done to an item.
///
/// All actions read the item as it was before: their order has no meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// In the order written.
    actions: Vec<Action>,
    /// The actions in the order of their paths.
    sorted: Vec<usize>,
    /// Whether they come of `AttributeUpdates`, which have a text of their own for a stored operand of the wrong
    /// type and are not charged for beforehand.
    of_attributes: bool,
}

impl<P, V> ActionNode<P, V> {
    /// What the action writes.
    pub fn path(&self) -> &P {
        match self {
            Self::Set(path, _) | Self::Remove(path) | Self::Add(path, _) | Self::Delete(path, _) => path,
        }
    }
}

impl Update {
    /// Binds an update expression to the request's names and values.
    ///
    /// # Errors
    /// When a placeholder is not defined, paths meet, or a value is not one the operator takes.
    pub fn bind(ast: &UpdateAst, bindings: &mut Bindings) -> Result<Self, ExpressionError> {
        bindings.resolve(ExpressionKind::Update, |bindings| {
            let actions = ast.actions.iter().map(|action| resolve(action, bindings));
            let update = Self::new(actions.collect::<Result<_, _>>()?);
            update.check()?;
            Ok(update)
        })
    }

    /// An update of these actions, of which no two write the same.
    pub fn new(actions: Vec<Action>) -> Self {
        let mut sorted: Vec<usize> = (0..actions.len()).collect();
        sorted.sort_by(|left, right| actions[*left].path().cmp(actions[*right].path()));
        Self { actions, sorted, of_attributes: false }
    }

    /// An update of whole attributes, none of them twice, that came as `AttributeUpdates`.
    pub(crate) fn of_attributes(actions: Vec<Action>) -> Self {
        Self { of_attributes: true, ..Self::new(actions) }
    }

    /// The actions, in the order written.
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// Whether the update makes an item where there is none: one that only removes does not.
    pub fn creates_item(&self) -> bool {
        self.actions.iter().any(|action| matches!(action, ActionNode::Set(..) | ActionNode::Add(..)))
    }

    /// The first of these attributes, in the order of the actions, that the update writes.
    pub fn touches_key<'k, K: AsRef<str>>(&self, keys: &'k [K]) -> Option<&'k str> {
        let key = |action: &Action| keys.iter().map(AsRef::as_ref).find(|key| *key == action.path().root);
        self.actions.iter().find_map(key)
    }

    /// What the paths of the update hold in `item`: the answer UPDATED_OLD, from the item as it was before.
    pub fn touched(&self, item: &impl Attributes) -> Map {
        project(item, &self.sorted_paths())
    }

    /// What the update wrote, and nothing else: the answer UPDATED_NEW, from the item before and after it.
    pub fn updated_new(&self, old: Option<&Stored>, new: &Stored) -> Map {
        let path_steps =
            |action: &Action| action.path().steps.iter().any(|step| matches!(step, Step::Index(_)));
        if !self.actions.iter().any(path_steps) {
            return self.touched(new);
        }
        // Elements of lists move when others go, so where they are now follows only from doing it again.
        let old = old.and_then(|old| old.decode().ok()).unwrap_or_default();
        self.apply_to(old).map(|updated| updated.updated_new()).unwrap_or_default()
    }

    /// The attributes it writes, in byte order, each once.
    pub fn written_names(&self) -> Vec<&Name> {
        let mut names: Vec<&Name> = self.sorted_paths().into_iter().map(|path| &path.root).collect();
        names.dedup();
        names
    }

    fn sorted_paths(&self) -> Vec<&Path> {
        self.sorted.iter().map(|at| self.actions[*at].path()).collect()
    }

    /// Refuses paths that meet, and values that the operators do not take.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        let written: Vec<&Path> = self.actions.iter().map(ActionNode::path).collect();
        require_apart(&written, &self.sorted_paths())?;
        self.actions.iter().try_for_each(check_action)
    }
}

fn resolve(action: &ActionNode<PathAst, Placeholder>, bindings: &mut Bindings) -> Result<Action, Problem> {
    Ok(match action {
        ActionNode::Set(path, value) => {
            let path = bindings.path(path)?;
            ActionNode::Set(path, resolve_value(value, bindings)?)
        }
        ActionNode::Remove(path) => ActionNode::Remove(bindings.path(path)?),
        ActionNode::Add(path, value) => ActionNode::Add(bindings.path(path)?, bindings.value(value)?),
        ActionNode::Delete(path, value) => ActionNode::Delete(bindings.path(path)?, bindings.value(value)?),
    })
}

fn resolve_value(
    value: &SetValueNode<PathAst, Placeholder>,
    bindings: &mut Bindings,
) -> Result<SetValue, Problem> {
    Ok(match value {
        SetValueNode::Operand(operand) => SetValueNode::Operand(resolve_operand(operand, bindings)?),
        SetValueNode::Plus(left, right) => {
            SetValueNode::Plus(resolve_operand(left, bindings)?, resolve_operand(right, bindings)?)
        }
        SetValueNode::Minus(left, right) => {
            SetValueNode::Minus(resolve_operand(left, bindings)?, resolve_operand(right, bindings)?)
        }
    })
}

fn resolve_operand(
    operand: &SetOperandNode<PathAst, Placeholder>,
    bindings: &mut Bindings,
) -> Result<SetOperand, Problem> {
    Ok(match operand {
        SetOperandNode::Path(path) => SetOperandNode::Path(bindings.path(path)?),
        SetOperandNode::Value(value) => SetOperandNode::Value(bindings.value(value)?),
        SetOperandNode::IfNotExists(path, otherwise) => {
            let path = bindings.path(path)?;
            SetOperandNode::IfNotExists(path, Box::new(resolve_operand(otherwise, bindings)?))
        }
        SetOperandNode::ListAppend(front, back) => {
            let front = Box::new(resolve_operand(front, bindings)?);
            SetOperandNode::ListAppend(front, Box::new(resolve_operand(back, bindings)?))
        }
    })
}

fn check_action(action: &Action) -> Result<(), Problem> {
    match action {
        ActionNode::Set(_, SetValueNode::Operand(operand)) => check_operand(operand),
        ActionNode::Set(_, SetValueNode::Plus(left, right)) => check_sum("+", left, right),
        ActionNode::Set(_, SetValueNode::Minus(left, right)) => check_sum("-", left, right),
        ActionNode::Remove(_) => Ok(()),
        ActionNode::Add(_, value) => match &**value {
            Value::N(_) | Value::Ss(_) | Value::Ns(_) | Value::Bs(_) => Ok(()),
            other => Err(Problem::ActionOperandType { action: "ADD", operand: spelled_type(other) }),
        },
        ActionNode::Delete(_, value) => match &**value {
            Value::Ss(_) | Value::Ns(_) | Value::Bs(_) => Ok(()),
            other => Err(Problem::ActionOperandType { action: "DELETE", operand: spelled_type(other) }),
        },
    }
}

/// The type as the messages about ADD and DELETE spell it.
fn spelled_type(value: &Value) -> &'static str {
    match value {
        Value::S(_) => "STRING",
        Value::N(_) => "NUMBER",
        Value::B(_) => "Binary",
        Value::L(_) => "LIST",
        Value::M(_) => "MAP",
        other => ValueRef::Tree(other).type_code(),
    }
}

fn check_sum(operator: &'static str, left: &SetOperand, right: &SetOperand) -> Result<(), Problem> {
    for operand in [left, right] {
        check_operand(operand)?;
        require_type(operator, operand, "N", |value| matches!(value, Value::N(_)))?;
    }
    Ok(())
}

fn check_operand(operand: &SetOperand) -> Result<(), Problem> {
    match operand {
        SetOperandNode::Path(_) | SetOperandNode::Value(_) => Ok(()),
        SetOperandNode::IfNotExists(_, otherwise) => check_operand(otherwise),
        SetOperandNode::ListAppend(front, back) => [front, back].into_iter().try_for_each(|operand| {
            check_operand(operand)?;
            require_type("list_append", operand, "L", |value| matches!(value, Value::L(_)))
        }),
    }
}

/// Refuses an operand whose type is known and not the one the operator takes.
fn require_type(
    operator: &'static str,
    operand: &SetOperand,
    code: &str,
    accepts: impl FnOnce(&Value) -> bool,
) -> Result<(), Problem> {
    match operand {
        SetOperandNode::Value(value) => require_value(operator, value, accepts),
        SetOperandNode::ListAppend(..) if code != "L" => Err(Problem::OperandType { operator, operand: "L" }),
        _ => Ok(()),
    }
}
