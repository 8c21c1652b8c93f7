//! How well a text agrees with the gold text beside a document: tokens and their bags, as the README of the corpus says. Used by the
//! example and, through its path, by the benchmark `documents`.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use event_model::ParsedDocument;
use unicode_normalization::UnicodeNormalization;

use crate::order;

/// How much of a text is in the gold, and of the gold in the text; from 0 to 1.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Agreement {
    pub(crate) precision: f64,
    pub(crate) recall: f64,
    pub(crate) f1: f64,
    /// How much of both stands in the same order.
    pub(crate) order: f64,
}

/// The gold text of a document.
pub(crate) struct Gold {
    tokens: Vec<String>,
    /// Whether it is an article out of a page, where the order counts.
    article: bool,
}

impl Gold {
    /// What stands beside a document, if it is long enough to judge by.
    pub(crate) fn beside(path: &Path) -> Option<Self> {
        let read = |end: &str| {
            fs::read(path.with_extension(end)).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        };
        let article = path.extension().is_some_and(|extension| extension == "html");
        let markdown = read("gold.md");
        let tokens = match markdown {
            Some(markdown) => tokens(&without_markup(&markdown)),
            None => tokens(&read("gold.txt")?),
        };
        (tokens.len() > 1).then_some(Self { tokens, article })
    }

    /// A gold text given as such.
    pub(crate) fn of_text(text: &str) -> Self {
        Self { tokens: tokens(text), article: false }
    }

    /// Scores a text.
    pub(crate) fn agreement(&self, text: &str) -> Agreement {
        let parsed = tokens(text);
        let order = order::similarity(&parsed, &self.tokens);
        let bags = if self.article {
            agreement(&shingles(&parsed), &shingles(&self.tokens))
        } else {
            agreement(&parsed, &self.tokens)
        };
        Agreement { order, ..bags }
    }

    /// Words that `text` lacks, and words that it has too much, in their order.
    pub(crate) fn differences(&self, text: &str) -> (Vec<String>, Vec<String>) {
        let parsed = tokens(text);
        (without(&self.tokens, &parsed), without(&parsed, &self.tokens))
    }
}

/// What of a document the gold speaks of: that of DOCX holds no headers, footers and comments.
pub(crate) fn comparable(document: &ParsedDocument, path: &Path) -> String {
    let office = path.extension().is_some_and(|extension| {
        ["docx", "docm", "dotx"].iter().any(|kind| extension.eq_ignore_ascii_case(kind))
    });
    if office { document.body_text() } else { document.text.clone() }
}

/// The documents of a folder and its folders, by name.
pub(crate) fn documents(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(documents(&path)?);
        } else if !path.to_string_lossy().contains(".gold.") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Scores of several documents with their names.
#[derive(Default)]
pub(crate) struct Scores(Vec<(Agreement, String)>);

/// What many scores come to.
pub(crate) struct Summary {
    pub(crate) documents: usize,
    pub(crate) mean: Agreement,
    pub(crate) median_f1: f64,
    pub(crate) under_90: usize,
    pub(crate) under_50: usize,
}

impl Scores {
    pub(crate) fn push(&mut self, agreement: Agreement, name: &str) {
        self.0.push((agreement, name.to_owned()));
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of documents")]
    pub(crate) fn summary(&self) -> Summary {
        let count = self.0.len();
        let mean = |of: fn(&Agreement) -> f64| {
            self.0.iter().map(|(agreement, _)| of(agreement)).sum::<f64>() / count.max(1) as f64
        };
        let mut f1s: Vec<f64> = self.0.iter().map(|(agreement, _)| agreement.f1).collect();
        f1s.sort_by(f64::total_cmp);
        let under = |bound: f64| f1s.iter().filter(|f1| **f1 < bound).count();
        Summary {
            documents: count,
            mean: Agreement {
                precision: mean(|a| a.precision),
                recall: mean(|a| a.recall),
                f1: mean(|a| a.f1),
                order: mean(|a| a.order),
            },
            median_f1: f1s.get(count / 2).copied().unwrap_or_default(),
            under_90: under(0.9),
            under_50: under(0.5),
        }
    }

    /// The worst so many.
    pub(crate) fn worst(&self, count: usize) -> Vec<&(Agreement, String)> {
        let mut all: Vec<_> = self.0.iter().collect();
        all.sort_by(|a, b| a.0.f1.total_cmp(&b.0.f1));
        all.truncate(count);
        all
    }
}

/// Gold Markdown without comments, image links, link targets and inline math.
fn without_markup(text: &str) -> String {
    let mut text = cut(text, "<!--", "-->");
    text = cut(&text, "![", ")");
    text = cut(&text, "](", ")");
    cut(&text, "$", "$")
}

fn cut(text: &str, start: &str, end: &str) -> String {
    let (mut kept, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once(start) {
        let Some((inside, after)) =
            after.split_once(end).filter(|(inside, _)| start != "$" || inside.len() < 200)
        else {
            break;
        };
        kept.push_str(before);
        kept.push_str(if inside.is_empty() { start } else { " " });
        rest = after;
    }
    kept + rest
}

/// Normalised words.
pub(crate) fn tokens(text: &str) -> Vec<String> {
    let text: String = text.nfkc().filter(|character| *character != '\u{ad}').collect();
    let mut joined = String::with_capacity(text.len());
    let mut lines = text.split('\n').peekable();
    while let Some(line) = lines.next() {
        let next_is_lower =
            lines.peek().is_some_and(|next| next.starts_with(|first: char| first.is_ascii_lowercase()));
        let word = line.strip_suffix('-').filter(|word| word.ends_with(char::is_alphanumeric));
        match word {
            Some(word) if next_is_lower => joined.push_str(word),
            _ => {
                joined.push_str(line);
                joined.push('\n');
            }
        }
    }
    let lower = joined.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).filter(|token| !token.is_empty()).map(str::to_owned).collect()
}

fn shingles(tokens: &[String]) -> Vec<String> {
    tokens.windows(4.min(tokens.len().max(1))).map(|window| window.join(" ")).collect()
}

/// The items of `all` beyond those that `other` has as well, each as often as it is too many.
fn without(all: &[String], other: &[String]) -> Vec<String> {
    let mut left: HashMap<&str, usize> = HashMap::new();
    for item in other {
        *left.entry(item).or_default() += 1;
    }
    let beyond = |item: &&String| match left.get_mut(item.as_str()).filter(|count| **count > 0) {
        Some(count) => {
            *count -= 1;
            false
        }
        None => true,
    };
    all.iter().filter(beyond).cloned().collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts of words")]
fn agreement(parsed: &[String], gold: &[String]) -> Agreement {
    let shared = (gold.len() - without(gold, parsed).len()) as f64;
    Agreement {
        precision: shared / parsed.len().max(1) as f64,
        recall: shared / gold.len().max(1) as f64,
        f1: 2.0 * shared / (parsed.len() + gold.len()).max(1) as f64,
        order: 0.0,
    }
}
