//! libFuzzer on [`tailwater_fuzz::templates`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::templates::target(data));
