//! Every target on its corpus, and on mutations of it that are the same every time.

use environment::Random;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use tailwater_fuzz::{TARGETS, Target, mutation};

/// Mutations of each target's corpus; those of whole requests each make a database.
const MUTATIONS: u64 = 12_000;
const MUTATIONS_OF_OPERATIONS: u64 = 1_000;

fn corpus(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut paths: Vec<PathBuf> =
        fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

fn run(target: Target, data: &[u8], what: &str) {
    if let Err(panic) = catch_unwind(|| target(data)) {
        let text = panic.downcast_ref::<String>().cloned().unwrap_or_default();
        panic!("{what}: {text}\ninput: {}", data.escape_ascii());
    }
}

fn run_all(name: &str) {
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).unwrap();
    let corpus = corpus(name);
    assert!(!corpus.is_empty());
    for (path, data) in &corpus {
        run(*target, data, &path.display().to_string());
    }
    let seeds: Vec<Vec<u8>> = corpus.into_iter().map(|(_, data)| data).collect();
    let random = Random::seeded(name.len() as u64);
    let count = match name {
        "archives" | "endpoints" | "kinesis" | "logs" | "operations" | "parameters" | "queues" | "roles"
        | "s3" | "stacks" | "topics" => MUTATIONS_OF_OPERATIONS,
        _ => MUTATIONS,
    };
    for place in 0..environment::repeated(count) {
        run(*target, &mutation::mutate(&random, &seeds), &format!("mutation {place}"));
    }
}

macro_rules! targets {
    ($($name:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            run_all(stringify!($name));
        })*

        #[test]
        fn all_targets_are_here() {
            let here = [$(stringify!($name)),*];
            assert_eq!(TARGETS.iter().map(|(name, _)| *name).collect::<Vec<_>>(), here);
        }
    };
}

targets![
    architect,
    archives,
    auth_keys,
    data_streams,
    chunked,
    descriptors,
    disk,
    endpoints,
    expressions,
    faults,
    filters,
    forms,
    functions,
    heads,
    iterators,
    json,
    keys,
    kinesis,
    leases,
    log_patterns,
    logs,
    mappings,
    metrics,
    names,
    numbers,
    objects,
    operations,
    output,
    parameters,
    positions,
    processes,
    queues,
    recordings,
    records,
    requests,
    responses,
    roles,
    s3,
    signatures,
    stacks,
    statements,
    stored,
    subjects,
    subscriptions,
    templates,
    topics,
    transfers,
    values,
    xml,
];
