//! The target `frames` of libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| ferrpc_fuzz::frames(input));
