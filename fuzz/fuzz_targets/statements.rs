//! libFuzzer on [`tailwater_fuzz::statements`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::statements::target(data));
