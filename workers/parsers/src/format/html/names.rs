//! What authors of pages call the parts of a page: its classes, its id and its role tell the article from what surrounds it.

use std::{collections::HashMap, sync::LazyLock};

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

impl Mark {
    fn add(&mut self, other: Self) {
        self.surrounding |= other.surrounding;
        self.discussion |= other.discussion;
        self.content |= other.content;
        self.body |= other.body;
    }
}

/// Names that mean the same.
struct Names {
    /// Whole words, or several of them in a row (`ad` is not found in `shadow`).
    words: &'static [&'static str],
    /// What a word begins with.
    starts: &'static [&'static str],
    /// What stands anywhere in a word.
    parts: &'static [&'static str],
}

/// What surrounds an article.
static SURROUNDINGS: Names = Names {
    words: &[
        "about-author",
        "ad",
        "adbox",
        "ads",
        "adv",
        "alert",
        "author-bio",
        "author-box",
        "aux",
        "btn",
        "carousel",
        "community",
        "cta",
        "dateline",
        "dfp",
        "email",
        "extra",
        "facebook",
        "foot",
        "gdpr",
        "hidden",
        "inline-promo",
        "jp-relatedposts",
        "keywords",
        "latest",
        "legends",
        "login",
        "meta",
        "metadata",
        "more",
        "most",
        "nav",
        "next",
        "noprint",
        "overlay",
        "paywall",
        "playlist",
        "prev",
        "print",
        "privacy",
        "rail",
        "readmore",
        "register",
        "rss",
        "search",
        "shoutbox",
        "sign-up",
        "signup",
        "skip",
        "skyscraper",
        "subnav",
        "supplemental",
        "tag-list",
        "taglist",
        "tags",
        "tooltip",
        "video",
        "viral",
    ],
    starts: &[
        "advert",
        "banner",
        "bookmark",
        "button",
        "byline",
        "caption",
        "consent",
        "cookie",
        "credit",
        "masthead",
        "menu",
        "modal",
        "newsletter",
        "outbrain",
        "pager",
        "popular",
        "popup",
        "promo",
        "rating",
        "recirc",
        "recommend",
        "related",
        "share",
        "sharing",
        "social",
        "sponsor",
        "subscri",
        "taboola",
        "teaser",
        "toolbar",
        "trending",
        "widget",
        "yarpp",
        "zergnet",
    ],
    parts: &["breadcrumb", "footer", "navbar", "navigation", "pagination", "sidebar"],
};
/// What readers say, which may be longer than the article.
static DISCUSSIONS: Names = Names {
    words: &["combx", "comment", "commentlist", "remark", "replies", "reply", "respond"],
    starts: &["comments", "disqus"],
    parts: &[],
};
/// Parts of an article, which may be named after its surroundings (`has-sidebar content`) or hold them.
static CONTENT: Names = Names {
    words: &["column", "entry", "main", "page", "post", "text"],
    starts: &["body", "content", "story"],
    parts: &["article"],
};
/// The text of an article.
static BODIES: Names = Names {
    words: &[
        "article-body",
        "article-content",
        "article-text",
        "articlebody",
        "articlecontent",
        "articletext",
        "blog-content",
        "blog-post",
        "body-content",
        "body-text",
        "content-body",
        "e-content",
        "entry-content",
        "h-entry",
        "post-body",
        "post-content",
        "post-entry",
        "post-text",
        "story-body",
        "story-content",
        "story-text",
        "storybody",
        "storytext",
    ],
    starts: &[],
    parts: &[],
};
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
    let mut mark = Mark { content: matches!(role, Some("main" | "article")), ..Mark::default() };
    for name in [class, id, property].into_iter().flatten().flat_map(str::split_ascii_whitespace) {
        mark.add(mark_of_name(&words(name)));
    }
    mark
}

/// Where in a name something has to stand to be found.
#[derive(Clone, Copy)]
enum Place {
    Word,
    Start,
    Anywhere,
}

/// A text to look for, where it counts, and what it says.
type Known = (&'static str, Place, Mark);

/// Everything that is looked for, by its first letter.
static KNOWN: LazyLock<[Vec<Known>; 26]> = LazyLock::new(|| {
    let none = Mark::default();
    let kinds = [
        (&SURROUNDINGS, Mark { surrounding: true, ..none }),
        (&DISCUSSIONS, Mark { discussion: true, ..none }),
        (&CONTENT, Mark { content: true, ..none }),
        (&BODIES, Mark { body: true, ..none }),
    ];
    let mut by_letter = [const { Vec::new() }; 26];
    for (names, mark) in kinds {
        let places =
            [(names.words, Place::Word), (names.starts, Place::Start), (names.parts, Place::Anywhere)];
        for (texts, place) in places {
            for text in texts {
                by_letter[usize::from(text.as_bytes()[0] - b'a')].push((*text, place, mark));
            }
        }
    }
    by_letter
});

/// What a name says: ASCII, its words between dashes, as [`words`] makes them.
fn mark_of_name(name: &str) -> Mark {
    let (mut mark, mut begins) = (Mark::default(), true);
    for (at, byte) in name.bytes().enumerate() {
        let known = KNOWN.get(usize::from(byte.wrapping_sub(b'a')));
        for (text, place, says) in known.into_iter().flatten() {
            let Some(behind) = name[at..].strip_prefix(text) else { continue };
            let counts = match place {
                Place::Word => begins && (behind.is_empty() || behind.starts_with('-')),
                Place::Start => begins,
                Place::Anywhere => true,
            };
            if counts {
                mark.add(*says);
            }
        }
        begins = byte == b'-';
    }
    mark
}

/// `entryContent` and `entry_content` as `entry-content`.
fn words(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    let mut lower_before = false;
    for sign in name.chars() {
        let ends = !sign.is_ascii_alphanumeric() || (sign.is_ascii_uppercase() && lower_before);
        if ends && !words.is_empty() && !words.ends_with('-') {
            words.push('-');
        }
        if sign.is_ascii_alphanumeric() {
            words.push(sign.to_ascii_lowercase());
        }
        lower_before = sign.is_ascii_lowercase() || sign.is_ascii_digit();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(class: &str) -> Mark {
        mark_of([Some(class), None, None, None])
    }

    #[test]
    fn names_are_compared_word_by_word() {
        assert!(mark("ad").surrounding && mark("top_ad").surrounding && mark("topAd x").surrounding);
        assert!(!mark("shadow").surrounding && !mark("header-load").surrounding);
        assert!(
            mark("x authorBio").surrounding
                && mark("has-leftSidebar").surrounding
                && mark("promoted").surrounding
        );
        assert!(mark("comments-area").discussion && !mark("commentary").discussion);
        assert!(mark("article__body").body && mark("entryContent").content && !mark("body").body);
    }
}
