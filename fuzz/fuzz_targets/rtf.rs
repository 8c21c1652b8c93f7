//! Bytes that call themselves `a.rtf`: parsed or rejected, never a panic, and ranges that fit the text.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::parse("a.rtf", bytes));
