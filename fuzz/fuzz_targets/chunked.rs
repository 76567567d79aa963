//! libFuzzer on [`tailwater_fuzz::chunked`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::chunked::target(data));
