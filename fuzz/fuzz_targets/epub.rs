//! The parts of a package that calls itself `a.epub`: parsed or rejected, never a panic, and ranges that fit the text.
#![no_main]

const FIXED: [(&str, &str); 1] = [("mimetype", "application/epub+zip")];
const PATHS: [&str; 3] = ["META-INF/container.xml", "book.opf", "a.xhtml"];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::parse_parts("a.epub", &FIXED, &PATHS, bytes));
