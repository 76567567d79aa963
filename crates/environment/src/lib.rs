//! The only way to anything that is not deterministic: clocks, chance, ids, threads and tasks.
//!
//! Everything else in the workspace asks an [`Environment`] for them (`clippy.toml` bans the direct
//! calls), so that a test can move the clock and a simulated run can be repeated from its seed.
//!
//! There are two clocks. *Service time* is what a user of the service lives in: record times, retention,
//! rollover, iterator expiry, TTL, labels. It can be moved forward, never back. *Machine time* is for
//! sockets, time-outs and signature skew, and cannot be moved.
//!
//! What date a time has says [`calendar`], to all who may know this crate.
//!
//! What goes wrong because a user wants to see it go wrong comes from here too: [`faults`]. Tasks that nobody waits for are
//! begun through [`Background`], which sees when they panic.

mod background;
pub mod calendar;
mod clock;
pub mod faults;
mod outside;
mod planted;
mod random;
mod task;
mod tier;

pub use background::{Background, Condition, Panicked};
pub use clock::Clock;
pub use faults::Faults;
pub use outside::{listen_loopback, spawn_child};
pub use planted::planted;
pub use random::Random;
pub use task::{JoinHandle, OffloadAtOnce, offload, settled, spawn, spawn_thread, yield_now};
pub use tier::repeated;

/// The clocks, the randomness, the faults and the background of one server, or of one simulated run. Clones share them.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Service time and machine time.
    pub clock: Clock,
    /// Chance.
    pub random: Random,
    /// What is to go wrong.
    pub faults: Faults,
    /// What nobody waits for.
    pub background: Background,
}

impl Environment {
    /// The real thing: the machine's clocks and the operating system's randomness.
    #[must_use]
    pub fn system() -> Self {
        Self::new(Clock::system(), Random::system())
    }

    /// A repeatable one: randomness follows from the seed, and time stands still until a test moves it
    /// ([`Clock::advance`], [`Clock::pass`]).
    #[must_use]
    pub fn simulated(seed: u64, start_ms: u64) -> Self {
        Self::new(Clock::simulated(start_ms), Random::seeded(seed))
    }

    /// These clocks and this chance, and nothing that is to go wrong.
    #[must_use]
    pub fn new(clock: Clock, random: Random) -> Self {
        let (faults, background) = (Faults::new(clock.clone()), Background::new(clock.clone()));
        Self { clock, random, faults, background }
    }
}
