//! What comes from outside, bytes that anybody may send or that a disk may have damaged, given to whatever
//! reads it.
//!
//! Each target is a function of bytes that panics where something is wrong: not only where the reader itself
//! panics, but where what it read is not what another, simpler reader makes of it, or does not come back when
//! it is written and read again. libFuzzer runs them for as long as one likes (`fuzz/run`); the test of this
//! crate runs each on its corpus and on some thousands of mutations of it, the same ones every time.
#![forbid(unsafe_code)]

pub mod architect;
pub mod archives;
pub mod auth_keys;
pub mod chunked;
pub mod data_streams;
pub mod decimal;
pub mod descriptors;
pub mod disk;
pub mod endpoints;
mod engine;
pub mod expressions;
pub mod faults;
pub mod filters;
pub mod forms;
mod front;
pub mod functions;
mod ground;
pub mod heads;
mod http;
pub mod iterators;
pub mod json;
pub mod keys;
pub mod kinesis;
pub mod leases;
pub mod log_patterns;
pub mod logs;
pub mod mappings;
pub mod metrics;
pub mod mutation;
pub mod names;
pub mod numbers;
pub mod objects;
pub mod operations;
pub mod output;
pub mod parameters;
pub mod positions;
pub mod processes;
pub mod queues;
pub mod recordings;
pub mod records;
pub mod requests;
pub mod responses;
pub mod roles;
pub mod s3;
pub mod signatures;
pub mod stacks;
pub mod statements;
pub mod stored;
pub mod subjects;
pub mod subscriptions;
pub mod templates;
pub mod topics;
pub mod transfers;
pub mod values;
pub mod xml;

/// A target: panics where the bytes show a defect.
pub type Target = fn(&[u8]);

/// All targets by name; each has a directory of that name in `corpus`, and a fuzzer in `fuzz_targets`.
pub const TARGETS: &[(&str, Target)] = &[
    ("architect", architect::target),
    ("archives", archives::target),
    ("auth_keys", auth_keys::target),
    ("data_streams", data_streams::target),
    ("chunked", chunked::target),
    ("descriptors", descriptors::target),
    ("disk", disk::target),
    ("endpoints", endpoints::target),
    ("expressions", expressions::target),
    ("faults", faults::target),
    ("filters", filters::target),
    ("forms", forms::target),
    ("functions", functions::target),
    ("heads", heads::target),
    ("iterators", iterators::target),
    ("json", json::target),
    ("keys", keys::target),
    ("kinesis", kinesis::target),
    ("leases", leases::target),
    ("log_patterns", log_patterns::target),
    ("logs", logs::target),
    ("mappings", mappings::target),
    ("metrics", metrics::target),
    ("names", names::target),
    ("numbers", numbers::target),
    ("objects", objects::target),
    ("operations", operations::target),
    ("output", output::target),
    ("parameters", parameters::target),
    ("positions", positions::target),
    ("processes", processes::target),
    ("queues", queues::target),
    ("recordings", recordings::target),
    ("records", records::target),
    ("requests", requests::target),
    ("responses", responses::target),
    ("roles", roles::target),
    ("s3", s3::target),
    ("signatures", signatures::target),
    ("stacks", stacks::target),
    ("statements", statements::target),
    ("stored", stored::target),
    ("subjects", subjects::target),
    ("subscriptions", subscriptions::target),
    ("templates", templates::target),
    ("topics", topics::target),
    ("transfers", transfers::target),
    ("values", values::target),
    ("xml", xml::target),
];
