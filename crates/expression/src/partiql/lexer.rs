//! Cuts a statement into tokens.

use super::ast::Place;
use super::error::StatementError;

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword, a function or a name without quotes.
    Word,
    /// `"name"`
    Quoted(String),
    /// `'text'`
    Text(String),
    /// Digits, a fraction, an exponent; no sign.
    Number,
    /// An operator or a bracket.
    Symbol(&'static str),
    /// The end of the text.
    End,
}

/// A token, the bytes it covers and its place.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) place: Place,
}

/// The longer ones first, so that the first that fits is the right one.
const SYMBOLS: [&str; 27] = [
    "<<", ">>", "<>", "<=", ">=", "!=", "||", "=", "<", ">", "(", ")", "[", "]", "{", "}", ",", ".", ":",
    ";", "*", "+", "-", "/", "%", "?", "@",
];

/// What the grammar cannot even be asked about.
const UNREADABLE: StatementError = StatementError::Malformed("");

/// The tokens of `text`, with [`Kind::End`] as the last.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, StatementError> {
    let mut lexer = Lexer { text, at: 0, line: 1, column: 1 };
    let mut tokens = Vec::with_capacity(text.len() / 4 + 2);
    loop {
        lexer.skip_blank()?;
        let (start, line, column) = (lexer.at, lexer.line, lexer.column);
        let kind = lexer.token()?;
        let length = text[start..lexer.at].chars().count();
        let is_end = kind == Kind::End;
        tokens.push(Token { kind, start, end: lexer.at, place: Place { line, column, length } });
        if is_end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    line: usize,
    column: usize,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// Steps over so many bytes, which end at a character.
    fn advance(&mut self, bytes: usize) {
        for character in self.rest()[..bytes].chars() {
            match character {
                '\n' => (self.line, self.column) = (self.line + 1, 1),
                _ => self.column += 1,
            }
        }
        self.at += bytes;
    }

    /// Steps over white space and comments.
    fn skip_blank(&mut self) -> Result<(), StatementError> {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
            if blank > 0 {
                self.advance(blank);
            } else if rest.starts_with("--") {
                self.advance(rest.find('\n').unwrap_or(rest.len()));
            } else if rest.starts_with("/*") {
                let end = rest.get(2..).and_then(|inner| inner.find("*/")).ok_or(UNREADABLE)?;
                self.advance(end + 4);
            } else {
                return Ok(());
            }
        }
    }

    fn token(&mut self) -> Result<Kind, StatementError> {
        let rest = self.rest();
        match rest.bytes().next() {
            None => Ok(Kind::End),
            Some(b'\'') => self.quoted('\'').map(Kind::Text),
            Some(b'"') => self.quoted('"').map(Kind::Quoted),
            Some(b'0'..=b'9') => self.number(),
            Some(b'.') if rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit) => self.number(),
            Some(b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$') => {
                self.advance(rest.find(|character| !is_word(character)).unwrap_or(rest.len()));
                Ok(Kind::Word)
            }
            Some(_) => {
                let symbol = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)).ok_or(UNREADABLE)?;
                self.advance(symbol.len());
                Ok(Kind::Symbol(symbol))
            }
        }
    }

    /// What stands in quotes; a quote in it is doubled.
    fn quoted(&mut self, quote: char) -> Result<String, StatementError> {
        let mut inner = String::new();
        let mut from = 1;
        loop {
            let rest = self.rest().get(from..).ok_or(UNREADABLE)?;
            let end = rest.find(quote).ok_or(UNREADABLE)?;
            inner.push_str(&rest[..end]);
            from += end + 1;
            if !rest[end + 1..].starts_with(quote) {
                self.advance(from);
                return Ok(inner);
            }
            inner.push(quote);
            from += 1;
        }
    }

    fn number(&mut self) -> Result<Kind, StatementError> {
        let bytes = self.rest().as_bytes();
        let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let mut end = digits(0);
        if bytes.get(end) == Some(&b'.') {
            end += 1;
            end += digits(end);
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            end += 1;
            end += usize::from(matches!(bytes.get(end), Some(b'+' | b'-')));
            match digits(end) {
                0 => return Err(UNREADABLE),
                count => end += count,
            }
        }
        if self.rest()[end..].chars().next().is_some_and(is_word) {
            return Err(UNREADABLE);
        }
        self.advance(end);
        Ok(Kind::Number)
    }
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_' || character == '$'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_know_their_places() {
        let places: Vec<String> = tokens("SELECT 'é' --x\n /* y\n */ \"a\"\"b\" 1.5e-3<<")
            .unwrap()
            .iter()
            .map(|token| format!("{} {:?}", token.place, token.kind))
            .collect();
        assert_eq!(
            places,
            [
                "1:1:6 Word",
                "1:8:3 Text(\"é\")",
                "3:5:6 Quoted(\"a\\\"b\")",
                "3:12:6 Number",
                "3:18:2 Symbol(\"<<\")",
                "3:20:0 End"
            ]
        );
    }

    #[test]
    fn what_cannot_be_read() {
        for text in ["# x", "/* open", "'open", "\"open", "1a", "1e", "`ion`", "a ! b", "é", "''' "] {
            assert_eq!(tokens(text).map(|_| ()), Err(UNREADABLE), "{text}");
        }
    }
}
