//! The change logs of tables: records, shards, sequence numbers, iterators, retention and wake-ups.
//!
//! A stream is a tree of shards; each shard is one log of the store, and owns a range of partition hashes
//! while it is open. What a stream looks like is a value, [`StreamDescriptor`], that pure planners change
//! ([`descriptor`]) and the caller commits together with the changes of logs. [`Streams`] holds the
//! descriptors of all streams and answers the four operations of DynamoDB Streams from them and from
//! snapshots of the store.
//!
//! [`data_stream`] are the streams of Kinesis Data Streams, made of the same logs.
//!
//! Promises: order in a shard is commit order; every record is in one shard; a closed shard of an enabled
//! stream has its children in the same instant; a reader never sees the end of a shard before it can see the
//! children; a position given out stays valid until its record has expired, across restarts.

pub mod arn;
pub mod data_stream;
pub mod descriptor;
pub mod faults;
pub mod following;
mod hex;
pub mod iterator;
pub mod label;
mod operations;
pub mod positions;
pub mod reading;
pub mod record;
mod registry;
mod retention;
pub mod sequence;
mod shard_id;
mod streams;
mod view;
mod wakeups;

pub use descriptor::{KeyElement, KeyRole, Shard, StreamDescriptor, StreamStatus};
pub use positions::Positions;
pub use sequence::SequenceNumber;
pub use shard_id::ShardId;
pub use streams::{Caller, Options, Streams};
pub use view::ViewType;
pub use wakeups::{Wait, Wakeups};
