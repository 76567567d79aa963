//! libFuzzer on [`tailwater_fuzz::queues`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::queues::target(data));
