//! The parts of a package that calls itself `a.odt`: parsed or rejected, never a panic, and ranges that fit the text.
#![no_main]

const FIXED: [(&str, &str); 1] = [("mimetype", "application/vnd.oasis.opendocument.text")];
const PATHS: [&str; 3] = ["content.xml", "styles.xml", "meta.xml"];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::parse_parts("a.odt", &FIXED, &PATHS, bytes));
