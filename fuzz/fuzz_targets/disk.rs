//! libFuzzer on [`tailwater_fuzz::disk`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::disk::target(data));
