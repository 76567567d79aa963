//! libFuzzer on [`tailwater_fuzz::logs`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::logs::target(data));
