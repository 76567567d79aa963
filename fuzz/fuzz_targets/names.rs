//! libFuzzer on [`tailwater_fuzz::names`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::names::target(data));
