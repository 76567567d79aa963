//! libFuzzer on [`tailwater_fuzz::roles`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::roles::target(data));
