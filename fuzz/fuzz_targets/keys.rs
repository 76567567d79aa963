//! libFuzzer on [`tailwater_fuzz::keys`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::keys::target(data));
