//! Patterns of terms that a message has, or has not.

use super::scanner::Scanner;
use super::value::Regex;
use super::{InvalidPattern, PARTS_MAX};

/// Terms, each of which must be there, one at least of which must be, and none of which may be.
#[derive(Clone, Debug, Default)]
pub(super) struct Terms {
    all: Vec<Term>,
    any: Vec<Term>,
    none: Vec<Term>,
}

#[derive(Clone, Debug)]
enum Term {
    Text(String),
    Regex(Regex),
}

impl Term {
    fn is_in(&self, message: &str) -> bool {
        match self {
            Self::Text(text) => message.contains(text.as_str()),
            Self::Regex(regex) => regex.matches(message),
        }
    }
}

impl Terms {
    pub(super) fn parse(scanner: &mut Scanner<'_>) -> Result<Self, InvalidPattern> {
        let mut terms = Self::default();
        for _ in 0..PARTS_MAX {
            scanner.skip_space();
            let Some(first) = scanner.peek() else {
                if !terms.all.is_empty() || !terms.none.is_empty() {
                    terms.any.clear();
                }
                return Ok(terms);
            };
            let list = match first {
                '?' => &mut terms.any,
                '-' => &mut terms.none,
                _ => &mut terms.all,
            };
            if matches!(first, '?' | '-') {
                scanner.step();
            }
            if let Some(term) = term(scanner)? {
                list.push(term);
            }
        }
        Err(InvalidPattern::new("it has too many terms"))
    }

    pub(super) fn matches(&self, message: &str) -> bool {
        let is_in = |term: &Term| term.is_in(message);
        self.all.iter().all(is_in)
            && (self.any.is_empty() || self.any.iter().any(is_in))
            && !self.none.iter().any(is_in)
    }
}

/// A term; `None` for one of nothing but spaces, which every message has.
fn term(scanner: &mut Scanner<'_>) -> Result<Option<Term>, InvalidPattern> {
    match scanner.peek() {
        Some('"') => {
            let text = scanner.quoted()?;
            Ok((!text.trim().is_empty()).then_some(Term::Text(text)))
        }
        Some('%') => Ok(Some(Term::Regex(scanner.regex()?))),
        _ => {
            let word = scanner.take_while(|next| !next.is_whitespace());
            let plain = |one: char| one.is_alphanumeric() || one == '_';
            if word.is_empty() {
                return Err(scanner.unexpected());
            }
            if !word.chars().all(plain) {
                return Err(InvalidPattern::new(format!("Invalid character(s) in term '{word}'")));
            }
            Ok(Some(Term::Text(word.to_owned())))
        }
    }
}
