//! Syntax trees of source code, by tree-sitter, and the first place that a grammar cannot read. The grammars are C code over
//! untrusted bytes: this runs in a parser child, and others read what it noted in the document (`Block::syntax_error`,
//! `ParsedDocument::symbols`). Not a compiler: what a grammar reads may still mean nothing.

use std::ops::ControlFlow;

use event_model::{BlockKind, ParsedDocument, SyntaxError};
use tree_sitter::{Node, ParseOptions, ParseState, Parser, Tree};

pub(crate) use grammars::Grammar;

mod easing;
mod example;
mod grammars;
mod nesting;
mod wrapping;

/// A tree takes ten to thirty times the size of its source, and a child has 512 MiB.
const SOURCE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// What all code of one document may cost. tree-sitter asks every hundred operations, which take it 40 µs, whether to go on.
/// Real code is asked about once in 150 bytes, or in 27 at worst; what takes more was made to.
pub(crate) const ASKED_MAX: usize = 100_000;
/// Brackets, elements and conditions that are open at one place. Endless nesting takes tree-sitter time that is square in the depth, and
/// it does not ask meanwhile.
const NESTING_MAX: usize = 500;
const WHY_CHARACTERS_MAX: usize = 40;

/// The tree of a source, or nothing if it is too large or takes more than what is left of [`ASKED_MAX`]. A broken source has
/// one, too.
pub(crate) fn tree(grammar: Grammar, source: &str, left: &mut usize) -> Option<Tree> {
    if source.len() > SOURCE_BYTES_MAX || nesting::most(grammar, source) > NESTING_MAX {
        return None;
    }
    let mut parser = Parser::new();
    parser.set_language(&grammar.language()).ok()?;
    let mut go_on = |_: &ParseState| match left.checked_sub(1) {
        None => ControlFlow::Break(()),
        Some(rest) => {
            *left = rest;
            ControlFlow::Continue(())
        }
    };
    let mut read = |byte: usize, _| &source.as_bytes()[byte.min(source.len())..];
    parser.parse_with_options(&mut read, None, Some(ParseOptions::new().progress_callback(&mut go_on)))
}

/// The first place in a tree that the grammar could not read: its line, counted from 0, and why.
pub(crate) fn first_error(tree: &Tree, source: &str) -> Option<(usize, String)> {
    broken_node(tree).map(|node| (node.start_position().row, why(node, source)))
}

/// The innermost of the first place that could not be read: it tells the most.
fn broken_node(tree: &Tree) -> Option<Node<'_>> {
    let mut node = tree.root_node();
    if !node.has_error() {
        return None;
    }
    while let Some(broken) = broken_child(node) {
        node = broken;
    }
    Some(node)
}

fn why(node: Node<'_>, source: &str) -> String {
    if node.is_missing() {
        return format!("`{}` is missing", node.kind());
    }
    let text = source.get(node.byte_range()).unwrap_or_default().trim_start();
    let shown: String = text.lines().next().unwrap_or_default().chars().take(WHY_CHARACTERS_MAX).collect();
    format!("cannot read `{}`", shown.trim_end())
}

fn broken_child(node: Node<'_>) -> Option<Node<'_>> {
    let mut cursor = node.walk();
    node.children(&mut cursor).find(|child| child.has_error() || child.is_missing())
}

/// Notes for each code block of a document that its language's grammar cannot read it. Not for source files, whose parser has
/// the tree of the whole file.
pub(crate) fn check(document: &mut ParsedDocument) {
    let mut left = ASKED_MAX;
    let (mut rest, mut at) = (document.text.as_str(), 0);
    for block in &mut document.blocks {
        let BlockKind::Code { language: Some(language) } = &block.kind else { continue };
        let Some(grammar) = Grammar::named(language) else { continue };
        rest = after(rest, block.range.start.saturating_sub(at));
        let behind = after(rest, block.range.end.saturating_sub(block.range.start));
        let code = &rest[..rest.len() - behind.len()];
        (rest, at) = (behind, block.range.end);
        let fault = example::fault(grammar, code, &mut left);
        block.syntax_error = fault.map(|(row, why)| SyntaxError { line: line(row), why });
    }
}

/// The number of a row.
pub(crate) fn line(row: usize) -> u32 {
    u32::try_from(row.saturating_add(1)).unwrap_or(u32::MAX)
}

fn after(text: &str, characters: u32) -> &str {
    text.char_indices().nth(characters as usize).map_or("", |(start, _)| &text[start..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(grammar: Grammar, source: &str) -> Option<(usize, String)> {
        first_error(&tree(grammar, source, &mut { ASKED_MAX }).unwrap(), source)
    }

    #[test]
    fn the_first_broken_place_is_told_with_its_line() {
        assert_eq!(error(Grammar::Rust, "fn a() -> u8 {\n    1\n}\n"), None);
        let cases = [
            (Grammar::Rust, "fn a() {\n    let x = ;\n}\n", 1),
            (Grammar::Python, "def a():\n    return 1\n\ndef b(:\n    pass\n", 3),
            (Grammar::JavaScript, "const a = 1;\nfunction b( {\n}\n", 1),
            (Grammar::TypeScript, "let a: number = 1;\nlet b: = 2;\n", 1),
            (Grammar::Go, "package a\n\nfunc b() {\n\tx := \n}\n", 3),
            (Grammar::Java, "class A {\n  int b() { return 1 }\n}\n", 1),
            (Grammar::C, "int a(void) {\n  return 1\n}\n", 1),
            (Grammar::Cpp, "class A {\n public:\n  int b( { return 1; }\n};\n", 2),
        ];
        for (grammar, source, row) in cases {
            let found = error(grammar, source);
            assert_eq!(found.as_ref().map(|(row, _)| *row), Some(row), "{grammar:?}: {found:?}");
        }
    }

    #[test]
    fn a_source_that_takes_beyond_reason_has_no_tree() {
        assert!(tree(Grammar::C, &" ".repeat(SOURCE_BYTES_MAX + 1), &mut { ASKED_MAX }).is_none());
        let mut left = 50;
        assert!(tree(Grammar::C, &"int a;".repeat(10), &mut left).is_some());
        assert!(tree(Grammar::C, &"int a;".repeat(10_000), &mut left).is_none());
        assert_eq!(left, 0);
    }

    #[test]
    fn endless_elements_and_conditions_have_no_tree_and_many_short_ones_do() {
        for (grammar, part) in [
            (Grammar::JavaScript, "<a>"),
            (Grammar::Tsx, "<A b={1}> "),
            (Grammar::JavaScript, "a ? b : "),
            (Grammar::C, "a?b:\n"),
        ] {
            assert!(tree(grammar, &part.repeat(20_000), &mut { ASKED_MAX }).is_none(), "{part}");
        }
        for (grammar, part) in [
            (Grammar::JavaScript, "let a = <b><c/></b>\nlet d = a ? b : c\n"),
            (Grammar::Tsx, "const a = use<string>(b ? 1 : 2), c?: d;\n"),
            (Grammar::TypeScript, "interface A { a?: b; c: A<B> }\n"),
            (Grammar::Rust, "fn a() -> Option<u8> { b()?; c()?.d() }\n"),
        ] {
            assert!(tree(grammar, &part.repeat(600), &mut { ASKED_MAX }).is_some(), "{part}");
        }
    }
}
