//! The pool with real children: each misbehaviour costs the document that asked for it, and nothing else.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use event_model::{BlockKind, ParsedDocument};
use parsers::{ChildCommand, ParserPool, PoolConfig, PoolError, Protection, Reason, Rejection, Source};

fn command() -> ChildCommand {
    ChildCommand { program: env!("CARGO_BIN_EXE_parser-child").into(), args: Vec::new() }
}

async fn pool(config: PoolConfig) -> ParserPool {
    ParserPool::start(command(), config).await.unwrap()
}

async fn small_pool() -> ParserPool {
    pool(PoolConfig { children: 1, time_limit: Duration::from_secs(3), ..PoolConfig::default() }).await
}

async fn parse(pool: &ParserPool, text: &str) -> Result<ParsedDocument, Rejection> {
    pool.parse(text.as_bytes(), &Source::named("../../note.txt")).await.unwrap()
}

async fn works(pool: &ParserPool) {
    let document = parse(pool, "All is well.\n\nIt is.").await.unwrap();
    assert_eq!(document.text, "All is well.\n\nIt is.");
    assert_eq!(document.chunks.len(), 1);
}

/// What the document that misbehaves gets; the pool must work before and after.
async fn verdict(misbehaviour: &str) -> Result<ParsedDocument, Rejection> {
    let pool = small_pool().await;
    works(&pool).await;
    let verdict = parse(&pool, &format!("misbehave: {misbehaviour}")).await;
    works(&pool).await;
    verdict
}

async fn reason(misbehaviour: &str) -> Reason {
    verdict(misbehaviour).await.unwrap_err().reason
}

#[tokio::test]
async fn a_crash_costs_one_document() {
    for misbehaviour in ["abort", "panic", "exit"] {
        assert_eq!(reason(misbehaviour).await, Reason::Crashed, "{misbehaviour}");
    }
}

#[tokio::test]
async fn a_stack_that_is_used_up_says_so() {
    assert_eq!(reason("overflow the stack").await, Reason::TooComplex);
}

#[tokio::test]
async fn an_endless_loop_is_ended_by_the_clock() {
    assert_eq!(reason("hang").await, Reason::TimeLimit);
}

#[tokio::test]
async fn memory_beyond_the_limit_is_refused() {
    assert_eq!(reason("hog memory").await, Reason::MemoryLimit);
}

#[tokio::test]
async fn output_beyond_the_limit_is_refused() {
    let pool = pool(PoolConfig { children: 1, output_bytes_max: 1 << 20, ..PoolConfig::default() }).await;
    assert_eq!(parse(&pool, "misbehave: flood").await.unwrap_err().reason, Reason::OutputLimit);
    works(&pool).await;
}

#[tokio::test]
async fn a_parser_reaches_no_file_no_network_and_no_process() {
    let pool = small_pool().await;
    assert_eq!(pool.jail_report().system_calls, Protection::Full);
    assert_eq!(verdict("read a file").await.unwrap().text, "denied");
    for misbehaviour in [
        "write a file",
        "start a program",
        "become a program",
        "fork",
        "start a thread",
        "connect",
        "open a datagram socket",
        "open a local socket",
        "let itself be traced",
        "trace a process",
        "send a signal",
        "send itself a signal",
        "send a group a signal",
    ] {
        let rejection = verdict(misbehaviour).await.unwrap_err();
        assert!(rejection.detail.contains("signal 31"), "{misbehaviour}: {rejection}");
    }
}

#[tokio::test]
async fn a_document_over_the_limit_is_not_sent() {
    let pool = pool(PoolConfig { children: 1, document_bytes_max: 10, ..PoolConfig::default() }).await;
    assert_eq!(parse(&pool, "eleven char").await.unwrap_err().reason, Reason::TooLarge);
    assert!(parse(&pool, "ten chars.").await.is_ok());
}

#[tokio::test]
async fn code_keeps_its_language_on_the_way() {
    let pool = small_pool().await;
    let source = Source::named("a.md");
    let document = pool.parse(b"```rust\nfn a() {}\n```\n", &source).await.unwrap().unwrap();
    assert_eq!(document.blocks[0].kind, BlockKind::Code { language: Some("rust".into()) });
}

#[tokio::test]
async fn a_child_is_replaced_after_its_share_of_documents() {
    let pool = pool(PoolConfig { children: 1, documents_per_child: 2, ..PoolConfig::default() }).await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(parse(&pool, "misbehave: tell the process id").await.unwrap().text);
    }
    assert_eq!((&ids[0], &ids[2]), (&ids[1], &ids[3]));
    assert!(ids[1] != ids[2] && ids[3] != ids[4], "{ids:?}");
}

#[tokio::test]
async fn a_child_killed_between_documents_costs_no_document() {
    let pool = small_pool().await;
    let id = parse(&pool, "misbehave: tell the process id").await.unwrap().text;
    let killed = tokio::process::Command::new("kill").args(["-9", &id]).status().await.unwrap();
    assert!(killed.success());
    works(&pool).await;
}

#[tokio::test]
async fn documents_are_parsed_side_by_side_and_do_not_mix() {
    let pool = pool(PoolConfig { children: 3, ..PoolConfig::default() }).await;
    let parse_one = |number: usize| {
        let pool = &pool;
        async move {
            let text = format!("{number} ").repeat(20_000);
            assert_eq!(parse(pool, &text).await.unwrap().text, text.trim(), "document {number}");
        }
    };
    let tasks = (0..12).map(parse_one);
    futures::future::join_all(tasks).await;
}

#[tokio::test]
async fn dropping_a_parse_frees_its_place() {
    let pool = small_pool().await;
    let hanging = parse(&pool, "misbehave: hang");
    assert!(tokio::time::timeout(Duration::from_millis(300), hanging).await.is_err());
    works(&pool).await;
}

#[tokio::test]
async fn a_program_that_is_no_parser_child_is_named() {
    for (program, args) in [("/bin/true", vec![]), ("/no/such/program", vec![])] {
        let started =
            ParserPool::start(ChildCommand { program: program.into(), args }, PoolConfig::default()).await;
        let error = started.unwrap_err();
        assert!(matches!(error, PoolError::Start { .. } | PoolError::NotReady { .. }));
        assert!(error.to_string().contains(program), "{error}");
    }
}
