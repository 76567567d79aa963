//! libFuzzer on [`tailwater_fuzz::leases`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::leases::target(data));
