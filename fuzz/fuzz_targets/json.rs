//! libFuzzer on [`tailwater_fuzz::json`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::json::target(data));
