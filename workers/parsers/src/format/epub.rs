//! EPUB: web pages in a ZIP package, read in the order of the book's spine, with what the package says about the book.

use std::collections::BTreeMap;

use event_model::ParsedDocument;

use super::{
    html,
    package::{Package, resolve},
    xml::{self, Item},
};
use crate::{DocumentBuilder, DocumentParser, Reason, Rejection, Sniffed, Source};

mod xhtml;

const MEDIA_TYPE: &str = "application/epub+zip";
const PAGES_MAX: usize = 20_000;

/// See the module.
#[derive(Debug)]
pub(crate) struct Epub;

impl DocumentParser for Epub {
    fn name(&self) -> &'static str {
        "epub"
    }

    fn version(&self) -> u32 {
        2
    }

    fn media_types(&self) -> &'static [&'static str] {
        &[MEDIA_TYPE]
    }

    fn can_parse(&self, sniffed: &Sniffed<'_>) -> bool {
        sniffed.stated_type().is_some_and(|stated| stated == MEDIA_TYPE)
            || sniffed.zip_members.iter().any(|name| name == "META-INF/container.xml")
    }

    fn parse(&self, bytes: &[u8], _source: &Source) -> Result<ParsedDocument, Rejection> {
        let mut package = Package::open(bytes)?;
        let mut builder = DocumentBuilder::new(MEDIA_TYPE, self.tool());
        refuse_protected(&mut package)?;
        let container = package.part("META-INF/container.xml")?.unwrap_or_default();
        let mut root = None;
        xml::elements(&container, |element| {
            if element.is("rootfile") && root.is_none() {
                root = element.attribute("full-path");
            }
        })?;
        let root = root.ok_or_else(|| xml::malformed("it does not name its main part"))?;
        let text = package.part(&root)?.ok_or_else(|| xml::malformed("its main part is missing"))?;
        let folder = root.rsplit_once('/').map_or("", |(folder, _)| folder);
        let book = Book::read(&text, &mut builder)?;
        for href in book.spine.iter().filter_map(|id| book.pages.get(id)).take(PAGES_MAX) {
            let path = resolve(folder, &unescaped(href));
            if let Some(page) = package.part(&path)? {
                html::append_fragment(&xhtml::body(&page), &mut builder);
            }
        }
        builder.finish()
    }
}

/// Fonts may be scrambled, which costs no text; pages may not.
fn refuse_protected(package: &mut Package<'_>) -> Result<(), Rejection> {
    let text = package.part("META-INF/encryption.xml")?.unwrap_or_default();
    let mut page = false;
    xml::elements(&text, |element| {
        let target = element.attribute("URI").unwrap_or_default().to_lowercase();
        page |=
            [".xhtml", ".html", ".htm", ".xml", ".opf"].iter().any(|extension| target.ends_with(extension));
    })?;
    if page {
        let advice = "the book is protected against copying; ask its publisher for a copy without protection";
        return Err(Rejection::new(Reason::Encrypted, advice));
    }
    Ok(())
}

#[derive(Default)]
struct Book {
    /// Where each page is, by its id.
    pages: BTreeMap<String, String>,
    /// Ids of pages in reading order.
    spine: Vec<String>,
}

impl Book {
    fn read(text: &str, builder: &mut DocumentBuilder) -> Result<Self, Rejection> {
        let (mut book, mut value) = (Self::default(), String::new());
        xml::items(text, |item| {
            match item {
                Item::Start(element) => {
                    value.clear();
                    let attribute = |name| element.attribute(name).unwrap_or_default();
                    match element.local() {
                        "item" if attribute("media-type").contains("html") => {
                            book.pages.insert(attribute("id"), attribute("href"));
                        }
                        "itemref" => book.spine.push(attribute("idref")),
                        _ => {}
                    }
                }
                Item::Text(part) => value.push_str(part),
                Item::End(local) => note(local, &value, builder),
            }
            Ok(())
        })?;
        Ok(book)
    }
}

fn note(local: &str, value: &str, builder: &mut DocumentBuilder) {
    let name = match local {
        "title" => {
            builder.title(value);
            "title"
        }
        "creator" => "author",
        "date" => "created",
        "subject" => "keywords",
        "language" | "publisher" | "identifier" | "description" | "rights" => local,
        _ => return,
    };
    builder.metadata(name, value);
}

/// A path without its fragment, and with what `%20` and the like stand for.
fn unescaped(href: &str) -> String {
    let path = href.split('#').next().unwrap_or_default().as_bytes();
    let (mut bytes, mut at) = (Vec::with_capacity(path.len()), 0);
    while at < path.len() {
        let code = path.get(at + 1..at + 3).filter(|_| path[at] == b'%');
        let code = code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        bytes.push(code.unwrap_or(path[at]));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
