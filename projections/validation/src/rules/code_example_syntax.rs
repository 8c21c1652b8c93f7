//! Code in a document that the grammar of its language cannot read. What is broken was found when the document was parsed, in a
//! jail, since grammars are C code over untrusted bytes; this rule tells it. It informs: an example may be broken on purpose.
//!
//! The bound is ours: none. A text without a document has no examples.

use event_model::{Block, BlockKind};

use crate::{
    Family,
    rule::{Finding, Rule, number},
    text_statistics::TextStatistics,
};

pub(super) const CODE_EXAMPLE_SYNTAX: CodeExampleSyntax = CodeExampleSyntax;

/// The value is the number of examples that cannot be read.
pub(super) struct CodeExampleSyntax;

impl Rule for CodeExampleSyntax {
    fn name(&self) -> &'static str {
        "code_example_syntax"
    }

    fn family(&self) -> Family {
        Family::Elite
    }

    fn measure(&self, text: &TextStatistics<'_>) -> Finding {
        let examples = || text.blocks.iter().filter(|block| matches!(block.kind, BlockKind::Code { .. }));
        let broken = examples().filter(|block| block.syntax_error.is_some()).count();
        Finding::at_most(number(broken as u64), 0.0).shown_by(|| {
            let places: Vec<String> =
                (1_usize..).zip(examples()).filter_map(|(ordinal, block)| place(ordinal, block)).collect();
            Some(format!("{broken} of {}: {}", examples().count(), places.join("; ")))
        })
    }
}

/// Which example is broken, in which of its lines, and why. Code of a file is told by the lines of the file.
fn place(ordinal: usize, block: &Block) -> Option<String> {
    let error = block.syntax_error.as_ref()?;
    let line =
        block.first_line.map_or(error.line, |first| first.saturating_add(error.line).saturating_sub(1));
    let language = match &block.kind {
        BlockKind::Code { language: Some(language) } => format!(" ({language})"),
        _ => String::new(),
    };
    Some(format!("code {ordinal}{language}, line {line}: {}", error.why))
}

#[cfg(test)]
mod tests {
    use event_model::{ParsedDocument, SyntaxError, TextRange};

    use super::*;
    use crate::{Profile, Standing, validate, validate_document};

    fn code(first_line: Option<u32>, error: Option<(u32, &str)>) -> Block {
        let kind = BlockKind::Code { language: Some("rust".into()) };
        let syntax_error = error.map(|(line, why)| SyntaxError { line, why: why.into() });
        Block { first_line, syntax_error, ..Block::new(kind, TextRange { start: 0, end: 1 }, None) }
    }

    fn told(blocks: Vec<Block>) -> (bool, Option<String>) {
        let document = ParsedDocument { text: "a".into(), blocks, ..ParsedDocument::default() };
        let scores = validate_document(&document).scores;
        let found = scores.into_iter().find(|score| score.rule == "code_example_syntax").unwrap();
        (found.passed, found.evidence)
    }

    #[test]
    fn every_broken_example_is_named_with_line_and_reason() {
        assert_eq!(told(vec![code(None, None)]), (true, None));
        let blocks = vec![
            code(None, Some((2, "cannot read `;`"))),
            code(None, None),
            code(Some(40), Some((3, "`}` is missing"))),
        ];
        let evidence =
            "2 of 3: code 1 (rust), line 2: cannot read `;`; code 3 (rust), line 42: `}` is missing";
        assert_eq!(told(blocks), (false, Some(evidence.to_owned())));
    }

    #[test]
    fn it_informs_and_decides_nothing() {
        for profile in Profile::ALL {
            let info = crate::catalogue(profile)
                .into_iter()
                .find(|info| info.name == "code_example_syntax")
                .unwrap();
            assert_ne!(info.standing, Standing::Decides);
        }
        assert!(
            validate("a", Profile::Code)
                .scores
                .iter()
                .any(|score| score.rule == "code_example_syntax" && score.passed)
        );
    }
}
