//! libFuzzer on [`tailwater_fuzz::signatures`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::signatures::target(data));
