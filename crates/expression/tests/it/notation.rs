//! A short notation for values and items, for tests: `n 1`, `s text`, lists and maps by macros.

use bytes::Bytes;
use expression::{
    Bindings, Condition, ConditionAst, ExpressionError, ExpressionKind, Projection, ProjectionAst, Update,
    UpdateAst,
};
use item::{Map, Number, Value};

pub(crate) fn s(text: &str) -> Value {
    Value::S(text.to_owned())
}

pub(crate) fn n(number: i64) -> Value {
    Value::N(Number::from(number))
}

pub(crate) fn b(bytes: &[u8]) -> Value {
    Value::B(Bytes::copy_from_slice(bytes))
}

pub(crate) fn l(list: impl IntoIterator<Item = Value>) -> Value {
    Value::L(list.into_iter().collect())
}

pub(crate) fn map<const COUNT: usize>(members: [(&str, Value); COUNT]) -> Map {
    members.into_iter().map(|(name, value)| (name.into(), value)).collect()
}

pub(crate) fn m<const COUNT: usize>(members: [(&str, Value); COUNT]) -> Value {
    Value::M(map(members))
}

pub(crate) fn ss<const COUNT: usize>(members: [&str; COUNT]) -> Value {
    Value::string_set(members.into_iter().map(str::to_owned).collect()).unwrap()
}

pub(crate) fn ns<const COUNT: usize>(members: [i64; COUNT]) -> Value {
    Value::number_set(members.into_iter().map(Number::from).collect()).unwrap()
}

/// The values that the tests' expressions may use.
pub(crate) fn values() -> Vec<(String, Value)> {
    [
        (":s", s("abc")),
        (":z", s("z")),
        (":e", s("")),
        (":n", n(5)),
        (":m", n(9)),
        (":b", b(b"xyz")),
        (":t", Value::Bool(true)),
        (":null", Value::Null),
        (":l", l([n(1), s("a")])),
        (":map", m([("k", n(1))])),
        (":ss", ss(["a", "b"])),
        (":ns", ns([1, 2])),
        (":bs", Value::binary_set(vec![Bytes::from_static(b"x")]).unwrap()),
        (":type", s("S")),
        (":q", s("Q")),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}

/// The names that the tests' expressions may use.
pub(crate) fn names() -> Vec<(String, String)> {
    [("#a", "a1"), ("#b", "b1"), ("#dot", "x.y"), ("#data", "data")]
        .map(|(key, name)| (key.to_owned(), name.to_owned()))
        .into()
}

pub(crate) fn bindings() -> Bindings {
    Bindings::new(Some(names()), Some(values())).unwrap()
}

pub(crate) fn condition_of(kind: ExpressionKind, text: &str) -> Result<Condition, ExpressionError> {
    Condition::bind(kind, &ConditionAst::parse(kind, text)?, &mut bindings())
}

pub(crate) fn condition(text: &str) -> Result<Condition, ExpressionError> {
    condition_of(ExpressionKind::Condition, text)
}

pub(crate) fn update(text: &str) -> Result<Update, ExpressionError> {
    Update::bind(&UpdateAst::parse(text)?, &mut bindings())
}

pub(crate) fn projection(text: &str) -> Result<Projection, ExpressionError> {
    Projection::bind(&ProjectionAst::parse(text)?, &mut bindings())
}
