//! Why a well-formed attribute value is refused, and how each layer says so.

use crate::layer::{Layer, Wording};
use item::number::NumberError;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The kinds of sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetKind {
    Strings,
    Numbers,
    Binaries,
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// A set without members.
    EmptySet(SetKind),
    /// A text that is no number.
    NotNumeric(String),
    /// A number out of range or of too many digits.
    Number(NumberError),
    /// A set of strings with one twice, as sent.
    DuplicateStrings(Vec<String>),
    /// A set of binaries with one twice, as sent: the base64 and what it says.
    DuplicateBinaries(Vec<(String, Vec<u8>)>),
    /// A set of numbers with one twice.
    DuplicateNumbers,
    /// `NULL` that is not true.
    NullFalse,
    /// More than one type.
    Multiple,
    /// No type.
    Empty,
    /// An attribute or map key without a name.
    EmptyName,
    /// An attribute or map key with too long a name.
    NameTooLong,
    /// Nested too deeply.
    Depth,
}

/// The longest attribute name.
pub(crate) const NAME_BYTES_MAX: usize = 65_535;

/// What is said of a longer one.
pub(crate) const NAME_TOO_LONG: &str = "Attribute name is too large, must be less than 65536 bytes";

/// What is said of a value of no type, and of several.
pub(crate) const NO_TYPE: &str =
    "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes";
pub(crate) const SEVERAL_TYPES: &str = "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes";

const INVALID: &str = "One or more parameter values were invalid: ";

impl Problem {
    /// What is wrong with the name of an attribute.
    pub(crate) fn of_name(name: &str) -> Option<Problem> {
        match name.len() {
            0 => Some(Problem::EmptyName),
            1..=NAME_BYTES_MAX => None,
            _ => Some(Problem::NameTooLong),
        }
    }

    /// Where it stands among problems of one value that has several members.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Problem::EmptySet(_) => 0,
            Problem::NotNumeric(_) | Problem::Number(_) => 1,
            Problem::NullFalse => 2,
            Problem::Multiple => 3,
            _ => 4,
        }
    }

    /// Whether no layer puts it in an envelope.
    pub(super) fn is_always_bare(&self) -> bool {
        matches!(self, Problem::Empty)
    }

    /// The text.
    pub(crate) fn text(&self, layer: Layer) -> Cow<'static, str> {
        match self {
            Problem::EmptySet(SetKind::Strings) => invalid("An string set  may not be empty"),
            Problem::EmptySet(SetKind::Numbers) => invalid("An number set  may not be empty"),
            Problem::EmptySet(SetKind::Binaries) => invalid("Binary sets should not be empty"),
            Problem::NotNumeric(text) if text.is_empty() && layer.wording == Wording::Old => {
                "The parameter cannot be converted to a numeric value".into()
            }
            Problem::NotNumeric(text) => {
                format!("The parameter cannot be converted to a numeric value: {text}").into()
            }
            Problem::Number(error) => error.to_string().into(),
            Problem::DuplicateStrings(sent) => match layer.wording {
                Wording::Old => {
                    invalid(&format!("Input collection [{}] contains duplicates.", sent.join(", ")))
                }
                Wording::New => {
                    let quoted = listed(sent, |text| text.as_str(), |text| format!("\"{text}\""));
                    invalid(&format!("Input collection [{}] contains duplicates.", quoted.join(", ")))
                }
            },
            Problem::DuplicateBinaries(sent) => duplicate_binaries(sent, layer.wording),
            Problem::DuplicateNumbers => match layer.wording {
                Wording::Old => "Input collection contains duplicates".into(),
                Wording::New => invalid("Input collection contains duplicates."),
            },
            Problem::NullFalse => invalid("Null attribute value types must have the value of true"),
            Problem::Multiple => SEVERAL_TYPES.into(),
            Problem::Empty => NO_TYPE.into(),
            Problem::EmptyName => "Empty attribute name".into(),
            Problem::NameTooLong => NAME_TOO_LONG.into(),
            Problem::Depth => {
                "Nesting Levels have exceeded supported limits: Attributes in the item have nested \
                               levels beyond supported limit"
                    .into()
            }
        }
    }
}

fn invalid(text: &str) -> Cow<'static, str> {
    Cow::Owned(format!("{INVALID}{text}"))
}

fn duplicate_binaries(sent: &[(String, Vec<u8>)], wording: Wording) -> Cow<'static, str> {
    match wording {
        Wording::Old => {
            let texts: Vec<&str> = sent.iter().map(|(text, _)| text.as_str()).collect();
            invalid(&format!("Input collection [{}]of type BS contains duplicates.", texts.join(", ")))
        }
        Wording::New => {
            let quoted = listed(sent, |(_, bytes)| bytes.as_slice(), |(text, _)| format!("\"{text}\""));
            invalid(&format!("Input collection [{}]of type BS contains duplicates.", quoted.join(",")))
        }
    }
}

/// The order in which the new layer lists members: those before the first repetition in byte order, then the
/// repetition, then the rest as sent.
fn listed<'a, T, K: Ord + ?Sized + 'a>(
    sent: &'a [T],
    key: impl Fn(&'a T) -> &'a K,
    show: impl Fn(&T) -> String,
) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let repeat = sent.iter().position(|member| !seen.insert(key(member))).unwrap_or(sent.len());
    let mut before: Vec<&T> = sent[..repeat].iter().collect();
    before.sort_by(|left, right| key(left).cmp(key(right)));
    before.into_iter().chain(&sent[repeat..]).map(show).collect()
}
