//! libFuzzer on [`tailwater_fuzz::metrics`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::metrics::target(data));
