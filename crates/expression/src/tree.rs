//! The shape of expressions, before and after their placeholders are resolved.
//!
//! One shape for both: as parsed, a path is a [`PathAst`] and a value its placeholder; bound to a request, a
//! path is a [`Path`](crate::Path) and a value a [`Literal`]. The nodes are public so that the request
//! parameters from before expressions can be turned into the same trees.

use item::{Name, Value};
use std::sync::Arc;

/// A value of the request, shared by all places that use it.
pub type Literal = Arc<Value>;

/// The placeholder of a value: `:v`.
pub type Placeholder = Name;

/// A name in a document path as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameAst {
    /// An attribute name.
    Plain(Name),
    /// A placeholder: `#n`.
    Placeholder(Name),
}

/// A step of a document path as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepAst {
    /// Into a list.
    Index(usize),
    /// Into a map.
    Key(NameAst),
}

/// A document path as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathAst {
    /// The attribute of the item.
    pub root: NameAst,
    /// The way from there.
    pub steps: Vec<StepAst>,
}

/// `=` and its sisters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparator {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparator {
    /// As written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// Whether it asks for an order, which not all types have.
    pub fn is_ordering(self) -> bool {
        !matches!(self, Self::Equal | Self::NotEqual)
    }

    /// The same comparison with its sides exchanged.
    pub fn flipped(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            same => same,
        }
    }
}

/// A side of a comparison or an argument of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OperandNode<P, V> {
    /// A value of the item.
    Path(P),
    /// A value of the request.
    Value(V),
    /// `size(operand)`
    Size(Box<OperandNode<P, V>>),
}

/// A condition, true or false of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConditionNode<P, V> {
    /// All hold; two or more.
    And(Vec<Self>),
    /// One holds; two or more.
    Or(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// `left comparator right`
    Compare {
        /// The left side.
        left: OperandNode<P, V>,
        /// The comparator.
        comparator: Comparator,
        /// The right side.
        right: OperandNode<P, V>,
    },
    /// `operand BETWEEN low AND high`, both included.
    Between {
        /// What is tested.
        operand: OperandNode<P, V>,
        /// The lower bound.
        low: OperandNode<P, V>,
        /// The upper bound.
        high: OperandNode<P, V>,
    },
    /// `operand IN (candidates)`
    In {
        /// What is tested.
        operand: OperandNode<P, V>,
        /// At least one.
        candidates: Vec<OperandNode<P, V>>,
    },
    /// `attribute_exists(path)`
    Exists(P),
    /// `attribute_not_exists(path)`
    NotExists(P),
    /// `attribute_type(operand, name)`
    Type {
        /// What is tested.
        operand: OperandNode<P, V>,
        /// A string: the type's code.
        code: OperandNode<P, V>,
    },
    /// `begins_with(operand, prefix)`
    BeginsWith {
        /// What is tested.
        operand: OperandNode<P, V>,
        /// The prefix.
        prefix: OperandNode<P, V>,
    },
    /// `contains(operand, element)`
    Contains {
        /// What is tested.
        operand: OperandNode<P, V>,
        /// The element or part.
        element: OperandNode<P, V>,
    },
}

/// An operand of SET.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetOperandNode<P, V> {
    /// A value of the item.
    Path(P),
    /// A value of the request.
    Value(V),
    /// `if_not_exists(path, otherwise)`
    IfNotExists(P, Box<Self>),
    /// `list_append(front, back)`
    ListAppend(Box<Self>, Box<Self>),
}

/// What SET gives a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetValueNode<P, V> {
    /// An operand.
    Operand(SetOperandNode<P, V>),
    /// `left + right`
    Plus(SetOperandNode<P, V>, SetOperandNode<P, V>),
    /// `left - right`
    Minus(SetOperandNode<P, V>, SetOperandNode<P, V>),
}

/// One action of an update expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionNode<P, V> {
    /// `SET path = value`
    Set(P, SetValueNode<P, V>),
    /// `REMOVE path`
    Remove(P),
    /// `ADD path value`
    Add(P, V),
    /// `DELETE path value`
    Delete(P, V),
}
