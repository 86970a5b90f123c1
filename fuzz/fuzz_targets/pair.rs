//! The target `pair` of libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| ferrpc_fuzz::pair(input));
