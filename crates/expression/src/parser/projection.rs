//! `path, path, ..`

use super::Parser;
use crate::error::ExpressionError;
use crate::kind::ExpressionKind;
use crate::lexer::TokenKind;
use crate::tree::PathAst;

/// A projection expression as parsed; one or more paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectionAst {
    /// In the order written.
    pub paths: Vec<PathAst>,
}

impl ProjectionAst {
    /// Parses a projection expression.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        Parser::run(ExpressionKind::Projection, text, |parser| {
            let mut paths = vec![parser.path()?];
            while parser.accept(TokenKind::Comma) {
                paths.push(parser.path()?);
            }
            Ok(Self { paths })
        })
    }
}
