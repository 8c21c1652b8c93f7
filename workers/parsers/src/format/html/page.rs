//! The elements of a page in document order, each with what its subtree holds: the figures from which the article is chosen. The
//! descendants of the element at `at` are those from `at + 1` to its `end`.

use scraper::{ElementRef, Node};

use super::{
    elements::is_block,
    names::{Mark, Marks},
};

/// How much text there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Amount {
    /// Characters that are not white space; those of Chinese, Japanese and Korean count twice, since they say more.
    pub(super) letters: u32,
    /// Of these, characters in links.
    pub(super) linked: u32,
    /// Commas and their like, the surest sign of prose.
    pub(super) commas: u32,
}

impl Amount {
    fn add(&mut self, other: Self) {
        self.letters += other.letters;
        self.linked += other.linked;
        self.commas += other.commas;
    }

    /// The share of letters in links, from 0 to 1.
    pub(super) fn link_density(self) -> f32 {
        ratio(self.linked, self.letters)
    }

    fn of(text: &str, linked: bool) -> Self {
        let mut amount = Self::default();
        for character in text.chars().filter(|character| !character.is_whitespace()) {
            amount.letters += if is_dense(character) { 2 } else { 1 };
            amount.commas += u32::from(matches!(character, ',' | '،' | '、' | '，' | '﹐' | '︐' | '︑'));
        }
        amount.linked = if linked { amount.letters } else { 0 };
        amount
    }
}

/// A block with fewer letters is a title or a label.
const SENTENCE_LETTERS_MIN: u32 = 40;

/// One element that is shown.
#[derive(Debug)]
pub(super) struct Part<'a> {
    pub(super) element: ElementRef<'a>,
    /// Where its parent is; the first part is its own.
    pub(super) parent: usize,
    /// One past its last descendant.
    pub(super) end: usize,
    /// What the subtree holds.
    pub(super) all: Amount,
    /// What it holds itself as a block: text of which no smaller block is around.
    pub(super) own: Amount,
    /// What its names say.
    pub(super) mark: Mark,
}

impl Part<'_> {
    pub(super) fn name(&self) -> &str {
        self.element.value().name()
    }

    /// Letters outside of links, if there are enough for a sentence.
    fn prose(&self) -> u32 {
        let plain = self.own.letters - self.own.linked;
        if plain >= SENTENCE_LETTERS_MIN && self.own.linked <= plain { plain } else { 0 }
    }

    pub(super) fn is_block(&self) -> bool {
        is_block(self.name())
    }
}

/// A page, measured.
#[derive(Debug)]
pub(super) struct Page<'a> {
    pub(super) parts: Vec<Part<'a>>,
}

impl<'a> Page<'a> {
    /// Measures what can be read under `root`: what is shown, or also what is folded away until somebody asks for it.
    pub(super) fn measure(root: ElementRef<'a>, readable: fn(ElementRef<'a>) -> bool) -> Self {
        let mut measuring = Measuring { parts: Vec::new(), marks: Marks::default(), readable };
        measuring.element(root, 0, 0, false);
        let mut parts = measuring.parts;
        for at in (1..parts.len()).rev() {
            let (all, parent) = (parts[at].all, parts[at].parent);
            parts[parent].all.add(all);
        }
        Self { parts }
    }

    pub(super) fn part(&self, at: usize) -> &Part<'a> {
        &self.parts[at]
    }

    /// The parts around one, the nearest first.
    pub(super) fn ancestors(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(Some(at), |at| (*at > 0).then(|| self.parts[*at].parent)).skip(1)
    }

    /// The children of a part, in order.
    pub(super) fn children(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        let end = self.parts[at].end;
        let first = Some(at + 1).filter(|child| *child < end);
        std::iter::successors(first, move |child| Some(self.parts[*child].end).filter(|next| *next < end))
    }
}

struct Measuring<'a> {
    parts: Vec<Part<'a>>,
    marks: Marks<'a>,
    readable: fn(ElementRef<'a>) -> bool,
}

impl<'a> Measuring<'a> {
    /// Recursion is bounded by the cap on nesting.
    fn element(&mut self, element: ElementRef<'a>, parent: usize, block: usize, linked: bool) {
        let name = element.value().name();
        let at = self.parts.len();
        let mark = self.marks.of(element);
        self.parts.push(Part {
            element,
            parent,
            end: 0,
            all: Amount::default(),
            own: Amount::default(),
            mark,
        });
        let block = if is_block(name) { at } else { block };
        let linked = linked || name == "a";
        for child in element.children() {
            if let Node::Text(text) = child.value() {
                let amount = Amount::of(text, linked);
                self.parts[at].all.add(amount);
                self.parts[block].own.add(amount);
            } else if let Some(child) = ElementRef::wrap(child).filter(|child| (self.readable)(*child)) {
                self.element(child, at, block, linked);
            }
        }
        self.parts[at].end = self.parts.len();
    }
}

/// Whether a character is of a script in which two or three make a word.
fn is_dense(character: char) -> bool {
    matches!(u32::from(character), 0x2e80..=0x9fff | 0xac00..=0xd7af | 0xf900..=0xfaff | 0x20000..=0x3ffff)
}

/// `part` of `whole`; of nothing it is nothing.
#[expect(clippy::cast_precision_loss, reason = "counts of letters")]
pub(super) fn ratio(part: u32, whole: u32) -> f32 {
    if whole == 0 { 0.0 } else { part as f32 / whole as f32 }
}

/// What subtrees hold without the parts that are left out.
#[derive(Debug)]
pub(super) struct Kept {
    /// Sums over the parts before each part: letters, and letters of prose.
    before: Vec<[u32; 2]>,
}

impl Kept {
    pub(super) fn of(page: &Page<'_>, left_out: &[bool]) -> Self {
        let mut before = Vec::with_capacity(page.parts.len() + 1);
        let mut sums = [0; 2];
        before.push(sums);
        for (part, left_out) in page.parts.iter().zip(left_out) {
            if !left_out {
                sums[0] += part.own.letters;
                sums[1] += part.prose();
            }
            before.push(sums);
        }
        Self { before }
    }

    fn sum(&self, part: &Part<'_>, at: usize, which: usize) -> f32 {
        ratio(self.before[part.end][which] - self.before[at][which], 1)
    }

    /// Letters of text.
    pub(super) fn letters(&self, page: &Page<'_>, at: usize) -> f32 {
        self.sum(page.part(at), at, 0)
    }

    /// Letters of prose.
    pub(super) fn prose(&self, page: &Page<'_>, at: usize) -> f32 {
        self.sum(page.part(at), at, 1)
    }
}
