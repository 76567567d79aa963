//! What the grammars of all expressions have in common: the cursor over the tokens, syntax errors, document
//! paths, operands and function calls.
//!
//! Recursion is bounded: [`Parser::enter`] refuses an expression that nests deeper than any valid one can.

mod condition;
mod projection;
mod update;

pub use condition::ConditionAst;
pub(crate) use condition::{IN_OPERANDS_MAX, known_function};
pub use projection::ProjectionAst;
pub use update::UpdateAst;

use crate::error::{ExpressionError, Problem};
use crate::kind::ExpressionKind;
use crate::lexer::{Token, TokenKind, tokens};
use crate::reserved::is_reserved;
use crate::tree::{NameAst, PathAst, Placeholder, StepAst};
use item::Name;

/// The size of an expression, in bytes.
const SIZE_MAX: usize = 4096;
/// How many operators and functions an expression may have.
const OPERATORS_MAX: usize = 300;
/// How many elements a document path may have.
const PATH_ELEMENTS_MAX: usize = 32;
/// Every level of nesting of a valid expression costs an operator, so none is deeper than this.
const NESTING_MAX: usize = OPERATORS_MAX + 2;
/// No list has a position beyond.
const INDEX_MAX: usize = i32::MAX as usize;

/// An operand before its functions are looked at.
enum RawOperand<'t> {
    Path(PathAst),
    Value(Placeholder),
    Call(Call<'t>),
}

/// A function call as written.
struct Call<'t> {
    function: &'t str,
    arguments: Vec<RawOperand<'t>>,
}

pub(crate) struct Parser<'t> {
    kind: ExpressionKind,
    text: &'t str,
    tokens: Vec<Token>,
    at: usize,
    nesting: usize,
    operators: usize,
    /// The first fault that is no syntax error. Syntax errors go before it, wherever they are.
    fault: Option<Problem>,
    /// The tokens of the pair of parentheses closed last.
    closed: Option<(usize, usize)>,
}

impl<'t> Parser<'t> {
    /// Parses the whole text with `grammar`.
    fn run<T>(
        kind: ExpressionKind,
        text: &'t str,
        grammar: impl FnOnce(&mut Self) -> Result<T, Problem>,
    ) -> Result<T, ExpressionError> {
        Self::run_whole(kind, text, grammar).map_err(|problem| problem.of(kind))
    }

    fn run_whole<T>(
        kind: ExpressionKind,
        text: &'t str,
        grammar: impl FnOnce(&mut Self) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        match text.len() {
            0 => return Err(Problem::Empty),
            size if size > SIZE_MAX => return Err(Problem::TooLong(size)),
            _ => {}
        }
        let tokens = tokens(text);
        let mut parser =
            Self { kind, text, tokens, at: 0, nesting: 0, operators: 0, fault: None, closed: None };
        let parsed = grammar(&mut parser)?;
        if parser.peek() != TokenKind::End {
            return Err(parser.unexpected());
        }
        if let Some(fault) = parser.fault {
            return Err(fault);
        }
        if parser.operators > OPERATORS_MAX {
            return Err(Problem::TooManyOperators(parser.operators));
        }
        Ok(parsed)
    }

    /// The token `ahead` of the cursor; past the end, the end.
    fn token(&self, ahead: usize) -> Token {
        let end = Token { kind: TokenKind::End, start: self.text.len(), end: self.text.len() };
        self.tokens.get(self.at + ahead).copied().unwrap_or(end)
    }

    fn peek(&self) -> TokenKind {
        self.token(0).kind
    }

