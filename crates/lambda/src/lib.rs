//! Event source mappings: what takes the records of a stream to a function.
//!
//! [`configuration`] is what a mapping is told to do; [`filter`] is the language of filter criteria; [`mapping`] the state machine that reads shards, makes batches and
//! decides what becomes of them.
//!
//! Pure: no clock, no I/O, no randomness. Whoever drives it gives it times and results, and does what it says.

pub mod configuration;
pub mod filter;
pub mod mapping;
