//! Real files, cut short and with bits turned: no fault of a document reaches the process that asked.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
    time::{Duration, Instant},
};

use event_model::ParsedDocument;
use futures::{StreamExt, stream};
use parsers::{ChildCommand, ParserPool, PoolConfig, Reason, Rejection, Source};

use crate::{
    fixtures::{bytes, docx, line, packed, paragraph, pdf, titled_page},
    packages, texts,
};

const CUTS: usize = 20;
const FLIPS: u64 = 50;

fn pool_command() -> ChildCommand {
    ChildCommand { program: env!("CARGO_BIN_EXE_parser-child").into(), args: Vec::new() }
}

/// Files below a folder, by name.
fn files_below(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push((path.display().to_string(), fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

fn generated() -> Vec<(String, Vec<u8>)> {
    let page = titled_page("A title", "Some words.") + &line("And a last line.", 11, 600);
    let word = docx().add_paragraph(paragraph("Hello").style("Heading1")).add_paragraph(paragraph("there"));
    let named = [
        ("a.pdf", bytes(pdf(&[&page, &page]))),
        ("a.docx", packed(word)),
        ("a.html", b"<html><head><title>T</title></head><body><article><h1>T</h1><p>Some <a href='b'>words</a>.<table><tr><td>1</table></article>".to_vec()),
        ("a.md", b"---\ntitle: T\n---\n# T\n\n- [x] a\n- b\n\n| a |\n| - |\n| `1` |\n\n```rust\nfn a() {}\n```\n> q[^1]\n\n[^1]: n\n".to_vec()),
        ("a.rs", b"//! Says what.\n\n/// Adds.\npub fn add(a: u8, b: u8) -> u8 {\n    a + b\n}\n".to_vec()),
        ("a.rtf", texts::RTF.into()),
        ("a.ipynb", texts::NOTEBOOK.into()),
        ("a.rst", texts::RST.into()),
        ("a.csv", b"a;b\n\"1;2\";\"x\"\"y\"\n3;4\n".to_vec()),
        ("a.odt", packages::odt("<text:h>T</text:h><text:list><text:list-item><text:p>a<text:s/>b</text:p></text:list-item></text:list>", "")),
        ("a.epub", packages::epub(&["<html><body><h1>T</h1><a/>b</body></html>"])),
        ("a.pptx", packages::pptx(&["<p:sld><p:sp><a:p><a:r><a:t>T</a:t></a:r></a:p></p:sp></p:sld>"])),
        ("a.xlsx", packages::xlsx(packages::SHEET)),
        ("a.txt", "Grüße\r\n\r\nund mehr.\n".as_bytes().to_vec()),
    ];
    named.into_iter().map(|(name, bytes)| (name.to_owned(), bytes)).collect()
}

/// Numbers that look random and are the same in every run.
struct Draws(u64);

impl Draws {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound.max(1)
    }
}

/// The file cut at [`CUTS`] points, and [`FLIPS`] times with one to eight bits turned.
fn mutants(file: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let cuts = (0..CUTS).map(|cut| file[..file.len() * cut / CUTS].to_vec());
    let flips = (0..FLIPS).map(|seed| {
        let mut draws = Draws(seed + file.len() as u64);
        let mut mutant = file.to_vec();
        for _ in 0..=draws.below(8) {
            if !mutant.is_empty() {
                let at = draws.below(mutant.len());
                mutant[at] ^= 1 << draws.below(8);
            }
        }
        mutant
    });
    cuts.chain(flips)
}

/// What became of the mutants.
#[derive(Default)]
struct Tally {
    parsed: usize,
    rejected: BTreeMap<&'static str, usize>,
    crashed: BTreeSet<String>,
    slowest: (Duration, String),
    memory_kilobytes_max: u64,
}

impl Tally {
    fn count(&mut self, name: &str, verdict: Result<ParsedDocument, Rejection>, time: Duration) {
        if time > self.slowest.0 {
            self.slowest = (time, name.to_owned());
        }
        match verdict {
            Ok(document) => {
                assert!(!document.text.is_empty() && !document.chunks.is_empty(), "{name}");
                self.parsed += 1;
            }
            Err(rejection) => {
                assert!(rejection.detail.len() > 20, "{name}: `{rejection}`");
                *self.rejected.entry(rejection.reason.as_str()).or_default() += 1;
                if matches!(rejection.reason, Reason::Crashed | Reason::TimeLimit | Reason::MemoryLimit) {
                    self.crashed.insert(format!("{name}: {rejection}"));
                }
            }
        }
    }

    fn report(&self, files: usize) {
        let Self { parsed, rejected, crashed, slowest, memory_kilobytes_max } = self;
        let all = parsed + rejected.values().sum::<usize>();
        println!("{files} files, {all} mutants: {parsed} parsed, rejected: {rejected:?}");
        println!(
            "slowest: {:?} for {}; the largest child had {memory_kilobytes_max} kB",
            slowest.0, slowest.1
        );
        for crash in crashed {
            println!("  {crash}");
        }
        assert_eq!(all, files * 70, "each mutant has a verdict");
    }
}

/// The most memory that a child of this process has had so far, in kilobytes.
fn largest_child() -> u64 {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("children")).ok());
    let children: Vec<String> =
        lists.flat_map(|list| list.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect();
    let peak = |child: &String| {
        let status = fs::read_to_string(format!("/proc/{child}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().trim_end_matches(" kB").parse::<u64>().ok()
    };
    children.iter().filter_map(peak).max().unwrap_or_default()
}

async fn survives(files: Vec<(String, Vec<u8>)>) {
    let pool = ParserPool::start(pool_command(), PoolConfig::default()).await.unwrap();
    let tally = Mutex::new(Tally::default());
    for (name, file) in &files {
        stream::iter(mutants(file))
            .for_each_concurrent(2, |mutant| {
                let (pool, tally) = (&pool, &tally);
                async move {
                    let begun = Instant::now();
                    let verdict = pool.parse(&mutant, &Source::named(name)).await;
                    let verdict = verdict.unwrap_or_else(|error| panic!("{name}: {error}"));
                    tally.lock().unwrap().count(name, verdict, begun.elapsed());
                }
            })
            .await;
        let mut tally = tally.lock().unwrap();
        tally.memory_kilobytes_max = tally.memory_kilobytes_max.max(largest_child());
    }
    let well = pool.parse(b"All is well.", &Source::named("well.txt")).await.unwrap();
    assert_eq!(well.unwrap().text, "All is well.");
    tally.into_inner().unwrap().report(files.len());
}

#[tokio::test]
async fn mutants_of_made_documents_end_parsed_or_rejected() {
    survives(generated()).await;
}

#[tokio::test]
async fn mutants_of_the_samples_end_parsed_or_rejected() {
    survives(files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples"))).await;
}

#[tokio::test]
async fn mutants_of_a_corpus_end_parsed_or_rejected() {
    let Some(folder) = servers::corpus() else {
        println!("NOT RUN: set ELITE_TESTS_FULL=1, and ELITE_TESTS_CORPUS to a folder of documents");
        return;
    };
    survives(files_below(&folder)).await;
}
