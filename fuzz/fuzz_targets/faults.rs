//! libFuzzer on [`tailwater_fuzz::faults`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::faults::target(data));
