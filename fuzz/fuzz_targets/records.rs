//! libFuzzer on [`tailwater_fuzz::records`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::records::target(data));
