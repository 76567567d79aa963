//! libFuzzer on [`tailwater_fuzz::processes`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::processes::target(data));
