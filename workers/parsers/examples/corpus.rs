//! Measures the parsers on a folder of real documents with gold texts beside them (`NAME.gold.md`, `NAME.gold.txt`): token
//! F1, rejections and time for each kind, and the worst ten by name. Every document goes through the pool.
//!
//! `cargo run -p parsers --example corpus -- FOLDER [WORST]`

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use parsers::{ChildCommand, ParserPool, PoolConfig, Reason, Source};
use unicode_normalization::UnicodeNormalization;

#[derive(Default)]
struct Score {
    scores: Vec<(f64, String)>,
    rejected: BTreeMap<&'static str, Vec<String>>,
    documents: u32,
    time: Duration,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("usage: corpus FOLDER [WORST]")?);
    let worst = std::env::args().nth(2).and_then(|count| count.parse().ok()).unwrap_or(10);
    let program = std::env::current_exe()?.with_file_name("../parser-child");
    let pool = ParserPool::start(ChildCommand { program, args: Vec::new() }, PoolConfig::default()).await?;
    println!("jail: {:?}", pool.jail_report());
    let mut kinds: BTreeMap<String, Score> = BTreeMap::new();
    for path in files(&folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let kind = Source::named(&name).extension();
        let score = kinds.entry(kind.clone()).or_default();
        let bytes = fs::read(&path)?;
        let begun = Instant::now();
        let verdict = pool.parse(&bytes, &Source::named(&name)).await?;
        score.time += begun.elapsed();
        score.documents += 1;
        let text = match verdict {
            Ok(document) => document.text,
            Err(rejection) => {
                score.rejected.entry(rejection.reason.as_str()).or_default().push(name.clone());
                if matches!(rejection.reason, Reason::Crashed | Reason::TimeLimit | Reason::MemoryLimit) {
                    println!("{name}: {rejection}");
                }
                String::new()
            }
        };
        if let Some(gold) = gold_of(&path)
            && gold.len() > 1
        {
            let f1 = if kind == "html" {
                f1(&shingles(&tokens(&text)), &shingles(&gold))
            } else {
                f1(&tokens(&text), &gold)
            };
            score.scores.push((f1, name));
        }
    }
    for (kind, score) in &mut kinds {
        report(kind, score, worst);
    }
    Ok(())
}

fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if !path.to_string_lossy().contains(".gold.") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn gold_of(path: &Path) -> Option<Vec<String>> {
    let gold = |end: &str| fs::read(path.with_extension(end)).ok();
    let bytes = gold("gold.md").or_else(|| gold("gold.txt"))?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Some(tokens(&if path.with_extension("gold.md").exists() { without_markup(&text) } else { text }))
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

fn tokens(text: &str) -> Vec<String> {
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

#[expect(clippy::cast_precision_loss, reason = "counts of words")]
fn f1(parsed: &[String], gold: &[String]) -> f64 {
    let mut left: HashMap<&str, i64> = HashMap::new();
    for token in gold {
        *left.entry(token).or_default() += 1;
    }
    let mut shared = 0_usize;
    for token in parsed {
        if let Some(count) = left.get_mut(token.as_str()).filter(|count| **count > 0) {
            *count -= 1;
            shared += 1;
        }
    }
    2.0 * shared as f64 / (parsed.len() + gold.len()).max(1) as f64
}

#[expect(clippy::cast_precision_loss, reason = "counts of documents")]
fn report(kind: &str, score: &mut Score, worst: usize) {
    score.scores.sort_by(|a, b| a.0.total_cmp(&b.0));
    let count = score.scores.len();
    let mean = score.scores.iter().map(|(f1, _)| f1).sum::<f64>() / count.max(1) as f64;
    let median = score.scores.get(count / 2).map_or(0.0, |(f1, _)| *f1);
    let under = |bound: f64| score.scores.iter().filter(|(f1, _)| *f1 < bound).count();
    println!(
        "{kind}: {} documents, {:.1} ms each; {count} with gold: mean F1 {mean:.4}, median {median:.4}, under 0.9: {}, under 0.5: {}",
        score.documents,
        score.time.as_secs_f64() * 1000.0 / f64::from(score.documents.max(1)),
        under(0.9),
        under(0.5),
    );
    for (reason, names) in &score.rejected {
        println!("  rejected {reason}: {} ({})", names.len(), names.join(", "));
    }
    for (f1, name) in score.scores.iter().take(worst) {
        println!("  {f1:.3} {name}");
    }
}
