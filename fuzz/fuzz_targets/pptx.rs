//! The parts of a package that calls itself `a.pptx`: parsed or rejected, never a panic, and ranges that fit the text.
#![no_main]

const FIXED: [(&str, &str); 1] = [("[Content_Types].xml", "<Types/>")];
const PATHS: [&str; 6] = [
    "_rels/.rels",
    "ppt/presentation.xml",
    "ppt/_rels/presentation.xml.rels",
    "ppt/slides/slide1.xml",
    "ppt/slides/_rels/slide1.xml.rels",
    "ppt/notesSlides/notesSlide1.xml",
];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::parse_parts("a.pptx", &FIXED, &PATHS, bytes));
