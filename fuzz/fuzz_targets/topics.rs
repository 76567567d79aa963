//! libFuzzer on [`tailwater_fuzz::topics`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::topics::target(data));
