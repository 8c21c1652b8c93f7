//! The parts of a package that calls itself `a.docx`: parsed or rejected, never a panic, and ranges that fit the text.
#![no_main]

const FIXED: [(&str, &str); 1] = [("[Content_Types].xml", "<Types/>")];
const PATHS: [&str; 7] = [
    "_rels/.rels",
    "word/_rels/document.xml.rels",
    "word/document.xml",
    "word/styles.xml",
    "word/numbering.xml",
    "word/footnotes.xml",
    "word/comments.xml",
];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::parse_parts("a.docx", &FIXED, &PATHS, bytes));
