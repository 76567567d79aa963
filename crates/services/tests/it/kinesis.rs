//! Kinesis Data Streams: requests in, answers out, on every store.

mod delivery;
mod formats;
mod records;
mod refusals;
mod sharding;
mod streams;
mod world;
