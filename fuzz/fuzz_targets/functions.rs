//! libFuzzer on [`tailwater_fuzz::functions`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::functions::target(data));
