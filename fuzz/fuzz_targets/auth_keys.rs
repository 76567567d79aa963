//! libFuzzer on [`tailwater_fuzz::auth_keys`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::auth_keys::target(data));
