//! libFuzzer on [`tailwater_fuzz::architect`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::architect::target(data));
