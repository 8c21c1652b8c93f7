//! A processor in Rust: a table of comma-separated values in, a draft of a document out. The example for whoever writes one;
//! the types of this crate are a convenience, any JSON that fits `schemas/answer.json` will do.

use std::io::{self, Read, Write};

use event_model::BlockKind;
use parsers::{Answer, Draft, DraftBlock, Reason, Refusal};

fn read(text: &str) -> Answer {
    let cells = |line: &str| line.split(',').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let rows: Vec<Vec<String>> = text.lines().filter(|line| !line.trim().is_empty()).map(cells).collect();
    if rows.is_empty() {
        let detail = "the table has no rows; export it again".to_owned();
        return Answer::Rejected { rejected: Refusal { reason: Reason::NoText, detail } };
    }
    let table = DraftBlock {
        kind: BlockKind::Table { rows },
        text: None,
        page: None,
        bounds: None,
        text_language: None,
        spans: Vec::new(),
        lines: Vec::new(),
        first_line: None,
        syntax_error: None,
    };
    Answer::Document(Box::new(Draft {
        media_type: Some("text/csv".to_owned()),
        blocks: vec![table],
        ..Draft::default()
    }))
}

fn main() -> io::Result<()> {
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes)?;
    let answer = read(&String::from_utf8_lossy(&bytes));
    io::stdout().write_all(&serde_json::to_vec(&answer)?)
}
