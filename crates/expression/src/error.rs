//! What can be wrong with an expression, said in DynamoDB's words.
//!
//! [`ExpressionError`] is found before an item is read; [`UpdateError`] needs the stored item. `Display` is
//! the exact text, without the `1 validation error detected: ` that some operations put before it.

use crate::kind::ExpressionKind;
use item::Name;
use std::fmt;

/// An expression, or what was sent along with it, is not acceptable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// A fault in one expression.
    #[error("Invalid {kind}: {problem}")]
    Invalid {
        /// Whose.
        kind: ExpressionKind,
        /// Which.
        problem: Problem,
    },
    /// `ExpressionAttributeNames` was sent, but no expression.
    #[error("ExpressionAttributeNames can only be specified when using expressions")]
    NamesWithoutExpression,
    /// `ExpressionAttributeValues` was sent, but no expression.
    #[error("ExpressionAttributeValues can only be specified when using expressions")]
    ValuesWithoutExpression,
    /// `ExpressionAttributeNames` is `{}`.
    #[error("ExpressionAttributeNames must not be empty")]
    EmptyNames,
    /// `ExpressionAttributeValues` is `{}`.
    #[error("ExpressionAttributeValues must not be empty")]
    EmptyValues,
    /// A key of `ExpressionAttributeNames` is no placeholder.
    #[error("ExpressionAttributeNames contains invalid key: Syntax error; key: \"{0}\"")]
    InvalidNameKey(String),
    /// A key of `ExpressionAttributeValues` is no placeholder.
    #[error("ExpressionAttributeValues contains invalid key: Syntax error; key: \"{0}\"")]
    InvalidValueKey(String),
    /// A key of `ExpressionAttributeNames` is longer than allowed.
    #[error(
        "ExpressionAttributeNames contains invalid key: The expression attribute map contains a key that is too \
         long; key size: {0}"
    )]
    NameKeyTooLong(usize),
    /// A key of `ExpressionAttributeValues` is longer than allowed.
    #[error(
        "ExpressionAttributeValues contains invalid key: The expression attribute map contains a key that is too \
         long; key size: {0}"
    )]
    ValueKeyTooLong(usize),
    /// A placeholder stands for an attribute name of no length.
    #[error("ExpressionAttributeNames contains invalid value: Empty attribute name for key {0}")]
    EmptyAttributeName(String),
    /// A placeholder stands for an attribute name that is too long.
    #[error("Attribute name is too large, must be less than 65536 bytes")]
    AttributeNameTooLong,
    /// Names that no expression uses, in the order sent.
    #[error("Value provided in ExpressionAttributeNames unused in expressions: keys: {{{}}}", .0.join(", "))]
    UnusedNames(Vec<String>),
    /// Values that no expression uses, in the order sent.
    #[error("Value provided in ExpressionAttributeValues unused in expressions: keys: {{{}}}", .0.join(", "))]
    UnusedValues(Vec<String>),
    /// A key condition that the table or index cannot serve.
    #[error(transparent)]
    Key(#[from] KeyConditionError),
}

impl ExpressionError {
    /// The text that also tells the size of an expression that is too long, which some operations still give;
    /// `None` for every other error.
    pub fn with_expression_size(&self) -> Option<String> {
        match self {
            Self::Invalid { problem: Problem::TooLong(size), .. } => {
                Some(format!("{} expression size: {size}", self))
            }
            _ => None,
        }
    }
}

