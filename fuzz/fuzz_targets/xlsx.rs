//! The parts of a package that calls itself `a.xlsx`: parsed or rejected, never a panic, and ranges that fit the text.
#![no_main]

const FIXED: [(&str, &str); 1] = [("[Content_Types].xml", "<Types/>")];
const PATHS: [&str; 6] = [
    "_rels/.rels",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/worksheets/sheet1.xml",
    "xl/sharedStrings.xml",
    "xl/styles.xml",
];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::parse_parts("a.xlsx", &FIXED, &PATHS, bytes));
