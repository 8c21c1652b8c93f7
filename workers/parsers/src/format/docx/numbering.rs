//! List numbering: which paragraphs are bullets, which are numbered, and with what number.

use std::{cell::RefCell, collections::BTreeMap};

use super::xml::{self, Item};
use crate::Rejection;

/// Word has nine levels.
const LEVELS: usize = 9;

/// A paragraph's reference to a numbering; either half may come from its style.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NumberingRef {
    pub(super) id: Option<String>,
    pub(super) level: Option<u8>,
}

#[derive(Clone, Debug)]
struct Level {
    bullet: bool,
    start: u64,
}

impl Default for Level {
    fn default() -> Self {
        Self { bullet: false, start: 1 }
    }
}

type Levels = [Level; LEVELS];

#[derive(Default)]
struct Definition {
    levels: Levels,
    shared: String,
}

#[derive(Default)]
pub(super) struct Numbering {
    definitions: BTreeMap<String, Definition>,
    /// Next number of each level, by abstract definition: lists that share one go on counting.
    counters: RefCell<BTreeMap<String, [Option<u64>; LEVELS]>>,
}

impl Numbering {
    pub(super) fn read(text: &str) -> Result<Self, Rejection> {
        let mut reading = Reading::default();
        xml::items(text, |item| {
            if let Item::Start(element) = item {
                let number = || element.val().and_then(|value| value.parse::<u64>().ok());
                match element.local() {
                    "abstractNum" => reading.start_abstract(element.attribute("abstractNumId")),
                    "num" => reading.num = element.attribute("numId"),
                    "abstractNumId" => reading.link(element.val()),
                    "lvl" | "lvlOverride" => {
                        reading.level =
                            element.attribute("ilvl").and_then(|value| value.parse().ok()).unwrap_or(0);
                    }
                    "numFmt" => {
                        reading.level().bullet = matches!(element.val().as_deref(), Some("bullet" | "none"));
                    }
                    "start" | "startOverride" => reading.level().start = number().unwrap_or(1),
                    _ => {}
                }
            }
            Ok(())
        })?;
        Ok(Self { definitions: reading.definitions, counters: RefCell::default() })
    }

    /// Depth and number of the next paragraph with this reference; `None` when it is no list item.
    pub(super) fn next(&self, reference: &NumberingRef) -> Option<(u8, Option<u64>)> {
        let id = reference.id.as_deref().filter(|id| *id != "0")?;
        let depth = reference.level.unwrap_or(0).min(8);
        let at = usize::from(depth);
        let Some(definition) = self.definitions.get(id) else { return Some((depth, None)) };
        let level = &definition.levels[at];
        if level.bullet {
            return Some((depth, None));
        }
        let mut counters = self.counters.borrow_mut();
        let counts = counters.entry(definition.shared.clone()).or_default();
        let number = counts[at].unwrap_or(level.start);
        counts[at] = Some(number.saturating_add(1));
        counts[at + 1..].fill(None);
        Some((depth, Some(number)))
    }
}

/// Abstract definitions come first in the part, then the numberings that use them.
#[derive(Default)]
struct Reading {
    abstracts: BTreeMap<String, Levels>,
    definitions: BTreeMap<String, Definition>,
    current_abstract: Option<String>,
    num: Option<String>,
    level: usize,
    outside: Level,
}

impl Reading {
    fn start_abstract(&mut self, id: Option<String>) {
        self.num = None;
        self.current_abstract.clone_from(&id);
        self.abstracts.insert(id.unwrap_or_default(), Levels::default());
    }

    fn link(&mut self, shared: Option<String>) {
        let (Some(num), Some(shared)) = (self.num.clone(), shared) else { return };
        let levels = self.abstracts.get(&shared).cloned().unwrap_or_default();
        self.definitions.insert(num, Definition { levels, shared });
    }

    /// The level the part is speaking of. An override of a start makes the list count for itself.
    fn level(&mut self) -> &mut Level {
        let at = self.level.min(LEVELS - 1);
        if let Some(num) = &self.num {
            return match self.definitions.get_mut(num) {
                Some(definition) => {
                    definition.shared = format!("num {num}");
                    &mut definition.levels[at]
                }
                None => &mut self.outside,
            };
        }
        match self.current_abstract.as_ref().and_then(|id| self.abstracts.get_mut(id)) {
            Some(levels) => &mut levels[at],
            None => &mut self.outside,
        }
    }
}
