//! The bytes of a log record, in pieces.
//!
//! Most of a change's record is bytes that are there already: the images of the item before and after. A record that refers
//! to them needs no copy of them: the memory store keeps the pieces as they are, and engines that write to disk join them
//! where they write. What a record is, is its pieces one after the other; where one ends means nothing.

use bytes::Bytes;
use std::hint::black_box;

/// What a processor fetches at a time, in bytes.
const CACHE_LINE: usize = 64;

/// Has the processor fetch bytes, for whoever is about to read all of them. What it waits for then is one line of its
/// cache after the other; asked for at once, they come side by side.
pub fn fetch(bytes: &[u8]) {
    for line in bytes.chunks(CACHE_LINE) {
        black_box(line[0]);
    }
}

/// A head, and up to two pieces that follow it.
#[derive(Clone, Debug, Default)]
pub struct Pieces {
    head: Bytes,
    tail: [Bytes; 2],
}

impl Pieces {
    /// These bytes, in this order.
    #[must_use]
    pub fn new(head: Bytes, tail: [Bytes; 2]) -> Self {
        Self { head, tail }
    }

    /// How many bytes they are together.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().map(Bytes::len).sum()
    }

    /// Whether there is no byte in them.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first piece.
    #[must_use]
    pub fn head(&self) -> &Bytes {
        &self.head
    }

    /// The others; empty where all is in the first.
    #[must_use]
    pub fn tail(&self) -> &[Bytes; 2] {
        &self.tail
    }

    /// See [`fetch`].
    pub fn fetch(&self) {
        self.iter().for_each(|piece| fetch(piece));
    }

    /// The same for the counts of who shares the bytes, and for the first of the bytes, for whoever is about to clone them and to
    /// look at their head.
    pub fn fetch_heads(&self) {
        for piece in self.iter() {
            black_box(piece.is_unique());
        }
        black_box(self.head.first());
    }

    /// All in one piece; copied only where they are several.
    #[must_use]
    pub fn joined(&self) -> Bytes {
        if self.tail.iter().all(Bytes::is_empty) {
            return self.head.clone();
        }
        let mut joined = Vec::with_capacity(self.len());
        self.iter().for_each(|piece| joined.extend_from_slice(piece));
        joined.into()
    }

    /// The pieces in order, empty ones too.
    pub fn iter(&self) -> impl Iterator<Item = &Bytes> {
        std::iter::once(&self.head).chain(&self.tail)
    }
}

impl From<Bytes> for Pieces {
    fn from(head: Bytes) -> Self {
        Self { head, ..Self::default() }
    }
}

impl From<Vec<u8>> for Pieces {
    fn from(head: Vec<u8>) -> Self {
        Bytes::from(head).into()
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
            let pieces = Pieces::new(whole.slice(..at[0]), tail);
            prop_assert_eq!(pieces.len(), whole.len());
            prop_assert_eq!(pieces.is_empty(), whole.is_empty());
            prop_assert_eq!(&pieces.joined(), &whole);
            prop_assert_eq!(&pieces, &Pieces::from(whole.clone()));
            let other = Pieces::from([&whole[..], b"x"].concat());
            prop_assert_ne!(pieces, other);
        }
    }
}
