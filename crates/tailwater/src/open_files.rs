//! How many files may be open at once, connections among them.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Connections where nothing stands in the way of so many.
const CONNECTIONS_MAX: usize = 8_192;

/// Raises the process's limit of open files as far as it may, and answers how many connections that leaves room
/// for: half, so that however many come, the store can open its own files.
pub(crate) fn room_for_connections() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum {
        // Where that is refused, what there is has to do.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    }
    half_of(getrlimit(Resource::Nofile).current)
}

fn half_of(open_files: Option<u64>) -> usize {
    let files = open_files.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX);
    (files / 2).clamp(1, CONNECTIONS_MAX)
}

#[cfg(test)]
mod tests {
    use super::half_of;

    #[test]
    fn half_the_files_may_be_connections() {
        assert_eq!([Some(256), Some(1), Some(20_000), None].map(half_of), [128, 1, 8_192, 8_192]);
    }
}
