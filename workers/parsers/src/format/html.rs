//! HTML: charset, a cap on nesting, then the DOM by `scraper` and a walker that keeps what a reader came for.

use event_model::ParsedDocument;
use scraper::{ElementRef, Html as Dom, Selector};

use self::walker::Walker;
use crate::{DocumentBuilder, DocumentParser, Rejection, Sniffed, Source, charset};

mod content;
mod depth;
mod walker;

const MEDIA_TYPE: &str = "text/html";
/// How far into a page its charset may be stated; the standard says 1024 bytes, real pages need more.
const CHARSET_WITHIN_BYTES: usize = 4096;

/// See the module.
#[derive(Debug)]
pub(crate) struct Html;

impl DocumentParser for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn version(&self) -> u32 {
        2
    }

    fn media_types(&self) -> &'static [&'static str] {
        &[MEDIA_TYPE, "application/xhtml+xml"]
    }

    fn can_parse(&self, sniffed: &Sniffed<'_>) -> bool {
        if !sniffed.is_text {
            return false;
        }
        let opening = sniffed.opening();
        let start = skip_prologue(&opening);
        let named = matches!(sniffed.extension.as_str(), "html" | "htm" | "xhtml" | "xht" | "shtml");
        start.starts_with("<!doctype html")
            || start.starts_with("<html")
            || (named && (start.starts_with('<') || opening.contains("</") || opening.contains("\0<")))
            || (sniffed.extension.is_empty() && ["<head", "<body"].iter().any(|tag| start.starts_with(tag)))
    }

    fn parse(&self, bytes: &[u8], _source: &Source) -> Result<ParsedDocument, Rejection> {
        let (text, charset) = charset::decode(bytes, stated_charset(bytes));
        let mut builder = DocumentBuilder::new(MEDIA_TYPE, self.tool());
        builder.metadata("charset", charset);
        let dom = Dom::parse_document(&depth::flatten(&text));
        read_head(&dom, &mut builder);
        Walker::new(&mut builder).run(content::root(&dom));
        builder.finish()
    }
}

/// Appends the blocks of a piece of HTML found inside another format.
pub(crate) fn append_fragment(html: &str, builder: &mut DocumentBuilder) {
    let dom = Dom::parse_fragment(&depth::flatten(html));
    Walker::new(builder).run(dom.root_element());
}

/// What a lone tag inside running text does to it: `<br>` breaks the line, all others vanish.
pub(crate) fn break_of(tag: &str) -> &'static str {
    let name = tag.trim_start_matches(['<', '/']).trim_start();
    if name.get(..2).is_some_and(|name| name.eq_ignore_ascii_case("br")) { "\n" } else { "" }
}

/// Skips comments and processing instructions before the first element.
fn skip_prologue(opening: &str) -> &str {
    let mut rest = opening.trim_start();
    loop {
        let end = match rest {
            comment if comment.starts_with("<!--") => "-->",
            instruction if instruction.starts_with("<?") => ">",
            _ => return rest,
        };
        let Some((_, after)) = rest.split_once(end) else { return rest };
        rest = after.trim_start();
    }
}

/// The label in `<meta charset=…>` or `<meta … content="text/html; charset=…">` or an XML declaration.
fn stated_charset(bytes: &[u8]) -> Option<&[u8]> {
    let head = &bytes[..bytes.len().min(CHARSET_WITHIN_BYTES)];
    let lower = head.to_ascii_lowercase();
    let mut from = 0;
    while let Some(found) = crate::sniff::find(&lower[from..], b"charset") {
        from += found + b"charset".len();
        let value = head[from..].trim_ascii_start();
        let Some(value) = value.strip_prefix(b"=") else { continue };
        let value = value.trim_ascii_start();
        let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
        let end = value.iter().position(|byte| !(byte.is_ascii_alphanumeric() || b"-_:.".contains(byte)));
        return Some(&value[..end.unwrap_or(value.len())]);
    }
    let declaration =
        lower.starts_with(b"<?xml").then(|| crate::sniff::find(&lower, b"encoding=")).flatten()?;
    let value = head.get(declaration + b"encoding=".len() + 1..)?;
    Some(&value[..value.iter().position(|byte| matches!(byte, b'"' | b'\''))?])
}

/// Title, language and the meta elements that say something about the document.
fn read_head(dom: &Dom, builder: &mut DocumentBuilder) {
    if let Some(language) = dom.root_element().attr("lang").or_else(|| dom.root_element().attr("xml:lang")) {
        builder.metadata("language", language);
    }
    if let Some(title) = first(dom, "head > title, title") {
        builder.title(&title.text().collect::<String>());
    }
    let Ok(metas) = Selector::parse("meta[content]") else { return };
    for meta in dom.select(&metas) {
        let content = meta.attr("content").unwrap_or_default();
        let name =
            meta.attr("name").or_else(|| meta.attr("property")).unwrap_or_default().to_ascii_lowercase();
        match name.as_str() {
            "og:title" => builder.title(content),
            "description" | "og:description" => builder.metadata("description", content),
            "author" | "article:author" | "dc.creator" => builder.metadata("author", content),
            "keywords" => builder.metadata("keywords", content),
            "date" | "article:published_time" | "dc.date" => builder.metadata("created", content),
            "article:modified_time" | "last-modified" => builder.metadata("modified", content),
            "og:site_name" => builder.metadata("site", content),
            "generator" => builder.metadata("generator", content),
            _ => {}
        }
    }
    if let Some(canonical) = first(dom, "link[rel=canonical][href]") {
        builder.metadata("canonical", canonical.attr("href").unwrap_or_default());
    }
}

fn first<'a>(dom: &'a Dom, selector: &str) -> Option<ElementRef<'a>> {
    let selector = Selector::parse(selector).ok()?;
    dom.select(&selector).next()
}
