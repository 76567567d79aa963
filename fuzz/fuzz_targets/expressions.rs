//! libFuzzer on [`tailwater_fuzz::expressions`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::expressions::target(data));
