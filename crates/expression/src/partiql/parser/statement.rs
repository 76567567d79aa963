//! Statements and their clauses.

use super::{OPERATORS_MAX, Parser};
use crate::error::Problem;
use crate::partiql::ast::{
    Assignment, Change, Delete, Expr, Insert, Node, OrderTerm, Returning, Select, Source, Statement,
    UpdateStatement, Version,
};
use crate::partiql::error::StatementError;
use crate::partiql::lexer::Kind;
use crate::path::Path;

impl Parser<'_> {
    /// The whole text as one statement.
    pub(super) fn whole_statement(mut self) -> Result<Statement, StatementError> {
        let statement = self.statement()?;
        if self.accept(";") {
            if *self.kind(0) != Kind::End {
                return Err(StatementError::Malformed(
                    "Unexpected token after semicolon. (Only one query is allowed.)",
                ));
            }
        } else if *self.kind(0) != Kind::End {
            return Err(StatementError::Malformed("Unexpected token after expression"));
        }
        if self.operators > OPERATORS_MAX {
            return Err(Problem::TooManyOperators(self.operators).into());
        }
        match statement {
            Ok(statement) => Ok(statement),
            Err(expression) => no_statement(expression),
        }
    }

    /// A statement, or the expression that stands in its place.
    fn statement(&mut self) -> Result<Result<Statement, Expr>, StatementError> {
        Ok(Ok(if self.at_keyword("SELECT") {
            Statement::Select(self.select()?)
        } else if self.accept_keyword("INSERT") {
            Statement::Insert(self.insert()?)
        } else if self.accept_keyword("UPDATE") {
            Statement::Update(self.update()?)
        } else if self.accept_keyword("DELETE") {
            Statement::Delete(self.delete()?)
        } else if self.accept_keyword("FROM") {
            Statement::Update(self.update_from()?)
        } else {
            let expression = self.expression()?;
            match expression.node {
                Node::Exists(select) => Statement::Exists(*select),
                _ => return Ok(Err(expression)),
            }
        }))
    }

    /// `SELECT ..`, from its keyword on.
    pub(super) fn select(&mut self) -> Result<Select, StatementError> {
        self.advance();
        let columns = if self.accept("*") { None } else { Some(self.columns()?) };
        self.expect_keyword("FROM", "FROM keyword")?;
        let source = self.source()?;
        self.refuse_alias()?;
        let condition = self.condition()?;
        let mut order = Vec::new();
        if self.accept_keyword("ORDER") {
            self.expect_keyword("BY", "BY keyword")?;
            loop {
                let path = self.simple_path()?;
                let descending = self.accept_keyword("DESC");
                if !descending {
                    self.accept_keyword("ASC");
                }
                order.push(OrderTerm { path, descending });
                if !self.accept(",") {
                    break;
                }
            }
        }
        Ok(Select { columns, source, condition, order })
    }

    fn columns(&mut self) -> Result<Vec<Path>, StatementError> {
        let mut columns = Vec::new();
        loop {
            let column = self.expression()?;
            match column.node {
                Node::Path(path) => columns.push(path),
                _ => return Err(StatementError::NoColumn(column.place)),
            }
            if self.accept(",") {
                continue;
            }
            let is_name = matches!(self.kind(0), Kind::Quoted(_)) || self.at_keyword("AS");
            if is_name || (self.word(0).is_some() && !self.at_reserved()) {
                return Err(StatementError::Alias);
            }
            return Ok(columns);
        }
    }

    /// A table, or a table and an index.
    fn source(&mut self) -> Result<Source, StatementError> {
        let name = |parser: &mut Self| match parser.name() {
            Some(name) => Ok(name.into_string()),
            None => Err(StatementError::Malformed("Expected identifier for simple path")),
        };
        let table = name(self)?;
        let index = if self.accept(".") { Some(name(self)?) } else { None };
        if self.at_symbol(".") {
            return Err(StatementError::LongSource);
        }
        Ok(Source { table, index })
    }

    /// Refuses another name for a table.
    fn refuse_alias(&self) -> Result<(), StatementError> {
        let is_name = matches!(self.kind(0), Kind::Quoted(_))
            || ["AS", "AT", "BY"].iter().any(|word| self.at_keyword(word));
        let is_word = self.word(0).is_some() && !self.at_reserved();
        if is_name || is_word { Err(StatementError::Alias) } else { Ok(()) }
    }

    /// The WHERE clause, if there is one.
    fn condition(&mut self) -> Result<Option<Expr>, StatementError> {
        if self.accept_keyword("WHERE") { self.expression().map(Some) } else { Ok(None) }
    }

    fn insert(&mut self) -> Result<Insert, StatementError> {
        self.expect_keyword("INTO", "INTO keyword")?;
        let source = self.source()?;
        if !self.accept_keyword("VALUE") {
            return Err(StatementError::Malformed("Unexpected token after expression"));
        }
        Ok(Insert { source, item: self.expression()? })
    }

    fn update(&mut self) -> Result<UpdateStatement, StatementError> {
        let source = self.source()?;
        self.refuse_alias()?;
        let changes = self.changes()?;
        let condition = self.condition()?;
        let returning = self.returning()?;
        Ok(UpdateStatement { source, changes, condition, returning })
    }

    /// `FROM source WHERE condition SET ..`, from the source on.
    fn update_from(&mut self) -> Result<UpdateStatement, StatementError> {
        let source = self.source()?;
        self.refuse_alias()?;
        let condition = self.condition()?;
        let changes = self.changes()?;
        let returning = self.returning()?;
        Ok(UpdateStatement { source, changes, condition, returning })
    }

    /// Any number of SET and REMOVE clauses.
    fn changes(&mut self) -> Result<Vec<Change>, StatementError> {
        let mut changes = Vec::new();
        loop {
            if self.accept_keyword("REMOVE") {
                changes.push(Change::Remove(self.simple_path()?));
            } else if self.accept_keyword("SET") {
                loop {
                    let path = self.simple_path()?;
                    self.expect("=", "EQ")?;
                    changes.push(Change::Set(Assignment { path, value: self.expression()? }));
                    if !self.accept(",") {
                        break;
                    }
                }
            } else if changes.is_empty() {
                return Err(StatementError::Malformed("Expected data manipulation"));
            } else {
                return Ok(changes);
            }
        }
    }

    fn delete(&mut self) -> Result<Delete, StatementError> {
        self.expect_keyword("FROM", "FROM keyword")?;
        let source = self.source()?;
        self.refuse_alias()?;
        let condition = self.condition()?;
        let returning = self.returning()?;
        if let Some(returning) = returning.filter(|returning| returning.text() != "ALL OLD") {
            return Err(StatementError::Returning(returning.text()));
        }
        Ok(Delete { source, condition, returning })
    }

    fn returning(&mut self) -> Result<Option<Returning>, StatementError> {
        if !self.accept_keyword("RETURNING") {
            return Ok(None);
        }
        let modified = self.accept_keyword("MODIFIED");
        if !modified {
            self.expect_keyword("ALL", "ALL or MODIFIED keyword")?;
        }
        let version = if self.accept_keyword("OLD") { Version::Old } else { Version::New };
        if version == Version::New {
            self.expect_keyword("NEW", "OLD or NEW keyword")?;
        }
        self.expect("*", "STAR")?;
        Ok(Some(Returning { modified, version }))
    }
}

/// What is answered to an expression in the place of a statement.
fn no_statement(expression: Expr) -> Result<Statement, StatementError> {
    Err(StatementError::NoVerb(match expression.node {
        Node::Path(path) if path.is_attribute() => "Id",
        Node::Path(_) => "Path",
        Node::Text(_) | Node::Number(_) | Node::Boolean(_) | Node::Null => "Lit",
        Node::Missing => "Missing",
        Node::Parameter(_) => "Parameter",
        Node::List(_) | Node::Sequence(_) => "List",
        Node::Bag(_) => "Bag",
        Node::Struct(_) => "Struct",
        Node::Subquery => "Select",
        _ => return Err(StatementError::ExistsAlone),
    }))
}
