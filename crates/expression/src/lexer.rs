//! Cuts an expression into tokens. It never fails: a character that starts no token becomes a token of its
//! own, which no grammar takes, so that the parser names it in its syntax error.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// An attribute name, function name or keyword.
    Word,
    /// `#name`.
    NamePlaceholder,
    /// `:value`.
    ValuePlaceholder,
    /// Digits without a leading zero.
    Integer,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    LeftParenthesis,
    RightParenthesis,
    LeftBracket,
    RightBracket,
    Comma,
    Dot,
    Plus,
    Minus,
    /// A character that starts no token.
    Unknown,
    /// The end of the text.
    End,
}

/// A token and the bytes it covers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// The tokens of `text`, with [`TokenKind::End`] as the last.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(text.len() / 3 + 2);
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let start = text.len() - rest.len();
        let Some(first) = rest.chars().next() else { break };
        let (kind, length) = token(rest.as_bytes(), first);
        tokens.push(Token { kind, start, end: start + length });
        rest = &rest[length..];
    }
    tokens.push(Token { kind: TokenKind::End, start: text.len(), end: text.len() });
    tokens
}

/// The kind and length of the token that `rest` starts with.
fn token(rest: &[u8], first: char) -> (TokenKind, usize) {
    let second = rest.get(1).copied();
    match first {
        'a'..='z' | 'A'..='Z' => (TokenKind::Word, 1 + word_length(&rest[1..])),
        '#' => placeholder(TokenKind::NamePlaceholder, rest),
        ':' => placeholder(TokenKind::ValuePlaceholder, rest),
        '0' => (TokenKind::Integer, 1),
        '1'..='9' => {
            (TokenKind::Integer, rest.iter().position(|b| !b.is_ascii_digit()).unwrap_or(rest.len()))
        }
        '<' if second == Some(b'>') => (TokenKind::NotEqual, 2),
        '<' if second == Some(b'=') => (TokenKind::LessOrEqual, 2),
        '>' if second == Some(b'=') => (TokenKind::GreaterOrEqual, 2),
        '<' => (TokenKind::Less, 1),
        '>' => (TokenKind::Greater, 1),
        '=' => (TokenKind::Equal, 1),
        '(' => (TokenKind::LeftParenthesis, 1),
        ')' => (TokenKind::RightParenthesis, 1),
        '[' => (TokenKind::LeftBracket, 1),
        ']' => (TokenKind::RightBracket, 1),
        ',' => (TokenKind::Comma, 1),
        '.' => (TokenKind::Dot, 1),
        '+' => (TokenKind::Plus, 1),
        '-' => (TokenKind::Minus, 1),
        other => (TokenKind::Unknown, other.len_utf8()),
    }
}

/// A placeholder needs at least one character after its sign.
fn placeholder(kind: TokenKind, rest: &[u8]) -> (TokenKind, usize) {
    match word_length(&rest[1..]) {
        0 => (TokenKind::Unknown, 1),
        length => (kind, 1 + length),
    }
}

/// How many letters, digits and underscores `bytes` starts with.
fn word_length(bytes: &[u8]) -> usize {
    bytes.iter().position(|b| !b.is_ascii_alphanumeric() && *b != b'_').unwrap_or(bytes.len())
}

/// Whether `text` is exactly one placeholder that starts with `sign`.
pub(crate) fn is_placeholder(text: &str, sign: u8) -> bool {
    matches!(text.as_bytes(), [first, rest @ ..] if *first == sign && !rest.is_empty() && word_length(rest) == rest.len())
}

#[cfg(test)]
mod tests {
    use super::TokenKind::{self, *};
    use super::*;

    fn kinds(text: &str) -> Vec<TokenKind> {
        tokens(text).iter().map(|token| token.kind).collect()
    }

    #[test]
    fn every_kind() {
        assert_eq!(kinds("a1_ #b :c 12"), [Word, NamePlaceholder, ValuePlaceholder, Integer, End]);
        assert_eq!(kinds("=<><<=>>="), [Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual, End]);
        assert_eq!(kinds("()[],.+-"), {
            [LeftParenthesis, RightParenthesis, LeftBracket, RightBracket, Comma, Dot, Plus, Minus, End]
        });
    }

    #[test]
    fn odd_characters_are_tokens_of_their_own() {
        assert_eq!(kinds("\u{e9}"), [Unknown, End]);
        assert_eq!(kinds("# : _a"), [Unknown, Unknown, Unknown, Word, End]);
        assert_eq!(kinds("\u{a0}"), [Unknown, End]);
        assert_eq!(kinds("00"), [Integer, Integer, End]);
        assert_eq!(kinds(" \t\r\n"), [End]);
    }

    #[test]
    fn placeholders() {
        assert!(is_placeholder("#a_1", b'#') && is_placeholder(":1", b':'));
        for bad in ["", "#", "a", "##", "#a-b", "#a\u{a0}", ":a"] {
            assert!(!is_placeholder(bad, b'#'), "{bad}");
        }
    }
}
