//! List numbering: which paragraphs are bullets, which are numbered, and with what number.

use std::{
    cell::{OnceCell, RefCell},
    collections::BTreeMap,
};

use super::xml::{self, Element, Item};

use self::label::Format;

mod label;

/// Word has nine levels.
const LEVELS: usize = 9;
const LABEL_CHARACTERS_MAX: usize = 64;

/// A paragraph's reference to a numbering; either half may come from its style.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NumberingRef {
    pub(super) id: Option<String>,
    pub(super) level: Option<u8>,
}

/// What stands before a paragraph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) depth: u8,
    /// Its number at its own level; none for a bullet.
    pub(super) number: Option<u64>,
    /// What a reader sees: `3.`, `b)`, `2.1`. Empty for a bullet.
    pub(super) label: String,
}

#[derive(Clone, Debug)]
struct Level {
    format: Format,
    start: u64,
    /// `%1.%2)`: the numbers of levels and what stands between them.
    text: Option<String>,
    /// The style of paragraphs that stand on this level.
    style: Option<String>,
    legal: bool,
}

impl Default for Level {
    fn default() -> Self {
        Self { format: Format::Decimal, start: 1, text: None, style: None, legal: false }
    }
}

type Levels = [Level; LEVELS];

#[derive(Clone, Default)]
struct Definition {
    levels: Levels,
    /// Lists with the same name go on counting.
    shared: String,
    /// The list style that defines it instead.
    style: Option<String>,
}

/// The lists of a document, read once one is met: the part is there in most documents, and lists are in few.
pub(super) struct Numbering<'a> {
    text: &'a str,
    definitions: OnceCell<BTreeMap<String, Definition>>,
    /// Next number of each level.
    counters: RefCell<BTreeMap<String, [Option<u64>; LEVELS]>>,
}

impl<'a> Numbering<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, definitions: OnceCell::new(), counters: RefCell::default() }
    }

    fn definitions(&self) -> &BTreeMap<String, Definition> {
        self.definitions.get_or_init(|| Reading::of(self.text).definitions)
    }

    /// What stands before the next paragraph with this reference, which has the style `style`; `None` when it is no list item.
    /// `of_style` tells the numbering of a list style.
    pub(super) fn next(
        &self,
        reference: &NumberingRef,
        style: &str,
        of_style: impl Fn(&str) -> NumberingRef,
    ) -> Option<Listed> {
        let id = reference.id.as_deref().filter(|id| *id != "0")?;
        let level = reference.level.map(|level| level.min(8));
        let Some(mut definition) = self.definitions().get(id) else {
            return Some(Listed { depth: level.unwrap_or(0), ..Listed::default() });
        };
        if let Some(style) = &definition.style {
            let elsewhere = of_style(style).id.and_then(|id| self.definitions().get(&id));
            definition = elsewhere.unwrap_or(definition);
        }
        let by_style = || definition.levels.iter().position(|level| level.style.as_deref() == Some(style));
        let at = level.map_or_else(|| by_style().unwrap_or(0), usize::from);
        let depth = u8::try_from(at).unwrap_or(0);
        if matches!(definition.levels[at].format, Format::Bullet) {
            return Some(Listed { depth, ..Listed::default() });
        }
        let (number, label) = self.count(definition, at);
        Some(Listed { depth, number: Some(number), label })
    }

    fn count(&self, definition: &Definition, at: usize) -> (u64, String) {
        let mut counters = self.counters.borrow_mut();
        let counts = counters.entry(definition.shared.clone()).or_default();
        for (count, level) in counts.iter_mut().zip(&definition.levels).take(at) {
            count.get_or_insert(level.start.saturating_add(1));
        }
        let level = &definition.levels[at];
        let number = counts[at].unwrap_or(level.start);
        counts[at] = Some(number.saturating_add(1));
        counts[at + 1..].fill(None);
        let shown = |of: usize| {
            let number = counts[of].map_or(1, |next| next.saturating_sub(1));
            let format = if level.legal { Format::Decimal } else { definition.levels[of].format };
            format.write(number)
        };
        let text = level.text.clone().unwrap_or_else(|| format!("%{}.", at + 1));
        (number, label::fill(&text, shown).chars().take(LABEL_CHARACTERS_MAX).collect())
    }
}

/// Abstract definitions come first in the part, then the numberings that use them.
#[derive(Default)]
struct Reading {
    abstracts: BTreeMap<String, Definition>,
    definitions: BTreeMap<String, Definition>,
    current_abstract: Option<String>,
    num: Option<String>,
    level: usize,
    outside: Definition,
}

impl Reading {
    /// Damage costs only the lists that are defined behind it.
    fn of(text: &str) -> Self {
        let mut reading = Self::default();
        let read = xml::items(text, |item| {
            if let Item::Start(element) = item {
                reading.start(element);
            }
            Ok(())
        });
        read.ok();
        reading
    }

    fn start(&mut self, element: &Element<'_>) {
        let number = || element.val().and_then(|value| value.parse::<u64>().ok());
        match element.local() {
            "abstractNum" => self.start_abstract(element.attribute("abstractNumId")),
            "num" => self.num = element.attribute("numId"),
            "abstractNumId" => self.link(element.val()),
            "lvl" | "lvlOverride" => {
                self.level = element.attribute("ilvl").and_then(|value| value.parse().ok()).unwrap_or(0);
            }
            "numStyleLink" => self.definition().style = element.val(),
            "numFmt" => self.level().format = Format::of(&element.val().unwrap_or_default()),
            "start" => self.level().start = number().unwrap_or(1),
            "startOverride" => self.restart(number().unwrap_or(1)),
            "lvlText" => self.level().text = element.val(),
            "pStyle" => self.level().style = element.val(),
            "isLgl" => self.level().legal = !matches!(element.val().as_deref(), Some("0" | "false")),
            _ => {}
        }
    }

    fn start_abstract(&mut self, id: Option<String>) {
        self.num = None;
        self.current_abstract.clone_from(&id);
        self.abstracts.insert(id.unwrap_or_default(), Definition::default());
    }

    fn link(&mut self, shared: Option<String>) {
        let (Some(num), Some(shared)) = (self.num.clone(), shared) else { return };
        let definition = self.abstracts.get(&shared).cloned().unwrap_or_default();
        self.definitions.insert(num, Definition { shared, ..definition });
    }

    /// An override of a start makes the list count for itself.
    fn restart(&mut self, start: u64) {
        self.level().start = start;
        if let Some(num) = self.num.clone() {
            self.definition().shared = format!("num {num}");
        }
    }

    /// The definition the part is speaking of.
    fn definition(&mut self) -> &mut Definition {
        let found = match &self.num {
            Some(num) => self.definitions.get_mut(num),
            None => self.current_abstract.as_ref().and_then(|id| self.abstracts.get_mut(id)),
        };
        found.unwrap_or(&mut self.outside)
    }

    fn level(&mut self) -> &mut Level {
        let at = self.level.min(LEVELS - 1);
        &mut self.definition().levels[at]
    }
}
