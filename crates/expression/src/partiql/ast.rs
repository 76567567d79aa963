//! The tree of a statement, as written: nothing of it depends on parameters or tables.

use crate::path::Path;
use crate::tree::Comparator;
use std::fmt;

/// A place in a statement, as messages tell it: `line:column:length`, counted in characters from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
    /// How many characters.
    pub length: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}", self.line, self.column, self.length)
    }
}

/// A whole statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// `SELECT`
    Select(Select),
    /// `INSERT`
    Insert(Insert),
    /// `UPDATE`
    Update(UpdateStatement),
    /// `DELETE`
    Delete(Delete),
    /// `EXISTS(SELECT ..)`: a condition of a transaction.
    Exists(Select),
}

impl Statement {
    /// The table, and the index if one is named.
    pub fn source(&self) -> &Source {
        match self {
            Self::Select(select) | Self::Exists(select) => &select.source,
            Self::Insert(insert) => &insert.source,
            Self::Update(update) => &update.source,
            Self::Delete(delete) => &delete.source,
        }
    }

    /// Whether it only reads.
    pub fn is_read(&self) -> bool {
        matches!(self, Self::Select(_))
    }
}

/// What a statement is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The table.
    pub table: String,
    /// Its index.
    pub index: Option<String>,
}

/// `SELECT columns FROM source WHERE condition ORDER BY terms`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Select {
    /// The columns; `None` is `*`.
    pub columns: Option<Vec<Path>>,
    /// Where from.
    pub source: Source,
    /// Which items.
    pub condition: Option<Expr>,
    /// In which order; may be empty.
    pub order: Vec<OrderTerm>,
}

/// A term of ORDER BY.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderTerm {
    /// What is ordered by.
    pub path: Path,
    /// Whether the highest comes first.
    pub descending: bool,
}

/// `INSERT INTO source VALUE item`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insert {
    /// Where to.
    pub source: Source,
    /// The item.
    pub item: Expr,
}

/// `UPDATE source SET .. REMOVE .. WHERE condition RETURNING ..`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateStatement {
    /// Where.
    pub source: Source,
    /// What is done, in the order written; at least one.
    pub changes: Vec<Change>,
    /// To which item.
    pub condition: Option<Expr>,
    /// What is answered of it.
    pub returning: Option<Returning>,
}

/// One change of an update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// `SET path = value`
    Set(Assignment),
    /// `REMOVE path`
    Remove(Path),
}

/// `path = value`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// What is assigned to.
    pub path: Path,
    /// What is assigned.
    pub value: Expr,
}

/// `DELETE FROM source WHERE condition RETURNING ALL OLD *`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delete {
    /// Where from.
    pub source: Source,
    /// Which item.
    pub condition: Option<Expr>,
    /// Whether it is answered.
    pub returning: Option<Returning>,
}

/// Before or after the write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// Before.
    Old,
    /// After.
    New,
}

/// What a write answers of its item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Returning {
    /// Only what it modified.
    pub modified: bool,
    /// As of when.
    pub version: Version,
}

impl Returning {
    /// As written, without the star.
    pub fn text(self) -> &'static str {
        match (self.modified, self.version) {
            (false, Version::Old) => "ALL OLD",
            (false, Version::New) => "ALL NEW",
            (true, Version::Old) => "MODIFIED OLD",
            (true, Version::New) => "MODIFIED NEW",
        }
    }
}

/// An expression and where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expr {
    /// What it is.
    pub node: Node,
    /// Its first token; of an operator, the operator.
    pub place: Place,
}

/// What IS tests for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeName {
    /// Nothing is there.
    Missing,
    /// The code of a type of values.
    Code(&'static str),
    /// A type of PartiQL that DynamoDB does not test for.
    Unsupported(String),
}

/// The expressions of statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// `'text'`
    Text(String),
    /// A number as written, with its sign.
    Number(String),
    /// `TRUE`, `FALSE`
    Boolean(bool),
    /// `NULL`
    Null,
    /// `MISSING`
    Missing,
    /// `?`, counted from 0.
    Parameter(usize),
    /// A document path.
    Path(Path),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `(a, b)`
    Sequence(Vec<Expr>),
    /// `<<a, b>>`
    Bag(Vec<Expr>),
    /// `{'a': b}`
    Struct(Vec<(String, Expr)>),
    /// `function(arguments)`, the name in lower case.
    Call(String, Vec<Expr>),
    /// `(SELECT ..)`
    Subquery,
    /// `EXISTS(SELECT ..)`; the place is that of SELECT.
    Exists(Box<Select>),
    /// `NOT a`
    Not(Box<Expr>),
    /// `a AND b AND ..`
    And(Vec<Expr>),
    /// `a OR b OR ..`
    Or(Vec<Expr>),
    /// `a = b`
    Compare(Box<Expr>, Comparator, Box<Expr>),
    /// `a BETWEEN b AND c`
    Between(Box<[Expr; 3]>),
    /// `a IN [b, c]`
    In(Box<Expr>, Vec<Expr>),
    /// `a IS type`
    Is(Box<Expr>, TypeName),
    /// `a + b`
    Plus(Box<Expr>, Box<Expr>),
    /// `a - b`
    Minus(Box<Expr>, Box<Expr>),
}
