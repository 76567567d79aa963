//! libFuzzer on [`tailwater_fuzz::descriptors`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::descriptors::target(data));
