//! PartiQL statements on tables: what a statement reads or writes becomes a part of the one read path or an
//! action of the one write path.
//!
//! A statement is compiled before its table is looked up ([`compile`]); then its table says which item a write
//! is about ([`write`]) and which parts of it a read looks at ([`read`]).

mod point;
mod read;
mod returned;
mod token;
mod write;

pub(crate) use point::{PointRead, pinned};
pub(crate) use read::{ReadPlan, named, write_columns};
pub(crate) use returned::{Refused, failed, returned};
pub(crate) use token::{fingerprint, position, token_of};
pub(crate) use write::WriteStatement;
use write::table_key;

use expression::partiql::{Lowering, OrderTerm, Source, Statement, StatementError};
use expression::{Condition, Path};
use std::borrow::Cow;
use wire::ApiError;
use wire::dynamodb::statement::Statement as Request;

/// A statement with its parameters, as far as it can be understood without its table.
#[derive(Debug)]
pub(crate) enum Compiled {
    /// It reads.
    Read(ReadStatement),
    /// It writes one item, or checks one.
    Write(WriteStatement),
}

/// A SELECT.
#[derive(Debug)]
pub(crate) struct ReadStatement {
    /// The table, and the index if one is named.
    pub(crate) source: Source,
    /// The columns; all without it.
    pub(crate) columns: Option<Vec<Path>>,
    /// Which items.
    pub(crate) condition: Option<Condition>,
    /// In which order.
    pub(crate) order: Vec<OrderTerm>,
}

/// What is wrong with a statement and its table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// The statement itself.
    Statement(Cow<'static, str>),
    /// Its key, which cannot be one of the table.
    Key(Cow<'static, str>),
    /// Its key, which is of another type than the table's.
    KeyType(Cow<'static, str>),
}

impl Misfit {
    /// As said by itself.
    pub(crate) fn text(self) -> Cow<'static, str> {
        match self {
            Misfit::Statement(text) | Misfit::Key(text) | Misfit::KeyType(text) => text,
        }
    }

    /// As the error of a request.
    pub(crate) fn into_error(self) -> ApiError {
        ApiError::validation(self.text())
    }
}

impl From<StatementError> for Misfit {
    fn from(error: StatementError) -> Misfit {
        match error {
            StatementError::KeyType(_) => Misfit::KeyType(error.to_string().into()),
            error => Misfit::Statement(error.to_string().into()),
        }
    }
}

/// Parses a statement and puts in its parameters.
///
/// # Errors
/// What is wrong with it, whatever its table.
pub(crate) fn compile(request: &Request) -> Result<Compiled, StatementError> {
    let statement = Statement::parse(&request.text)?;
    let lowering = Lowering::new(request.parameters.iter().cloned());
    match statement {
        Statement::Select(select) => {
            let condition = select.condition.map(|condition| lowering.condition(&condition)).transpose()?;
            let (source, columns, order) = (select.source, select.columns, select.order);
            Ok(Compiled::Read(ReadStatement { source, columns, condition, order }))
        }
        write => WriteStatement::new(write, &lowering).map(Compiled::Write),
    }
}
