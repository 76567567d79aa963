//! libFuzzer on [`tailwater_fuzz::parameters`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::parameters::target(data));
