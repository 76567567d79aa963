//! Reading JSON into values, in one pass, of so many values at most: a small one takes much more memory than its text.

use super::Value;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;

/// Why JSON was not read.
pub(super) enum JsonError {
    /// It is none.
    Malformed(serde_json::Error),
    /// It holds more values than it may.
    TooMany,
}

/// Reads what must be one value.
pub(super) fn read(body: &[u8], values_max: usize) -> Result<Value, JsonError> {
    let left = Cell::new(values_max);
    let mut reader = serde_json::Deserializer::from_slice(body);
    let read = Reader { left: &left }.deserialize(&mut reader);
    let read = read.and_then(|value| reader.end().map(|()| value));
    // Every value of JSON is taken, so what is wrong with one is that it is too many.
    read.map_err(|error| if error.is_data() { JsonError::TooMany } else { JsonError::Malformed(error) })
}

/// Reads one value, as long as any are left.
#[derive(Clone, Copy)]
struct Reader<'a> {
    left: &'a Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let left = self.left.get().checked_sub(1).ok_or_else(|| D::Error::custom("too many values"))?;
        self.left.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, boolean: bool) -> Result<Value, E> {
        Ok(Value::Boolean(boolean))
    }

    fn visit_i64<E>(self, integer: i64) -> Result<Value, E> {
        Ok(Value::Integer(integer))
    }

    fn visit_u64<E>(self, integer: u64) -> Result<Value, E> {
        Ok(i64::try_from(integer).map_or(Value::Float(integer as f64), Value::Integer))
    }

    fn visit_f64<E>(self, float: f64) -> Result<Value, E> {
        Ok(Value::Float(float))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = values.next_element_seed(self)? {
            list.push(value);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        // Of members of one name, the last one counts.
        let mut members = BTreeMap::new();
        while let Some(name) = entries.next_key::<String>()? {
            members.insert(name, entries.next_value_seed(self)?);
        }
        Ok(Value::Structure(members.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(body: &str) -> Result<Value, String> {
        Value::from_json(body.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn every_kind_of_value_is_read() {
        let body = r#"{"b":[null,true,-1,9223372036854775807,9223372036854775808,1.5,"a\n"],"a":1,"a":{}}"#;
        let list = [
            Value::Null,
            Value::Boolean(true),
            Value::Integer(-1),
            Value::Integer(i64::MAX),
            Value::Float(9_223_372_036_854_775_808.0),
            Value::Float(1.5),
            Value::from("a\n"),
        ];
        let members = [("a", Value::Structure(Vec::new())), ("b", Value::List(list.into()))];
        assert_eq!(told(body), Ok(Value::structure(members)));
        assert_eq!(told(""), Ok(Value::Structure(Vec::new())));
        assert_eq!(told(" 7 "), Ok(Value::Integer(7)));
    }

    #[test]
    fn what_is_none_says_so() {
        for (body, why) in [
            ("{\"a\":", "EOF while parsing a value"),
            ("{} {}", "trailing characters"),
            ("[1e999]", "number out of range"),
            ("[".repeat(200).as_str(), "recursion limit exceeded"),
        ] {
            let error = told(body).unwrap_err();
            assert!(error.starts_with(&format!("The body is not JSON: {why}")), "{error}");
        }
    }

    #[test]
    fn values_are_counted() {
        let of = |body: &str| Value::from_json_of(body.as_bytes(), 4).map_err(|error| error.to_string());
        assert!(of(r#"{"a":[1,2]}"#).is_ok());
        assert_eq!(of(r#"{"a":[1,2,3]}"#), Err("The body has more than 4 values.".to_owned()));
    }
}
