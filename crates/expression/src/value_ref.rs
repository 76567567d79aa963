//! Values where they stand: in a tree or in the bytes of a stored item, of which only what is looked at is
//! decoded.

use crate::path::{Path, Step};
use item::stored::Kind;
use item::{Map, Number, Stored, StoredValue, Value};
use memchr::memmem;
use std::borrow::Cow;
use std::cmp::Ordering;

/// The codes of the types, as DynamoDB lists them.
pub(crate) const TYPE_CODES: [&str; 10] = ["N", "BS", "L", "B", "NULL", "M", "S", "SS", "NS", "BOOL"];

/// Something that has attributes: an item, in whichever form, or no item at all.
pub trait Attributes {
    /// The attribute of that name.
    fn attribute(&self, name: &str) -> Option<ValueRef<'_>>;

    /// What a document path leads to.
    fn at(&self, path: &Path) -> Option<ValueRef<'_>> {
        path.steps.iter().try_fold(self.attribute(&path.root)?, |value, step| value.step(step))
    }
}

impl Attributes for Map {
    fn attribute(&self, name: &str) -> Option<ValueRef<'_>> {
        self.get(name).map(ValueRef::Tree)
    }
}

impl Attributes for Stored {
    fn attribute(&self, name: &str) -> Option<ValueRef<'_>> {
        Stored::attribute(self, name).map(ValueRef::Stored)
    }
}

/// `None` is an item that is not there: it has no attributes.
impl<T: Attributes> Attributes for Option<T> {
    fn attribute(&self, name: &str) -> Option<ValueRef<'_>> {
        self.as_ref()?.attribute(name)
    }
}

impl<T: Attributes + ?Sized> Attributes for &T {
    fn attribute(&self, name: &str) -> Option<ValueRef<'_>> {
        (**self).attribute(name)
    }
}

/// A value, wherever it stands.
#[derive(Clone, Copy, Debug)]
pub enum ValueRef<'a> {
    /// In a tree.
    Tree(&'a Value),
    /// In the bytes of a stored item.
    Stored(StoredValue<'a>),
}

/// What can be told of a value without a copy.
enum View<'a> {
    S(&'a str),
    N(Number),
    B(&'a [u8]),
    Other,
}

impl<'a> ValueRef<'a> {
    /// The code of its type.
    pub fn type_code(self) -> &'static str {
        match self {
            Self::Tree(value) => value.type_name(),
            Self::Stored(value) => value.type_name(),
        }
    }

    /// The value as a tree of its own.
    pub fn to_value(self) -> Value {
        self.tree().into_owned()
    }

    fn tree(self) -> Cow<'a, Value> {
        match self {
            Self::Tree(value) => Cow::Borrowed(value),
            Self::Stored(value) => Cow::Owned(value.decode().unwrap_or(Value::Null)),
        }
    }

    fn view(self) -> View<'a> {
        match self {
            Self::Tree(Value::S(text)) => View::S(text),
            Self::Tree(Value::N(number)) => View::N(*number),
            Self::Tree(Value::B(bytes)) => View::B(bytes),
            Self::Tree(_) => View::Other,
            Self::Stored(value) => match value.kind() {
                Kind::S => value.as_str().map_or(View::Other, View::S),
                Kind::N => value.as_number().map_or(View::Other, View::N),
                Kind::B => value.as_binary().map_or(View::Other, View::B),
                _ => View::Other,
            },
        }
    }

    /// The text of a string.
    pub fn as_str(self) -> Option<&'a str> {
        match self.view() {
            View::S(text) => Some(text),
            _ => None,
        }
    }

    /// The member of a map.
    pub fn member(self, name: &str) -> Option<ValueRef<'a>> {
        match self {
            Self::Tree(Value::M(map)) => map.get(name).map(Self::Tree),
            Self::Tree(_) => None,
            Self::Stored(value) => value.attribute(name).map(Self::Stored),
        }
    }

    /// The element of a list.
    pub fn element(self, index: usize) -> Option<ValueRef<'a>> {
        match self {
            Self::Tree(Value::L(list)) => list.get(index).map(Self::Tree),
            Self::Tree(_) => None,
            Self::Stored(value) => value.element(index).map(Self::Stored),
        }
    }

    fn step(self, step: &Step) -> Option<ValueRef<'a>> {
        match step {
            Step::Index(index) => self.element(*index),
            Step::Key(name) => self.member(name),
        }
    }

    /// Whether both are the same value of the same type.
    pub fn equals(self, other: ValueRef<'_>) -> bool {
        match (self.view(), other.view()) {
            (View::S(left), View::S(right)) => left == right,
            (View::N(left), View::N(right)) => left == right,
            (View::B(left), View::B(right)) => left == right,
            (View::Other, View::Other) => {
                self.type_code() == other.type_code() && self.tree() == other.tree()
            }
            _ => false,
        }
    }

    /// The order of two strings, numbers or binaries; other values have none.
    pub fn compare(self, other: ValueRef<'_>) -> Option<Ordering> {
        match (self.view(), other.view()) {
            (View::S(left), View::S(right)) => Some(left.as_bytes().cmp(right.as_bytes())),
            (View::N(left), View::N(right)) => Some(left.cmp(&right)),
            (View::B(left), View::B(right)) => Some(left.cmp(right)),
            _ => None,
        }
    }

    /// What the function `size` gives: bytes of a string or binary, members of anything else that has some.
    pub fn size(self) -> Option<usize> {
        match self.view() {
            View::S(text) => Some(text.len()),
            View::B(bytes) => Some(bytes.len()),
            View::N(_) => None,
            View::Other => match self {
                Self::Tree(Value::Ss(set)) => Some(set.len()),
                Self::Tree(Value::Ns(set)) => Some(set.len()),
                Self::Tree(Value::Bs(set)) => Some(set.len()),
                Self::Tree(Value::L(list)) => Some(list.len()),
                Self::Tree(Value::M(map)) => Some(map.len()),
                Self::Tree(_) => None,
                Self::Stored(value) => {
                    (!matches!(value.kind(), Kind::Bool | Kind::Null)).then(|| value.len())
                }
            },
        }
    }

    /// Whether a string or binary starts with another.
    pub fn begins_with(self, prefix: ValueRef<'_>) -> bool {
        match (self.view(), prefix.view()) {
            (View::S(text), View::S(prefix)) => text.starts_with(prefix),
            (View::B(bytes), View::B(prefix)) => bytes.starts_with(prefix),
            _ => false,
        }
    }

    /// Whether a string or binary has the other as a part, or a set or list has it as a member.
    pub fn contains(self, element: ValueRef<'_>) -> bool {
        match (self.view(), element.view()) {
            (View::S(text), View::S(part)) => return text.contains(part),
            (View::B(bytes), View::B(part)) => return memmem::find(bytes, part).is_some(),
            (View::Other, _) => {}
            _ => return false,
        }
        if let Self::Stored(list) = self
            && list.kind() == Kind::L
        {
            return list.list().any(|one| ValueRef::Stored(one).equals(element));
        }
        match (&*self.tree(), element.view()) {
            (Value::Ss(set), View::S(text)) => set.binary_search_by(|one| one.as_str().cmp(text)).is_ok(),
            (Value::Ns(set), View::N(number)) => set.binary_search(&number).is_ok(),
            (Value::Bs(set), View::B(bytes)) => set.binary_search_by(|one| (**one).cmp(bytes)).is_ok(),
            (Value::L(list), _) => list.iter().any(|one| ValueRef::Tree(one).equals(element)),
            _ => false,
        }
    }
}
