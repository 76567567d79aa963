//! Mappings end to end: a database, streams, and functions that do as a test says.
#![cfg(test)]

mod api;
mod barrier;
mod chaos;
mod clock;
mod delivery;
mod destinations;
mod explain;
mod failures;
mod faults;
mod kinesis;
mod lifecycle;
mod panics;
mod queue;
mod shards;
mod windows;
mod world;
