//! libFuzzer on [`tailwater_fuzz::objects`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::objects::target(data));
