//! Document paths: an attribute of the item, then steps into maps and lists.
//!
//! Two paths written by one expression must not meet: neither may lie on the other (overlap), nor may one
//! treat as a map what the other treats as a list (conflict).

use crate::error::Problem;
use item::Name;
use std::cmp::Ordering;
use std::fmt;

/// One step into a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Into a list, by position.
    Index(usize),
    /// Into a map, by name.
    Key(Name),
}

/// A document path with every placeholder resolved.
///
/// Ordered by attribute name, then step by step, so that paths below one value stand side by side.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path {
    /// The attribute of the item.
    pub root: Name,
    /// The way from there.
    pub steps: Vec<Step>,
}

impl Path {
    /// The path of a whole attribute.
    pub fn attribute(name: impl Into<Name>) -> Self {
        Self { root: name.into(), steps: Vec::new() }
    }

    /// Whether the path is a whole attribute.
    pub fn is_attribute(&self) -> bool {
        self.steps.is_empty()
    }

    /// How the paths stand to one another.
    fn meets(&self, other: &Self) -> Meeting {
        if self.root != other.root {
            return Meeting::Apart;
        }
        for (mine, theirs) in self.steps.iter().zip(&other.steps) {
            match (mine, theirs) {
                (Step::Key(mine), Step::Key(theirs)) if mine == theirs => {}
                (Step::Index(mine), Step::Index(theirs)) if mine == theirs => {}
                (Step::Key(_), Step::Index(_)) | (Step::Index(_), Step::Key(_)) => return Meeting::Conflict,
                _ => return Meeting::Apart,
            }
        }
        Meeting::Overlap
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(index) => write!(formatter, "[{index}]"),
            Self::Key(name) => formatter.write_str(name),
        }
    }
}

/// As DynamoDB prints it: `[a, b, [0]]`.
impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "[{}", self.root)?;
        for step in &self.steps {
            write!(formatter, ", {step}")?;
        }
        formatter.write_str("]")
    }
}

enum Meeting {
    Apart,
    Overlap,
    Conflict,
}

/// Refuses paths that overlap or conflict. `sorted` holds the same paths as `written`, in order: there a path
/// stands directly before its extensions, so looking at neighbours finds whether any two meet.
pub(crate) fn require_apart(written: &[&Path], sorted: &[&Path]) -> Result<(), Problem> {
    debug_assert!(sorted.is_sorted());
    let apart = |pair: &[&Path]| matches!(pair, [one, two] if matches!(one.meets(two), Meeting::Apart));
    if sorted.windows(2).all(apart) {
        return Ok(());
    }
    for (at, two) in written.iter().enumerate() {
        for one in &written[..at] {
            match one.meets(two) {
                Meeting::Apart => {}
                Meeting::Overlap => return Err(Problem::PathsOverlap(one.to_string(), two.to_string())),
                Meeting::Conflict => return Err(Problem::PathsConflict(one.to_string(), two.to_string())),
            }
        }
    }
    Ok(())
}

/// Compares the step that `left` and `right` take at `depth`, where 0 is the attribute itself.
pub(crate) fn same_step(left: &Path, right: &Path, depth: usize) -> bool {
    match depth.checked_sub(1) {
        None => left.root == right.root,
        Some(at) => left.steps.get(at).cmp(&right.steps.get(at)) == Ordering::Equal,
    }
}
