//! What a page says about itself: title, author, dates, language, its own address. Where it says so several times, what it says for
//! machines comes first: JSON-LD, then Open Graph and other `meta` elements, then marks in the text.

use std::collections::BTreeMap;

use scraper::{ElementRef, Html as Dom};

use super::{
    address::Address,
    elements::{attribute, classes},
    json_ld::{self, Article},
};
use crate::{DocumentBuilder, Source};

/// Names of `meta` elements that say the same, the most reliable first.
const METAS: &[(&str, &[&str])] = &[
    ("description", &["description", "og:description", "twitter:description", "dc.description"]),
    (
        "author",
        &[
            "author",
            "article:author",
            "dc.creator",
            "dcterms.creator",
            "citation_author",
            "parsely-author",
            "sailthru.author",
            "byl",
        ],
    ),
    ("keywords", &["keywords", "news_keywords", "dc.subject"]),
    (
        "created",
        &[
            "article:published_time",
            "og:published_time",
            "datepublished",
            "date",
            "dc.date",
            "dc.date.issued",
            "dcterms.created",
            "dcterms.date",
            "citation_publication_date",
            "parsely-pub-date",
            "sailthru.date",
            "pubdate",
            "publish-date",
        ],
    ),
    (
        "modified",
        &[
            "article:modified_time",
            "og:updated_time",
            "datemodified",
            "last-modified",
            "dcterms.modified",
            "revised",
        ],
    ),
    ("site", &["og:site_name", "application-name", "dc.publisher"]),
    ("generator", &["generator"]),
    ("language", &["content-language", "og:locale", "dc.language"]),
];
/// Signs between a headline and the name of a site.
const SEPARATORS: &[&str] = &[" | ", " - ", " – ", " — ", " · ", " :: ", " » ", " « ", " / ", ": "];

/// What the head is needed for afterwards.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// What links are relative to.
    pub(super) address: Address,
    /// The article as the page describes it to search engines.
    pub(super) article: Article,
    pub(super) title: String,
    /// Whether the page says of itself that it is an article.
    pub(super) is_article: bool,
    /// The program that made the page.
    pub(super) generator: String,
}

/// Reads what the page says about itself into `builder`.
pub(super) fn read(dom: &Dom, source: &Source, builder: &mut DocumentBuilder) -> Head {
    let stated = Stated::collect(dom);
    let article = json_ld::article(&stated.json);
    for (name, value) in [
        ("author", &article.author),
        ("created", &article.created),
        ("modified", &article.modified),
        ("site", &article.site),
    ] {
        builder.metadata(name, value);
    }
    if let Some(language) =
        attribute(dom.root_element(), "lang").or_else(|| attribute(dom.root_element(), "xml:lang"))
    {
        builder.metadata("language", language);
    }
    for (name, metas) in METAS {
        if let Some(value) = metas.iter().find_map(|meta| stated.metas.get(*meta)) {
            builder.metadata(name, &told(name, value));
        }
    }
    for (name, value) in [
        ("author", &stated.author),
        ("created", &stated.created),
        ("language", &article.language),
        ("description", &article.description),
        ("keywords", &article.keywords),
        ("canonical", &stated.canonical),
    ] {
        builder.metadata(name, value);
    }
    let title = stated.headline(&article);
    builder.title(&title);
    Head {
        title,
        is_article: article != Article::default()
            || stated.metas.get("og:type").is_some_and(|kind| kind == "article"),
        address: stated.address(source),
        generator: stated.metas.get("generator").cloned().unwrap_or_default().to_lowercase(),
        article,
    }
}

/// The value as the other formats would write it.
fn told(name: &str, value: &str) -> String {
    match name {
        "author" if value.contains("://") => String::new(),
        "language" => value.replace('_', "-"),
        _ => value.to_owned(),
    }
}

/// What is found in one pass over the page.
#[derive(Debug, Default)]
struct Stated {
    metas: BTreeMap<String, String>,
    json: Vec<String>,
    title: String,
    /// First headings of level 1.
    headings: Vec<String>,
    author: String,
    created: String,
    canonical: String,
    base: String,
}

impl Stated {
    fn collect(dom: &Dom) -> Self {
        let mut stated = Self::default();
        for element in dom.root_element().descendent_elements() {
            stated.element(element);
        }
        if stated.canonical.is_empty() {
            stated.canonical = stated.metas.get("og:url").cloned().unwrap_or_default();
        }
        stated
    }

