//! libFuzzer on [`tailwater_fuzz::output`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::output::target(data));
