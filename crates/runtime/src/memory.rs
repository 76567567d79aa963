//! How much memory a process has used at most, with those that it has started and that still run.

/// In bytes; 0 where nothing tells.
#[cfg(target_os = "linux")]
pub(crate) fn peak_bytes(pid: i32) -> u64 {
    let mut sum = 0;
    let mut todo = vec![pid];
    // A process may have started many, and more while this looks.
    for _ in 0..PROCESSES_MAX {
        let Some(pid) = todo.pop() else { break };
        if let Ok(status) = std::fs::read_to_string(format!("/proc/{pid}/status")) {
            sum += peak(&status);
        }
        todo.extend(children(pid));
    }
    sum
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn peak_bytes(_pid: i32) -> u64 {
    0
}

#[cfg(target_os = "linux")]
const PROCESSES_MAX: usize = 256;

/// What the threads of a process have started.
#[cfg(target_os = "linux")]
fn children(pid: i32) -> Vec<i32> {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let of_thread = |thread: std::fs::DirEntry| std::fs::read_to_string(thread.path().join("children")).ok();
    let lists: Vec<String> = threads.flatten().filter_map(of_thread).collect();
    lists.iter().flat_map(|list| list.split_ascii_whitespace()).filter_map(|pid| pid.parse().ok()).collect()
}

#[cfg(target_os = "linux")]
fn peak(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: Option<u64> = line.and_then(|rest| rest.split_ascii_whitespace().next()?.parse().ok());
    kib.unwrap_or(0) * 1024
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_very_process_uses_some() {
        let pid = rustix::process::getpid().as_raw_nonzero().get();
        assert!(peak_bytes(pid) > 1 << 20);
        assert_eq!(peak_bytes(i32::MAX), 0);
    }

    #[test]
    fn the_line_of_the_peak() {
        assert_eq!(peak("Name:\tx\nVmPeak:\t 9 kB\nVmHWM:\t    2048 kB\nVmRSS:\t 1 kB\n"), 2 << 20);
        assert_eq!(peak(""), 0);
    }
}