/// A fault in one expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The text is empty.
    #[error("The expression can not be empty;")]
    Empty,
    /// The text has more than 4096 bytes; how many.
    #[error("Expression size has exceeded the maximum allowed size;")]
    TooLong(usize),
    /// The grammar does not take this token here.
    #[error("Syntax error; token: \"{token}\", near: \"{near}\"")]
    Syntax {
        /// The token.
        token: String,
        /// The token with its neighbours.
        near: String,
    },
    /// A reserved word stands where an attribute name is meant; the word as written.
    #[error("Attribute name is a reserved keyword; reserved keyword: {0}")]
    ReservedKeyword(Name),
    /// Parentheses around parentheses.
    #[error("The expression has redundant parentheses;")]
    RedundantParentheses,
    /// More than 300 operators and functions; how many.
    #[error("The expression contains too many operators; operator count: {0}")]
    TooManyOperators(usize),
    /// More than 100 operands of IN; how many.
    #[error("The IN operator is provided with too many operands; number of operands: {0}")]
    TooManyInOperands(usize),
    /// A path of more than 32 elements; how many.
    #[error("The document path has too many nesting elements; nesting levels: {0}")]
    PathTooDeep(usize),
    /// A list position that no list can have; as written.
    #[error("List index is not within the allowable range; index: [{0}]")]
    IndexOutOfRange(String),
    /// No such function.
    #[error("Invalid function name; function: {0}")]
    UnknownFunction(String),
    /// A function of update expressions in a condition.
    #[error("The function is not allowed in a condition expression; function: {0}")]
    NotInConditions(&'static str),
    /// A function of conditions in an update expression.
    #[error("The function is not allowed in an update expression; function: {0}")]
    NotInUpdates(&'static str),
    /// A condition where a value is meant, or the reverse.
    #[error("The function is not allowed to be used this way in an expression; function: {0}")]
    MisusedFunction(&'static str),
    /// A function with the wrong number of arguments.
    #[error(
        "Incorrect number of operands for operator or function; operator or function: {function}, number of \
         operands: {count}"
    )]
    OperandCount {
        /// The function.
        function: &'static str,
        /// How many it was given.
        count: usize,
    },
    /// A function whose first argument must be a path.
    #[error("Operator or function requires a document path; operator or function: {0}")]
    RequiresPath(&'static str),
    /// A placeholder that `ExpressionAttributeNames` does not define.
    #[error("An expression attribute name used in the document path is not defined; attribute name: {0}")]
    UndefinedName(Name),
    /// A placeholder that `ExpressionAttributeValues` does not define.
    #[error("An expression attribute value used in expression is not defined; attribute value: {0}")]
    UndefinedValue(Name),
    /// A value of a type the operator or function does not take.
    #[error(
        "Incorrect operand type for operator or function; operator or function: {operator}, operand type: {operand}"
    )]
    OperandType {
        /// The operator or function.
        operator: &'static str,
        /// The type of the value.
        operand: &'static str,
    },
    /// A value of a type that ADD or DELETE does not take.
    #[error(
        "Incorrect operand type for operator or function; operator: {action}, operand type: {operand}, typeSet: \
         ALLOWED_FOR_ADD_OPERAND"
    )]
    ActionOperandType {
        /// ADD or DELETE.
        action: &'static str,
        /// The type of the value, spelled out.
        operand: &'static str,
    },
    /// The same path on both sides.
    #[error(
        "The first operand must be distinct from the remaining operands for this operator or function; operator: \
         {operator}, first operand: {operand}"
    )]
    SameOperand {
        /// The operator or function.
        operator: &'static str,
        /// The path.
        operand: String,
    },
    /// `attribute_type` with a type that does not exist.
    #[error("Invalid attribute type name found; type: {0}, valid types: {{N,BS,L,B,NULL,M,S,SS,NS,BOOL}}")]
    UnknownType(String),
    /// BETWEEN with its bounds in the wrong order.
    #[error(
        "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound \
         operand: {lower}, upper bound operand: {upper}"
    )]
    BoundsReversed {
        /// The lower bound.
        lower: String,
        /// The upper bound.
        upper: String,
    },
    /// BETWEEN with bounds of two types.
    #[error(
        "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: {lower}, \
         upper bound operand: {upper}"
    )]
    BoundsDiffer {
        /// The lower bound.
        lower: String,
        /// The upper bound.
        upper: String,
    },
    /// A clause of an update expression stands twice.
    #[error("The \"{0}\" section can only be used once in an update expression;")]
    RepeatedSection(&'static str),
    /// One path lies on the other.
    #[error(
        "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: {0}, \
         path two: {1}"
    )]
    PathsOverlap(String, String),
    /// One path takes for a map what the other takes for a list.
    #[error(
        "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: {0}, \
         path two: {1}"
    )]
    PathsConflict(String, String),
    /// A key condition on something inside an attribute.
    #[error("KeyConditionExpressions cannot have conditions on nested attributes")]
    NestedKey,
    /// Two key conditions on one attribute.
    #[error("KeyConditionExpressions must only contain one condition per key")]
    RepeatedKey,
    /// A function inside a key condition.
    #[error("KeyConditionExpressions cannot contain nested operations")]
    NestedKeyOperation,
    /// Something else than equalities in a search condition.
    #[error("Invalid comparator used in SearchConditionExpression")]
    SearchComparator,
    /// A search condition on something inside an attribute.
    #[error("SearchConditionExpression cannot have conditions on nested attributes")]
    NestedSearch,
    /// Two search conditions on one attribute.
    #[error("SearchConditionExpression must only contain one condition per attribute")]
    RepeatedSearch,
}

impl Problem {
    /// The fault as an error of an expression of this kind.
    pub fn of(self, kind: ExpressionKind) -> ExpressionError {
        ExpressionError::Invalid { kind, problem: self }
    }
}

