//! What a record looks like to a filter: objects, arrays and scalars, wherever they stand.

use serde_json::Value;
use std::borrow::Cow;
use std::ops::ControlFlow;

/// A value in a record. It is a reference: copying it costs nothing.
pub trait Node<'a>: Copy {
    /// What it is.
    fn shape(self) -> Shape<'a>;

    /// The member of that name; `None` where there is none, or where this is no object.
    fn member(self, name: &str) -> Option<Self>;

    /// The element of that index; `None` where there is none, or where this is no array.
    fn element(self, index: usize) -> Option<Self>;

    /// Gives all elements with their indexes, in order, until one breaks.
    fn elements<B>(self, each: impl FnMut(usize, Self) -> ControlFlow<B>) -> ControlFlow<B>;

    /// Whether the other is the very same value of the record, not only an equal one.
    fn same(self, other: Self) -> bool;
}

/// The kinds of values.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape<'a> {
    /// Named members.
    Object,
    /// Elements.
    Array,
    /// Neither.
    Scalar(Scalar<'a>),
}

/// A value that has no parts.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string.
    String(Cow<'a, str>),
}

impl<'a> Node<'a> for &'a Value {
    fn shape(self) -> Shape<'a> {
        Shape::Scalar(match self {
            Value::Object(_) => return Shape::Object,
            Value::Array(_) => return Shape::Array,
            Value::Null => Scalar::Null,
            Value::Bool(value) => Scalar::Bool(*value),
            Value::Number(number) => Scalar::Number(number.as_f64().unwrap_or(f64::NAN)),
            Value::String(text) => Scalar::String(Cow::Borrowed(text)),
        })
    }

    fn member(self, name: &str) -> Option<Self> {
        self.as_object()?.get(name)
    }

    fn element(self, index: usize) -> Option<Self> {
        self.as_array()?.get(index)
    }

    fn elements<B>(self, mut each: impl FnMut(usize, Self) -> ControlFlow<B>) -> ControlFlow<B> {
        self.as_array()
            .into_iter()
            .flatten()
            .enumerate()
            .try_for_each(|(index, element)| each(index, element))
    }

    fn same(self, other: Self) -> bool {
        std::ptr::eq(self, other)
    }
}
