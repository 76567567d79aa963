//! libFuzzer on [`tailwater_fuzz::endpoints`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::endpoints::target(data));