/// A key condition that cannot be served.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyConditionError {
    /// An operator or function that key conditions do not have.
    #[error("Invalid operator used in KeyConditionExpression: {0}")]
    Operator(&'static str),
    /// A condition between two attributes.
    #[error("Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition")]
    SeveralAttributes,
    /// A condition between values alone.
    #[error("Invalid condition in KeyConditionExpression: No key attribute specified")]
    NoAttribute,
    /// An operator whose first operand must be the key attribute.
    #[error(
        "Invalid condition in KeyConditionExpression: {0} operator must have the key attribute as its first operand"
    )]
    AttributeNotFirst(&'static str),
    /// More conditions than key attributes.
    #[error(
        "The number of query conditions ({conditions}) exceeds the number of key attributes defined in the \
         schema ({attributes})"
    )]
    TooMany {
        /// How many conditions.
        conditions: usize,
        /// How many key attributes.
        attributes: usize,
    },
    /// A key attribute has no condition and needs one.
    #[error("Query condition missed key schema element: {0}")]
    Missed(String),
    /// A partition key of one attribute with something else than an equality.
    #[error("Query key condition not supported")]
    NotSupported,
    /// Attributes of a partition key of several attributes without an equality.
    #[error("HASH key attributes {} must have equality conditions specified in the query", .0.join(", "))]
    PartitionNeedsEquality(Vec<String>),
    /// Sort attributes without an equality before the one with the last condition.
    #[error(
        "RANGE key attributes {} must have equality conditions specified in the query because a condition is \
         present on key attribute {on}", .attributes.join(", ")
    )]
    SortNeedsEquality {
        /// Those without.
        attributes: Vec<String>,
        /// The attribute that has a condition.
        on: String,
    },
    /// A value of another type than the key attribute.
    #[error("One or more parameter values were invalid: Condition parameter type does not match schema type")]
    TypeMismatch,
    /// A value that no key can have.
    #[error(
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an \
         empty {} value. Key: {key}", if *.binary { "binary" } else { "string" }
    )]
    EmptyValue {
        /// The attribute.
        key: String,
        /// Whether it is binary.
        binary: bool,
    },
    /// A filter on an attribute of the key.
    #[error("Filter Expression can only contain non-primary key attributes: Primary key attribute: {0}")]
    FilterOnKey(String),
    /// The same, of a filter that came as `QueryFilter`.
    #[error("QueryFilter can only contain non-primary key attributes: Primary key attribute: {0}")]
    QueryFilterOnKey(String),
    /// `KeyConditions` with an operator that no key can be searched by.
    #[error("Attempted conditional constraint is not an indexable operation")]
    NotIndexable,
}

/// An update that does not fit the stored item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpdateError {
    /// The value above the one to update is missing or neither map nor list.
    #[error("The document path provided in the update expression is invalid for update")]
    InvalidPath,
    /// A stored operand has the wrong type.
    #[error("An operand in the update expression has an incorrect data type")]
    OperandType,
    /// The same, of an update that came as `AttributeUpdates`.
    #[error("Type mismatch for attribute to update")]
    AttributeType,
    /// A stored operand is missing.
    #[error("The provided expression refers to an attribute that does not exist in the item")]
    MissingAttribute,
    /// A sum that is no DynamoDB number.
    #[error("{0}")]
    Number(item::number::NumberError),
    /// The updated item has more than 32 levels.
    #[error("Nesting Levels have exceeded supported limits")]
    TooDeep,
}

/// Why a stored item is not updated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoredUpdateError {
    /// The update does not fit the item.
    #[error(transparent)]
    Update(#[from] UpdateError),
    /// The item's bytes are damaged.
    #[error(transparent)]
    Corrupt(#[from] item::CorruptItem),
}

/// A value as BETWEEN's messages print it.
pub(crate) struct Printed<'a>(pub(crate) &'a item::Value);

impl fmt::Display for Printed<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        use crate::value_ref::ValueRef;
        use base64::Engine;
        use item::Value;
        match self.0 {
            Value::S(text) => write!(formatter, "AttributeValue: {{S:{text}}}"),
            Value::N(number) => write!(formatter, "AttributeValue: {{N:{number}}}"),
            Value::B(bytes) => {
                let text = base64::engine::general_purpose::STANDARD.encode(bytes);
                write!(formatter, "AttributeValue: {{B:{text}}}")
            }
            other => write!(formatter, "AttributeValue: {{{}}}", ValueRef::Tree(other).type_code()),
        }
    }
}
