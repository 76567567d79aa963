//! Conditions: OR binds weakest, then AND, then NOT, then comparisons, BETWEEN, IN and functions.

use super::{Call, Parser, RawOperand, faulty_path};
use crate::error::{ExpressionError, Problem};
use crate::kind::ExpressionKind;
use crate::lexer::TokenKind;
use crate::tree::{Comparator, ConditionNode, OperandNode, PathAst, Placeholder};

type Condition = ConditionNode<PathAst, Placeholder>;
type Operand = OperandNode<PathAst, Placeholder>;

/// How many candidates IN may have.
pub(crate) const IN_OPERANDS_MAX: usize = 100;

/// A condition, filter or key condition as parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionAst {
    /// The whole condition.
    pub root: Condition,
}

impl ConditionAst {
    /// Parses an expression that is a condition: all kinds but updates and projections.
    pub fn parse(kind: ExpressionKind, text: &str) -> Result<Self, ExpressionError> {
        Parser::run(kind, text, |parser| Ok(Self { root: parser.condition()? }))
    }
}

/// What has been read of a condition, or of a part of it in parentheses.
///
/// Such parts stand on a stack of our own and not on the thread's, so that no text is too deep for it.
#[derive(Default)]
struct Level {
    /// Where its parenthesis opens.
    open: usize,
    /// The alternatives before the present one.
    alternatives: Vec<Condition>,
    /// The conditions of the present alternative.
    members: Vec<Condition>,
    /// NOTs before the condition to come.
    negations: usize,
}

impl Level {
    /// Whether nothing has been read yet.
    fn is_fresh(&self) -> bool {
        self.negations == 0 && self.members.is_empty() && self.alternatives.is_empty()
    }

    /// Takes a condition, with the NOTs before it. Any number of them comes down to none, one or two, those
    /// within the condition included.
    fn push(&mut self, mut condition: Condition) {
        for _ in 0..std::mem::take(&mut self.negations) {
            condition = match condition {
                ConditionNode::Not(inner) if matches!(*inner, ConditionNode::Not(_)) => *inner,
                other => ConditionNode::Not(Box::new(other)),
            };
        }
        self.members.push(condition);
    }

    /// Ends the present alternative.
    fn next_alternative(&mut self) {
        let members = std::mem::take(&mut self.members);
        self.alternatives.push(joined(members, ConditionNode::And));
    }

    fn finish(mut self) -> Condition {
        self.next_alternative();
        joined(self.alternatives, ConditionNode::Or)
    }
}

/// One condition as it is, several as one.
fn joined(mut conditions: Vec<Condition>, join: impl FnOnce(Vec<Condition>) -> Condition) -> Condition {
    match conditions.pop() {
        Some(only) if conditions.is_empty() => only,
        last => {
            conditions.extend(last);
            join(conditions)
        }
    }
}

/// The function of conditions of that name.
pub(crate) fn known_function(name: &str) -> Option<&'static str> {
    ["attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size"]
        .into_iter()
        .find(|known| *known == name)
}

impl<'t> Parser<'t> {
    fn condition(&mut self) -> Result<Condition, Problem> {
        let mut outer: Vec<Level> = Vec::new();
        let mut level = Level::default();
        loop {
            while self.accept_keyword("NOT") {
                self.count_operator();
                level.negations += 1;
            }
            if self.peek() == TokenKind::LeftParenthesis {
                self.enter()?;
                let inner = Level { open: self.at, ..Level::default() };
                outer.push(std::mem::replace(&mut level, inner));
                self.advance();
                continue;
            }
            let condition = self.predicate(&mut outer, &mut level)?;
            level.push(condition);
            while self.peek() == TokenKind::RightParenthesis
                && let Some(parent) = outer.pop()
            {
                let inner = std::mem::replace(&mut level, parent);
                self.close(inner.open);
                level.push(inner.finish());
            }
            if self.accept_keyword("OR") {
                level.next_alternative();
            } else if !self.accept_keyword("AND") {
                return if outer.is_empty() { Ok(level.finish()) } else { Err(self.unexpected()) };
            }
            self.count_operator();
        }
    }

    /// A condition without logical operators. Parentheses that turn out to be around its left operand alone
    /// are closed.
    fn predicate(&mut self, outer: &mut Vec<Level>, level: &mut Level) -> Result<Condition, Problem> {
        let left = match self.raw_operand()? {
            RawOperand::Call(call) if call.function != "size" => {
                let function = call.function;
                let condition = self.predicate_function(call);
                if !self.at_comparison() {
                    return Ok(condition);
                }
                self.note_misuse(function);
                OperandNode::Path(faulty_path())
            }
            raw => self.as_operand(raw),
        };
        while self.peek() == TokenKind::RightParenthesis
            && level.is_fresh()
            && let Some(parent) = outer.pop()
        {
            let inner = std::mem::replace(level, parent);
            self.close(inner.open);
        }
        self.comparison(left)
    }

