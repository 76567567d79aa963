//! Keys as they stand in the nodes of the ordered maps: the first 16 bytes inline as one number, so that a
//! search compares numbers within a node and follows a pointer only for the keys that are equal so far.

use crate::Versioned;
use bytes::Bytes;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// The keys of one space.
pub(super) type SpaceMap = BTreeMap<NodeKey, Versioned>;

/// A key in a node, or the probe of a search.
#[derive(Clone, Debug)]
pub(super) struct NodeKey {
    head: u128,
    bytes: Bytes,
}

impl NodeKey {
    /// A key to search with.
    pub(super) fn probe(bytes: &Bytes) -> Self {
        let mut head = [0; 16];
        let length = bytes.len().min(16);
        head[..length].copy_from_slice(&bytes[..length]);
        Self { head: u128::from_be_bytes(head), bytes: bytes.clone() }
    }

    /// The same key, keeping no larger buffer alive than itself.
    pub(super) fn owned(&self) -> Self {
        Self { head: self.head, bytes: Bytes::copy_from_slice(&self.bytes) }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }
}

impl Ord for NodeKey {
    fn cmp(&self, other: &Self) -> Ordering {
        // Padding with zeros keeps the order but for keys that differ only in zeros at the end.
        self.head.cmp(&other.head).then_with(|| self.bytes.cmp(&other.bytes))
    }
}

impl PartialOrd for NodeKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for NodeKey {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for NodeKey {}
