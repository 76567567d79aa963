//! The limits: what each request took when it was last looked at, and a twentieth more. Whoever makes one cheaper lowers its limit;
//! one that has to rise says why in its commit.

#![allow(missing_docs, reason = "made by macros")]

use gungraun::prelude::*;
use gungraun::{Callgrind, EventKind};
use std::hint::black_box;
use tailwater_instructions::{Asked, Ready};

fn limit(instructions: u64) -> LibraryBenchmarkConfig {
    let mut tool = Callgrind::default();
    tool.hard_limits([(EventKind::Ir, instructions)]);
    let mut config = LibraryBenchmarkConfig::default();
    config.tool(tool);
    config
}

#[library_benchmark(setup = Ready::new)]
#[bench::put_item(args = (Asked::PutItem), config = limit(47_700))]
#[bench::get_item(args = (Asked::GetItem), config = limit(12_400))]
#[bench::update_item(args = (Asked::UpdateItem), config = limit(50_200))]
#[bench::query_of_20(args = (Asked::Query), config = limit(114_300))]
#[bench::transact_write_of_4(args = (Asked::TransactWriteItems), config = limit(180_700))]
#[bench::batch_write_of_25(args = (Asked::BatchWriteItem), config = limit(960_600))]
#[bench::get_100_records(args = (Asked::GetRecords), config = limit(782_600))]
fn request(ready: Ready) -> (Vec<u8>, Ready) {
    // Handed back, so that its end is not counted.
    (black_box(ready.call()), ready)
}

library_benchmark_group!(name = hot_paths, benchmarks = request);
main!(library_benchmark_groups = hot_paths);
