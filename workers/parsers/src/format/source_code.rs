//! Source code: its language by the name, and for those with a grammar what it declares, what is said about that, where it cannot
//! be read, and one block for each declaration, so that passages end where the code does. Other languages are cut at empty lines.

use event_model::{BlockKind, ParsedDocument, SyntaxError};

use self::{languages::language, outline::Outline};
use crate::{
    DocumentBuilder, DocumentParser, Rejection, Sniffed, Source, charset, language as natural,
    syntax::{self, Grammar},
};

mod declaration;
mod dialect;
mod documentation;
mod languages;
mod outline;

pub(crate) const MEDIA_TYPE: &str = "text/x-source-code";

/// See the module.
#[derive(Debug)]
pub(crate) struct SourceCode;

impl DocumentParser for SourceCode {
    fn name(&self) -> &'static str {
        "source_code"
    }

    fn version(&self) -> u32 {
        2
    }

    fn media_types(&self) -> &'static [&'static str] {
        &[MEDIA_TYPE]
    }

    fn can_parse(&self, sniffed: &Sniffed<'_>) -> bool {
        sniffed.is_text && language(&sniffed.file_name, &sniffed.extension).is_some()
    }

    fn parse(&self, bytes: &[u8], source: &Source) -> Result<ParsedDocument, Rejection> {
        let (text, charset) = charset::decode(bytes, None);
        let text = plain_line_ends(&text);
        let language = match language(&source.file_name(), &source.extension()) {
            Some("c") if is_cpp(&text) => Some("cpp"),
            language => language,
        };
        let mut builder = DocumentBuilder::new(MEDIA_TYPE, self.tool());
        builder.metadata("charset", charset);
        builder.metadata("language", language.unwrap_or_default());
        let read = language.and_then(Grammar::named).and_then(|grammar| {
            let tree = syntax::tree(grammar, &text, &mut { syntax::ASKED_MAX })?;
            Some((outline::read(&tree, &text, grammar), syntax::first_error(&tree, &text)))
        });
        let (outline, error) = read
            .unwrap_or_else(|| (Outline { cuts: cuts_at_empty_lines(&text), ..Outline::default() }, None));
        if let Some(documentation) = &outline.documentation {
            builder.metadata("documentation", documentation);
        }
        append_blocks(&text, &outline.cuts, language, error, &mut builder);
        outline.symbols.into_iter().for_each(|symbol| builder.symbol(symbol));
        let mut document = builder.finish()?;
        document.language = natural::of_text(&outline.comments);
        Ok(document)
    }
}

/// A block for each part between two cuts; the one that holds the first broken line says so.
fn append_blocks(
    text: &str,
    cuts: &[usize],
    language: Option<&str>,
    mut error: Option<(usize, String)>,
    builder: &mut DocumentBuilder,
) {
    let (mut start, mut row) = (0, 0);
    for end in cuts.iter().copied().chain([text.len()]) {
        let part = text.get(start..end).unwrap_or_default();
        start = end;
        let first_row = row + part[..part.len() - part.trim_start().len()].matches('\n').count();
        row += part.matches('\n').count();
        let language = language.map(str::to_owned);
        builder.block(BlockKind::Code { language }, part, None);
        let Some(block) = builder.last_block().filter(|_| !part.trim().is_empty()) else { continue };
        block.first_line = Some(syntax::line(first_row));
        let last_row = first_row + part.trim().matches('\n').count();
        if let Some((at, why)) = error.take_if(|(at, _)| *at <= last_row) {
            block.syntax_error = Some(SyntaxError { line: syntax::line(at.saturating_sub(first_row)), why });
        }
    }
}

/// Before a line that starts in the first column after an empty line.
fn cuts_at_empty_lines(text: &str) -> Vec<usize> {
    let (mut cuts, mut at, mut after_empty) = (Vec::new(), 0, false);
    for line in text.split_inclusive('\n') {
        let empty = line.trim().is_empty();
        let closes = line.starts_with(['}', ')', ']']);
        if after_empty && !empty && !closes && !line.starts_with([' ', '\t']) {
            cuts.push(at);
        }
        after_empty = empty;
        at += line.len();
    }
    cuts
}

/// Headers of both languages are called alike.
fn is_cpp(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_start);
    lines.any(|line| {
        ["class ", "namespace ", "template <", "template<", "public:"]
            .iter()
            .any(|mark| line.starts_with(mark))
    })
}

/// Lines are counted by their `\n`, here as in an editor.
fn plain_line_ends(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

#[cfg(test)]
mod tests;
