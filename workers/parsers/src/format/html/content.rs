//! Finds the part of a page a reader came for: `<main>` or `<article>` when the page has one that holds most of the text.

use scraper::{ElementRef, Html as Dom, Selector};

/// A candidate must hold this share of the body's text, in percent, so that a teaser in an `<article>` is not taken for the page.
const SHARE_MIN: usize = 30;

/// Parts of class names and ids that mark what surrounds an article, as readability tools know them.
const SURROUNDINGS: &[&str] = &[
    "advert",
    "author-bio",
    "banner",
    "breadcrumb",
    "byline",
    "combx",
    "comment",
    "community",
    "cookie",
    "disqus",
    "footer",
    "gdpr",
    "masthead",
    "menu",
    "modal",
    "most-read",
    "mostread",
    "nav-",
    "navbar",
    "navigation",
    "newsletter",
    "outbrain",
    "pagination",
    "pager",
    "paywall",
    "popular",
    "popup",
    "promo",
    "read-more",
    "readmore",
    "recommend",
    "related",
    "remark",
    "rss",
    "share",
    "sharing",
    "shoutbox",
    "sidebar",
    "signup",
    "skip-link",
    "social",
    "sponsor",
    "subscri",
    "taboola",
    "tag-list",
    "taglist",
    "toolbar",
    "trending",
    "widget",
];
/// And those that mark the article itself, which may be named after its surroundings (`has-sidebar content`).
const CONTENT: &[&str] = &["article", "body", "content", "entry", "main", "post-text", "story"];

/// Whether a block is named as something around the article, and does not hold much of the `all` bytes of text itself: some
/// pages name the column of the article after its share buttons.
pub(super) fn is_surrounding(element: ElementRef<'_>, all: usize) -> bool {
    let marked = |names: &[&str], value: &str| names.iter().any(|name| value.contains(name));
    let named = [element.attr("class"), element.attr("id")].into_iter().flatten().any(|value| {
        let value = value.to_ascii_lowercase();
        marked(SURROUNDINGS, &value) && !marked(CONTENT, &value)
    });
    named && weight(element) * 100 < all * SHARE_MIN
}

/// The element to walk.
pub(super) fn root(dom: &Dom) -> ElementRef<'_> {
    let body = first(dom, "body").unwrap_or_else(|| dom.root_element());
    let all = weight(body);
    ["[itemprop=articleBody]", "article", "main, [role=main]"]
        .iter()
        .filter_map(|selector| heaviest(dom, selector))
        .find(|(_, weight)| weight * 100 >= all * SHARE_MIN && *weight > 200)
        .map_or(body, |(element, _)| element)
}

fn first<'a>(dom: &'a Dom, selector: &str) -> Option<ElementRef<'a>> {
    let selector = Selector::parse(selector).ok()?;
    dom.select(&selector).next()
}

fn heaviest<'a>(dom: &'a Dom, selector: &str) -> Option<(ElementRef<'a>, usize)> {
    let selector = Selector::parse(selector).ok()?;
    dom.select(&selector)
        .take(1000)
        .map(|element| (element, weight(element)))
        .max_by_key(|(_, weight)| *weight)
}

/// Bytes of text in paragraphs and the like; menus and scripts do not count.
pub(super) fn weight(element: ElementRef<'_>) -> usize {
    const PROSE: &[&str] = &["p", "pre", "li", "td", "dd", "blockquote", "h1", "h2", "h3", "h4"];
    element
        .descendants()
        .filter_map(|node| {
            let text = node.value().as_text()?;
            let parent = ElementRef::wrap(node.parent()?)?;
            let prose = std::iter::successors(Some(parent), |at| at.parent().and_then(ElementRef::wrap))
                .take(4)
                .any(|at| PROSE.contains(&at.value().name()));
            prose.then(|| text.trim().len())
        })
        .sum()
}
