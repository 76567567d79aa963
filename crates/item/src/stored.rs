//! The stored form of an item.
