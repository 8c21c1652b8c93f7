//! What authors of pages call the parts of a page: its classes, its id and its role tell the article from what surrounds it.

use std::collections::HashMap;

use scraper::ElementRef;

/// What the names of an element say.
#[expect(clippy::struct_excessive_bools, reason = "names say these things independently of each other")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// It is named after something around an article.
    pub(super) surrounding: bool,
    /// It is named after what readers say of an article.
    pub(super) discussion: bool,
    /// It is named after the article, or a part of it.
    pub(super) content: bool,
    /// It is named after the text of an article and nothing else.
    pub(super) body: bool,
}

/// Names are compared as words between dashes (`-most-read-`), so `ad` is not found in `shadow`; without a dash a part of a
/// word will do.
const SURROUNDINGS: &[&str] = &[
    "-ad-",
    "-ads-",
    "-adv-",
    "-advert",
    "-adbox-",
    "-alert-",
    "-author-bio-",
    "-author-box-",
    "-about-author-",
    "-aux-",
    "-banner",
    "-bookmark",
    "breadcrumb",
    "-button",
    "-btn-",
    "-byline",
    "-caption",
    "-carousel-",
    "-community-",
    "-consent",
    "-cookie",
    "-credit",
    "-cta-",
    "-dateline-",
    "-dfp-",
    "-email-",
    "-extra-",
    "-facebook-",
    "footer",
    "-foot-",
    "-gdpr-",
    "-hidden-",
    "-inline-promo-",
    "-jp-relatedposts-",
    "-keywords-",
    "-latest-",
    "-legends-",
    "-login-",
    "-masthead",
    "-menu",
    "-meta-",
    "-metadata-",
    "-modal",
    "-more-",
    "-most-",
    "-nav-",
    "navbar",
    "navigation",
    "-newsletter",
    "-next-",
    "-noprint-",
    "-outbrain",
    "-overlay-",
    "pagination",
    "-pager",
    "-paywall-",
    "-playlist-",
    "-popular",
    "-popup",
    "-prev-",
    "-print-",
    "-privacy-",
    "-promo",
    "-rail-",
    "-rating",
    "-readmore-",
    "-recirc",
    "-recommend",
    "-register-",
    "-related",
    "-rss-",
    "-search-",
    "-share",
    "-sharing",
    "-shoutbox-",
    "sidebar",
    "-signup-",
    "-sign-up-",
    "-skip-",
    "-skyscraper-",
    "-social",
    "-sponsor",
    "-subnav-",
    "-subscri",
    "-supplemental-",
    "-taboola",
    "-tag-list-",
    "-taglist-",
    "-tags-",
    "-teaser",
    "-toolbar",
    "-tooltip-",
    "-trending",
    "-video-",
    "-viral-",
    "-widget",
    "-yarpp",
    "-zergnet",
];
/// What readers say, which may be longer than the article.
const DISCUSSIONS: &[&str] = &[
    "-combx-",
    "-comment-",
    "-comments",
    "-commentlist-",
    "-disqus",
    "-remark-",
    "-replies-",
    "-reply-",
    "-respond-",
];
/// Parts of an article, which may be named after its surroundings (`has-sidebar content`) or hold them.
const CONTENT: &[&str] = &[
    "article", "-body", "-content", "-entry-", "-main-", "-page-", "-post-", "-story", "-text-", "-column-",
];
/// The text of an article.
const BODIES: &[&str] = &[
    "-article-body-",
    "-article-content-",
    "-article-text-",
    "-articlebody-",
    "-articletext-",
    "-articlecontent-",
    "-blog-content-",
    "-blog-post-",
    "-body-content-",
    "-body-text-",
    "-content-body-",
    "-entry-content-",
    "-h-entry-",
    "-post-body-",
    "-post-content-",
    "-post-entry-",
    "-post-text-",
    "-story-body-",
    "-story-content-",
    "-story-text-",
    "-storybody-",
    "-storytext-",
    "-e-content-",
];
/// The marks of the names seen so far; a page has few that differ.
#[derive(Debug, Default)]
pub(super) struct Marks<'a>(HashMap<[Option<&'a str>; 4], Mark>);

impl<'a> Marks<'a> {
    pub(super) fn of(&mut self, element: ElementRef<'a>) -> Mark {
        // Names of what stands in lines say nothing of the page.
        if matches!(
            element.value().name(),
            "a" | "p" | "img" | "i" | "b" | "em" | "strong" | "br" | "time" | "code" | "td" | "tr"
        ) {
            return Mark::default();
        }
        let mut names = [None; 4];
        for (name, value) in element.value().attrs() {
            if let Some(at) = ["class", "id", "itemprop", "role"].iter().position(|known| *known == name) {
                names[at] = Some(value);
            }
        }
        if names == [None; 4] {
            return Mark::default();
        }
        *self.0.entry(names).or_insert_with(|| mark_of(names))
    }
}

fn mark_of([class, id, property, role]: [Option<&str>; 4]) -> Mark {
    let all: String = [class, id, property].into_iter().flatten().map(words).collect();
    let has = |patterns: &[&str]| patterns.iter().any(|pattern| all.contains(pattern));
    Mark {
        surrounding: has(SURROUNDINGS),
        discussion: has(DISCUSSIONS),
        content: has(CONTENT) || matches!(role, Some("main" | "article")),
        body: has(BODIES),
    }
}

/// `entryContent sticky_post` as `-entry-content--sticky-post-`.
fn words(names: &str) -> String {
    let mut words = String::with_capacity(names.len() + 8);
    for name in names.split_ascii_whitespace() {
        words.push('-');
        let mut lower_before = false;
        for character in name.chars() {
            if character.is_ascii_uppercase() && lower_before {
                words.push('-');
            }
            lower_before = character.is_ascii_lowercase() || character.is_ascii_digit();
            words.push(if character.is_ascii_alphanumeric() { character.to_ascii_lowercase() } else { '-' });
        }
        words.push('-');
    }
    words.replace("--", "-").replace("--", "-")
}
