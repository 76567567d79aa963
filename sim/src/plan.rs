//! What a run is to be like, drawn from its seed.

use environment::Random;
use store::{Crash, DiskFaults};

/// How long a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// Lives, each ended by a crash, but for a last one in which only is looked.
    pub lives: u64,
    /// Phases of a life, with checks between them.
    pub phases: u64,
    /// Clients that work at a time.
    pub clients: u64,
    /// Operations of a client in a phase.
    pub operations: u64,
}

impl Default for Scale {
    fn default() -> Self {
        Self { lives: 4, phases: 2, clients: 6, operations: 12 }
    }
}

/// What goes wrong in a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) faults: DiskFaults,
    /// Whether the power may go at any moment, and not only at a commit.
    pub(crate) cuts: bool,
}

impl Plan {
    /// Of this run.
    pub(crate) fn draw(random: &Random) -> Self {
        let none = DiskFaults::default();
        let faults = match below(random, 6) {
            0 => DiskFaults { cut_before_permille: 12, cut_after_permille: 12, ..none },
            1 => DiskFaults { sync_error_permille: 12, full_permille: 10, ..none },
            2 => DiskFaults { full_permille: 40, conflict_permille: 40, ..none },
            3 => DiskFaults {
                conflict_permille: 30,
                unknown_done_permille: 40,
                unknown_undone_permille: 40,
                cut_after_permille: 4,
                ..none
            },
            4 => DiskFaults { relaxed: true, cut_before_permille: 8, cut_after_permille: 8, ..none },
            _ => DiskFaults { relaxed: true, sync_error_permille: 8, conflict_permille: 20, ..none },
        };
        Self { faults, cuts: below(random, 2) == 0 }
    }

    /// How a life ends that nothing has ended yet.
    pub(crate) fn crash(random: &Random) -> Crash {
        if below(random, 2) == 0 { Crash::Process } else { Crash::Power }
    }
}

/// A number below a limit.
pub(crate) fn below(random: &Random, limit: u64) -> u64 {
    random.next_u64() % limit.max(1)
}

/// One of several.
pub(crate) fn one_of<T: Copy>(random: &Random, all: &[T]) -> Option<T> {
    all.get(below(random, all.len() as u64) as usize).copied()
}
