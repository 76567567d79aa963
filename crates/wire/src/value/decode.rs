//! Reading values.

use super::base64::decode_base64;
use super::direct;
use super::problem::{Problem, SetKind};
use crate::error::ApiError;
use crate::json::{JsonError, Reader, Token};
use crate::layer::{Layer, Wording};
use crate::member::{self, lenient_boolean, list, string};
use item::Stored;
use item::number::{Number, NumberError};
use item::value::{Map, Name, SetError, Value};
use std::borrow::Cow;

/// The deepest level that an attribute may reach; the attribute itself is level 1.
const LEVELS_MAX: u32 = 32;

/// Room made for an item before it is read, at most: what is left of the request may hold many.
const ROOM_BYTES_MAX: usize = 16 << 10;

/// Maps of up to so many attributes are kept in order by insertion; beyond it attributes that come out of
/// order are sorted once, at the end.
const INSERTED_MAX: usize = 32;

/// From this level on the whole request is answered by the old layer.
const LEVELS_OLD_LAYER: u32 = 63;

/// Where in a request a refused value stands. Of several, the first in this order is reported; of one kind,
/// the first sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Site {
    /// An item, a key, or anything else that AWS does not name.
    Plain,
    /// `ExclusiveStartKey` of Scan, which AWS names where it is too deep.
    ScanStart,
    /// An expression value, by its placeholder.
    ExpressionValue(String),
    /// A value of a legacy parameter.
    Legacy,
}

/// Reads the values of one request and notes which are refused.
#[derive(Debug)]
pub(crate) struct Values {
    /// What is wrong with the value that is being read.
    current: Option<Box<Problem>>,
    refused: Vec<(Site, Box<Problem>)>,
    /// Whether there was what brings the old layer to whatever is refused: a boolean written as a string, or
    /// a value of several types.
    old_layer: bool,
    deepest: u32,
    levels_max: u32,
    expression_levels_max: u32,
}

impl Values {
    /// For one request.
    pub(crate) fn new() -> Values {
        Values {
            current: None,
            refused: Vec::new(),
            old_layer: false,
            deepest: 0,
            levels_max: LEVELS_MAX,
            expression_levels_max: LEVELS_MAX,
        }
    }

    /// For requests whose expression values may be one level deeper than others.
    pub(crate) fn with_extra_level() -> Values {
        Values { expression_levels_max: LEVELS_MAX + 1, ..Values::new() }
    }

    /// Reads an item or a key.
    pub(crate) fn map(&mut self, reader: &mut Reader<'_>) -> Result<Option<Map>, JsonError> {
        self.map_at(Site::Plain, reader)
    }

    /// Reads the start key of a Scan.
    pub(crate) fn scan_start(&mut self, reader: &mut Reader<'_>) -> Result<Option<Map>, JsonError> {
        self.map_at(Site::ScanStart, reader)
    }

    fn map_at(&mut self, site: Site, reader: &mut Reader<'_>) -> Result<Option<Map>, JsonError> {
        if reader.null()? {
            return Ok(None);
        }
        let map = self.entries(reader, 1)?;
        self.note(site);
        Ok(Some(map))
    }

    /// Reads a whole item into its stored form.
    pub(crate) fn item(&mut self, reader: &mut Reader<'_>) -> Result<Option<Stored>, JsonError> {
        let start = reader.clone();
        if let Some(item) = direct::item(reader, (reader.rest() * 3 / 4).min(ROOM_BYTES_MAX)) {
            return Ok(Some(item));
        }
        *reader = start;
        Ok(self.map(reader)?.map(|map| Stored::encode(&map)))
    }

    /// Reads one value without containers; `None` if anything is wrong with it.
    pub(super) fn only(mut self, reader: &mut Reader<'_>) -> Option<Value> {
        let value = self.value(reader, 1).ok()?;
        (self.current.is_none() && !self.old_layer).then_some(value)
    }

    /// Reads `ExpressionAttributeValues`.
    pub(crate) fn expression_values(
        &mut self,
        reader: &mut Reader<'_>,
    ) -> Result<Option<Vec<(String, Value)>>, JsonError> {
        let mut values: Vec<(String, Value)> = Vec::new();
        self.levels_max = self.expression_levels_max;
        let present = member::map(reader, |reader, key| {
            let value = self.value(reader, 1)?;
            if self.current.is_some() {
                self.note(Site::ExpressionValue(key.clone().into_owned()));
            }
            values.push((key.into_owned(), value));
            Ok(())
        })?;
        self.levels_max = LEVELS_MAX;
        refuse_duplicates(reader, &values)?;
        Ok(present.map(|()| values))
    }

