//! The bytes of a log record, in pieces.
//!
//! Most of a change's record is bytes that are there already: the images of the item before and after. A record that refers
//! to them needs no copy of them: the memory store keeps the pieces as they are, and engines that write to disk join them
//! where they write. What a record is, is its pieces one after the other; where one ends means nothing.
//!
//! A clone shares all pieces by one count, which lies beside the short head: who reads a thousand records of a log, each
//! somewhere else in memory, waits for one place each, and not for one a piece.

use bytes::Bytes;
use smallvec::SmallVec;
use std::hint::black_box;
use std::slice;
use std::sync::Arc;

/// What a processor fetches at a time, in bytes.
const CACHE_LINE: usize = 64;

/// What is behind the head of a record in one piece.
static NOTHING: [Bytes; 2] = [Bytes::new(), Bytes::new()];

/// Has the processor fetch bytes, for whoever is about to read all of them. What it waits for then is one line of its
/// cache after the other; asked for at once, they come side by side.
pub fn fetch(bytes: &[u8]) {
    for line in bytes.chunks(CACHE_LINE) {
        black_box(line[0]);
    }
}

/// The first bytes of a record in pieces: mostly so few that they need no memory of their own.
pub type Head = SmallVec<[u8; 56]>;

/// A head, and up to two pieces that follow it.
#[derive(Clone, Debug)]
pub struct Pieces(Form);

#[derive(Clone, Debug)]
enum Form {
    Whole(Bytes),
    Parts(Arc<Parts>),
}

#[derive(Debug)]
struct Parts {
    head: Head,
    tail: [Bytes; 2],
}

impl Pieces {
    /// These bytes, in this order.
    #[must_use]
    pub fn new(head: Head, tail: [Bytes; 2]) -> Self {
        Self(Form::Parts(Arc::new(Parts { head, tail })))
    }

    /// How many bytes they are together.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().map(<[u8]>::len).sum()
    }

    /// Whether there is no byte in them.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What they take in memory, in bytes, beside the [`Pieces`] themselves. What is shared counts in full.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        match &self.0 {
            Form::Whole(whole) => whole.len(),
            Form::Parts(_) => size_of::<Parts>() + self.len(),
        }
    }

    /// The first piece.
    #[must_use]
    pub fn head(&self) -> &[u8] {
        match &self.0 {
            Form::Whole(whole) => whole,
            Form::Parts(parts) => &parts.head,
        }
    }

    /// The others; empty where all is in the first.
    #[must_use]
    pub fn tail(&self) -> &[Bytes; 2] {
        match &self.0 {
            Form::Whole(_) => &NOTHING,
            Form::Parts(parts) => &parts.tail,
        }
    }

    /// See [`fetch`].
    pub fn fetch(&self) {
        self.iter().for_each(fetch);
    }

    /// The same for the count of who shares the bytes, and for the first of them, for whoever is about to clone them and to look
    /// at their head.
    pub fn fetch_head(&self) {
        match &self.0 {
            Form::Whole(whole) => {
                black_box((whole.is_unique(), whole.first()));
            }
            Form::Parts(parts) => {
                black_box((Arc::strong_count(parts), parts.head.first()));
            }
        }
    }

    /// All in one piece; copied only where they are several.
    #[must_use]
    pub fn joined(&self) -> Bytes {
        match &self.0 {
            Form::Whole(whole) => whole.clone(),
            Form::Parts(_) => self.iter().collect::<Vec<_>>().concat().into(),
        }
    }

    /// A part of one of the pieces, as bytes of its own; only what is in a short head is copied.
    #[must_use]
    pub fn part(&self, part: &[u8]) -> Bytes {
        let shared = match &self.0 {
            Form::Whole(whole) => slice::from_ref(whole),
            Form::Parts(parts) => &parts.tail,
        };
        let holder = shared.iter().find(|piece| piece.as_ptr_range().contains(&part.as_ptr()));
        holder.map_or_else(|| Bytes::copy_from_slice(part), |piece| piece.slice_ref(part))
    }

    /// The pieces in order, empty ones too.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::once(self.head()).chain(self.tail().iter().map(Bytes::as_ref))
    }
}

impl Default for Pieces {
    fn default() -> Self {
        Bytes::new().into()
    }
}

impl From<Bytes> for Pieces {
    fn from(whole: Bytes) -> Self {
        Self(Form::Whole(whole))
    }
}

impl From<Vec<u8>> for Pieces {
    fn from(whole: Vec<u8>) -> Self {
        Bytes::from(whole).into()
    }
}

impl PartialEq for Pieces {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().flatten().eq(other.iter().flatten())
    }
}

impl Eq for Pieces {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn where_a_piece_ends_means_nothing(bytes: Vec<u8>, cuts: [prop::sample::Index; 2]) {
            let mut at = cuts.map(|cut| cut.index(bytes.len() + 1));
            at.sort_unstable();
            let whole = Bytes::from(bytes);
            let tail = [whole.slice(at[0]..at[1]), whole.slice(at[1]..)];
            let pieces = Pieces::new(Head::from_slice(&whole[..at[0]]), tail);
            prop_assert_eq!(pieces.len(), whole.len());
            prop_assert_eq!(pieces.is_empty(), whole.is_empty());
            prop_assert_eq!(&pieces.joined(), &whole);
            prop_assert_eq!(&pieces, &Pieces::from(whole.clone()));
            for piece in pieces.iter() {
                prop_assert_eq!(&pieces.part(piece), piece);
                let part = &piece[piece.len() / 3..];
                prop_assert_eq!(&pieces.part(part), part);
            }
            let other = Pieces::from([&whole[..], b"x"].concat());
            prop_assert_ne!(pieces, other);
        }
    }
}
