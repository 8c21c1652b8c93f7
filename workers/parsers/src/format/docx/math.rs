//! Formulas (OMML) as text: in plain characters where those can say it (`x² + y_(ij)`), else as LaTeX. One pass, no recursion.

use super::{script::Script, xml::Element};

use self::formula::Formula;

mod formula;
mod signs;

/// Formulas nested further than this are read as if the rest stood on one line.
const DEPTH_MAX: usize = 64;

/// An element that holds parts (`f`), or one of the parts (`num`).
#[derive(Default)]
struct Frame {
    name: &'static str,
    parts: Vec<(&'static str, Formula)>,
    line: Formula,
    sign: Option<String>,
    open: Option<String>,
    close: Option<String>,
    below: bool,
}

/// A formula being read.
#[derive(Default)]
pub(super) struct Math {
    frames: Vec<Frame>,
    line: Formula,
    ignored: usize,
    in_text: bool,
}

/// What has parts.
const STRUCTURES: [&str; 15] = [
    "f", "sSup", "sSub", "sSubSup", "sPre", "d", "nary", "rad", "func", "m", "eqArr", "acc", "bar", "limLow",
    "limUpp",
];
/// The parts, and what stands on a line like one.
const PARTS: [&str; 9] = ["e", "num", "den", "sub", "sup", "deg", "fName", "lim", "mr"];

fn known(local: &str) -> Option<&'static str> {
    STRUCTURES.iter().chain(&PARTS).find(|name| **name == local).copied()
}

impl Math {
    pub(super) fn start(&mut self, element: &Element<'_>) {
        let local = element.local();
        if let Some(name) = known(local) {
            if self.frames.len() < DEPTH_MAX {
                self.frames.push(Frame { name, ..Frame::default() });
            } else {
                self.ignored += 1;
            }
            return;
        }
        let frame = self.frames.last_mut();
        match (local, frame) {
            ("t", _) => self.in_text = true,
            ("chr", Some(frame)) => frame.sign = element.val(),
            ("begChr", Some(frame)) => frame.open = element.val(),
            ("endChr", Some(frame)) => frame.close = element.val(),
            ("pos", Some(frame)) => frame.below = element.val().as_deref() == Some("bot"),
            _ => {}
        }
    }

    pub(super) fn text(&mut self, text: &str) {
        if self.in_text {
            self.push(&Formula::of(text));
        }
    }

    pub(super) fn end(&mut self, local: &str) {
        if local == "t" {
            self.in_text = false;
        }
        let Some(name) = known(local) else { return };
        if self.ignored > 0 {
            self.ignored -= 1;
            return;
        }
        let Some(frame) = self.frames.pop_if(|frame| frame.name == name) else { return };
        let structure = STRUCTURES.contains(&name);
        let formula = if structure { frame.composed() } else { frame.row() };
        match self.frames.last_mut() {
            Some(parent) if !structure => parent.parts.push((name, formula)),
            _ => self.push(&formula),
        }
    }

    fn push(&mut self, formula: &Formula) {
        let line = self.frames.last_mut().map_or(&mut self.line, |frame| &mut frame.line);
        line.append(formula);
    }

    /// The formula as text.
    pub(super) fn finish(self) -> String {
        self.line.into_text()
    }
}

/// What a structure makes of its parts.
impl Frame {
    fn part(&self, name: &str) -> Formula {
        self.parts
            .iter()
            .find(|(part, _)| *part == name)
            .map(|(_, formula)| formula.clone())
            .unwrap_or_default()
    }

    fn all(&self, name: &str) -> Vec<Formula> {
        self.parts.iter().filter(|(part, _)| *part == name).map(|(_, formula)| formula.clone()).collect()
    }

    /// A part. A row of a matrix has its cells beside each other.
    fn row(self) -> Formula {
        if self.name == "mr" { Formula::joined(&self.all("e"), " & ") } else { self.line }
    }

    fn composed(&self) -> Formula {
        let base = || self.part("e");
        match self.name {
            "f" => Formula::command("frac", &[self.part("num"), self.part("den")]),
            "sSup" => base().with(Script::Raised, &self.part("sup")),
            "sSub" => base().with(Script::Lowered, &self.part("sub")),
            "sSubSup" => {
                base().with(Script::Lowered, &self.part("sub")).with(Script::Raised, &self.part("sup"))
            }
            "sPre" => {
                let mut sign = Formula::default()
                    .with(Script::Lowered, &self.part("sub"))
                    .with(Script::Raised, &self.part("sup"));
                sign.append(&base());
                sign
            }
            "d" => Formula::enclosed(
                self.open.as_deref().unwrap_or("("),
                &self.all("e"),
                self.close.as_deref().unwrap_or(")"),
            ),
            "nary" => Formula::large(
                self.sign.as_deref().unwrap_or("∫"),
                &self.part("sub"),
                &self.part("sup"),
                &base(),
            ),
            "rad" => Formula::root(&self.part("deg"), &base()),
            "func" => Formula::function(&self.part("fName"), &base()),
            "m" => Formula::matrix(&self.all("mr")),
            "eqArr" => Formula::matrix(&self.all("e")),
            "acc" => Formula::command(signs::accent(self.sign.as_deref().unwrap_or("\u{302}")), &[base()]),
            "bar" => Formula::command(if self.below { "underline" } else { "overline" }, &[base()]),
            "limLow" => base().with_tex(Script::Lowered, &self.part("lim")),
            _ => base().with_tex(Script::Raised, &self.part("lim")),
        }
    }
}