    fn text_of(&self, token: Token) -> &'t str {
        &self.text[token.start..token.end]
    }

    /// Whether the cursor is at this keyword.
    fn at_keyword(&self, keyword: &str) -> bool {
        let token = self.token(0);
        token.kind == TokenKind::Word && self.text_of(token).eq_ignore_ascii_case(keyword)
    }

    fn advance(&mut self) {
        self.at += 1;
    }

    /// Steps over a token of this kind, if it is there.
    fn accept(&mut self, kind: TokenKind) -> bool {
        let found = self.peek() == kind;
        self.at += usize::from(found);
        found
    }

    fn accept_keyword(&mut self, keyword: &str) -> bool {
        let found = self.at_keyword(keyword);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, kind: TokenKind) -> Result<(), Problem> {
        if self.accept(kind) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// A syntax error at the cursor.
    fn unexpected(&self) -> Problem {
        let token = self.token(0);
        let previous = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        if token.kind == TokenKind::End {
            let near = previous.map_or(self.text, |&last| self.text_of(last));
            return Problem::Syntax { token: "<EOF>".to_owned(), near: near.to_owned() };
        }
        let start = previous.map_or(token.start, |previous| previous.start);
        let next = self.token(1);
        let end = if next.kind == TokenKind::End { token.end } else { next.end };
        let near = self.text[start..end].to_owned();
        Problem::Syntax { token: self.text_of(token).to_owned(), near }
    }

    /// Remembers a fault that counts only if the syntax is right.
    fn note(&mut self, problem: Problem) {
        self.fault.get_or_insert(problem);
    }

    fn count_operator(&mut self) {
        self.operators += 1;
    }

    /// Goes one level of nesting deeper; [`Parser::leave`] must follow.
    fn enter(&mut self) -> Result<(), Problem> {
        self.nesting += 1;
        if self.nesting <= NESTING_MAX {
            return Ok(());
        }
        // So deep an expression has too many operators, or else parentheses that do nothing.
        match self.operators {
            operators if operators > OPERATORS_MAX => Err(Problem::TooManyOperators(operators)),
            _ => Err(Problem::RedundantParentheses),
        }
    }

    fn leave(&mut self) {
        self.nesting -= 1;
    }

    /// Parses `( inner )`, around an operand, from its opening parenthesis. Of three that open in a row one
    /// is redundant, whatever follows.
    fn parenthesised<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let open = self.at;
        if [1, 2].into_iter().all(|ahead| self.token(ahead).kind == TokenKind::LeftParenthesis) {
            return Err(Problem::RedundantParentheses);
        }
        self.expect(TokenKind::LeftParenthesis)?;
        self.enter()?;
        let parsed = inner(self)?;
        if self.peek() != TokenKind::RightParenthesis {
            return Err(self.unexpected());
        }
        self.close(open);
        Ok(parsed)
    }

    /// Steps over the parenthesis that closes the one at `open`, and notes whether they are redundant.
    fn close(&mut self, open: usize) {
        let close = self.at;
        self.advance();
        self.leave();
        if self.closed == Some((open + 1, close.saturating_sub(1))) {
            self.note(Problem::RedundantParentheses);
        }
        self.closed = Some((open, close));
    }

    /// Whether the cursor is at a word that this kind of expression uses as a keyword: such a word is never
    /// an attribute name.
    fn at_own_keyword(&self) -> bool {
        let keywords: &[&str] = match self.kind {
            ExpressionKind::Update => &["SET", "REMOVE", "ADD", "DELETE"],
            ExpressionKind::Projection => &[],
            _ => &["AND", "OR", "NOT", "BETWEEN", "IN"],
        };
        keywords.iter().any(|keyword| self.at_keyword(keyword))
    }

    /// A name of a document path.
    fn name(&mut self) -> Result<NameAst, Problem> {
        let token = self.token(0);
        let text = self.text_of(token);
        match token.kind {
            TokenKind::Word if !self.at_own_keyword() => {
                self.advance();
                if is_reserved(text) {
                    self.note(Problem::ReservedKeyword(Name::from(text)));
                }
                Ok(NameAst::Plain(Name::from(text)))
            }
            TokenKind::NamePlaceholder => {
                self.advance();
                Ok(NameAst::Placeholder(Name::from(text)))
            }
            _ => Err(self.unexpected()),
        }
    }

    /// The position in `[position]`, from the bracket on.
    fn index(&mut self) -> Result<usize, Problem> {
        self.expect(TokenKind::LeftBracket)?;
        let digits = self.text_of(self.token(0));
        self.expect(TokenKind::Integer)?;
        self.expect(TokenKind::RightBracket)?;
        match digits.parse() {
            Ok(index) if index <= INDEX_MAX => Ok(index),
            _ => {
                self.note(Problem::IndexOutOfRange(digits.to_owned()));
                Ok(0)
            }
        }
    }

    /// A document path.
    fn path(&mut self) -> Result<PathAst, Problem> {
        let root = self.name()?;
        let mut steps = Vec::new();
        loop {
            if self.accept(TokenKind::Dot) {
                steps.push(StepAst::Key(self.name()?));
            } else if self.peek() == TokenKind::LeftBracket {
                steps.push(StepAst::Index(self.index()?));
            } else {
                break;
            }
        }
        if steps.len() >= PATH_ELEMENTS_MAX {
            self.note(Problem::PathTooDeep(steps.len() + 1));
        }
        Ok(PathAst { root, steps })
    }

    /// `:v`.
    fn value(&mut self) -> Result<Placeholder, Problem> {
        let text = self.text_of(self.token(0));
        self.expect(TokenKind::ValuePlaceholder)?;
        Ok(Placeholder::from(text))
    }

    /// A path, a value, a call, or one of them in parentheses.
    fn raw_operand(&mut self) -> Result<RawOperand<'t>, Problem> {
        match self.peek() {
            TokenKind::LeftParenthesis => self.parenthesised(Self::raw_operand),
            TokenKind::ValuePlaceholder => Ok(RawOperand::Value(self.value()?)),
            TokenKind::Word if self.token(1).kind == TokenKind::LeftParenthesis && !self.at_own_keyword() => {
                Ok(RawOperand::Call(self.call()?))
            }
            _ => Ok(RawOperand::Path(self.path()?)),
        }
    }

    /// `function(argument, ..)`, from the function's name on.
    fn call(&mut self) -> Result<Call<'t>, Problem> {
        let function = self.text_of(self.token(0));
        self.advance();
        self.count_operator();
        self.expect(TokenKind::LeftParenthesis)?;
        self.enter()?;
        let mut arguments = vec![self.raw_operand()?];
        while self.accept(TokenKind::Comma) {
            arguments.push(self.raw_operand()?);
        }
        self.leave();
        self.expect(TokenKind::RightParenthesis)?;
        Ok(Call { function, arguments })
    }

    /// The arguments, if there are as many as the function takes.
    fn exactly<const COUNT: usize>(
        &mut self,
        function: &'static str,
        arguments: Vec<RawOperand<'t>>,
    ) -> Option<[RawOperand<'t>; COUNT]> {
        let count = arguments.len();
        let arguments = arguments.try_into().ok();
        if arguments.is_none() {
            self.note(Problem::OperandCount { function, count });
        }
        arguments
    }

    /// The argument as the path it has to be.
    fn path_argument(&mut self, function: &'static str, argument: RawOperand<'t>) -> Option<PathAst> {
        match argument {
            RawOperand::Path(path) => Some(path),
            _ => {
                self.note(Problem::RequiresPath(function));
                None
            }
        }
    }
}

/// What stands for a part that has a noted fault, so that the syntax of the rest is still checked; the tree
/// it is in is never handed out.
fn faulty_path() -> PathAst {
    PathAst { root: NameAst::Plain(Name::default()), steps: Vec::new() }
}
