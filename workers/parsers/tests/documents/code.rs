//! Code in documents and in files: what is broken is said in its block, and hostile code costs its document at most.

use parsers::Reason;

use crate::{
    hostile::{outcome, pool},
    parse,
};

/// The line of the first fault of each block.
fn faults(name: &str, text: &str) -> Vec<Option<u32>> {
    let document = parse(text.as_bytes(), name).unwrap();
    document.blocks.iter().map(|block| block.syntax_error.as_ref().map(|error| error.line)).collect()
}

#[test]
fn broken_examples_are_marked_in_whatever_they_are_embedded() {
    let text = "Look:\n\n```rust\nlet a = 1;\nlet b = ;\n```\n\n```python\nprint(1)\n```\n\n```python\n>>> 1 +\n```\n\n```python\n>>> f(1)\n1 apple\n```\n\n```text\n(((\n```\n";
    assert_eq!(
        faults("a.md", text),
        [None, Some(2), None, Some(1), None, None],
        "what was typed is read, and what was answered is not"
    );
    let page = "<html><body><pre><code class='language-go'>func a() {\n  b(\n}</code></pre></body></html>";
    assert_eq!(parse(page.as_bytes(), "a.html").unwrap().blocks.len(), 1);
}

#[tokio::test]
async fn code_that_never_ends_or_nests_is_parsed_or_refused() {
    let pool = pool().await;
    for (name, unit) in [
        ("a.rs", "fn f() { if x { "),
        ("a.py", "(["),
        ("a.js", "`${"),
        ("a.tsx", "<a b={"),
        ("a.ts", "A<B<"),
        ("a.cpp", "template<class T, a<"),
        ("a.c", "#if a\n"),
        ("a.go", "func(){"),
        ("a.java", "class A { <T"),
        ("jsx.js", "<a>"),
        ("chain.js", "a?b:"),
        ("unary.c", "!-"),
        ("else.rs", "if a {} else "),
        ("if.c", "if(a) "),
    ] {
        let bomb = unit.repeat((1 << 16) / unit.len());
        let verdict = outcome(&pool, name, bomb.as_bytes()).await;
        // Chains that a grammar reads without asking cost their time limit.
        let chained =
            name.len() > "a.java".len() && matches!(verdict, Err(Reason::TimeLimit | Reason::Crashed));
        assert!(verdict.is_ok() || chained, "{name}: {verdict:?}");
    }
}

#[tokio::test]
async fn a_damaged_source_keeps_its_text() {
    let pool = pool().await;
    let code = "fn a() {}\n\nstruct B {\n";
    assert_eq!(outcome(&pool, "a.rs", code.as_bytes()).await, Ok(code.trim_end().to_owned()));
}
