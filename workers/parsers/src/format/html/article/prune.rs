//! Leaves out what surrounds an article: by the kind of an element, by its names, and by how much of it is links. The shares were tuned
//! on half of the pages of `article-extraction-benchmark` and hold on the other half.

use super::{
    super::{
        elements::attribute,
        page::{Kept, Page, Part},
    },
    NOTICE_LETTERS_MIN,
};

/// What holds this share of the prose of the page is no surrounding, whatever it is called.
const SHARE_MAX: f32 = 0.5;
/// A block in the article that is named after surroundings is left out when it holds less of the prose than this.
const NAMED_SHARE_MAX: f32 = 0.2;
/// A line that is a link to so large a part leads elsewhere.
const LINK_SHARE_MIN: f32 = 0.8;
/// What is left of a block after its links were left out is its title, if it is so small a part.
const REMAINS_MAX: f32 = 0.5;

/// Roles of what surrounds the content.
const ROLES: &[&str] = &[
    "alert",
    "alertdialog",
    "banner",
    "complementary",
    "contentinfo",
    "dialog",
    "menu",
    "menubar",
    "navigation",
    "search",
];

/// What every page of a site has, as HTML itself names it.
pub(super) fn site(page: &Page<'_>) -> Vec<bool> {
    small(page, is_site)
}

/// That, and what is named after something around an article.
pub(super) fn surroundings(page: &Page<'_>) -> Vec<bool> {
    let mut left_out =
        small(page, |page, at| is_site(page, at) || is_named(page, at) && !page.part(at).mark.content);
    let kept = Kept::of(page, &left_out);
    let rest = |at: usize| kept.prose(page, 0) - kept.prose(page, at);
    leave_out(page, &mut left_out, 0, |at, part| is_discussion(part) && rest(at) >= NOTICE_LETTERS_MIN);
    left_out
}

/// The parts that are `surrounding` and hold little of the prose, with all that is inside of them.
fn small(page: &Page<'_>, surrounding: impl Fn(&Page<'_>, usize) -> bool) -> Vec<bool> {
    let mut left_out = vec![false; page.parts.len()];
    let whole = Kept::of(page, &left_out);
    let all = whole.prose(page, 0);
    let mut at = 1;
    while at < page.parts.len() {
        if surrounding(page, at) && (all == 0.0 || whole.prose(page, at) < SHARE_MAX * all) {
            left_out[at..page.part(at).end].fill(true);
            at = page.part(at).end;
        } else {
            at += 1;
        }
    }
    left_out
}

fn is_site(page: &Page<'_>, at: usize) -> bool {
    let part = page.part(at);
    match part.name() {
        "nav" | "footer" | "aside" | "form" | "search" => true,
        // The header of an article holds its title.
        "header" => {
            !page.ancestors(at).any(|above| matches!(page.part(above).name(), "article" | "main" | "section"))
        }
        _ => attribute(part.element, "role").is_some_and(|role| ROLES.contains(&role)),
    }
}

fn is_named(page: &Page<'_>, at: usize) -> bool {
    let part = page.part(at);
    part.mark.surrounding && !is_plain(part) && !holds_quotation(page, at)
}

fn is_discussion(part: &Part<'_>) -> bool {
    part.mark.discussion && !part.mark.body && !is_plain(part)
}

/// Elements that are told by what they are, and not by their names.
fn is_plain(part: &Part<'_>) -> bool {
    matches!(
        part.name(),
        "html" | "body" | "main" | "article" | "pre" | "code" | "blockquote" | "a" | "p" | "tr" | "td"
    )
}

/// Whether a block is there for what the author quotes in it, such as a message that a widget would show.
fn holds_quotation(page: &Page<'_>, at: usize) -> bool {
    let all = page.part(at).all.letters;
    let inner = &page.parts[at..page.part(at).end];
    inner.iter().any(|inner| matches!(inner.name(), "blockquote" | "pre") && inner.all.letters * 2 > all)
}

/// Leaves out what stands in the chosen part and is not of it: blocks with the names of surroundings, lines and lists that are links,
/// and what then remains without its purpose, such as the titles of those lists.
pub(super) fn inside(page: &Page<'_>, left_out: &mut [bool], root: usize) {
    let whole = Kept::of(page, left_out);
    let named_max = NAMED_SHARE_MAX * whole.prose(page, root);
    leave_out(page, left_out, root, |at, part| {
        let named = || is_named(page, at) && whole.prose(page, at) < named_max;
        is_all_links(part) || is_discussion(part) || named()
    });
    let kept = Kept::of(page, left_out);
    leave_out(page, left_out, root, |at, part| {
        let (before, after) = (whole.letters(page, at), kept.letters(page, at));
        let emptied = after < REMAINS_MAX * before && kept.prose(page, at) == 0.0;
        emptied && matches!(part.name(), "div" | "section" | "ul" | "ol" | "table" | "dl" | "figure")
    });
}

fn leave_out(page: &Page<'_>, left_out: &mut [bool], root: usize, goes: impl Fn(usize, &Part<'_>) -> bool) {
    for at in root + 1..page.part(root).end {
        let part = page.part(at);
        if !left_out[at] && goes(at, part) {
            left_out[at..part.end].fill(true);
        }
    }
}

fn is_all_links(part: &Part<'_>) -> bool {
    let line = matches!(
        part.name(),
        "ul" | "ol" | "dl" | "table" | "p" | "div" | "section" | "h2" | "h3" | "h4" | "h5" | "h6" | "figure"
    );
    line && part.all.letters > 0 && part.all.link_density() >= LINK_SHARE_MIN
}
