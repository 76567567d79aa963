//! Conditions: OR binds weakest, then AND, then NOT, then comparisons, BETWEEN, IN and functions.

use super::{Call, Parser, RawOperand, faulty_path};
use crate::error::{ExpressionError, Problem};
use crate::kind::ExpressionKind;
use crate::lexer::TokenKind;
use crate::tree::{Comparator, ConditionNode, OperandNode, PathAst, Placeholder};

type Condition = ConditionNode<PathAst, Placeholder>;
type Operand = OperandNode<PathAst, Placeholder>;

/// How many candidates IN may have.
const IN_OPERANDS_MAX: usize = 100;

/// A condition, filter or key condition as parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionAst {
    /// The whole condition.
    pub root: Condition,
}

impl ConditionAst {
    /// Parses an expression that is a condition: all kinds but updates and projections.
    pub fn parse(kind: ExpressionKind, text: &str) -> Result<Self, ExpressionError> {
        Parser::run(kind, text, |parser| match parser.disjunction(false)? {
            Term::Condition(root) => Ok(Self { root }),
            Term::Operand(_) => Err(parser.unexpected()),
        })
    }
}

/// What stands between two logical operators, or within parentheses. Only in the latter case it may be an
/// operand, the left side of a comparison that goes on behind the parenthesis.
enum Term {
    Condition(Condition),
    Operand(Operand),
}

/// The function of conditions of that name.
pub(super) fn known_function(name: &str) -> Option<&'static str> {
    ["attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size"]
        .into_iter()
        .find(|known| *known == name)
}

impl<'t> Parser<'t> {
    fn disjunction(&mut self, within_parentheses: bool) -> Result<Term, Problem> {
        let first = match self.conjunction(within_parentheses)? {
            Term::Condition(first) => first,
            operand => return Ok(operand),
        };
        if !self.at_keyword("OR") {
            return Ok(Term::Condition(first));
        }
        let mut members = vec![first];
        while self.accept_keyword("OR") {
            self.count_operator();
            members.push(self.certain(Self::conjunction)?);
        }
        Ok(Term::Condition(ConditionNode::Or(members)))
    }

    fn conjunction(&mut self, within_parentheses: bool) -> Result<Term, Problem> {
        let first = match self.negation(within_parentheses)? {
            Term::Condition(first) => first,
            operand => return Ok(operand),
        };
        if !self.at_keyword("AND") {
            return Ok(Term::Condition(first));
        }
        let mut members = vec![first];
        while self.accept_keyword("AND") {
            self.count_operator();
            members.push(self.certain(Self::negation)?);
        }
        Ok(Term::Condition(ConditionNode::And(members)))
    }

    /// Any number of NOTs before a predicate, which come down to none, one or two.
    fn negation(&mut self, within_parentheses: bool) -> Result<Term, Problem> {
        let mut negations = 0_usize;
        while self.accept_keyword("NOT") {
            self.count_operator();
            negations += 1;
        }
        if negations == 0 {
            return self.predicate(within_parentheses);
        }
        let condition = ConditionNode::Not(Box::new(self.certain(Self::predicate)?));
        Ok(Term::Condition(match negations % 2 {
            0 => ConditionNode::Not(Box::new(condition)),
            _ => condition,
        }))
    }

    /// Parses what must be a condition.
    fn certain(
        &mut self,
        grammar: impl FnOnce(&mut Self, bool) -> Result<Term, Problem>,
    ) -> Result<Condition, Problem> {
        match grammar(self, false)? {
            Term::Condition(condition) => Ok(condition),
            Term::Operand(_) => Err(self.unexpected()),
        }
    }

    /// A condition without logical operators, or one in parentheses.
    fn predicate(&mut self, within_parentheses: bool) -> Result<Term, Problem> {
        let left = match self.peek() {
            TokenKind::LeftParenthesis => match self.parenthesised(|parser| parser.disjunction(true))? {
                Term::Operand(operand) => operand,
                condition => return Ok(condition),
            },
            _ => match self.raw_operand()? {
                RawOperand::Call(call) if call.function != "size" => {
                    let function = call.function;
                    let condition = self.predicate_function(call);
                    if !self.at_comparison() {
                        return Ok(Term::Condition(condition));
                    }
                    self.note_misuse(function);
                    OperandNode::Path(faulty_path())
                }
                raw => self.as_operand(raw),
            },
        };
        self.comparison(left, within_parentheses)
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
    fn comparison(&mut self, left: Operand, within_parentheses: bool) -> Result<Term, Problem> {
        if let Some(comparator) = self.comparator() {
            self.advance();
            self.count_operator();
            let right = self.operand()?;
            return Ok(Term::Condition(ConditionNode::Compare { left, comparator, right }));
        }
        if self.accept_keyword("BETWEEN") {
            self.count_operator();
            let low = self.operand()?;
            if !self.accept_keyword("AND") {
                return Err(self.unexpected());
            }
            let high = self.operand()?;
            return Ok(Term::Condition(ConditionNode::Between { operand: left, low, high }));
        }
        if self.accept_keyword("IN") {
            self.count_operator();
            let candidates = self.candidates()?;
            return Ok(Term::Condition(ConditionNode::In { operand: left, candidates }));
        }
        if within_parentheses && self.peek() == TokenKind::RightParenthesis {
            return Ok(Term::Operand(left));
        }
        if matches!(left, OperandNode::Size(_)) {
            self.note(Problem::MisusedFunction("size"));
            let condition = ConditionNode::Exists(faulty_path());
            return Ok(Term::Condition(condition));
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
