//! What can be wrong with a statement, in DynamoDB's words.

use super::ast::Place;
use crate::error::Problem;
use item::number::NumberError;

/// A statement that cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// The grammar does not take it; the detail may be empty.
    #[error("Statement wasn't well formed, can't be processed: {0}")]
    Malformed(&'static str),
    /// As before, with a detail that names what was expected.
    #[error("Statement wasn't well formed, can't be processed: Expected {0}")]
    Expected(&'static str),
    /// Another name for a table or a column.
    #[error("Aliasing is not supported")]
    Alias,
    /// An expression where a statement should be; its kind.
    #[error("Unsupported operation: {0}")]
    NoVerb(&'static str),
    /// An operator or a call where a statement should be.
    #[error("EXISTS can only be used in ExecuteTransaction write requests.")]
    ExistsAlone,
    /// More than a table and an index.
    #[error("A path may contain at most 2 components in the FROM clause")]
    LongSource,
    /// Fewer parameters than question marks.
    #[error("Number of parameters in request and statement don't match.")]
    TooFewParameters,
    /// What expressions refuse too.
    #[error("{0}")]
    Problem(#[from] Problem),
    /// A number that cannot be stored, and where in the value it stands.
    #[error("{error} under {path}")]
    Number {
        /// Why.
        error: NumberError,
        /// `root`, `root.x`, `root[1]`.
        path: String,
    },
    /// A value that nests too deeply, and where.
    #[error("Nesting Levels have exceeded supported limits under {0}")]
    Depth(String),
    /// A map key without a name.
    #[error("Path component cannot be an empty string")]
    EmptyName,
    /// `<<>>`
    #[error("Empty bags are not supported")]
    EmptyBag,
    /// A bag of something else than numbers or strings.
    #[error("Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags")]
    MixedBag,
    /// A bag with a string twice; all its strings.
    #[error("One or more parameter values were invalid: Input collection [{}] contains duplicates.", .0.join(", "))]
    RepeatedText(Vec<String>),
    /// A bag with a number twice.
    #[error("Input collection contains duplicates")]
    RepeatedNumber,
    /// An INSERT of something that is no item.
    #[error("Unsupported data type: {0} is not an item")]
    NoItem(&'static str),
    /// Something that is no value, where a value is inserted.
    #[error("Unsupported data type: {what} under key {path} at {place}")]
    NoValue {
        /// What stands there.
        what: String,
        /// Where in the value: `root`, `root.x`.
        path: String,
        /// Where in the statement.
        place: Place,
    },
    /// A function that does not exist here.
    #[error("Unrecognized function: {0} at {1}")]
    UnknownFunction(String, Place),
    /// Something else than a path among the columns.
    #[error("Unexpected path component at {0}")]
    NoColumn(Place),
    /// Something that no condition or update has.
    #[error("Unsupported token in expression: {0} at {1}")]
    UnsupportedToken(String, Place),
    /// IS with a type that it does not test.
    #[error(
        "Unsupported data type for IS operator: {0}. Supported data types are [MISSING, NULL, BOOLEAN, BLOB, STRING, \
         NUMERIC, STRUCT, TUPLE, LIST]"
    )]
    UnsupportedIs(String),
    /// `set_add` or `set_delete` of another path than the one assigned to.
    #[error("The first argument to {0} must equal the assignment value at {1}")]
    SetTarget(&'static str, Place),
    /// `set_add` or `set_delete` of something that is no set.
    #[error("The second argument to {0} must be a value with type SET at {1}")]
    SetValue(&'static str, Place),
    /// `set_add` or `set_delete` with one argument, or three.
    #[error("{0} must have exactly two arguments at {1}")]
    SetArguments(&'static str, Place),
    /// RETURNING with what DELETE cannot return.
    #[error(
        "Invalid returning clause: RETURNING {0} *. Only RETURNING ALL OLD * is allowed in DELETE statements."
    )]
    Returning(&'static str),
    /// A write whose WHERE leaves a key attribute open.
    #[error("Where clause does not contain a mandatory equality on all key attributes")]
    KeyOpen,
    /// A write with several conditions on one key attribute.
    #[error("Multiple conditions on same key {0}. Only single item Update/Insert/Delete are supported")]
    KeyTwice(String),
    /// A key of a type that no key has.
    #[error("Key value must be of type S, N, or B. Key name: {name}, Key type: {kind}")]
    NoKeyType {
        /// The attribute.
        name: String,
        /// The type.
        kind: &'static str,
    },
    /// A key of another type than the table's.
    #[error("Key attribute's data type should match its data type in table's schema: Key {0}")]
    KeyType(String),
    /// ORDER BY without WHERE.
    #[error("Must have WHERE clause in the statement when using ORDER BY clause.")]
    OrderWithoutWhere,
    /// ORDER BY something outside the key.
    #[error("Attribute {0} in ORDER BY clause must be part of the primary key")]
    OrderOutsideKey(String),
    /// ORDER BY over all partitions.
    #[error(
        "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause."
    )]
    OrderWithoutPartition,
    /// ORDER BY the sort key alone over several partitions.
    #[error(
        "Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause."
    )]
    OrderNeedsPartition,
}
