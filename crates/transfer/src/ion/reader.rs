//! Reading: a line of Ion's text to an item.

use super::IonError;
use super::scan::{Scan, is_identifier_start, is_symbol_number};
use bytes::Bytes;
use item::{Map, Name, Number, NumberError, Stored, Value};
use wire::value::decode_base64;

/// The deepest level of a value; the attributes are level 1.
const LEVELS_MAX: u32 = 32;

/// The types that a null may be of.
const NULL_TYPES: [&str; 13] = [
    "null",
    "bool",
    "int",
    "float",
    "decimal",
    "timestamp",
    "symbol",
    "string",
    "clob",
    "blob",
    "list",
    "sexp",
    "struct",
];

/// Reads a line; `None` where there is nothing on it but a version marker.
///
/// # Errors
/// When it is no item in Ion's text.
pub fn read_line(line: &str) -> Result<Option<Stored>, IonError> {
    let mut scan = Scan { text: line, at: 0 };
    scan.space()?;
    while scan.is_at("$ion_1_0") {
        scan.identifier();
        scan.space()?;
    }
    if scan.peek().is_none() {
        return Ok(None);
    }
    let mut item = None;
    if !scan.take("{") || scan.is_at("{") {
        return Err(IonError::NoItem);
    }
    scan.fields(|scan, name| {
        if name != "Item" || item.is_some() {
            return Err(IonError::NoItem);
        }
        scan.space()?;
        if !scan.take("{") || scan.is_at("{") {
            return Err(IonError::NoItem);
        }
        item = Some(scan.map(1)?);
        Ok(())
    })?;
    scan.space()?;
    if scan.peek().is_some() {
        return Err(scan.syntax("more than one value on a line"));
    }
    item.map(|item| Some(Stored::encode(&item))).ok_or(IonError::NoItem)
}

impl<'a> Scan<'a> {
    /// Reads the fields of a struct whose bracket was taken already, each value by `read`.
    fn fields(
        &mut self,
        mut read: impl FnMut(&mut Scan<'a>, String) -> Result<(), IonError>,
    ) -> Result<(), IonError> {
        loop {
            self.space()?;
            if self.take("}") {
                return Ok(());
            }
            let name = self.field_name()?;
            self.expect(":", "a field without a colon")?;
            if self.is_at(":") {
                return Err(self.syntax("an annotation in the place of a field's name"));
            }
            read(self, name)?;
            self.space()?;
            if !self.take(",") {
                return self.expect("}", "neither a comma nor the end of a struct");
            }
        }
    }

    fn field_name(&mut self) -> Result<String, IonError> {
        if self.take("\"") {
            return self.quoted("\"");
        }
        if self.take("'''") {
            return self.long_text();
        }
        if self.take("'") {
            return self.quoted("'");
        }
        match self.identifier() {
            Some(name) if is_symbol_number(name) => Err(IonError::Unsupported("symbols by their numbers")),
            Some("null" | "true" | "false" | "nan") => {
                Err(self.syntax("a keyword in the place of a field's name"))
            }
            Some(name) => Ok(name.to_owned()),
            None => Err(self.syntax("no name of a field")),
        }
    }

    /// Reads the attributes of a map, whose values stand at `level`.
    fn map(&mut self, level: u32) -> Result<Map, IonError> {
        let mut entries: Vec<(Name, Value)> = Vec::new();
        self.fields(|scan, name| {
            if name.is_empty() {
                return Err(IonError::EmptyName);
            }
            entries.push((name.into(), scan.value(level)?));
            Ok(())
        })?;
        // In order, so that none is put between others.
        entries.sort_by(|(one, _), (other, _)| one.as_bytes().cmp(other.as_bytes()));
        match entries.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            Some(pair) => Err(IonError::Duplicate(pair[0].0.to_string())),
            None => Ok(entries.into_iter().collect()),
        }
    }

    fn value(&mut self, level: u32) -> Result<Value, IonError> {
        if level > LEVELS_MAX {
            return Err(IonError::Depth);
        }
        self.space()?;
        match self.peek() {
            Some(b'"') => {
                self.at += 1;
                self.quoted("\"").map(Value::S)
            }
            Some(b'\'') if self.take("'''") => self.long_text().map(Value::S),
            Some(b'{') if self.take("{{") => self.blob().map(Value::B),
            Some(b'{') => {
                self.at += 1;
                self.map(level + 1).map(Value::M)
            }
            Some(b'[') => {
                self.at += 1;
                self.list(level + 1).map(Value::L)
            }
            Some(b'(') => Err(IonError::Unsupported("S-expressions")),
            Some(b'+' | b'-' | b'0'..=b'9') => self.number().map(Value::N),
            Some(b'\'') => {
                self.at += 1;
                let text = self.quoted("'")?;
                self.annotated(&text, level)
            }
            Some(_) => match self.identifier() {
                Some(word) => self.word(word, level),
                None => Err(self.syntax("no value")),
            },
            None => Err(self.syntax("no value")),
        }
    }

    fn list(&mut self, level: u32) -> Result<Vec<Value>, IonError> {
        let mut values = Vec::new();
        loop {
            self.space()?;
            if self.take("]") {
                return Ok(values);
            }
            values.push(self.value(level)?);
            self.space()?;
            if !self.take(",") {
                self.expect("]", "neither a comma nor the end of a list")?;
                return Ok(values);
            }
        }
    }

