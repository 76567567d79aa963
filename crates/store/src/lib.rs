//! An ordered transactional store of bytes: the trait, its engines and the contract that they keep.
//!
//! The store knows no word of DynamoDB. It holds *keys* (ordered bytes in numbered spaces, each with a
//! version) and *logs* (append-only sequences of records, whose positions the store itself gives out), and
//! changes both together in a [`Commit`].
//!
//! # Contract
//! One suite (`contract`) runs on every store:
//! - **L1** After a log read returned `next = P`, nothing at or below `P` ever appears in that log.
//! - **L2** A acknowledged before B was sent: A is before B in a log.
//! - **L3** For one key, log order is version order.
//! - **L4** A key's new value is visible exactly when the records of its commit are readable.
//! - **L5** Positions survive a restart and are never given twice (not in memory).
//! - **L6** An unknown outcome, committed again with the same token, happens exactly once.
//! - **L7** A snapshot is one point in time, over all keys and all logs.

mod any;
mod commit;
pub mod contract;
mod counter;
mod embedded;
mod error;
mod faulty;
mod hash;
mod log_head;
mod memory;
mod pieces;
mod runner;
mod simulated;
mod traits;
mod transaction;

pub use any::{AnySnapshot, AnyStore};
pub use commit::*;
pub use counter::counter;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub use embedded::fuzzing;
pub use embedded::{Durability, Embedded, EmbeddedOptions, EmbeddedSnapshot};
pub use error::StoreError;
pub use faulty::{Faults, Faulty};
pub use memory::{Memory, MemorySnapshot, MemoryUsage};
pub use pieces::{Head, Pieces, fetch};
pub use runner::{Runner, Running};
pub use simulated::{Crash, DiskFaults, Fired, Simulated};
pub use traits::*;
pub use transaction::*;
