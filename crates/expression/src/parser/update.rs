//! `SET path = value, .. REMOVE path, .. ADD path :v, .. DELETE path :v, ..`, each clause at most once.

use super::{Call, Parser, RawOperand, faulty_path};
use crate::error::{ExpressionError, Problem};
use crate::kind::ExpressionKind;
use crate::lexer::TokenKind;
use crate::tree::{ActionNode, PathAst, Placeholder, SetOperandNode, SetValueNode};

type Action = ActionNode<PathAst, Placeholder>;
type SetValue = SetValueNode<PathAst, Placeholder>;
type SetOperand = SetOperandNode<PathAst, Placeholder>;

/// An update expression as parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateAst {
    /// The actions of all clauses, in the order written.
    pub actions: Vec<Action>,
}

/// The clauses.
const SECTIONS: [&str; 4] = ["SET", "REMOVE", "ADD", "DELETE"];

impl UpdateAst {
    /// Parses an update expression.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        Parser::run(ExpressionKind::Update, text, |parser| {
            let mut actions = Vec::new();
            let mut seen = [false; SECTIONS.len()];
            loop {
                let Some(section) = SECTIONS.iter().position(|name| parser.at_keyword(name)) else {
                    return Err(parser.unexpected());
                };
                parser.advance();
                if std::mem::replace(&mut seen[section], true) {
                    parser.note(Problem::RepeatedSection(SECTIONS[section]));
                }
                actions.push(parser.action(SECTIONS[section])?);
                while parser.accept(TokenKind::Comma) {
                    actions.push(parser.action(SECTIONS[section])?);
                }
                if parser.peek() == TokenKind::End {
                    return Ok(Self { actions });
                }
            }
        })
    }
}

impl<'t> Parser<'t> {
    fn action(&mut self, section: &str) -> Result<Action, Problem> {
        let path = self.path()?;
        Ok(match section {
            "SET" => {
                self.expect(TokenKind::Equal)?;
                ActionNode::Set(path, self.set_value()?)
            }
            "REMOVE" => ActionNode::Remove(path),
            "ADD" => ActionNode::Add(path, self.value()?),
            _ => ActionNode::Delete(path, self.value()?),
        })
    }

    /// `operand`, `operand + operand` or `operand - operand`, in parentheses or not.
    fn set_value(&mut self) -> Result<SetValue, Problem> {
        let left = if self.peek() == TokenKind::LeftParenthesis {
            match self.parenthesised(Self::set_value)? {
                SetValueNode::Operand(operand) => operand,
                sum => return Ok(sum),
            }
        } else {
            self.set_operand()?
        };
        if self.accept(TokenKind::Plus) {
            self.count_operator();
            return Ok(SetValueNode::Plus(left, self.set_operand()?));
        }
        if self.accept(TokenKind::Minus) {
            self.count_operator();
            return Ok(SetValueNode::Minus(left, self.set_operand()?));
        }
        Ok(SetValueNode::Operand(left))
    }

    fn set_operand(&mut self) -> Result<SetOperand, Problem> {
        let raw = self.raw_operand()?;
        Ok(self.as_set_operand(raw))
    }

    fn as_set_operand(&mut self, raw: RawOperand<'t>) -> SetOperand {
        match raw {
            RawOperand::Path(path) => SetOperandNode::Path(path),
            RawOperand::Value(value) => SetOperandNode::Value(value),
            RawOperand::Call(call) => {
                self.set_function(call).unwrap_or_else(|| SetOperandNode::Path(faulty_path()))
            }
        }
    }

    /// The call as a function of update expressions; otherwise notes why it is none.
    fn set_function(&mut self, call: Call<'t>) -> Option<SetOperand> {
        match call.function {
            "if_not_exists" => {
                let [path, otherwise] = self.exactly("if_not_exists", call.arguments)?;
                let path = self.path_argument("if_not_exists", path)?;
                Some(SetOperandNode::IfNotExists(path, Box::new(self.as_set_operand(otherwise))))
            }
            "list_append" => {
                let [front, back] = self.exactly("list_append", call.arguments)?;
                let front = self.as_set_operand(front);
                let back = self.as_set_operand(back);
                Some(SetOperandNode::ListAppend(Box::new(front), Box::new(back)))
            }
            other => {
                self.note(match super::condition::known_function(other) {
                    Some(function) => Problem::NotInUpdates(function),
                    None => Problem::UnknownFunction(other.to_owned()),
                });
                None
            }
        }
    }
}