    fn element(&mut self, element: ElementRef<'_>) {
        let attr = |name| attribute(element, name).unwrap_or_default().trim();
        match element.value().name() {
            "meta" => self.meta(element),
            "title" => keep(&mut self.title, || text_of(element)),
            "h1" if self.headings.len() < 8 && !is_of_site(element) => self.headings.push(text_of(element)),
            "base" => keep(&mut self.base, || attr("href").to_owned()),
            "link" if attr("rel").eq_ignore_ascii_case("canonical") => {
                keep(&mut self.canonical, || attr("href").to_owned());
            }
            "script" if attr("type").eq_ignore_ascii_case("application/ld+json") => {
                self.json.push(element.text().collect());
            }
            "time" => keep(&mut self.created, || attr("datetime").to_owned()),
            _ => self.marked(element),
        }
    }

    /// What is marked in the text.
    fn marked(&mut self, element: ElementRef<'_>) {
        for (name, value) in element.value().attrs() {
            match (name, value.trim()) {
                ("itemprop" | "rel", "author") => keep(&mut self.author, || text_of(element)),
                ("itemprop", "datePublished") => {
                    keep(&mut self.created, || attribute(element, "content").unwrap_or_default().to_owned());
                }
                _ => {}
            }
        }
    }

    fn meta(&mut self, element: ElementRef<'_>) {
        let content = attribute(element, "content").unwrap_or_default().trim();
        let name =
            ["name", "property", "itemprop", "http-equiv"].iter().find_map(|name| attribute(element, name));
        if let Some(name) = name.filter(|_| !content.is_empty()) {
            self.metas.entry(name.trim().to_ascii_lowercase()).or_insert_with(|| content.to_owned());
        }
    }

    /// The title without the name of the site behind (or before) it: what JSON-LD, Open Graph or a heading confirms.
    fn headline(&self, article: &Article) -> String {
        let stated = ["og:title", "twitter:title", "dc.title", "citation_title"];
        let stated = stated.iter().find_map(|name| self.metas.get(*name)).map(String::as_str);
        let title = stated.filter(|_| self.title.is_empty()).unwrap_or(&self.title);
        let parts: Vec<&str> = parts(title).collect();
        let heard = |part: &&&str| {
            let is = |other: &str| same(part, other);
            self.headings.iter().any(|heading| is(heading)) || is(&article.headline) || stated.is_some_and(is)
        };
        if let Some(part) = parts.iter().find(heard) {
            return (*part).to_owned();
        }
        let site = self.metas.get("og:site_name").unwrap_or(&article.site);
        let without_site = parts.iter().find(|part| {
            title.len() > part.len()
                && same(
                    title.replacen(**part, "", 1).trim_matches(|sign: char| !sign.is_alphanumeric()),
                    site,
                )
        });
        without_site.map_or(title, |part| part).to_owned()
    }

    /// The name of the document, if it is an address; else what the page calls its own; and `base` on top.
    fn address(&self, source: &Source) -> Address {
        let own =
            Address::parse(&source.name).or_else(|| Address::parse(&self.canonical)).unwrap_or_default();
        let base = own.resolve(&self.base).and_then(|base| Address::parse(&base));
        base.unwrap_or(own)
    }
}

/// Whether a heading names the site; some pages have it above each of them.
fn is_of_site(heading: ElementRef<'_>) -> bool {
    classes(heading).any(|class| ["menu", "site", "logo", "brand"].iter().any(|part| class.contains(part)))
}

/// A title, and what stands before and behind each of its separators.
fn parts(title: &str) -> impl Iterator<Item = &str> {
    let halves = |separator: &&'static str| {
        let cut = |(at, _): (usize, &str)| [&title[..at], &title[at + separator.len()..]];
        title.match_indices(*separator).take(8).flat_map(cut).map(str::trim).collect::<Vec<_>>()
    };
    std::iter::once(title).chain(SEPARATORS.iter().flat_map(halves)).filter(|part| !part.is_empty())
}

/// Whether two titles are the same but for signs and case.
fn same(one: &str, other: &str) -> bool {
    let letters = |text: &str| {
        text.chars().filter(|sign| sign.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>()
    };
    let one = letters(one);
    !one.is_empty() && one == letters(other)
}

fn keep(kept: &mut String, value: impl FnOnce() -> String) {
    if kept.is_empty() {
        *kept = value();
    }
}

fn text_of(element: ElementRef<'_>) -> String {
    element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}
