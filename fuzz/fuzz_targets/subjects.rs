//! libFuzzer on [`tailwater_fuzz::subjects`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::subjects::target(data));
