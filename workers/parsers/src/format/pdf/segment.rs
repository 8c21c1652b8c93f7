//! A printed line, or a part of one in its column or cell: its text and what is known of it.

use std::{borrow::Cow, ops::Range};

use event_model::Bounds;

use super::{accents, fonts::Style, tagging::Role};

/// A printed line, or a part of one in its column or cell.
#[derive(Clone, Debug, Default)]
pub(super) struct Segment {
    pub text: String,
    pub bounds: Bounds,
    pub size: f32,
    /// In quarter turns; 0 reads from left to right.
    pub turn: u8,
    /// Set when it is repeated at an edge of the pages.
    pub edge: Option<Edge>,
    /// How nearly all of it is set.
    pub style: Style,
    /// The number by which the structure of a tagged document knows its beginning.
    pub mark: Option<u32>,
    /// What a tagged document calls it.
    pub role: Option<Role>,
    /// Whether the document calls it no part of its text.
    pub is_artifact: bool,
    /// Bytes of the text that lead somewhere, and the number of the link.
    pub links: Vec<(Range<usize>, usize)>,
    /// Where it may be parted if others near it are.
    pub seams: Vec<Seam>,
}

/// A gap between pieces of a segment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Seam {
    /// The byte at which the text goes on.
    pub at: usize,
    /// The end of the piece before, and the start of the one behind.
    pub from: f32,
    pub to: f32,
}

impl Segment {
    /// Takes an accent or its letter back, if the text that comes next has the other, which then has both.
    pub(super) fn bridged<'a>(&mut self, text: Cow<'a, str>) -> Cow<'a, str> {
        let Some(bridge) = accents::bridge(&self.text, &text) else { return text };
        self.shorten(bridge.taken);
        let rest = text.chars().skip(bridge.skipped);
        Cow::Owned(std::iter::once(bridge.whole).chain(rest).collect())
    }

    /// Joins an accent at its end with the letter before.
    pub(super) fn mend_end(&mut self) {
        if let Some(whole) = accents::at_end(&self.text) {
            let end = self.text.len();
            self.shorten(2);
            for (range, _) in self.links.iter_mut().filter(|(range, _)| range.end == self.text.len()) {
                range.end += whole.len_utf8();
            }
            self.text.push(whole);
            debug_assert!(self.text.len() <= end, "joined they are no longer");
        }
    }

    /// Takes its last characters away.
    fn shorten(&mut self, characters: usize) {
        for _ in 0..characters {
            self.text.pop();
        }
        let end = self.text.len();
        for (range, _) in self.links.iter_mut().filter(|(range, _)| range.end > end) {
            range.end = end;
            range.start = range.start.min(end);
        }
        self.seams.iter_mut().for_each(|seam| seam.at = seam.at.min(end));
    }

    /// Cuts off what stands behind a seam, if there is something.
    pub(super) fn split_off(&mut self, seam: usize) -> Option<Segment> {
        let Seam { at, from, to } = *self.seams.get(seam)?;
        let text = self.text.get(at..)?.to_owned();
        let mut behind = Segment { text, ..self.clone() };
        behind.bounds.left = to;
        behind.seams = self.seams[seam + 1..].iter().map(|seam| Seam { at: seam.at - at, ..*seam }).collect();
        behind.links.retain(|(range, _)| range.end > at);
        for (range, _) in &mut behind.links {
            *range = range.start.saturating_sub(at)..range.end - at;
        }
        self.text.truncate(at);
        self.text.truncate(self.text.trim_end().len());
        self.bounds.right = from;
        self.seams.truncate(seam);
        self.links.retain(|(range, _)| range.start < self.text.len());
        for (range, _) in &mut self.links {
            range.end = range.end.min(self.text.len());
        }
        Some(behind)
    }

    /// Its parts between the seams.
    pub(super) fn parts(&self) -> Vec<Segment> {
        let start = Seam { at: 0, from: self.bounds.left, to: self.bounds.left };
        let end = Seam { at: self.text.len(), from: self.bounds.right, to: self.bounds.right };
        let seams: Vec<Seam> =
            std::iter::once(start).chain(self.seams.iter().copied()).chain([end]).collect();
        let part = |pair: &[Seam]| Segment {
            text: self.text.get(pair[0].at..pair[1].at).unwrap_or_default().trim().to_owned(),
            bounds: Bounds { left: pair[0].to, right: pair[1].from, ..self.bounds },
            size: self.size,
            style: self.style,
            ..Segment::default()
        };
        seams.windows(2).map(part).filter(|part| !part.text.is_empty()).collect()
    }
}

/// Where something is repeated on pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    Top,
    Bottom,
}

/// The rectangle around both.
pub(super) fn around(a: &Bounds, b: &Bounds) -> Bounds {
    Bounds {
        left: a.left.min(b.left),
        top: a.top.min(b.top),
        right: a.right.max(b.right),
        bottom: a.bottom.max(b.bottom),
    }
}

/// In tenths of a point, as the model has it.
pub(super) fn rounded(bounds: &Bounds) -> Bounds {
    let tenths = |value: f32| (value * 10.0).round() / 10.0;
    Bounds {
        left: tenths(bounds.left),
        top: tenths(bounds.top),
        right: tenths(bounds.right),
        bottom: tenths(bounds.bottom),
    }
}
