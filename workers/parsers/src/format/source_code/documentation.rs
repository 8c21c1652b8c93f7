//! What comments say, without the marks of a comment.

use tree_sitter::Node;

use super::dialect::Dialect;
use crate::syntax::Grammar;

const CHARACTERS_MAX: usize = 4_000;

/// What is said about a declaration: in the comments right before it, or in the string that opens its body.
pub(super) fn of(
    node: Node<'_>,
    before: &[Node<'_>],
    source: &str,
    grammar: Grammar,
    dialect: &Dialect,
) -> Option<String> {
    if grammar == Grammar::Python
        && let Some(said) = node.child_by_field_name("body").and_then(|body| opening_string(body, source))
    {
        return Some(said);
    }
    let documents = |comment: &&str| {
        let comment = comment.trim_start();
        dialect.documents.is_empty() || dialect.documents.iter().any(|mark| comment.starts_with(mark))
    };
    let comments = before.iter().filter_map(|comment| source.get(comment.byte_range())).filter(documents);
    joined(comments)
}

/// What is said about a file as a whole.
pub(super) fn of_file(root: Node<'_>, source: &str, grammar: Grammar) -> Option<String> {
    match grammar {
        Grammar::Python => opening_string(root, source),
        Grammar::Rust => {
            let children: Vec<Node<'_>> = root.named_children(&mut root.walk()).collect();
            let comments = children.iter().filter_map(|child| source.get(child.byte_range()));
            joined(comments.take_while(|text| text.starts_with(['/', '#'])).filter(|text| is_inner(text)))
        }
        Grammar::Go => {
            let package =
                root.named_children(&mut root.walk()).find(|child| child.kind() == "package_clause")?;
            let mut comments = Vec::new();
            let mut next = package;
            while let Some(comment) = next.prev_named_sibling().filter(|before| {
                before.kind() == "comment" && before.end_position().row + 1 == next.start_position().row
            }) {
                comments.push(source.get(comment.byte_range()).unwrap_or_default());
                next = comment;
            }
            joined(comments.into_iter().rev())
        }
        _ => None,
    }
}

fn is_inner(comment: &str) -> bool {
    comment.starts_with("//!") || comment.starts_with("/*!")
}

fn joined<'a>(comments: impl Iterator<Item = &'a str>) -> Option<String> {
    let said = comments.map(plain).collect::<Vec<_>>().join("\n");
    let said: String = said.trim().chars().take(CHARACTERS_MAX).collect();
    (!said.is_empty()).then_some(said)
}

/// A comment without its marks.
pub(super) fn plain(comment: &str) -> String {
    let inner = comment.trim().trim_start_matches("/*").trim_end_matches("*/");
    let bare = |line: &str| {
        let line = line.trim();
        let line = line.trim_start_matches(['/', '#', '!']).trim_start_matches(['*', ':']);
        line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned()
    };
    inner.lines().map(bare).collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// The string that opens a body of Python, without its quotes and its common indentation.
fn opening_string(body: Node<'_>, source: &str) -> Option<String> {
    let first = body.named_children(&mut body.walk()).find(|child| child.kind() != "comment")?;
    let string = match first.kind() {
        "expression_statement" => first.named_child(0)?,
        _ => first,
    };
    let content = (string.kind() == "string").then_some(string)?;
    let content =
        content.named_children(&mut content.walk()).find(|child| child.kind() == "string_content")?;
    let text = source.get(content.byte_range())?;
    let said: String = text.lines().map(str::trim).collect::<Vec<_>>().join("\n");
    let said: String = said.trim().chars().take(CHARACTERS_MAX).collect();
    (!said.is_empty()).then_some(said)
}
