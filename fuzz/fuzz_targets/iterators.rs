//! libFuzzer on [`tailwater_fuzz::iterators`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::iterators::target(data));
