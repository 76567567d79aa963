//! libFuzzer on [`tailwater_fuzz::numbers`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::numbers::target(data));
