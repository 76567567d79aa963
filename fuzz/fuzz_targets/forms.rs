//! libFuzzer on [`tailwater_fuzz::forms`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::forms::target(data));
