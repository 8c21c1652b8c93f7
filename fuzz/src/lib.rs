//! What every target does with its bytes.

use std::io::{Cursor, Write};

use parsers::Source;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// Between the parts of a package, as a target is given them.
const NEXT_PART: u8 = 0x0c;

/// Parses and checks what a reader relies on: every range lies inside the text, and every passage is what its range says.
pub fn parse(name: &str, bytes: &[u8]) {
    let Ok(document) = parsers::parse(bytes, &Source::named(name)) else { return };
    let text: Vec<char> = document.text.chars().collect();
    for block in &document.blocks {
        assert!(block.range.start < block.range.end && block.range.end as usize <= text.len());
    }
    for chunk in &document.chunks {
        let range = chunk.range.start as usize..chunk.range.end as usize;
        assert_eq!(text[range].iter().collect::<String>(), chunk.text);
    }
}

/// Packs the parts that the bytes hold and parses that: turned bits of a whole package hardly ever get past its checksums.
pub fn parse_parts(name: &str, fixed: &[(&str, &str)], paths: &[&str], bytes: &[u8]) {
    if bytes.starts_with(b"PK") {
        return parse(name, bytes);
    }
    let parts = bytes.split(|byte| *byte == NEXT_PART);
    let fixed = fixed.iter().map(|(path, part)| (*path, part.as_bytes()));
    let mut package = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (path, part) in fixed.chain(paths.iter().copied().zip(parts)) {
        package.start_file(path, stored).expect("paths differ");
        package.write_all(part).expect("memory is there");
    }
    parse(name, package.finish().expect("memory is there").get_ref());
}
