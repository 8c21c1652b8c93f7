//! A paragraph being read: its text with what is marked in it, and what its properties say.

use event_model::SpanStyle;

use super::{
    numbering::NumberingRef,
    script::{self, Script},
    xml::Element,
};
use crate::RichText;

/// How a run of text looks, as far as that says something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a run has any of these looks at once")]
pub(super) struct Look {
    pub(super) strong: bool,
    pub(super) emphasis: bool,
    pub(super) struck: bool,
    pub(super) code: bool,
    /// Hidden text is for the author, not for readers.
    pub(super) hidden: bool,
    pub(super) script: Script,
}

impl Look {
    /// Takes a property of a run over; `false` if it is none that counts.
    pub(super) fn take(&mut self, element: &Element<'_>) -> bool {
        let on = || !matches!(element.val().as_deref(), Some("0" | "false" | "off"));
        match element.local() {
            "b" => self.strong = on(),
            "i" => self.emphasis = on(),
            "strike" | "dstrike" => self.struck = on(),
            "vanish" => self.hidden = on(),
            "vertAlign" => self.script = Script::of(element.val().as_deref()),
            _ => return false,
        }
        true
    }

    fn has(self, style: &SpanStyle) -> bool {
        match style {
            SpanStyle::Strong => self.strong,
            SpanStyle::Emphasis => self.emphasis,
            SpanStyle::Strikethrough => self.struck,
            SpanStyle::Code => self.code,
            SpanStyle::Link { .. } => true,
        }
    }
}

const STYLES: [SpanStyle; 4] =
    [SpanStyle::Strong, SpanStyle::Emphasis, SpanStyle::Strikethrough, SpanStyle::Code];

/// Text boxes put paragraphs inside paragraphs, so there may be several at once.
#[derive(Default)]
pub(super) struct Paragraph {
    text: RichText,
    pub(super) style: Option<String>,
    pub(super) outline_level: Option<u8>,
    pub(super) numbering: NumberingRef,
    pub(super) look: Look,
    /// Whether its mark was deleted, so that the next paragraph goes on where it ends.
    pub(super) joins_next: bool,
    /// Whether how text looks says nothing here, as in headings and code.
    pub(super) plain: bool,
    /// Where each kind of marked text that is open now starts; outer before inner.
    open: Vec<(usize, SpanStyle)>,
    /// Where the text of each open hyperlink starts, and where it leads.
    links: Vec<(usize, Option<String>)>,
    formulas: usize,
    prose: bool,
}

impl Paragraph {
    /// One that goes on behind `text`.
    pub(super) fn behind(text: RichText) -> Self {
        let prose = !text.is_blank();
        Self { text, prose, ..Self::default() }
    }

    /// Appends what a run says.
    pub(super) fn push(&mut self, text: &str) {
        if self.look.hidden {
            return;
        }
        self.mark_looks();
        self.prose = self.prose || !text.trim().is_empty();
        match self.look.script {
            Script::Line => self.text.push(text),
            raised => self.text.push(&script::written(raised, text, self.text.as_str())),
        }
    }

    /// Appends what stands for something else: the mark of a note, the words for a picture.
    pub(super) fn push_apart(&mut self, text: &str) {
        self.prose = true;
        self.text.push(text);
    }

    /// Parts two words that something without words stands between.
    pub(super) fn part(&mut self) {
        if self.text.as_str().ends_with(char::is_alphanumeric) {
            self.text.push(" ");
        }
    }

    /// Appends a formula.
    pub(super) fn push_formula(&mut self, formula: &str) {
        self.close_marks();
        // Formulas that stand under each other, and nothing else.
        if self.formulas > 0 && !self.prose {
            self.text.push("\n");
        }
        self.formulas += 1;
        self.text.push(formula);
    }

    /// Whether a formula is all there is.
    pub(super) fn is_formula(&self) -> bool {
        self.formulas > 0 && !self.prose
    }

    fn mark_looks(&mut self) {
        let look = if self.plain { Look::default() } else { self.look };
        // What ends takes what it encloses with it, so that marks nest; that opens again below.
        if let Some(first) = self.open.iter().position(|(_, style)| !look.has(style)) {
            for (start, style) in self.open.drain(first..).rev() {
                self.text.mark(start, style);
            }
        }
        for style in STYLES {
            if look.has(&style) && !self.open.iter().any(|(_, open)| *open == style) {
                self.open.push((self.text.place(), style));
            }
        }
    }

    fn close_marks(&mut self) {
        for (start, style) in self.open.drain(..).rev() {
            self.text.mark(start, style);
        }
    }

    /// Where the text of a link starts that starts here.
    pub(super) fn link_place(&mut self) -> usize {
        self.close_marks();
        self.text.place()
    }

    pub(super) fn start_link(&mut self, target: Option<String>) {
        let place = self.link_place();
        self.links.push((place, target));
    }

    pub(super) fn end_link(&mut self) {
        if let Some((start, Some(target))) = self.links.pop() {
            self.link_from(start, target);
        }
    }

    /// Makes what stands behind `start` a link.
    pub(super) fn link_from(&mut self, start: usize, target: String) {
        self.close_marks();
        self.text.mark(start, SpanStyle::Link { target });
    }

    /// The text with its marks.
    pub(super) fn finish(mut self) -> RichText {
        self.close_marks();
        self.text
    }
}