    /// Reads one value of a legacy parameter.
    pub(crate) fn legacy(&mut self, reader: &mut Reader<'_>) -> Result<Option<Value>, JsonError> {
        if reader.null()? {
            return Ok(None);
        }
        let value = self.value(reader, 1)?;
        self.note(Site::Legacy);
        Ok(Some(value))
    }

    /// Reads something whose values may be one level deeper than others.
    pub(crate) fn one_level_deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        self.levels_max += 1;
        let read = read(self);
        self.levels_max -= 1;
        read
    }

    /// Notes an attribute name that is empty or too long, outside of any value.
    pub(crate) fn check_name(&mut self, name: &str) {
        if let Some(problem) = Problem::of_name(name) {
            self.fail(problem);
            self.note(Site::Legacy);
        }
    }

    /// The layer of a request that starts on `layer` and holds these values.
    pub(crate) fn layer(&self, layer: Layer) -> Layer {
        let old_layer = self.old_layer && !self.refused.is_empty();
        if old_layer || self.deepest >= LEVELS_OLD_LAYER { Layer::OLD } else { layer }
    }

    /// Refuses the request for the first value that is refused.
    pub(crate) fn check(&self, layer: Layer) -> Result<(), ApiError> {
        let rank = |site: &Site| match site {
            Site::Plain | Site::ScanStart => 0,
            Site::ExpressionValue(_) => 1,
            Site::Legacy => 2,
        };
        match self.refused.iter().min_by_key(|(site, _)| rank(site)) {
            None => Ok(()),
            Some((site, problem)) => Err(refusal(site, problem, layer)),
        }
    }

    /// Refuses the request if an attribute name is empty or too long, whatever else is wrong with its values.
    pub(crate) fn check_names(&self, layer: Layer) -> Result<(), ApiError> {
        let of_name = |problem: &Problem| matches!(problem, Problem::EmptyName | Problem::NameTooLong);
        match self.refused.iter().find(|(_, problem)| of_name(problem)) {
            None => Ok(()),
            Some((site, problem)) => Err(refusal(site, problem, layer)),
        }
    }

    /// Refuses the request for the first value sent that is refused, wherever it stands.
    pub(crate) fn check_in_order(&self, layer: Layer) -> Result<(), ApiError> {
        match self.refused.first() {
            None => Ok(()),
            Some((site, problem)) => Err(refusal(site, problem, layer)),
        }
    }

    fn note(&mut self, site: Site) {
        if let Some(problem) = self.current.take() {
            self.refused.push((site, problem));
        }
    }

    #[cold]
    fn fail(&mut self, problem: Problem) {
        if self.current.as_ref().is_none_or(|current| problem.rank() < current.rank()) {
            self.current = Some(Box::new(problem));
        }
    }

    /// Reads the attributes of a map whose values stand at `level`.
    fn entries(&mut self, reader: &mut Reader<'_>, level: u32) -> Result<Map, JsonError> {
        match reader.peek()? {
            Token::Object => {}
            Token::Array => return Err(JsonError::Mismatch(Cow::Borrowed(""))),
            _ => return Err(JsonError::Mismatch(Cow::Borrowed("Unexpected field type"))),
        }
        let mut members = reader.object()?;
        let mut map = Map::new();
        let mut late: Vec<(Name, Value)> = Vec::new();
        while let Some(name) = reader.next_member(&mut members)? {
            if let Some(problem) = Problem::of_name(&name) {
                self.fail(problem);
            }
            let value = self.value(reader, level)?;
            let is_last = || map.iter().next_back().is_none_or(|(last, _)| last.as_bytes() < name.as_bytes());
            if map.len() >= INSERTED_MAX && !is_last() {
                late.push((Name::from(name.as_ref()), value));
            } else if map.insert(Name::from(name.as_ref()), value).is_some() {
                return Err(reader.malformed());
            }
        }
        if late.is_empty() { Ok(map) } else { merge(map, late).ok_or_else(|| reader.malformed()) }
    }

    /// Reads a value at `level`. Problems of one value are ranked; of several values, the first is kept.
    fn value(&mut self, reader: &mut Reader<'_>, level: u32) -> Result<Value, JsonError> {
        if level > self.levels_max {
            return self.too_deep(reader, level);
        }
        if let Some(value) = self.plain_value(reader) {
            return Ok(value);
        }
        let earlier = self.current.take();
        let value = self.typed_value(reader, level);
        if earlier.is_some() {
            self.current = earlier;
        }
        value
    }

    /// Reads a string or a number in its usual form.
    #[inline]
    fn plain_value(&mut self, reader: &mut Reader<'_>) -> Option<Value> {
        let before = reader.clone();
        match reader.one_letter_string()? {
            (b'S', text) => return Some(Value::S(text.to_owned())),
            (b'N', text) => {
                if let Ok(number) = Number::parse(text) {
                    return Some(Value::N(number));
                }
            }
            _ => {}
        }
        // Whatever else it is, the long way finds out.
        *reader = before;
        None
    }

    #[cold]
    fn too_deep(&mut self, reader: &mut Reader<'_>, level: u32) -> Result<Value, JsonError> {
        // Every level of values is an object in an object or an array.
        let deepest = level + reader.skip()?.saturating_sub(1) / 2;
        self.deepest = self.deepest.max(deepest);
        self.fail(Problem::Depth);
        Ok(Value::Null)
    }

    fn typed_value(&mut self, reader: &mut Reader<'_>, level: u32) -> Result<Value, JsonError> {
        match reader.peek()? {
            Token::Object => {}
            Token::Null => {
                reader.null()?;
                self.fail(Problem::Empty);
                return Ok(Value::Null);
            }
            Token::Array => return Err(JsonError::Mismatch(Cow::Borrowed(""))),
            _ => return Err(JsonError::Mismatch(Cow::Borrowed("Unexpected value type in payload"))),
        }
        let mut members = reader.object()?;
        let mut found = None;
        while let Some(name) = reader.next_member(&mut members)? {
            let value = self.typed_member(reader, &name, level)?;
            if value.is_some() {
                if found.is_some() {
                    self.old_layer = true;
                    self.fail(Problem::Multiple);
                }
                found = value;
            }
        }
        Ok(found.unwrap_or_else(|| {
            self.fail(Problem::Empty);
            Value::Null
        }))
    }

    #[inline]
    fn typed_member(
        &mut self,
        reader: &mut Reader<'_>,
        name: &str,
        level: u32,
    ) -> Result<Option<Value>, JsonError> {
        Ok(match name {
            "S" => string(reader)?.map(|text| Value::S(text.into_owned())),
            "N" => string(reader)?.map(|text| Value::N(self.number(&text))),
            "B" => binary(reader)?.map(|(_, bytes)| Value::B(bytes.into())),
            "BOOL" => self.boolean(reader)?.map(Value::Bool),
            "NULL" => self.boolean(reader)?.map(|is_null| {
                if !is_null {
                    self.fail(Problem::NullFalse);
                }
                Value::Null
            }),
            "SS" => self.string_set(reader)?,
            "NS" => self.number_set(reader)?,
            "BS" => self.binary_set(reader)?,
            "L" => list(reader, |reader| self.value(reader, level + 1))?.map(Value::L),
            "M" if reader.null()? => None,
            "M" => Some(Value::M(self.entries(reader, level + 1)?)),
            _ => {
                reader.skip()?;
                None
            }
        })
    }

    fn boolean(&mut self, reader: &mut Reader<'_>) -> Result<Option<bool>, JsonError> {
        let Some((value, lenient)) = lenient_boolean(reader)? else { return Ok(None) };
        self.old_layer |= lenient;
        Ok(Some(value))
    }

    fn number(&mut self, text: &str) -> Number {
        Number::parse(text).unwrap_or_else(|error| {
            self.fail(no_number(text, error));
            Number::ZERO
        })
    }

    fn string_set(&mut self, reader: &mut Reader<'_>) -> Result<Option<Value>, JsonError> {
        let again = reader.clone();
        let Some(members) = list(reader, required_string)? else { return Ok(None) };
        let members = members.into_iter().map(Cow::into_owned).collect();
        Ok(Some(Value::string_set(members).unwrap_or_else(|error| {
            self.fail(match error {
                SetError::Empty => Problem::EmptySet(SetKind::Strings),
                // Sorting took the order away in which they were sent.
                SetError::Duplicate => Problem::DuplicateStrings(strings_again(again)),
            });
            Value::Null
        })))
    }

    fn number_set(&mut self, reader: &mut Reader<'_>) -> Result<Option<Value>, JsonError> {
        let mut wrong = None;
        let members = list(reader, |reader| {
            let text = required_string(reader)?;
            Ok(Number::parse(&text).unwrap_or_else(|error| {
                wrong.get_or_insert_with(|| no_number(&text, error));
                Number::ZERO
            }))
        })?;
        let Some(members) = members else { return Ok(None) };
        if let Some(problem) = wrong {
            self.fail(problem);
            return Ok(Some(Value::Null));
        }
        Ok(Some(Value::number_set(members).unwrap_or_else(|error| {
            self.fail(match error {
                SetError::Empty => Problem::EmptySet(SetKind::Numbers),
                SetError::Duplicate => Problem::DuplicateNumbers,
            });
            Value::Null
        })))
    }

    fn binary_set(&mut self, reader: &mut Reader<'_>) -> Result<Option<Value>, JsonError> {
        let again = reader.clone();
        let Some(members) = list(reader, required_binary)? else { return Ok(None) };
        let members = members.into_iter().map(|(_, bytes)| bytes.into()).collect();
        Ok(Some(Value::binary_set(members).unwrap_or_else(|error| {
            self.fail(match error {
                SetError::Empty => Problem::EmptySet(SetKind::Binaries),
                SetError::Duplicate => Problem::DuplicateBinaries(binaries_again(again)),
            });
            Value::Null
        })))
    }
}

