//! libFuzzer on [`tailwater_fuzz::responses`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::responses::target(data));
