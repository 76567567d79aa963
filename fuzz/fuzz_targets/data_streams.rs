//! libFuzzer on [`tailwater_fuzz::data_streams`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::data_streams::target(data));
