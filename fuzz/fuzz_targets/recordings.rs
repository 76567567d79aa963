//! libFuzzer on [`tailwater_fuzz::recordings`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::recordings::target(data));
