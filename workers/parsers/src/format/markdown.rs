//! Markdown with the GitHub extensions, by `pulldown-cmark`. Blocks of raw HTML are read by the HTML walker.

use event_model::ParsedDocument;
use pulldown_cmark::{Options, Parser};

use self::reader::Reader;
use crate::{DocumentBuilder, DocumentParser, Reason, Rejection, Sniffed, Source, charset};

mod autolink;
mod front_matter;
mod inline_html;
mod reader;

const MEDIA_TYPE: &str = "text/markdown";
/// A table of 14 KB can stand for half a million events; real documents have one event for every few bytes.
const EVENTS_PER_BYTE_MAX: usize = 2;
const EVENTS_FREE: usize = 100_000;
const EXTENSIONS: &[&str] = &["md", "markdown", "mdown", "mkd", "mkdn", "mdx", "rmd", "qmd"];

/// See the module.
#[derive(Debug)]
pub(crate) struct Markdown;

impl DocumentParser for Markdown {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn version(&self) -> u32 {
        3
    }

    fn media_types(&self) -> &'static [&'static str] {
        &[MEDIA_TYPE]
    }

    fn can_parse(&self, sniffed: &Sniffed<'_>) -> bool {
        sniffed.is_text
            && (EXTENSIONS.contains(&sniffed.extension.as_str())
                || (sniffed.extension.is_empty() && looks_like_markdown(&sniffed.opening())))
    }

    fn parse(&self, bytes: &[u8], _source: &Source) -> Result<ParsedDocument, Rejection> {
        let (text, charset) = charset::decode(bytes, None);
        let mut builder = DocumentBuilder::new(MEDIA_TYPE, self.tool());
        builder.metadata("charset", charset);
        let (front, text) = front_matter::split(&text);
        for (name, value) in front.iter() {
            if name.eq_ignore_ascii_case("title") {
                builder.title(value);
            }
            builder.metadata(name, value);
        }
        let mut reader = Reader::new(&mut builder);
        let events_max = EVENTS_FREE + EVENTS_PER_BYTE_MAX * text.len();
        for (at, event) in Parser::new_ext(text, options()).enumerate() {
            if at > events_max {
                return Err(Rejection::new(
                    Reason::TooComplex,
                    "the Markdown stands for millions of elements; split it into smaller files",
                ));
            }
            reader.read(event);
        }
        reader.finish();
        builder.finish()
    }
}

fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_MATH
}

/// A file without an extension is Markdown when it opens with at least two of its marks.
fn looks_like_markdown(opening: &str) -> bool {
    let marks = opening.lines().filter(|line| {
        let hashes = line.len() - line.trim_start_matches('#').len();
        (1..=6).contains(&hashes) && line[hashes..].starts_with(' ')
            || line.starts_with("```")
            || line.contains("](")
    });
    !opening.starts_with("#!") && marks.take(2).count() == 2
}
