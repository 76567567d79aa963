//! libFuzzer on [`tailwater_fuzz::mappings`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::mappings::target(data));
