//! libFuzzer on [`tailwater_fuzz::values`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::values::target(data));
