//! HTML: charset, a cap on nesting, then the DOM by `scraper` and a walker that keeps what a reader came for.

use event_model::{BlockKind, ParsedDocument};
use scraper::{ElementRef, Html as Dom};

use self::{
    address::Address,
    article::{ARTICLE_LETTERS_MIN, Choice, is_only_stated},
    elements::{is_readable, is_shown},
    head::Head,
    page::Page,
    walker::{Reading, Walker},
};
use crate::{DocumentBuilder, DocumentParser, Rejection, Sniffed, Source, charset};

mod address;
mod article;
mod charset_label;
mod depth;
mod elements;
mod head;
mod json_ld;
mod names;
mod page;
mod reference;
mod walker;

const MEDIA_TYPE: &str = "text/html";

/// See the module.
#[derive(Debug)]
pub(crate) struct Html;

impl DocumentParser for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn version(&self) -> u32 {
        5
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

    fn parse(&self, bytes: &[u8], source: &Source) -> Result<ParsedDocument, Rejection> {
        let (text, charset) = charset::decode(bytes, charset_label::stated(bytes, source));
        let mut builder = DocumentBuilder::new(MEDIA_TYPE, self.tool());
        builder.metadata("charset", charset);
        let dom = Dom::parse_document(&depth::flatten(&text));
        let head = head::read(&dom, source, &mut builder);
        if reference::is_reference(&dom, &head) {
            let page = Page::measure(body(&dom), is_readable);
            read(&page, &reference::choose(&page), &head, &mut builder);
        } else {
            read_article(&dom, &head, &mut builder);
        }
        builder.finish()
    }
}

/// Reads the article of a page: of what it shows, or, where that is nothing, of what it hides until a script shows it, or of what it
/// states for machines.
fn read_article(dom: &Dom, head: &Head, builder: &mut DocumentBuilder) {
    let mut page = Page::measure(body(dom), is_shown);
    if page.part(0).all.letters < ARTICLE_LETTERS_MIN {
        let with_hidden = Page::measure(body(dom), is_readable);
        if with_hidden.part(0).all.letters > 2 * ARTICLE_LETTERS_MIN {
            page = with_hidden;
        }
    }
    if is_only_stated(&page, &head.article.body) {
        for paragraph in head.article.body.lines() {
            builder.block(BlockKind::Paragraph, paragraph, None);
        }
    } else {
        read(&page, &article::choose(&page, &head.article.body), head, builder);
    }
}

fn read(page: &Page<'_>, choice: &Choice, head: &Head, builder: &mut DocumentBuilder) {
    Walker::new(builder, Reading { page, choice, address: &head.address, title: &head.title }).run();
}

fn body(dom: &Dom) -> ElementRef<'_> {
    let body = dom.root_element().child_elements().find(|child| child.value().name() == "body");
    body.unwrap_or_else(|| dom.root_element())
}

/// Appends the blocks of a piece of HTML found inside another format.
pub(crate) fn append_fragment(html: &str, builder: &mut DocumentBuilder) {
    let dom = Dom::parse_fragment(&depth::flatten(html));
    let page = Page::measure(dom.root_element(), is_shown);
    let (choice, address) = (Choice::whole(&page), Address::default());
    Walker::new(builder, Reading { page: &page, choice: &choice, address: &address, title: "" }).run();
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
