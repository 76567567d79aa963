//! Event source mappings: what takes the records of a stream to a function.
//!
//! [`configuration`] is what a mapping is told to do; [`filter`] is the language of filter criteria; [`mapping`] the
//! state machine that reads shards, makes batches and decides what becomes of them; [`event`] is what a function is
//! given, and [`on_failure`] what is sent for a batch that is given up.
//!
//! Pure: no clock, no I/O, no randomness. Whoever drives it gives it times and results, and does what it says.

pub mod configuration;
pub mod event;
pub mod filter;
pub mod mapping;
pub mod on_failure;
