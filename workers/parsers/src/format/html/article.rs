//! Chooses the part of a page a reader came for. Candidates are scored as Readability does it, after what surrounds an article was left
//! out by its names and its shape; when little is found that way, the page is looked at again with fewer prejudices.

use scraper::ElementRef;

use self::score::candidates;
pub(super) use self::stated::is_only_stated;
use super::{
    elements::{attribute, classes},
    page::{Kept, Page},
};

mod cards;
mod prune;
mod score;
mod stated;

/// What is read of a page.
#[derive(Debug)]
pub(super) struct Choice {
    /// Where the reading begins.
    pub(super) root: usize,
    /// Parts that are left out, with all they hold.
    pub(super) left_out: Vec<bool>,
    /// Whether it is an article, of which only the text counts, or everything the page says.
    pub(super) is_article: bool,
}

impl Choice {
    /// Everything.
    pub(super) fn whole(page: &Page<'_>) -> Self {
        Self { root: 0, left_out: vec![false; page.parts.len()], is_article: false }
    }

    /// Letters of prose in it.
    pub(super) fn prose(&self, page: &Page<'_>) -> f32 {
        Kept::of(page, &self.left_out).prose(page, self.root)
    }
}

/// A page with fewer letters shows no article, and a text with fewer is none.
pub(super) const ARTICLE_LETTERS_MIN: u32 = 400;
/// An attempt that finds fewer letters of prose missed the article: even a short notice has two sentences.
const NOTICE_LETTERS_MIN: f32 = 150.0;
/// Less than this may still be all there is: when it is so large a part of the prose of the page.
const SHARE_MIN: f32 = 0.5;
/// A page of which so small a part is links is a document that somebody put on the web, without a site around it.
const PLAIN_LINK_SHARE_MAX: f32 = 0.08;

/// The article of a page, or the page when it has none. `body` is the text of the article as the page states it for machines, if it
/// does.
pub(super) fn choose(page: &Page<'_>, body: &str) -> Choice {
    if is_plain(page) {
        return without_site(page);
    }
    let strict = attempt(page, prune::surroundings(page));
    let choice = match strict {
        Some(strict) if suffices(page, &strict) => strict,
        strict => fullest(page, [strict, attempt(page, prune::site(page))]),
    };
    stated::checked(page, choice, body)
}

/// Whether an attempt found enough for an article.
fn suffices(page: &Page<'_>, choice: &Choice) -> bool {
    let all = Kept::of(page, &prune::site(page)).prose(page, 0);
    let prose = choice.prose(page);
    prose >= NOTICE_LETTERS_MIN || prose > SHARE_MIN * all
}

/// The attempt with most prose; without any prose, the page.
fn fullest(page: &Page<'_>, attempts: [Option<Choice>; 2]) -> Choice {
    let found = attempts.into_iter().flatten().filter(|choice| choice.prose(page) > 0.0);
    let fullest = found.reduce(|best, next| if next.prose(page) > best.prose(page) { next } else { best });
    fullest.unwrap_or_else(|| without_site(page))
}

fn attempt(page: &Page<'_>, mut left_out: Vec<bool>) -> Option<Choice> {
    cards::leave_out(page, &mut left_out);
    let best = candidates(page, &left_out).first()?.at;
    let root = climb(page, &left_out, best);
    prune::inside(page, &mut left_out, root);
    Some(Choice { root, left_out, is_article: true })
}

/// The page without what every page of its site has.
fn without_site(page: &Page<'_>) -> Choice {
    Choice { root: 0, left_out: prune::site(page), is_article: false }
}

fn is_plain(page: &Page<'_>) -> bool {
    let marked = page.parts.iter().any(|part| {
        matches!(part.name(), "article" | "main" | "nav" | "aside")
            || part.mark.body
            || attribute(part.element, "role").is_some()
    });
    !marked && page.part(0).all.link_density() < PLAIN_LINK_SHARE_MAX
}

/// How far above the best candidate the article is looked for.
const LEVELS_MAX: usize = 4;
/// What is like the candidate must add so much to be taken for the rest of the article.
const MORE_MIN: f32 = 0.3;

/// The block around the best candidate when that is but a section of the article: when others of its kind stand beside it.
fn climb(page: &Page<'_>, left_out: &[bool], best: usize) -> usize {
    let kept = Kept::of(page, left_out);
    let (mut chosen, mut below) = (best, best);
    for above in page.ancestors(best).take(LEVELS_MAX).filter(|above| *above > 0) {
        let others = page.children(above).filter(|other| *other != below && is_like(page, below, *other));
        let more: f32 = others.map(|other| kept.prose(page, other)).sum();
        if more > MORE_MIN * kept.prose(page, chosen) {
            chosen = above;
        }
        below = above;
    }
    chosen
}

/// Whether two neighbours are of one kind: the same element with the same first class; or what stands between sections.
fn is_like(page: &Page<'_>, one: usize, other: usize) -> bool {
    let class = |element: ElementRef<'_>| classes(element).next().map(str::to_owned);
    let kind = |at: usize| (page.part(at).name(), class(page.part(at).element));
    kind(one) == kind(other) || matches!(page.part(other).name(), "p" | "ul" | "ol" | "blockquote")
}
