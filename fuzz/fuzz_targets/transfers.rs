//! libFuzzer on [`tailwater_fuzz::transfers`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::transfers::target(data));
