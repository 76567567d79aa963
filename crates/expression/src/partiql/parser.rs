//! The cursor over a statement's tokens, names and document paths.
//!
//! Recursion is bounded: [`Parser::enter`] refuses what nests deeper than any statement that could be run.

mod expression;
mod statement;

use super::ast::{Place, Statement};
use super::error::StatementError;
use super::lexer::{Kind, Token, tokens};
use crate::error::Problem;
use crate::path::{Path, Step};
use item::Name;

/// How many operators and functions a statement may have.
const OPERATORS_MAX: usize = 300;
/// How deep parentheses, values and calls may nest; a value of more than 32 levels is refused anyway.
const NESTING_MAX: usize = 40;
/// How many elements a document path may have.
const PATH_ELEMENTS_MAX: usize = 32;
/// No list has a position beyond.
const INDEX_MAX: usize = i32::MAX as usize;

/// Words that are no names unless they stand in quotes.
const KEYWORDS: [&str; 83] = [
    "ALL",
    "ALTER",
    "AND",
    "ANY",
    "AS",
    "ASC",
    "AT",
    "BETWEEN",
    "BY",
    "CASE",
    "CAST",
    "CHECK",
    "COALESCE",
    "COLLATE",
    "COLUMN",
    "CONSTRAINT",
    "CREATE",
    "CROSS",
    "CURRENT",
    "CURSOR",
    "DECLARE",
    "DEFAULT",
    "DELETE",
    "DESC",
    "DISTINCT",
    "DROP",
    "ELSE",
    "END",
    "ESCAPE",
    "EXCEPT",
    "EXEC",
    "EXECUTE",
    "EXISTS",
    "FALSE",
    "FETCH",
    "FOR",
    "FOREIGN",
    "FROM",
    "FULL",
    "GRANT",
    "GROUP",
    "HAVING",
    "IN",
    "INNER",
    "INSERT",
    "INTERSECT",
    "INTO",
    "IS",
    "JOIN",
    "LEFT",
    "LET",
    "LIKE",
    "LIMIT",
    "MISSING",
    "NATURAL",
    "NOT",
    "NULL",
    "NULLIF",
    "ON",
    "OR",
    "ORDER",
    "OUTER",
    "PIVOT",
    "PRIMARY",
    "REFERENCES",
    "REMOVE",
    "RETURNING",
    "REVOKE",
    "RIGHT",
    "SELECT",
    "SET",
    "SOME",
    "TABLE",
    "THEN",
    "TRUE",
    "UNION",
    "UNIQUE",
    "UNPIVOT",
    "UPDATE",
    "VALUE",
    "VALUES",
    "WHEN",
    "WHERE",
];

pub(super) struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    at: usize,
    nesting: usize,
    operators: usize,
    sums: usize,
    parameters: usize,
}

impl Statement {
    /// Parses a statement.
    ///
    /// # Errors
    /// When the grammar does not take it.
    pub fn parse(text: &str) -> Result<Self, StatementError> {
        Parser::new(text)?.whole_statement()
    }
}

impl<'t> Parser<'t> {
    fn new(text: &'t str) -> Result<Self, StatementError> {
        Ok(Self { text, tokens: tokens(text)?, at: 0, nesting: 0, operators: 0, sums: 0, parameters: 0 })
    }

