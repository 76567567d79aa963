//! Running a function's code as plain processes, to which it looks as it does on AWS: the Runtime API, its environment,
//! its deadline, its logs.
//!
//! Knows no function by name and stores nothing: it is given a [`Revision`], which is everything that a process is started
//! from, and calls ([`Invocation`]) for it.

mod api;
mod call;
mod cgroup;
mod clients;
mod failure;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod interpreter;
mod invocation;
mod journal;
mod launch;
mod logs;
mod memory;
mod pool;
mod process;
mod revision;
mod scratch;
mod settings;
mod supervisor;
mod timestamp;
mod variables;
pub mod watcher;

pub use invocation::{Finished, Invocation, Piece, PoolError};
pub use logs::{LogEvent, LogSink, LogSource};
pub use pool::Pool;
pub use revision::Revision;
pub use settings::Settings;
pub use supervisor::Runtime;
