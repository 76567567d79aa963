//! libFuzzer on [`tailwater_fuzz::heads`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::heads::target(data));
