//! Texts that read like documentation, the same for the same dice.

use std::{fs, path::Path};

use crate::Dice;

const ADJECTIVES: &[&str] = &[
    "remote", "local", "early", "patient", "narrow", "silent", "shared", "nightly", "careful", "durable",
    "broken", "foreign", "hidden", "idle", "modern", "northern", "obvious", "plain", "quick", "regular",
    "stable", "tested",
];
const NOUNS: &[&str] = &[
    "builder",
    "cache",
    "gateway",
    "archive",
    "scheduler",
    "queue",
    "mirror",
    "compiler",
    "ledger",
    "customer",
    "harbour",
    "bridge",
    "engine",
    "journal",
    "kitchen",
    "library",
    "machine",
    "network",
    "office",
    "parser",
    "quarry",
    "river",
    "station",
    "teacher",
    "vessel",
    "window",
    "garden",
    "letter",
    "market",
    "number",
    "pattern",
    "reader",
    "signal",
    "tunnel",
];
const VERBS: &[&str] = &[
    "checks", "repairs", "measures", "follows", "replaces", "explains", "protects", "collects", "delivers",
    "examines", "finishes", "gathers", "imports", "loads", "moves", "opens", "paints", "records", "sorts",
    "turns", "visits", "warms",
];
const JOINTS: &[&str] = &[
    "before", "because", "when", "while", "unless", "although", "until", "whenever", "where", "after", "and",
    "but",
];

/// One sentence. Sentences share words but hardly phrases, or the rules would call a text repetitive.
pub fn sentence(dice: &mut Dice) -> String {
    let mut clause = |article: &str, link: &str| {
        let (adjective, subject, verb, object) =
            (dice.pick(ADJECTIVES), dice.pick(NOUNS), dice.pick(VERBS), dice.pick(NOUNS));
        format!("{article} {adjective} {subject} {verb} {link} {object}")
    };
    let (main, other) = (clause("The", "the"), clause("this", "its"));
    format!("{main} {} {other}.", dice.pick(JOINTS))
}

/// Some sentences.
pub fn paragraph(dice: &mut Dice) -> String {
    let sentences: Vec<String> = (0..6 + dice.below(4)).map(|_| sentence(dice)).collect();
    sentences.join(" ")
}

/// A Markdown document with sections.
pub fn markdown(dice: &mut Dice, title: &str) -> String {
    let mut parts = vec![format!("# {title}\n\n{}\n", paragraph(dice))];
    for _ in 0..2 {
        let heading = format!("The {} {}", dice.pick(ADJECTIVES), dice.pick(NOUNS));
        parts.push(format!("\n## {heading}\n\n{}\n", paragraph(dice)));
    }
    parts.concat()
}

fn html(dice: &mut Dice, title: &str) -> String {
    let paragraphs: Vec<String> = (0..4).map(|_| format!("<p>{}</p>\n", paragraph(dice))).collect();
    let head =
        format!("<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><main><h1>{title}</h1>\n");
    format!("{head}{}</main></body></html>\n", paragraphs.concat())
}

fn rust(dice: &mut Dice, title: &str) -> String {
    let mut parts = vec![format!("//! {title}. {}\n\n", sentence(dice))];
    for number in 0..6 {
        let (noun, verb) = (dice.pick(NOUNS), dice.pick(VERBS));
        parts.push(format!("/// {}\n", sentence(dice)));
        parts.push(format!("pub fn {verb}_{noun}_{number}({noun}: u64, limit: u64) -> u64 {{\n"));
        parts.push(format!("    let {verb} = {noun} + {};\n", dice.below(900)));
        parts.push(format!("    if {verb} > limit {{\n        return limit;\n    }}\n    {verb}\n}}\n\n"));
    }
    parts.concat()
}

/// Writes `count` files of four formats into `folder`, some of them in a folder below it.
pub fn write_folder(folder: &Path, count: usize, dice: &mut Dice) {
    fs::create_dir_all(folder.join("deeper")).expect("a folder can be made");
    for number in 0..count {
        let title = format!("Note {number} about the {}", dice.pick(NOUNS));
        let (ending, text) = match number % 4 {
            0 => ("md", markdown(dice, &title)),
            1 => ("html", html(dice, &title)),
            2 => ("txt", format!("{title}\n\n{}\n\n{}\n", paragraph(dice), paragraph(dice))),
            _ => ("rs", rust(dice, &title)),
        };
        let below = if number % 5 == 0 { "deeper/" } else { "" };
        fs::write(folder.join(format!("{below}note-{number:02}.{ending}")), text)
            .expect("a file can be written");
    }
}
