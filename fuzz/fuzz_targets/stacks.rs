//! libFuzzer on [`tailwater_fuzz::stacks`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::stacks::target(data));
