//! The only way to anything that is not deterministic: clocks, chance, ids, threads and tasks.
//!
//! Everything else in the workspace asks an [`Environment`] for them (`clippy.toml` bans the direct
//! calls), so that a test can move the clock and a simulated run can be repeated from its seed.
//!
//! There are two clocks. *Service time* is what a user of the service lives in: record times, retention,
//! rollover, iterator expiry, TTL, labels. It can be moved forward, never back. *Machine time* is for
//! sockets, time-outs and signature skew, and cannot be moved.
