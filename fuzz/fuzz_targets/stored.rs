//! libFuzzer on [`tailwater_fuzz::stored`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::stored::target(data));
