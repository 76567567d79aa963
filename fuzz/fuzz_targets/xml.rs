//! libFuzzer on [`tailwater_fuzz::xml`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::xml::target(data));
