//! The descendants of this very process, as `/proc` tells of them.

use rustix::process::Pid;
use std::collections::HashMap;

/// The ids of all descendants that run. Between the look and what is done about it more may come to be.
#[cfg(target_os = "linux")]
pub(super) fn all() -> Vec<Pid> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let parents = entries.flatten().filter_map(|entry| {
        let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read(entry.path().join("stat")).ok()?;
        Some((pid, living_parent(&stat)?))
    });
    below(rustix::process::getpid().as_raw_nonzero().get(), &parents.collect())
}

/// Elsewhere nothing tells of them without a library.
#[cfg(not(target_os = "linux"))]
pub(super) fn all() -> Vec<Pid> {
    Vec::new()
}

/// The parent of a process that is not only waiting to be reaped. The name of the program stands in brackets and may hold
/// anything.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn living_parent(stat: &[u8]) -> Option<i32> {
    let behind_name = stat.iter().rposition(|byte| *byte == b')')? + 1;
    let mut fields = std::str::from_utf8(&stat[behind_name..]).ok()?.split_ascii_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    (state != "Z").then_some(parent)
}

#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn below(root: i32, parents: &HashMap<i32, i32>) -> Vec<Pid> {
    let is_below = |pid: &i32| {
        let mut at = *pid;
        // A look that is not of one moment may show a circle.
        for _ in 0..parents.len() {
            match parents.get(&at) {
                Some(parent) if *parent == root => return true,
                Some(parent) => at = *parent,
                None => return false,
            }
        }
        false
    };
    parents.keys().filter(|pid| is_below(pid)).filter_map(|pid| Pid::from_raw(*pid)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_anything() {
        assert_eq!(living_parent(b"12 (a) b) S 7 12 12 0"), Some(7));
        assert_eq!(living_parent(b"12 (node) Z 7 12 12 0"), None);
        for stat in [&b""[..], b"12", b"12 (x)", b"12 (x) S", b"12 (x) S y"] {
            assert_eq!(living_parent(stat), None);
        }
    }

    #[test]
    fn descendants_of_all_generations_and_no_others() {
        let parents = HashMap::from([(2, 1), (10, 2), (11, 10), (12, 11), (20, 1), (30, 31), (31, 30)]);
        let mut found: Vec<i32> =
            below(10, &parents).into_iter().map(|pid| pid.as_raw_nonzero().get()).collect();
        found.sort_unstable();
        assert_eq!(found, [11, 12]);
        assert_eq!(below(99, &parents), []);
    }
}
