//! Functions and event source mappings: what makes a write call code.
//!
//! [`invoke`] is how functions are called from inside the server; [`api`] what clients say to the service;
//! [`function_urls`] how a web request becomes a call. Of mappings,
//! [`configuration`] is what one is told to do; [`mapping`] the state machine that reads shards, makes batches and decides
//! what becomes of them; [`event`] what a function is given, and [`on_failure`] what is sent for a batch that is given up.
//! [`history`] remembers for a while what mappings did, [`status`] is where they stand, and [`discarded`] keeps the records
//! of batches that were given up; [`explain`] tells from all of these what became of a record.
//! [`pollers`] stores mappings and does their work; [`destinations`] is where batches go that are given up.
//!
//! `configuration`, `mapping`, `status`, `event` and `on_failure` are pure: no clock, no I/O, no randomness. Whoever drives them gives
//! them times and results, and does what they say.

pub mod api;
pub mod architect;
pub mod configuration;
pub mod destinations;
pub mod discarded;
pub mod event;
pub mod explain;
pub mod filtering;
pub mod function_urls;
pub mod functions;
pub mod history;
pub mod invoke;
pub mod mapping;
pub mod on_failure;
pub mod pollers;
pub mod status;
