//! libFuzzer on [`tailwater_fuzz::positions`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::positions::target(data));