    fn comparator(&self) -> Option<Comparator> {
        Some(match self.peek() {
            TokenKind::Equal => Comparator::Equal,
            TokenKind::NotEqual => Comparator::NotEqual,
            TokenKind::Less => Comparator::Less,
            TokenKind::LessOrEqual => Comparator::LessOrEqual,
            TokenKind::Greater => Comparator::Greater,
            TokenKind::GreaterOrEqual => Comparator::GreaterOrEqual,
            _ => return None,
        })
    }

    fn at_comparison(&self) -> bool {
        self.comparator().is_some() || self.at_keyword("BETWEEN") || self.at_keyword("IN")
    }

    /// What follows the left operand.
    fn comparison(&mut self, left: Operand) -> Result<Condition, Problem> {
        if let Some(comparator) = self.comparator() {
            self.advance();
            self.count_operator();
            let right = self.operand()?;
            return Ok(ConditionNode::Compare { left, comparator, right });
        }
        if self.accept_keyword("BETWEEN") {
            self.count_operator();
            let low = self.operand()?;
            if !self.accept_keyword("AND") {
                return Err(self.unexpected());
            }
            let high = self.operand()?;
            return Ok(ConditionNode::Between { operand: left, low, high });
        }
        if self.accept_keyword("IN") {
            self.count_operator();
            let candidates = self.candidates()?;
            return Ok(ConditionNode::In { operand: left, candidates });
        }
        if matches!(left, OperandNode::Size(_)) {
            self.note(Problem::MisusedFunction("size"));
            return Ok(ConditionNode::Exists(faulty_path()));
        }
        Err(self.unexpected())
    }

    fn candidates(&mut self) -> Result<Vec<Operand>, Problem> {
        self.expect(TokenKind::LeftParenthesis)?;
        let mut candidates = vec![self.operand()?];
        while self.accept(TokenKind::Comma) {
            candidates.push(self.operand()?);
        }
        self.expect(TokenKind::RightParenthesis)?;
        if candidates.len() > IN_OPERANDS_MAX {
            self.note(Problem::TooManyInOperands(candidates.len()));
        }
        Ok(candidates)
    }

    fn operand(&mut self) -> Result<Operand, Problem> {
        let raw = self.raw_operand()?;
        Ok(self.as_operand(raw))
    }

    /// The operand, if it has a value: of all functions, only `size` has.
    fn as_operand(&mut self, raw: RawOperand<'t>) -> Operand {
        match raw {
            RawOperand::Path(path) => OperandNode::Path(path),
            RawOperand::Value(value) => OperandNode::Value(value),
            RawOperand::Call(call) if call.function == "size" => match self.exactly("size", call.arguments) {
                Some([argument]) => OperandNode::Size(Box::new(self.argument(argument))),
                None => OperandNode::Path(faulty_path()),
            },
            RawOperand::Call(call) => {
                self.note_misuse(call.function);
                OperandNode::Path(faulty_path())
            }
        }
    }

    /// An argument of a function, which is no call itself.
    fn argument(&mut self, raw: RawOperand<'t>) -> Operand {
        if let RawOperand::Call(call) = raw {
            self.note_misuse(call.function);
            return OperandNode::Path(faulty_path());
        }
        self.as_operand(raw)
    }

    /// Notes why a call cannot stand where it stands.
    fn note_misuse(&mut self, function: &str) {
        self.note(match (known_function(function), function) {
            (Some(known), _) => Problem::MisusedFunction(known),
            (None, "if_not_exists") => Problem::NotInConditions("if_not_exists"),
            (None, "list_append") => Problem::NotInConditions("list_append"),
            (None, unknown) => Problem::UnknownFunction(unknown.to_owned()),
        });
    }

    /// The call as a condition; if it is none, notes why.
    fn predicate_function(&mut self, call: Call<'t>) -> Condition {
        self.known_predicate(call).unwrap_or_else(|| ConditionNode::Exists(faulty_path()))
    }

    fn known_predicate(&mut self, call: Call<'t>) -> Option<Condition> {
        let Some(function) = known_function(call.function) else {
            self.note_misuse(call.function);
            return None;
        };
        if let "attribute_exists" | "attribute_not_exists" = function {
            let [path] = self.exactly(function, call.arguments)?;
            let path = self.path_argument(function, path)?;
            return Some(match function {
                "attribute_exists" => ConditionNode::Exists(path),
                _ => ConditionNode::NotExists(path),
            });
        }
        let [first, second] = self.exactly(function, call.arguments)?;
        let operand = self.argument(first);
        let second = self.argument(second);
        Some(match function {
            "attribute_type" => ConditionNode::Type { operand, code: second },
            "begins_with" => ConditionNode::BeginsWith { operand, prefix: second },
            _ => ConditionNode::Contains { operand, element: second },
        })
    }
}
