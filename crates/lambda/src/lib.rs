//! Event source mappings: what takes the records of a stream to a function.
//!
//! [`filter`] is the language of filter criteria; [`mapping`] the state machine that reads shards, makes batches and
//! decides what becomes of them.
//!
//! Pure: no clock, no I/O, no randomness. Whoever drives it gives it times and results, and does what it says.

pub mod filter;
pub mod mapping;