    /// What a word without quotes stands for.
    fn word(&mut self, word: &str, level: u32) -> Result<Value, IonError> {
        match word {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            "nan" => Err(IonError::Unsupported("what is not a number")),
            "null" => {
                if self.take(".") {
                    let kind = self.identifier().unwrap_or_default();
                    if !NULL_TYPES.contains(&kind) {
                        return Err(self.syntax("a null of an unknown type"));
                    }
                }
                Ok(Value::Null)
            }
            _ => self.annotated(word, level),
        }
    }

    /// Reads the value that an annotation stands before.
    fn annotated(&mut self, annotation: &str, level: u32) -> Result<Value, IonError> {
        self.space()?;
        if !self.take("::") {
            return Err(IonError::Unsupported("symbols"));
        }
        let set = match annotation {
            "$dynamodb_SS" => strings,
            "$dynamodb_NS" => numbers,
            "$dynamodb_BS" => blobs,
            _ => return Err(IonError::Unsupported("other annotations than those of sets")),
        };
        self.space()?;
        if !self.take("[") {
            return Err(IonError::Unsupported("an annotation of a set before something else than a list"));
        }
        set(self.list(level + 1)?)
    }

    /// Reads what `{{`, which was taken already, opens.
    fn blob(&mut self) -> Result<Bytes, IonError> {
        let rest = &self.text[self.at..];
        let end = rest.find("}}").ok_or_else(|| self.syntax("a blob without an end"))?;
        if rest.trim_start().starts_with(['"', '\'']) {
            return Err(IonError::Unsupported("clobs"));
        }
        let digits: String = rest[..end].chars().filter(|found| !found.is_ascii_whitespace()).collect();
        let bytes = decode_base64(&digits).map_err(|_| self.syntax("a blob that is not base64"))?;
        self.at += end + 2;
        Ok(bytes.into())
    }

    fn number(&mut self) -> Result<Number, IonError> {
        let start = self.at;
        if self.take("+") {
            let is_infinite = self.identifier() == Some("inf");
            let infinite = IonError::Unsupported("infinite numbers");
            return Err(if is_infinite { infinite } else { self.syntax("a number with a plus sign") });
        }
        let sign = if self.take("-") { "-" } else { "" };
        if self.identifier() == Some("inf") {
            return Err(IonError::Unsupported("infinite numbers"));
        }
        let token = self.while_true(|byte| {
            is_identifier_start(byte) || byte.is_ascii_digit() || matches!(byte, b'.' | b'+' | b'-' | b':')
        });
        if token.len() > 4 && token.as_bytes()[..4].iter().all(u8::is_ascii_digit) {
            let is_date = matches!(token.as_bytes()[4], b'-' | b'T');
            if is_date {
                return Err(IonError::Unsupported("timestamps"));
            }
        }
        let text = match token.get(..2) {
            Some("0x" | "0X") => integer(&token[2..], 16)?,
            Some("0b" | "0B") => integer(&token[2..], 2)?,
            _ => decimal(token),
        };
        let text = text.ok_or(IonError::Syntax { what: "no number", at: start })?;
        Ok(Number::parse(&format!("{sign}{text}"))?)
    }
}

/// The decimal digits of an integer of another base; `None` where it is none.
fn integer(digits: &str, base: u32) -> Result<Option<String>, IonError> {
    let Some(digits) = without_underscores(digits) else { return Ok(None) };
    if !digits.chars().all(|digit| digit.is_digit(base)) {
        return Ok(None);
    }
    match u128::from_str_radix(&digits, base) {
        Ok(value) => Ok(Some(value.to_string())),
        Err(_) => Err(NumberError::TooManyDigits.into()),
    }
}

/// A decimal, an integer or a float in the notation of DynamoDB's numbers; `None` where it is none.
fn decimal(token: &str) -> Option<String> {
    let (number, exponent) = match token.find(['d', 'D', 'e', 'E']) {
        Some(at) => (&token[..at], Some(&token[at + 1..])),
        None => (token, None),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole = without_underscores(whole)?;
    let fraction = if fraction.is_empty() { String::new() } else { without_underscores(fraction)? };
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(&whole) || !is_digits(&fraction) || (whole.len() > 1 && whole.starts_with('0')) {
        return None;
    }
    let mut text = whole;
    if !fraction.is_empty() {
        text = format!("{text}.{fraction}");
    }
    if let Some(exponent) = exponent {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if digits.is_empty() || !is_digits(digits) {
            return None;
        }
        text = format!("{text}E{exponent}");
    }
    Some(text)
}

/// Digits without the underscores that may stand between two of them.
fn without_underscores(digits: &str) -> Option<String> {
    let is_fine = !digits.is_empty() && digits.split('_').all(|part| !part.is_empty());
    is_fine.then(|| digits.replace('_', ""))
}

fn strings(values: Vec<Value>) -> Result<Value, IonError> {
    let one = |value| if let Value::S(text) = value { Ok(text) } else { Err(IonError::Member) };
    Ok(Value::string_set(values.into_iter().map(one).collect::<Result<_, _>>()?)?)
}

fn numbers(values: Vec<Value>) -> Result<Value, IonError> {
    let one = |value| if let Value::N(number) = value { Ok(number) } else { Err(IonError::Member) };
    Ok(Value::number_set(values.into_iter().map(one).collect::<Result<_, _>>()?)?)
}

fn blobs(values: Vec<Value>) -> Result<Value, IonError> {
    let one = |value| if let Value::B(bytes) = value { Ok(bytes) } else { Err(IonError::Member) };
    Ok(Value::binary_set(values.into_iter().map(one).collect::<Result<_, _>>()?)?)
}
