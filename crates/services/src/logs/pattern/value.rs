//! What values are compared with, and how.

use super::InvalidPattern;
use super::scanner::Scanner;

/// The most memory that a compiled regular expression takes.
const REGEX_BYTES_MAX: usize = 64 << 10;

/// A regular expression of the kind that is allowed.
#[derive(Clone, Debug)]
pub(super) struct Regex(regex_lite::Regex);

impl Regex {
    pub(super) fn new(text: &str) -> Result<Self, InvalidPattern> {
        let allowed = |one: char| one.is_ascii_alphanumeric() || ":_#=@/;,-^$?[]{}|\\*+. ".contains(one);
        if let Some(other) = text.chars().find(|one| !allowed(*one)) {
            return Err(InvalidPattern::new(format!("a regular expression cannot have '{other}'")));
        }
        let built = regex_lite::RegexBuilder::new(text).size_limit(REGEX_BYTES_MAX).build();
        let wrong =
            |error: regex_lite::Error| InvalidPattern::new(format!("the regular expression: {error}"));
        built.map(Self).map_err(wrong)
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

/// What a value is held against.
#[derive(Clone, Debug)]
pub(super) enum Text {
    /// A text, in which `*` stands for any text.
    Wildcard(String),
    /// A number, as it was written and what it is.
    Number(String, f64),
    Regex(Regex),
}

impl Text {
    pub(super) fn quoted(text: String) -> Self {
        Self::Wildcard(text)
    }

    /// A word without quotes: a number if it is one.
    pub(super) fn word(word: &str) -> Self {
        match word.parse::<f64>() {
            Ok(number) if number.is_finite() => Self::Number(word.to_owned(), number),
            _ => Self::Wildcard(word.to_owned()),
        }
    }

    /// Whether a text is equal to it.
    pub(super) fn equals(&self, value: &str) -> bool {
        match self {
            Self::Wildcard(pattern) => wildcard(pattern, value),
            Self::Number(written, number) => {
                written == value || value.parse::<f64>().is_ok_and(|value| value == *number)
            }
            Self::Regex(regex) => regex.matches(value),
        }
    }
}

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Operator {
    /// The one that is next, if one is.
    pub(super) fn read(scanner: &mut Scanner<'_>) -> Option<Self> {
        const ALL: [(&str, Operator); 6] = [
            ("!=", Operator::NotEqual),
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("=", Operator::Equal),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ];
        ALL.iter().find(|(text, _)| scanner.take(text)).map(|(_, operator)| *operator)
    }
}

/// A comparison with a fixed value.
#[derive(Clone, Debug)]
pub(super) struct Comparison {
    operator: Operator,
    text: Text,
}

impl Comparison {
    /// Reads operator and value, which `ends` end.
    pub(super) fn read(scanner: &mut Scanner<'_>, ends: &str) -> Result<Option<Self>, InvalidPattern> {
        let Some(operator) = Operator::read(scanner) else { return Ok(None) };
        let text = scanner.operand(ends)?;
        let is_order = !matches!(operator, Operator::Equal | Operator::NotEqual);
        if is_order && !matches!(text, Text::Number(..)) {
            return Err(InvalidPattern::new("only numbers are less or greater"));
        }
        Ok(Some(Self { operator, text }))
    }

    /// Whether it holds for a text.
    pub(super) fn holds_for_text(&self, value: &str) -> bool {
        match self.operator {
            Operator::Equal => self.text.equals(value),
            Operator::NotEqual => !self.text.equals(value),
            _ => value.parse().is_ok_and(|value| self.holds_for_number(value)),
        }
    }

    /// Whether it holds for a number.
    pub(super) fn holds_for_number(&self, value: f64) -> bool {
        let Text::Number(_, number) = self.text else { return self.operator == Operator::NotEqual };
        match self.operator {
            Operator::Equal => value == number,
            Operator::NotEqual => value != number,
            Operator::Less => value < number,
            Operator::LessOrEqual => value <= number,
            Operator::Greater => value > number,
            Operator::GreaterOrEqual => value >= number,
        }
    }

    /// Whether the value was written as a number.
    pub(super) fn is_number(&self) -> bool {
        matches!(self.text, Text::Number(..))
    }
}

/// Whether a text is as a pattern says in which `*` stands for any text. In time of their product at worst.
pub(super) fn wildcard(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut place) = (0, 0);
    // Where to go on if what follows the last star does not fit here.
    let mut again: Option<(usize, usize)> = None;
    while place < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                again = Some((at + 1, place));
                at += 1;
            }
            Some(byte) if *byte == text[place] => {
                at += 1;
                place += 1;
            }
            _ => {
                let Some((after, from)) = again else { return false };
                again = Some((after, from + 1));
                (at, place) = (after, from + 1);
            }
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}
