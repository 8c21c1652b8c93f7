//! What every target does with its bytes.

use parsers::Source;

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
