//! A stored item with some of its values changed: all others are copied as they stand.

use super::read::{Cursor, Entry, Kind, entry, tag};
use super::{CorruptItem, Stored, body, encode, exact};
use crate::value::{Name, Value};

/// What becomes of an attribute, or of a member of a map.
#[derive(Clone, Debug)]
pub enum Edit {
    /// It has this value from now on.
    Put(Value),
    /// It goes, if it is there.
    Remove,
    /// It is a map, and some of its members change.
    Within(Edits),
}

/// What becomes of attributes, in order of name, each at most once.
pub type Edits = Vec<(Name, Edit)>;

impl Stored {
    /// The item with other values.
    ///
    /// # Errors
    /// When the bytes are no item, or an edit is within what is no map.
    pub fn edited(&self, edits: &[(Name, Edit)]) -> Result<Self, CorruptItem> {
        let body = body(&self.0).ok_or(CorruptItem)?;
        let mut out = Vec::with_capacity(self.0.len() + room(edits));
        encode::header(0, &mut out);
        let delta = entries(body, edits, 0, &mut out).ok_or(CorruptItem)?;
        let size = self.size().checked_add_signed(delta).ok_or(CorruptItem)?;
        encode::set_header(size, &mut out);
        Ok(Self(exact(out)))
    }
}

/// Bytes that the edits may add.
fn room(edits: &[(Name, Edit)]) -> usize {
    let of = |(name, edit): &(Name, Edit)| match edit {
        Edit::Put(value) => name.len() + value.size() + 16,
        Edit::Remove => 0,
        Edit::Within(edits) => room(edits),
    };
    edits.iter().map(of).sum()
}

/// Writes the entries of an item, or of a map whose members count for `overhead` bytes each, as they are after the
/// edits; answers by how much their size changed.
fn entries(body: &[u8], edits: &[(Name, Edit)], overhead: usize, out: &mut Vec<u8>) -> Option<isize> {
    let mut written = Written { out, count: 0, added: 0, removed: 0, overhead };
    let at = written.out.len();
    // Nearly all counts take one byte; it is filled in after.
    written.out.push(0);
    let mut cursor = Cursor(body);
    let mut edits = edits.iter().peekable();
    for _ in 0..cursor.varint()? {
        let entry = entry(&mut cursor)?;
        while let Some((name, edit)) = edits.next_if(|(name, _)| name.as_bytes() < entry.name) {
            written.fresh(name, edit)?;
        }
        match edits.next_if(|(name, _)| name.as_bytes() == entry.name) {
            None => written.copy(entry.bytes),
            Some((name, edit)) => written.changed(&entry, name, edit)?,
        }
    }
    edits.try_for_each(|(name, edit)| written.fresh(name, edit))?;
    let Written { count, added, removed, .. } = written;
    encode::set_count(out, at, count);
    isize::try_from(added).ok()?.checked_sub_unsigned(removed)
}

/// What was written of a map.
struct Written<'o> {
    out: &'o mut Vec<u8>,
    count: usize,
    /// Size of what came, and of what went.
    added: usize,
    removed: usize,
    overhead: usize,
}

impl Written<'_> {
    fn copy(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
        self.count += 1;
    }

    fn put(&mut self, name: &Name, value: &Value) {
        encode::entry(name, value, self.out);
        self.added += self.overhead + name.len() + value.size();
        self.count += 1;
    }

    /// A name that is not there yet.
    fn fresh(&mut self, name: &Name, edit: &Edit) -> Option<()> {
        match edit {
            Edit::Put(value) => self.put(name, value),
            Edit::Remove => {}
            Edit::Within(_) => return None,
        }
        Some(())
    }

    fn changed(&mut self, entry: &Entry<'_>, name: &Name, edit: &Edit) -> Option<()> {
        if let Edit::Within(edits) = edit {
            return self.within(entry, edits);
        }
        self.removed += self.overhead + entry.name.len() + entry.value.size();
        if let Edit::Put(value) = edit {
            self.put(name, value);
        }
        Some(())
    }

    fn within(&mut self, entry: &Entry<'_>, edits: &[(Name, Edit)]) -> Option<()> {
        if entry.value.kind() != Kind::M {
            return None;
        }
        let mut value = Cursor(entry.bytes);
        value.text()?;
        self.out.extend_from_slice(&entry.bytes[..entry.bytes.len() - value.0.len()]);
        let mut delta = Some(0);
        encode::container(tag::MAP, self.out, |out| delta = entries(entry.value.payload, edits, 1, out));
        let delta = delta?;
        self.added += usize::try_from(delta).unwrap_or(0);
        self.removed += usize::try_from(-delta).unwrap_or(0);
        self.count += 1;
        Some(())
    }
}
