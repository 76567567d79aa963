//! Attribute values and the maps that hold them, in canonical form.

use crate::KeyKind;
use crate::number::Number;
use bytes::Bytes;
use compact_str::CompactString;
use std::cmp::Ordering;

/// The name of an attribute: UTF-8, 1 to 65,535 bytes; short names are held inline.
pub type Name = CompactString;

/// An item: its attributes by name.
pub type Item = Map;

/// One attribute value. Sets are non-empty, sorted and free of duplicates (build them with
/// [`Value::string_set`] and its sisters), so that `==` is DynamoDB's value equality.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A string; may be empty.
    S(String),
    /// A number of up to 38 significant digits.
    N(Number),
    /// Bytes; may be empty.
    B(Bytes),
    /// A boolean.
    Bool(bool),
    /// Null.
    Null,
    /// A set of strings, in byte order.
    Ss(Vec<String>),
    /// A set of numbers, in numeric order.
    Ns(Vec<Number>),
    /// A set of binaries, in byte order.
    Bs(Vec<Bytes>),
    /// A list.
    L(Vec<Value>),
    /// A map.
    M(Map),
}

/// Why members make no set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// A set has at least one member.
    #[error("a set must not be empty")]
    Empty,
    /// A set has each member once.
    #[error("a set must not contain duplicates")]
    Duplicate,
}

fn set<T: Ord>(mut members: Vec<T>) -> Result<Vec<T>, SetError> {
    if members.is_empty() {
        return Err(SetError::Empty);
    }
    members.sort_unstable();
    if members.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(SetError::Duplicate);
    }
    Ok(members)
}

impl Value {
    /// A set of strings.
    ///
    /// # Errors
    /// When there is no member, or one twice.
    pub fn string_set(members: Vec<String>) -> Result<Self, SetError> {
        set(members).map(Self::Ss)
    }

    /// A set of numbers.
    ///
    /// # Errors
    /// When there is no member, or one twice.
    pub fn number_set(members: Vec<Number>) -> Result<Self, SetError> {
        set(members).map(Self::Ns)
    }

    /// A set of binaries.
    ///
    /// # Errors
    /// When there is no member, or one twice.
    pub fn binary_set(members: Vec<Bytes>) -> Result<Self, SetError> {
        set(members).map(Self::Bs)
    }

    /// The descriptor of its type on the wire: `S`, `N`, `BOOL`, ...
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::S(_) => "S",
            Self::N(_) => "N",
            Self::B(_) => "B",
            Self::Bool(_) => "BOOL",
            Self::Null => "NULL",
            Self::Ss(_) => "SS",
            Self::Ns(_) => "NS",
            Self::Bs(_) => "BS",
            Self::L(_) => "L",
            Self::M(_) => "M",
        }
    }

    /// The kind of key that it can be, if any.
    #[must_use]
    pub fn key_kind(&self) -> Option<KeyKind> {
        match self {
            Self::S(_) => Some(KeyKind::S),
            Self::N(_) => Some(KeyKind::N),
            Self::B(_) => Some(KeyKind::B),
            _ => None,
        }
    }

    /// Bytes that it counts for in an item's size.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::S(text) => text.len(),
            Self::N(number) => number.size(),
            Self::B(bytes) => bytes.len(),
            Self::Bool(_) | Self::Null => 1,
            Self::Ss(members) => members.iter().map(String::len).sum(),
            Self::Ns(members) => members.iter().map(|member| member.size()).sum(),
            Self::Bs(members) => members.iter().map(Bytes::len).sum(),
            Self::L(members) => 3 + members.iter().map(|member| 1 + member.size()).sum::<usize>(),
            Self::M(map) => 3 + map.iter().map(|(name, value)| 1 + name.len() + value.size()).sum::<usize>(),
        }
    }

    /// How deep it is nested: 1 for a scalar or a set, one more for each list or map around it.
    #[must_use]
    pub fn depth(&self) -> usize {
        match self {
            Self::L(members) => 1 + members.iter().map(Self::depth).max().unwrap_or(0),
            Self::M(map) => 1 + map.iter().map(|(_, value)| value.depth()).max().unwrap_or(0),
            _ => 1,
        }
    }

    /// Orders two strings, two numbers or two binaries; other values have no order.
    #[must_use]
    pub fn compare_same_kind(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::S(a), Self::S(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
            (Self::N(a), Self::N(b)) => Some(a.cmp(b)),
            (Self::B(a), Self::B(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }
}

/// Attributes in byte order of their names, each name once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Map {
    entries: Vec<(Name, Value)>,
}

impl Map {
    /// An empty map.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty map with room for some attributes.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self { entries: Vec::with_capacity(capacity) }
    }

    /// How many attributes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.entries.binary_search_by(|(other, _)| other.as_bytes().cmp(name.as_bytes()))
    }

    /// The value of an attribute.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.find(name).ok().and_then(|at| self.entries.get(at)).map(|(_, value)| value)
    }

    /// The value of an attribute, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.find(name).ok().and_then(|at| self.entries.get_mut(at)).map(|(_, value)| value)
    }

    /// Whether there is such an attribute.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.find(name).is_ok()
    }

    /// Sets an attribute; answers its former value. Appending in order costs no search.
    pub fn insert(&mut self, name: impl Into<Name>, value: Value) -> Option<Value> {
        let name = name.into();
        if self.entries.last().is_none_or(|(last, _)| last.as_bytes() < name.as_bytes()) {
            self.entries.push((name, value));
            return None;
        }
        match self.find(&name) {
            Ok(at) => Some(std::mem::replace(&mut self.entries[at].1, value)),
            Err(at) => {
                self.entries.insert(at, (name, value));
                None
            }
        }
    }

    /// Takes an attribute away.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        self.find(name).ok().map(|at| self.entries.remove(at).1)
    }

    /// The attributes, in order of name.
    pub fn iter(&self) -> std::slice::Iter<'_, (Name, Value)> {
        self.entries.iter()
    }

    /// The size of an item of these attributes, by DynamoDB's rules: names and values.
    #[must_use]
    pub fn size(&self) -> usize {
        self.iter().map(|(name, value)| name.len() + value.size()).sum()
    }
}

impl FromIterator<(Name, Value)> for Map {
    /// Of a name given twice, the last value holds.
    fn from_iter<I: IntoIterator<Item = (Name, Value)>>(pairs: I) -> Self {
        let mut map = Self::default();
        for (name, value) in pairs {
            map.insert(name, value);
        }
        map
    }
}

impl<'a> IntoIterator for &'a Map {
    type Item = &'a (Name, Value);
    type IntoIter = std::slice::Iter<'a, (Name, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.iter()
    }
}

impl IntoIterator for Map {
    type Item = (Name, Value);
    type IntoIter = std::vec::IntoIter<(Name, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}
