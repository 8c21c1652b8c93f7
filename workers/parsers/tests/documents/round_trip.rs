//! A document, rendered as Markdown and read again, has the same blocks.

use event_model::{Block, ParsedDocument};
use parsers::{Source, parse};
use proptest::{prelude::*, test_runner::TestRunner};

fn read(markdown: &str) -> ParsedDocument {
    parse(markdown.as_bytes(), &Source::named("a.md")).unwrap()
}

fn shown(document: &ParsedDocument) -> Vec<(String, String)> {
    let text: Vec<char> = document.text.chars().collect();
    let part = |block: &Block| {
        let text: String = text[block.range.start as usize..block.range.end as usize].iter().collect();
        (format!("{:?}", block.kind), text)
    };
    document.blocks.iter().map(part).collect()
}

const RICH: &str = "# Title `code` #\\#\n\nA *b* **c `d`** ~~e~~ [f *g*](http://x.y/(z) \"t\"), snake_case \\*not\\* &amp;lt; 1 < 2.\\\n\
- not an item\n\n1. one\n   - [x] done\n   - [ ] open\n\n   more of one\n2. two[^n]\n\n> quoted\n>\n> twice\n\n\
> [!WARNING]\n> mind\n\n````rust\n```\nfn a() {}\n````\n\n| a | b\\|c |\n| - | - |\n| `x` | |\n\n[^n]: the *note*\n";

#[test]
fn a_rich_document_survives() {
    let document = read(RICH);
    let again = read(&document.to_markdown());
    assert_eq!(shown(&again), shown(&document), "{}", document.to_markdown());
}

#[test]
fn text_that_looks_like_marks_stays_text() {
    let line = "[-#>+=*_`<&|.:)(\\[\\]~!1a ]{1,12}";
    let paragraphs = proptest::collection::vec(line, 1..4);
    TestRunner::default()
        .run(&paragraphs, |lines| {
            let source = lines.join("\n\n");
            let plain = parse(source.as_bytes(), &Source::named("a.txt"));
            prop_assume!(plain.is_ok());
            let document = plain.unwrap();
            let again = read(&document.to_markdown());
            prop_assert_eq!(shown(&again), shown(&document), "{}", document.to_markdown());
            Ok(())
        })
        .unwrap();
}
