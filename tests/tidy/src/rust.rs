//! As much of Rust as the rules need: what of a file is code, and where its functions are.

/// The code of a file: comments and the inside of literals are blanks. Lines stay where they are.
pub(crate) fn code(text: &str) -> String {
    let mut lexer = Lexer { rest: text, code: String::with_capacity(text.len()) };
    while lexer.step() {}
    lexer.code
}

struct Lexer<'a> {
    rest: &'a str,
    code: String,
}

impl Lexer<'_> {
    /// Takes one comment, literal or character; `false` at the end.
    fn step(&mut self) -> bool {
        let Some(first) = self.rest.chars().next() else { return false };
        if first.is_alphanumeric() || first == ' ' {
            self.word(first);
        } else if self.rest.starts_with("//") {
            let end = self.rest.find('\n').unwrap_or(self.rest.len());
            self.blank(end);
        } else if self.rest.starts_with("/*") {
            self.blank(comment_end(self.rest));
        } else if first == '"' {
            self.blank(string_end(self.rest));
        } else if first == '\'' {
            match char_end(self.rest) {
                Some(end) => self.blank(end),
                None => self.keep(1),
            }
        } else {
            self.keep(first.len_utf8());
        }
        true
    }

    /// Takes a word, or the literal that its first letters introduce, or blanks.
    fn word(&mut self, first: char) {
        if let Some(end) = raw_string_end(self.rest) {
            return self.blank(end);
        }
        let is_more = |char: char| if first == ' ' { char == ' ' } else { is_word(char) };
        self.keep(self.rest.find(|char| !is_more(char)).unwrap_or(self.rest.len()));
    }

    fn keep(&mut self, length: usize) {
        let (kept, rest) = self.rest.split_at(length);
        self.code.push_str(kept);
        self.rest = rest;
    }

    fn blank(&mut self, length: usize) {
        let (gone, rest) = self.rest.split_at(length);
        self.code.extend(gone.chars().map(|char| if char == '\n' { '\n' } else { ' ' }));
        self.rest = rest;
    }
}

/// The length of a raw string that begins here.
fn raw_string_end(text: &str) -> Option<usize> {
    let after = ["r", "br", "cr"].iter().find_map(|prefix| {
        let after = text.strip_prefix(prefix)?;
        after.starts_with(['"', '#']).then_some(after)
    })?;
    let body = after.trim_start_matches('#');
    let hashes = after.len() - body.len();
    let body = body.strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let length = body.find(&close).map_or(body.len(), |at| at + close.len());
    Some(text.len() - body.len() + length)
}

/// The length of the comment, with those inside it, that begins here.
fn comment_end(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while let Some(rest) = text.get(at..) {
        if rest.is_empty() {
            break;
        } else if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length of the string that begins here.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, char) in text.char_indices().skip(1) {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of the character literal that begins here; a lifetime is none.
fn char_end(text: &str) -> Option<usize> {
    let mut chars = text.char_indices().skip(1);
    let (_, first) = chars.next()?;
    if first == '\\' {
        // What is escaped may be an apostrophe.
        chars.next()?;
        return chars.find(|(_, char)| *char == '\'').map(|(at, _)| at + 1);
    }
    chars.next().filter(|(_, char)| *char == '\'').map(|(at, _)| at + 1)
}

/// A function that has a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    /// What it is called.
    pub(crate) name: String,
    /// The line that it begins at, from 1.
    pub(crate) line: usize,
    /// How many lines of its body have code.
    pub(crate) lines: usize,
}

/// The functions in code.
pub(crate) fn functions(code: &str) -> Vec<Function> {
    let mut functions = Vec::new();
    let (mut line, mut counted) = (1, 0);
    for (at, _) in code.match_indices("fn ") {
        line += code[counted..at].matches('\n').count();
        counted = at;
        if code[..at].ends_with(is_word) {
            continue;
        }
        let name: String = code[at + 3..].chars().take_while(|char| is_word(*char)).collect();
        let Some(body) = (!name.is_empty()).then(|| body(&code[at..])).flatten() else { continue };
        let inside = body.trim_matches(['{', '}']);
        let lines = inside.lines().filter(|line| !line.trim().is_empty()).count();
        functions.push(Function { name, line, lines });
    }
    functions
}

/// Whether a name may have this character.
pub(crate) fn is_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

/// The body of the function that begins here, with its braces.
fn body(function: &str) -> Option<&str> {
    let (mut open, mut depth, mut braces, mut begin) = (0_i32, 0_i32, 0_i32, 0);
    for (at, char) in function.char_indices() {
        match char {
            '(' | '[' => open += 1,
            ')' | ']' => open -= 1,
            ';' if open == 0 && braces == 0 => return None,
            '{' => {
                if open == 0 && braces == 0 {
                    (begin, depth) = (at, open);
                }
                braces += 1;
            }
            '}' => {
                braces -= 1;
                if braces == 0 && open == depth && begin > 0 {
                    return function.get(begin..=at);
                }
            }
            _ => {}
        }
    }
    None
}

#[test]
fn comments_and_literals_are_no_code() {
    let text = "a // b\n/* c /* d\n */ e */ f \"g \\\" h\" r#\"i \" j\"# 'k' '\\'' b'\"' &'l m for_r\"n\"";
    let code = code(text);
    assert_eq!(code.split_whitespace().collect::<Vec<_>>(), ["a", "f", "b", "&'l", "m", "for_r"]);
    assert_eq!(code.matches('\n').count(), text.matches('\n').count());
}

#[test]
fn functions_are_found_and_measured() {
    let text = "trait T {\n    fn none(&self) -> [u8; 4];\n}\nfn one() { 1 }\n\n\
                fn two<F: Fn(u8)>(f: F) -> [u8; 2] {\n    // why\n\n    if x {\n        f(\"}\");\n    }\n}\n";
    let found: Vec<_> = functions(&code(text)).into_iter().map(|f| (f.name, f.line, f.lines)).collect();
    assert_eq!(found, [("one".to_owned(), 4, 1), ("two".to_owned(), 6, 3)]);
}
