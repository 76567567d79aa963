//! Expressions: OR binds weakest, then AND, then NOT, then comparisons, then sums.

use super::{Parser, Place};
use crate::partiql::ast::{Expr, Node, TypeName};
use crate::partiql::error::StatementError;
use crate::partiql::lexer::Kind;
use crate::tree::Comparator;

type Parsed = Result<Expr, StatementError>;

/// A fault that has no more to it than its name.
fn malformed<T>(detail: &'static str) -> Result<T, StatementError> {
    Err(StatementError::Malformed(detail))
}

impl Parser<'_> {
    /// An expression.
    pub(super) fn expression(&mut self) -> Parsed {
        self.joined("OR", Self::conjunction, Node::Or)
    }

    fn conjunction(&mut self) -> Parsed {
        self.joined("AND", Self::negation, Node::And)
    }

    /// Expressions joined by a keyword; one alone is left as it is.
    fn joined(
        &mut self,
        keyword: &str,
        member: impl Fn(&mut Self) -> Parsed,
        join: impl FnOnce(Vec<Expr>) -> Node,
    ) -> Parsed {
        let first = member(self)?;
        let place = self.place();
        let mut members = vec![first];
        while self.operator_keyword(keyword)? {
            members.push(member(self)?);
        }
        match members.pop() {
            Some(only) if members.is_empty() => Ok(only),
            last => {
                members.extend(last);
                Ok(Expr { node: join(members), place })
            }
        }
    }

    /// Steps over an operator, after which something must come.
    fn step_over(&mut self) -> Result<(), StatementError> {
        self.advance();
        self.operators += 1;
        if self.at_end() { malformed("Missing right-hand side expression of infix operator") } else { Ok(()) }
    }

    fn operator_keyword(&mut self, keyword: &str) -> Result<bool, StatementError> {
        let found = self.at_keyword(keyword);
        if found {
            self.step_over()?;
        }
        Ok(found)
    }

    fn negation(&mut self) -> Parsed {
        let place = self.place();
        let mut negations = 0usize;
        while self.accept_keyword("NOT") {
            self.operators += 1;
            negations += 1;
        }
        let negated = self.comparison()?;
        // Any number of them comes down to none or one.
        Ok(if negations % 2 == 1 { not(negated, place) } else { negated })
    }

    fn comparison(&mut self) -> Parsed {
        let left = self.sum()?;
        let place = self.place();
        if let Some(comparator) = self.comparator() {
            self.step_over()?;
            let right = Box::new(self.sum()?);
            return Ok(Expr { node: Node::Compare(Box::new(left), comparator, right), place });
        }
        let is_test =
            |word: &str| ["BETWEEN", "IN", "LIKE"].iter().any(|test| test.eq_ignore_ascii_case(word));
        let negated = self.at_keyword("NOT") && self.word(1).is_some_and(is_test);
        if negated {
            self.advance();
            self.operators += 1;
        }
        let node = if self.operator_keyword("BETWEEN")? {
            let low = self.sum()?;
            self.expect_keyword("AND", "AND keyword")?;
            Node::Between(Box::new([left, low, self.sum()?]))
        } else if self.operator_keyword("IN")? {
            Node::In(Box::new(left), self.candidates()?)
        } else if self.operator_keyword("IS")? {
            return self.type_test(left, place);
        } else {
            let at = |symbol| self.at_symbol(symbol);
            if self.at_keyword("LIKE") || ["*", "/", "%", "||"].into_iter().any(at) {
                return malformed("Unexpected operator");
            }
            return Ok(left);
        };
        let test = Expr { node, place };
        Ok(if negated { not(test, place) } else { test })
    }

    /// What follows IS.
    fn type_test(&mut self, left: Expr, place: Place) -> Parsed {
        let negated = self.accept_keyword("NOT");
        self.operators += usize::from(negated);
        let test = Expr { node: Node::Is(Box::new(left), self.type_name()?), place };
        Ok(if negated { not(test, place) } else { test })
    }

    fn comparator(&self) -> Option<Comparator> {
        let Kind::Symbol(symbol) = self.kind(0) else { return None };
        Some(match *symbol {
            "=" => Comparator::Equal,
            "<>" | "!=" => Comparator::NotEqual,
            "<" => Comparator::Less,
            "<=" => Comparator::LessOrEqual,
            ">" => Comparator::Greater,
            ">=" => Comparator::GreaterOrEqual,
            _ => return None,
        })
    }

    /// What IN looks through.
    fn candidates(&mut self) -> Result<Vec<Expr>, StatementError> {
        let place = self.place();
        if self.accept("(") {
            self.enter()?;
            let members = self.members(")", "RIGHT_PAREN")?;
            self.leave();
            return Ok(members);
        }
        match self.term()?.node {
            Node::List(members) | Node::Bag(members) => Ok(members),
            _ => Err(StatementError::UnsupportedToken("IN".to_owned(), place)),
        }
    }

    /// The type after IS.
    fn type_name(&mut self) -> Result<TypeName, StatementError> {
        let Some(word) = self.word(0) else { return malformed("Expected type name") };
        let upper = word.to_ascii_uppercase();
        self.advance();
        Ok(match upper.as_str() {
            "MISSING" => TypeName::Missing,
            "NULL" => TypeName::Code("NULL"),
            "BOOLEAN" | "BOOL" => TypeName::Code("BOOL"),
            "BLOB" => TypeName::Code("B"),
            "STRING" => TypeName::Code("S"),
            "NUMERIC" => TypeName::Code("N"),
            "STRUCT" | "TUPLE" => TypeName::Code("M"),
            "LIST" => TypeName::Code("L"),
            "INT" | "INTEGER" => TypeName::Unsupported("IntegerType".to_owned()),
            _ => {
                let (first, rest) = upper.split_at(1);
                TypeName::Unsupported(format!("{first}{}Type", rest.to_ascii_lowercase()))
            }
        })
    }

    fn sum(&mut self) -> Parsed {
        let mut left = self.term()?;
        loop {
            let place = self.place();
            let join = match self.kind(0) {
                Kind::Symbol("+") => Node::Plus,
                Kind::Symbol("-") => Node::Minus,
                _ => return Ok(left),
            };
            self.step_over()?;
            // Sums are no operators that are counted.
            self.operators -= 1;
            let right = self.term()?;
            left = Expr { node: join(Box::new(left), Box::new(right)), place };
            // A tree of sums leans to the left, as deep as it is long.
            self.sums += 1;
            if self.sums > super::OPERATORS_MAX {
                return malformed("Unexpected operator");
            }
        }
    }

    fn term(&mut self) -> Parsed {
        let place = self.place();
        let node = match self.kind(0).clone() {
            Kind::Text(text) => {
                self.advance();
                Node::Text(text)
            }
            Kind::Number => self.number(""),
            Kind::Symbol("-") if *self.kind(1) == Kind::Number => {
                self.advance();
                self.number("-")
            }
            Kind::Symbol("+") if *self.kind(1) == Kind::Number => {
                self.advance();
                self.number("")
            }
            Kind::Symbol("?") => {
                self.advance();
                self.parameters += 1;
                Node::Parameter(self.parameters - 1)
            }
            Kind::Symbol(symbol @ ("[" | "{" | "<<" | "(")) => {
                self.advance();
                self.enter()?;
                let node = self.bracketed_term(symbol)?;
                self.leave();
                return Ok(match node {
                    // Parentheses around one expression leave it as it is.
                    Node::Sequence(mut members) if members.len() == 1 => {
                        members.pop().unwrap_or(Expr { node: Node::Null, place })
                    }
                    node => Expr { node, place },
                });
            }
            Kind::Word => return self.word_term(place),
            Kind::Quoted(_) => self.path()?.map_or(Node::Null, Node::Path),
            Kind::Symbol(
                "=" | "<>" | "!=" | "<" | "<=" | ">" | ">=" | "+" | "-" | "*" | "/" | "%" | "||",
            ) => {
                return malformed("Unexpected operator");
            }
            Kind::Symbol(_) | Kind::End => return malformed("Unexpected term"),
        };
        Ok(Expr { node, place })
    }

    fn number(&mut self, sign: &str) -> Node {
        let text = format!("{sign}{}", self.text());
        self.advance();
        Node::Number(text)
    }

    /// What follows an opening bracket, which is passed already.
    fn bracketed_term(&mut self, open: &str) -> Result<Node, StatementError> {
        match open {
            "[" => self.members("]", "RIGHT_BRACKET").map(Node::List),
            "<<" => self.members(">>", "RIGHT_DOUBLE_ANGLE_BRACKET").map(Node::Bag),
            "{" => self.structure(),
            _ if self.at_keyword("SELECT") => {
                self.select()?;
                self.expect(")", "RIGHT_PAREN")?;
                Ok(Node::Subquery)
            }
            _ if self.at_symbol(")") => malformed("Unexpected term"),
            _ => self.members(")", "RIGHT_PAREN").map(Node::Sequence),
        }
    }

    /// Expressions up to a closing bracket.
    fn members(&mut self, close: &str, name: &'static str) -> Result<Vec<Expr>, StatementError> {
        let mut members = Vec::new();
        if self.accept(close) {
            return Ok(members);
        }
        loop {
            members.push(self.expression()?);
            if !self.accept(",") {
                self.expect(close, name)?;
                return Ok(members);
            }
        }
    }

    fn structure(&mut self) -> Result<Node, StatementError> {
        let mut members = Vec::new();
        if self.accept("}") {
            return Ok(Node::Struct(members));
        }
        loop {
            let name = match self.kind(0) {
                Kind::Text(name) | Kind::Quoted(name) => name.clone(),
                _ => return malformed("Unexpected term"),
            };
            self.advance();
            self.expect(":", "COLON")?;
            members.push((name, self.expression()?));
            if !self.accept(",") {
                self.expect("}", "RIGHT_CURLY")?;
                return Ok(Node::Struct(members));
            }
        }
    }

    /// A term that begins with a word.
    fn word_term(&mut self, place: Place) -> Parsed {
        let word = self.text().to_ascii_lowercase();
        let node = match word.as_str() {
            "true" => Node::Boolean(true),
            "false" => Node::Boolean(false),
            "null" => Node::Null,
            "missing" if *self.kind(1) != Kind::Symbol("(") => Node::Missing,
            _ if *self.kind(1) == Kind::Symbol("(") && (word == "exists" || !self.at_reserved()) => {
                return self.call(word, place);
            }
            _ if self.at_reserved() => return malformed("Unexpected keyword"),
            _ => {
                let path = self.path()?.map_or(Node::Null, Node::Path);
                return Ok(Expr { node: path, place });
            }
        };
        self.advance();
        Ok(Expr { node, place })
    }

    fn call(&mut self, function: String, place: Place) -> Parsed {
        self.advance();
        self.advance();
        self.operators += 1;
        self.enter()?;
        let called = if function == "exists" && self.at_keyword("SELECT") {
            let place = self.place();
            let select = self.select()?;
            self.expect(")", "RIGHT_PAREN")?;
            Expr { node: Node::Exists(Box::new(select)), place }
        } else {
            Expr { node: Node::Call(function, self.members(")", "RIGHT_PAREN")?), place }
        };
        self.leave();
        Ok(called)
    }
}

fn not(negated: Expr, place: Place) -> Expr {
    Expr { node: Node::Not(Box::new(negated)), place }
}
