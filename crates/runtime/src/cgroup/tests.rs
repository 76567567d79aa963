//! On directories that look like those of cgroups; `tests/it/limits.rs` is on real ones, where there are any.

use super::*;
use tempfile::TempDir;

/// A group with these controllers, and these for its children.
fn group(path: &Path, controllers: &str, children: &str) {
    fs::create_dir_all(path).unwrap();
    fs::write(path.join("cgroup.controllers"), controllers).unwrap();
    fs::write(path.join("cgroup.subtree_control"), children).unwrap();
    fs::write(path.join("cgroup.procs"), "1\n7\n").unwrap();
}

fn find(top: &Path, membership: &str, kind: &str) -> Result<Cgroups, String> {
    let mounts = format!("proc /proc proc rw 0 0\ncgroup {} {kind} 0 0\nx", top.display());
    Cgroups::find_by(&Facts { membership, mounts: &mounts, pid: 7 })
}

#[test]
fn groups_of_version_2_are_made_where_children_may_have_memory() {
    let top = TempDir::new().unwrap();
    let (slice, scope) = (top.path().join("user.slice"), top.path().join("user.slice/a.scope"));
    group(top.path(), "cpu memory", "cpu memory");
    group(&slice, "cpu memory pids", "cpu memory");
    group(&scope, "cpu memory", "");
    // A file cannot be written through a directory: nobody may change what this group gives its children.
    fs::remove_file(scope.join("cgroup.subtree_control")).unwrap();
    fs::create_dir(scope.join("cgroup.subtree_control")).unwrap();
    let cgroups = find(top.path(), "0::/user.slice/a.scope\n", "cgroup2 rw").unwrap();
    assert_eq!((&cgroups.base, cgroups.version), (&slice.join("tailwater-7"), Version::Two));
    assert_eq!(fs::read_to_string(cgroups.base.join("cgroup.subtree_control")).unwrap(), "+memory");
    let made = cgroups.make(3, 128 << 20).unwrap();
    assert_eq!(made.path(), cgroups.base.join("3"));
    assert_eq!(fs::read_to_string(made.path().join("memory.max")).unwrap(), ((136_u64) << 20).to_string());
    assert_eq!(fs::read_to_string(made.path().join("memory.swap.max")).unwrap(), "0");
    assert!(cgroups.make(3, 1).is_err(), "there is one of this name");
}

#[test]
fn a_group_of_our_own_gives_memory_where_it_may() {
    let top = TempDir::new().unwrap();
    group(top.path(), "memory", "");
    let cgroups = find(top.path(), "0::/\n", "cgroup2 rw").unwrap();
    assert_eq!(cgroups.base, top.path().join("tailwater-7"));
    assert_eq!(fs::read_to_string(top.path().join("cgroup.subtree_control")).unwrap(), "+memory");
}

#[test]
fn groups_of_version_1_and_a_container_in_which_the_path_is_not_to_be_seen() {
    let top = TempDir::new().unwrap();
    fs::write(top.path().join("cgroup.procs"), "").unwrap();
    let membership = "9:cpu:/\n4:memory,hugetlb:/docker/4711\n0::/\n";
    let cgroups = find(top.path(), membership, "cgroup rw,relatime,memory").unwrap();
    assert_eq!((&cgroups.base, cgroups.version), (&top.path().join("tailwater-7"), Version::One));
    let made = cgroups.make(1, 64 << 20).unwrap();
    for file in ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"] {
        assert_eq!(fs::read_to_string(made.path().join(file)).unwrap(), (72_u64 << 20).to_string());
    }
}

#[test]
fn where_there_are_none_that_is_told() {
    let top = TempDir::new().unwrap();
    group(top.path(), "cpu", "cpu");
    for (membership, kind) in [
        ("0::/\n", "cgroup2 rw"),
        ("0::/../x\n", "cgroup2 rw"),
        ("", "cgroup2 rw"),
        ("4:cpu:/\n", "cgroup rw,cpu"),
        ("4:memory:/\n", "tmpfs rw"),
        ("not a line", "cgroup rw,memory"),
    ] {
        assert!(!find(top.path(), membership, kind).unwrap_err().is_empty());
    }
    group(top.path(), "memory", "memory");
    fs::remove_file(top.path().join("cgroup.procs")).unwrap();
    let why = find(top.path(), "0::/\n", "cgroup2 rw").unwrap_err();
    assert!(why.contains(&top.path().display().to_string()), "{why}");
}

#[test]
fn what_dead_servers_left_is_removed() {
    let top = TempDir::new().unwrap();
    let dead = top.path().join(format!("{PREFIX}{}", u32::MAX));
    fs::create_dir_all(dead.join("5")).unwrap();
    let alive = top.path().join(format!("{PREFIX}{}", std::process::id()));
    fs::create_dir_all(&alive).unwrap();
    fs::create_dir_all(top.path().join("tailwater-x")).unwrap();
    remove_old(top.path());
    assert!(!dead.exists() && alive.exists() && top.path().join("tailwater-x").exists());
}
