//! libFuzzer on [`tailwater_fuzz::archives`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::archives::target(data));
