//! libFuzzer on [`tailwater_fuzz::requests`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::requests::target(data));
