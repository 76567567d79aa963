//! libFuzzer on [`tailwater_fuzz::subscriptions`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tailwater_fuzz::subscriptions::target(data));
