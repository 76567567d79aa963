//! libFuzzer on [`tailwater_fuzz::kinesis`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::kinesis::target(data));
