//! libFuzzer on [`tailwater_fuzz::log_patterns`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::log_patterns::target(data));
