//! Wildcards: `*` stands for any text, also for none; `\*` and `\\` for themselves.

/// A text with stars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wildcard {
    /// What is between the stars, in order; one piece where there is no star.
    pieces: Vec<String>,
}

impl Wildcard {
    /// Reads a pattern; `None` for two stars in a row, and for a backslash before anything else.
    pub(super) fn parse(text: &str) -> Option<Wildcard> {
        let mut pieces = vec![String::new()];
        let mut chars = text.chars();
        let mut after_star = false;
        while let Some(char) = chars.next() {
            let star = char == '*';
            if star && after_star {
                return None;
            }
            after_star = star;
            if star {
                pieces.push(String::new());
                continue;
            }
            let literal =
                if char == '\\' { chars.next().filter(|next| matches!(next, '*' | '\\'))? } else { char };
            if let Some(piece) = pieces.last_mut() {
                piece.push(literal);
            }
        }
        Some(Wildcard { pieces })
    }

    /// Whether the whole text is as the pattern says.
    pub(super) fn matches(&self, text: &str) -> bool {
        let [first, between @ .., last] = self.pieces.as_slice() else {
            return self.pieces.first().is_some_and(|only| only == text);
        };
        let inner = text.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str()));
        // The leftmost place for each piece leaves the most for those behind it.
        let mut rest = inner;
        for piece in between {
            rest = rest.and_then(|rest| rest.find(piece.as_str()).map(|at| &rest[at + piece.len()..]));
        }
        rest.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars() {
        let rows = [
            ("a*c", "abbbc", true),
            ("a*c", "ac", true),
            ("a*c", "abcd", false),
            ("a*a", "a", false),
            ("*", "", true),
            ("*", "anything", true),
            ("", "", true),
            ("", "a", false),
            ("abc", "abc", true),
            ("abc", "abcd", false),
            ("*b*", "abc", true),
            ("*b*b*", "abc", false),
            ("a*b*ab", "aab", false),
            ("a*b*ab", "abab", true),
            (r"a\*c", "a*c", true),
            (r"a\*c", "abc", false),
            (r"\\*", r"\x", true),
            (r"\**", "*x", true),
            ("*é", "né", true),
        ];
        for (pattern, text, matches) in rows {
            assert_eq!(Wildcard::parse(pattern).unwrap().matches(text), matches, "{pattern} {text}");
        }
        for pattern in ["**", "a**b", r"a\", r"a\b"] {
            assert_eq!(Wildcard::parse(pattern), None, "{pattern}");
        }
    }
}
