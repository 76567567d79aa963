//! libFuzzer on [`tailwater_fuzz::s3`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::s3::target(data));
