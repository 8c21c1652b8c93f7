//! Plugins through the pool: what they read is stored as theirs, and what they do wrong costs one document.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod answers;
mod jail;

use std::path::{Path, PathBuf};

use event_model::{ParsedDocument, Tool};
use parsers::{ChildCommand, ParserPool, Plugin, PoolConfig, PoolError, Reason, Rejection, Source};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plugins")
}

fn child(args: &[&str]) -> ChildCommand {
    let args = args.iter().map(|argument| (*argument).to_owned()).collect();
    ChildCommand { program: env!("CARGO_BIN_EXE_parser-child").into(), args }
}

/// As `elite.toml` would declare it.
fn plugin(name: &str, extension: &str, command: &[&str]) -> Plugin {
    Plugin {
        name: name.to_owned(),
        version: 3,
        media_types: Vec::new(),
        extensions: vec![extension.to_owned()],
        command: command.iter().map(|word| (*word).to_owned()).collect(),
        read_paths: Vec::new(),
        memory_bytes_max: 512 << 20,
        seconds_max: 10.0,
        directory: folder(),
    }
}

fn letters() -> Plugin {
    plugin("letters", "letter", &["python3", "letters.py"])
}

fn misbehaving() -> Plugin {
    let mut plugin = plugin("misbehaving", "mis", &["python3", "misbehaving.py"]);
    plugin.seconds_max = 2.0;
    plugin
}

/// Examples are built with the tests, beside the programs.
fn example(name: &str) -> String {
    let programs = Path::new(env!("CARGO_BIN_EXE_parser-child")).parent().unwrap();
    let path = programs.join("examples").join(name);
    assert!(path.exists(), "run `cargo build -p parsers --examples` first");
    path.display().to_string()
}

async fn pool(plugins: Vec<Plugin>) -> ParserPool {
    let config = PoolConfig { children: 1, output_bytes_max: 4 << 20, ..PoolConfig::default() };
    let pool = ParserPool::start(child(&[]), config).await.unwrap();
    pool.with_plugins(plugins, child(&["plugin-child"]))
}

async fn parse(pool: &ParserPool, name: &str, text: &str) -> Result<ParsedDocument, Rejection> {
    let verdict = pool.parse(text.as_bytes(), &Source::named(name)).await.unwrap();
    let well = pool.parse(b"All is well.", &Source::named("a.txt")).await.unwrap().unwrap();
    assert_eq!((well.text.as_str(), well.parser.name.as_str()), ("All is well.", "plain_text"));
    verdict
}

const LETTER: &str = "From: Ada\nSubject: Über uns\n\nDear all,\n\n> quoted\n\nYours";

#[tokio::test]
async fn a_plugin_in_python_reads_what_it_is_declared_for() {
    let pool = pool(vec![letters()]).await;
    let document = parse(&pool, "in/a.LETTER", LETTER).await.unwrap();
    assert_eq!(document.parser, Tool { name: "letters".into(), version: 3 });
    assert_eq!(document.media_type, "text/x-letter");
    assert_eq!(document.title.as_deref(), Some("Über uns"));
    assert_eq!(document.text, "Über uns\n\nDear all,\n\nquoted\n\nYours");
    assert_eq!(document.metadata["author"], "Ada");
    assert_eq!(document.blocks.len(), 4);
    assert_eq!(document.chunks[0].heading_path, ["Über uns"]);
    let rejection = parse(&pool, "a.letter", "no head").await.unwrap_err();
    assert_eq!(rejection.reason, Reason::Malformed);
    assert!(rejection.detail.contains("`letters`") && rejection.detail.contains("no subject"), "{rejection}");
}

#[tokio::test]
async fn a_plugin_in_rust_reads_what_it_is_declared_for() {
    let pool = pool(vec![plugin("tables", "csv", &[&example("processor")])]).await;
    let document = parse(&pool, "a.csv", "a,b\n1,2\n").await.unwrap();
    assert_eq!((document.text.as_str(), document.media_type.as_str()), ("a | b\n1 | 2", "text/csv"));
    assert_eq!(parse(&pool, "a.csv", "\n\n").await.unwrap_err().reason, Reason::NoText);
}

#[tokio::test]
async fn a_plugin_comes_before_the_parsers_for_its_types_only() {
    let mut by_type = letters();
    by_type.extensions.clear();
    by_type.media_types = vec!["text/html".into(), "application/x-letter".into()];
    let pool = pool(vec![by_type]).await;
    let reader = async |name: &str, declared: Option<&str>, text: &str| {
        let source = Source { name: name.into(), declared_type: declared.map(str::to_owned) };
        match pool.parse(text.as_bytes(), &source).await.unwrap() {
            Ok(document) => document.parser.name,
            Err(rejection) => rejection.detail,
        }
    };
    assert_eq!(reader("a.md", None, LETTER).await, "markdown");
    assert_eq!(reader("a.txt", Some("application/x-letter; charset=utf-8"), LETTER).await, "letters");
    let shown = reader("a", None, "<!doctype html><p>Hello").await;
    assert!(shown.contains("`letters`"), "{shown}");
}

#[tokio::test]
async fn what_a_plugin_does_wrong_costs_one_document_and_is_told_with_its_name() {
    let pool = pool(vec![misbehaving()]).await;
    for (asked, reason) in [
        ("hang", Reason::TimeLimit),
        ("spin", Reason::TimeLimit),
        ("exit", Reason::Crashed),
        ("abort", Reason::Crashed),
        ("hog", Reason::MemoryLimit),
        ("flood", Reason::OutputLimit),
        ("print garbage", Reason::BadOutput),
        ("print ", Reason::BadOutput),
    ] {
        let rejection = parse(&pool, "a.mis", asked).await.unwrap_err();
        assert_eq!(rejection.reason, reason, "{asked}: {rejection}");
        assert!(rejection.detail.contains("`misbehaving`"), "{asked}: {rejection}");
    }
}

#[tokio::test]
async fn a_plugin_that_is_not_there_is_no_fault_of_the_document() {
    let pool = pool(vec![plugin("gone", "x", &["no-such-program"])]).await;
    let error = pool.parse(b"Hello", &Source::named("a.x")).await.unwrap_err();
    assert!(matches!(error, PoolError::Plugin { .. }));
    assert!(
        error.to_string().contains("`gone`") && error.to_string().contains("`no-such-program`"),
        "{error}"
    );
}

#[test]
fn a_declaration_that_cannot_work_is_refused() {
    assert_eq!(letters().fault(), None);
    let spoil = |change: fn(&mut Plugin)| {
        let mut plugin = letters();
        change(&mut plugin);
        plugin.fault()
    };
    for fault in [
        spoil(|plugin| plugin.name.clear()),
        spoil(|plugin| plugin.command.clear()),
        spoil(|plugin| plugin.extensions.clear()),
        spoil(|plugin| plugin.extensions = vec![".csv".into()]),
        spoil(|plugin| plugin.seconds_max = f64::NAN),
        spoil(|plugin| plugin.memory_bytes_max = 1),
    ] {
        assert!(fault.is_some());
    }
}