/// Puts many attributes that came out of order where they belong; `None` if a name is given twice.
fn merge(map: Map, late: Vec<(Name, Value)>) -> Option<Map> {
    let mut entries: Vec<(Name, Value)> = map.into_iter().chain(late).collect();
    entries.sort_unstable_by(|left, right| left.0.as_bytes().cmp(right.0.as_bytes()));
    let is_double = entries.windows(2).any(|pair| pair[0].0 == pair[1].0);
    (!is_double).then(|| entries.into_iter().collect())
}

fn no_number(text: &str, error: NumberError) -> Problem {
    match error {
        NumberError::NotNumeric => Problem::NotNumeric(text.to_owned()),
        other => Problem::Number(other),
    }
}

fn refusal(site: &Site, problem: &Problem, layer: Layer) -> ApiError {
    let text = problem.text(layer);
    match site {
        Site::ExpressionValue(key) if layer.wording == Wording::Old => ApiError::validation(format!(
            "ExpressionAttributeValues contains invalid value: {text} for key {key}"
        )),
        Site::ScanStart if *problem == Problem::Depth => {
            layer.refuse(format!("The provided starting key is invalid: {text}"))
        }
        _ if problem.is_always_bare() => ApiError::validation(text),
        _ => layer.refuse(text),
    }
}

