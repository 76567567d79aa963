//! What a stored item becomes by an update: what is not written is copied as it stands.

use super::Update;
use super::apply::{Edit, Outcome, groups, place};
use crate::error::{StoredUpdateError, UpdateError};
use item::stored::{Edit as StoredEdit, Edits, Kind};
use item::{Stored, StoredValue};

impl Update {
    /// What a stored item becomes.
    ///
    /// # Errors
    /// As [`Update::apply`], and when the item is damaged.
    pub fn apply_stored(&self, old: &Stored) -> Result<Stored, StoredUpdateError> {
        let mut edits = self.outcomes(old)?;
        let edits = edits_within(|name| old.attribute(name), &mut edits, 0)?;
        Ok(old.edited(&edits)?)
    }
}

/// The edits of a map, whose members `member` finds; `depth` is the step of their paths that is a member's name.
fn edits_within<'s>(
    member: impl Fn(&str) -> Option<StoredValue<'s>>,
    edits: &mut [Edit<'_>],
    depth: usize,
) -> Result<Edits, StoredUpdateError> {
    let mut of_map = Vec::with_capacity(edits.len());
    for group in groups(edits, depth) {
        let [first, ..] = group else { continue };
        let name = first.name(depth)?.clone();
        let edit = if first.ends_at(depth) {
            match std::mem::replace(&mut first.outcome, Outcome::Keep) {
                Outcome::Put(value) => StoredEdit::Put(value),
                Outcome::Remove => StoredEdit::Remove,
                Outcome::Keep => continue,
            }
        } else {
            inner(member(&name).ok_or(UpdateError::InvalidPath)?, group, depth + 1)?
        };
        of_map.push((name, edit));
    }
    Ok(of_map)
}

/// What becomes of a value within which all paths go on. Only a list is taken apart.
fn inner(
    value: StoredValue<'_>,
    edits: &mut [Edit<'_>],
    depth: usize,
) -> Result<StoredEdit, StoredUpdateError> {
    if value.kind() == Kind::M {
        return Ok(StoredEdit::Within(edits_within(|name| value.attribute(name), edits, depth)?));
    }
    let mut tree = value.decode()?;
    place(&mut tree, edits, depth)?;
    Ok(StoredEdit::Put(tree))
}