    /// The token `ahead` of the cursor; past the end, the end.
    fn token(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.at + ahead).or(self.tokens.last())
    }

    fn kind(&self, ahead: usize) -> &Kind {
        self.token(ahead).map_or(&Kind::End, |token| &token.kind)
    }

    fn place(&self) -> Place {
        self.token(0).map_or_else(Place::default, |token| token.place)
    }

    /// The text of the token at the cursor.
    fn text(&self) -> &'t str {
        self.token(0).map_or("", |token| &self.text[token.start..token.end])
    }

    fn word(&self, ahead: usize) -> Option<&'t str> {
        match self.token(ahead) {
            Some(token) if token.kind == Kind::Word => Some(&self.text[token.start..token.end]),
            _ => None,
        }
    }

    fn advance(&mut self) {
        self.at += 1;
    }

    fn at_symbol(&self, symbol: &str) -> bool {
        matches!(self.kind(0), Kind::Symbol(found) if *found == symbol)
    }

    fn at_keyword(&self, keyword: &str) -> bool {
        self.word(0).is_some_and(|word| word.eq_ignore_ascii_case(keyword))
    }

    fn accept(&mut self, symbol: &str) -> bool {
        let found = self.at_symbol(symbol);
        self.at += usize::from(found);
        found
    }

    fn accept_keyword(&mut self, keyword: &str) -> bool {
        let found = self.at_keyword(keyword);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &str, name: &'static str) -> Result<(), StatementError> {
        if self.accept(symbol) { Ok(()) } else { Err(StatementError::Expected(name)) }
    }

    /// Expects a keyword; `name` is its name in the message.
    fn expect_keyword(&mut self, keyword: &str, name: &'static str) -> Result<(), StatementError> {
        if self.accept_keyword(keyword) { Ok(()) } else { Err(StatementError::Expected(name)) }
    }

    /// Whether nothing but a semicolon can follow.
    fn at_end(&self) -> bool {
        *self.kind(0) == Kind::End || self.at_symbol(";")
    }

    /// Goes one level of nesting deeper; [`Parser::leave`] must follow.
    fn enter(&mut self) -> Result<(), StatementError> {
        self.nesting += 1;
        if self.nesting > NESTING_MAX { Err(StatementError::Depth("root".to_owned())) } else { Ok(()) }
    }

    fn leave(&mut self) {
        self.nesting -= 1;
    }

    fn at_reserved(&self) -> bool {
        let is = |word: &str| KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(word));
        self.word(0).is_some_and(is)
    }

    /// A name, if there is one at the cursor.
    fn name(&mut self) -> Option<Name> {
        let name = match self.kind(0) {
            Kind::Quoted(name) => Name::from(name.as_str()),
            Kind::Word if !self.at_reserved() => Name::from(self.text()),
            _ => return None,
        };
        self.advance();
        Some(name)
    }

    /// A path that must be there.
    fn simple_path(&mut self) -> Result<Path, StatementError> {
        match self.path()? {
            Some(path) => Ok(path),
            None => Err(StatementError::Malformed("Expected identifier for simple path")),
        }
    }

    /// A document path, if a name is at the cursor.
    fn path(&mut self) -> Result<Option<Path>, StatementError> {
        let Some(root) = self.name() else { return Ok(None) };
        if root.is_empty() {
            return Err(StatementError::EmptyName);
        }
        let mut path = Path { root, steps: Vec::new() };
        loop {
            if self.accept(".") {
                let name = self.name().ok_or(StatementError::Malformed("Invalid path dot component"))?;
                if name.is_empty() {
                    return Err(StatementError::EmptyName);
                }
                path.steps.push(Step::Key(name));
            } else if self.accept("[") {
                let step = self.bracketed()?;
                path.steps.push(step);
                self.expect("]", "RIGHT_BRACKET")?;
            } else {
                break;
            }
        }
        if path.steps.len() >= PATH_ELEMENTS_MAX {
            return Err(Problem::PathTooDeep(path.steps.len() + 1).into());
        }
        Ok(Some(path))
    }

    /// A position, or a map key as text.
    fn bracketed(&mut self) -> Result<Step, StatementError> {
        let step = match self.kind(0) {
            Kind::Text(key) if key.is_empty() => return Err(StatementError::EmptyName),
            Kind::Text(key) => Step::Key(Name::from(key.as_str())),
            Kind::Number => match self.text().parse() {
                Ok(index) if index <= INDEX_MAX => Step::Index(index),
                _ => return Err(Problem::IndexOutOfRange(self.text().to_owned()).into()),
            },
            _ => return Err(StatementError::Malformed("Unexpected term")),
        };
        self.advance();
        Ok(step)
    }
}
