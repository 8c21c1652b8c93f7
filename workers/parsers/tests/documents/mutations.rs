//! Real files, cut short and with bits turned: no fault of a document reaches the process that asked.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use futures::{StreamExt, stream};
use parsers::{ChildCommand, ParserPool, PoolConfig, Reason, Source};

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

async fn survives(files: Vec<(String, Vec<u8>)>) {
    let pool = ParserPool::start(pool_command(), PoolConfig::default()).await.unwrap();
    let (parsed, rejected, crashed) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    for (name, file) in &files {
        stream::iter(mutants(file))
            .for_each_concurrent(2, |mutant| {
                let (pool, parsed, rejected, crashed) = (&pool, &parsed, &rejected, &crashed);
                async move {
                    let verdict = pool.parse(&mutant, &Source::named(name)).await;
                    match verdict.unwrap_or_else(|error| panic!("{name}: {error}")) {
                        Ok(document) => {
                            assert!(!document.text.is_empty() && !document.chunks.is_empty(), "{name}");
                            parsed.fetch_add(1, Ordering::Relaxed);
                        }
                        Err(rejection) => {
                            assert!(rejection.detail.len() > 20, "{name}: `{rejection}`");
                            rejected.fetch_add(1, Ordering::Relaxed);
                            if rejection.reason == Reason::Crashed {
                                crashed.fetch_add(1, Ordering::Relaxed);
                            }
                        }
                    }
                }
            })
            .await;
    }
    let well = pool.parse(b"All is well.", &Source::named("well.txt")).await.unwrap();
    assert_eq!(well.unwrap().text, "All is well.");
    let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
    let (parsed, rejected) = (count(&parsed), count(&rejected));
    assert_eq!(parsed + rejected, files.len() * 70, "each mutant has a verdict");
    println!(
        "{} files, {} mutants: {parsed} parsed, {rejected} rejected, of them {} by a crash of the parser",
        files.len(),
        parsed + rejected,
        count(&crashed)
    );
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
