//! libFuzzer on [`tailwater_fuzz::filters`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::filters::target(data));
