//! The only way to anything that is not deterministic: clocks, chance, ids, threads and tasks.
//!
//! Everything else in the workspace asks an [`Environment`] for them (`clippy.toml` bans the direct
//! calls), so that a test can move the clock and a simulated run can be repeated from its seed.
//!
//! There are two clocks. *Service time* is what a user of the service lives in: record times, retention,
//! rollover, iterator expiry, TTL, labels. It can be moved forward, never back. *Machine time* is for
//! sockets, time-outs and signature skew, and cannot be moved.

mod clock;
mod outside;
mod planted;
mod random;
mod task;

pub use clock::Clock;
pub use outside::{listen_loopback, spawn_child};
pub use planted::planted;
pub use random::Random;
pub use task::{JoinHandle, offload, spawn, spawn_thread, yield_now};

/// The clocks and the randomness of one server, or of one simulated run. Clones share them.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Service time and machine time.
    pub clock: Clock,
    /// Chance.
    pub random: Random,
}

impl Environment {
    /// The real thing: the machine's clocks and the operating system's randomness.
    #[must_use]
    pub fn system() -> Self {
        Self { clock: Clock::system(), random: Random::system() }
    }

    /// A repeatable one: randomness follows from the seed, and time stands still until a test moves it
    /// ([`Clock::advance`], [`Clock::pass`]).
    #[must_use]
    pub fn simulated(seed: u64, start_ms: u64) -> Self {
        Self { clock: Clock::simulated(start_ms), random: Random::seeded(seed) }
    }
}
