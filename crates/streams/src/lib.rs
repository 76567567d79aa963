//! The change logs of tables: records, shards, sequence numbers, iterators, retention and wake-ups.

mod view;

pub use view::ViewType;