fn required_string<'a>(reader: &mut Reader<'a>) -> Result<Cow<'a, str>, JsonError> {
    string(reader)?.ok_or_else(|| reader.malformed())
}

/// A binary: its base64 and what that says.
type Binary<'a> = (Cow<'a, str>, Vec<u8>);

fn binary<'a>(reader: &mut Reader<'a>) -> Result<Option<Binary<'a>>, JsonError> {
    match reader.peek()? {
        Token::Number | Token::True | Token::False => {
            let text = "only base-64-encoded strings are convertible to bytes";
            Err(JsonError::Mismatch(Cow::Borrowed(text)))
        }
        _ => match string(reader)? {
            None => Ok(None),
            Some(text) => {
                let bytes = decode_base64(&text)?;
                Ok(Some((text, bytes)))
            }
        },
    }
}

fn required_binary<'a>(reader: &mut Reader<'a>) -> Result<Binary<'a>, JsonError> {
    binary(reader)?.ok_or_else(|| reader.malformed())
}

fn strings_again(mut reader: Reader<'_>) -> Vec<String> {
    let members = list(&mut reader, required_string).ok().flatten().unwrap_or_default();
    members.into_iter().map(Cow::into_owned).collect()
}

fn binaries_again(mut reader: Reader<'_>) -> Vec<(String, Vec<u8>)> {
    let members = list(&mut reader, required_binary).ok().flatten().unwrap_or_default();
    members.into_iter().map(|(text, bytes)| (text.into_owned(), bytes)).collect()
}

/// A key given twice makes a document malformed.
pub(crate) fn refuse_duplicates<T>(reader: &Reader<'_>, entries: &[(String, T)]) -> Result<(), JsonError> {
    let mut keys: Vec<&str> = entries.iter().map(|(key, _)| key.as_str()).collect();
    keys.sort_unstable();
    if keys.windows(2).any(|pair| pair[0] == pair[1]) { Err(reader.malformed()) } else { Ok(()) }
}
