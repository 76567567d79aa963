//! libFuzzer on [`tailwater_fuzz::operations`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::operations::target(data));
