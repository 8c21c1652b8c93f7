//! Scores the blocks that may hold the article: each paragraph speaks for those around it, the nearer the more. The idea, and the
//! figures where no other source is given, are those of Arc90's Readability.

use super::super::{
    elements::heading_level,
    page::{Page, Part, ratio},
};

/// A paragraph with fewer letters says nothing.
const PARAGRAPH_LETTERS_MIN: u32 = 25;
/// How far up a paragraph speaks.
const LEVELS: usize = 5;

/// A block that may hold the article.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) at: usize,
    pub(super) score: f32,
}

/// The candidates, best first. `left_out` says which parts do not count.
pub(super) fn candidates(page: &Page<'_>, left_out: &[bool]) -> Vec<Candidate> {
    let scores = scores(page, left_out);
    let mut candidates: Vec<Candidate> = scores
        .into_iter()
        .enumerate()
        .filter(|(_, score)| *score > 0.0)
        .map(|(at, score)| Candidate { at, score })
        .collect();
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    candidates
}

/// The score of every part; 0 where no paragraph speaks for it.
pub(super) fn scores(page: &Page<'_>, left_out: &[bool]) -> Vec<f32> {
    let mut scores = vec![0.0; page.parts.len()];
    for (at, part) in page.parts.iter().enumerate() {
        let worth = worth(part);
        if left_out[at] || worth == 0.0 {
            continue;
        }
        let holder = if holds_paragraphs(page, at) { Some(at) } else { None };
        let above = page.ancestors(at).filter(|above| may_hold(page.part(*above)));
        for (level, above) in holder.into_iter().chain(above).take(LEVELS).enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "a handful of levels")]
            let divider = [1.0, 2.0].get(level).copied().unwrap_or(level as f32 * 3.0);
            scores[above] += worth / divider;
        }
    }
    for (score, part) in scores.iter_mut().zip(&page.parts) {
        *score *= (1.0 - part.all.link_density()) * bias(part);
    }
    scores
}

/// Whether a block can be the one that holds the article; the parts of a table are not.
fn may_hold(part: &Part<'_>) -> bool {
    part.is_block() && !matches!(part.name(), "table" | "thead" | "tbody" | "tfoot" | "tr" | "p")
}

/// What a block says for those around it, as a paragraph.
fn worth(part: &Part<'_>) -> f32 {
    if part.own.letters < PARAGRAPH_LETTERS_MIN || matches!(part.name(), "li" | "form" | "nav" | "footer") {
        return 0.0;
    }
    let length = ratio(part.own.letters, 100).min(3.0);
    if part.own.link_density() > 0.5 { 0.0 } else { 1.0 + ratio(part.own.commas, 1) + length }
}

/// Whether the text in a block is that of several paragraphs, so that it is the one around them.
fn holds_paragraphs(page: &Page<'_>, at: usize) -> bool {
    let part = page.part(at);
    matches!(part.name(), "div" | "section" | "article" | "main" | "td" | "body" | "blockquote" | "form")
        && page.parts[at + 1..part.end].iter().any(|inner| inner.is_block() || inner.name() == "br")
}

/// What the kind and the names of a block make of its score.
fn bias(part: &Part<'_>) -> f32 {
    let kind = match part.name() {
        "address" | "ol" | "ul" | "dl" | "dd" | "dt" | "li" | "form" | "p" | "th" => 0.7,
        name if heading_level(name).is_some() => 0.2,
        _ => 1.0,
    };
    let when = |named, factor| if named { factor } else { 1.0 };
    kind * when(part.mark.content, 1.25) * when(part.mark.body, 1.5) * when(part.mark.surrounding, 0.7)
}
