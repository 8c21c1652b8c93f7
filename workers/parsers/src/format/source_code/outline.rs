//! What a source declares, and where it may be cut: before declarations, with the comments and attributes that belong to them.

use event_model::Symbol;
use tree_sitter::{Node, Tree};

use super::{declaration::Declaration, dialect::Dialect, documentation};
use crate::syntax::{Grammar, line};

/// Declarations inside declarations, and conditions of a preprocessor inside each other.
const DEPTH_MAX: usize = 32;
/// What is longer is cut before its members, too. Most of what is shorter fits a passage.
const WHOLE_BYTES_MAX: usize = 1_200;

/// What was found in a source.
#[derive(Default)]
pub(super) struct Outline {
    pub(super) symbols: Vec<Symbol>,
    /// Bytes before which a new block begins, in order.
    pub(super) cuts: Vec<usize>,
    /// What is said about the file as a whole.
    pub(super) documentation: Option<String>,
    /// Comments and documentation outside of bodies, for their language.
    pub(super) comments: String,
}

pub(super) fn read(tree: &Tree, source: &str, grammar: Grammar) -> Outline {
    let root = tree.root_node();
    let outline =
        Outline { documentation: documentation::of_file(root, source, grammar), ..Outline::default() };
    let mut reader = Reader { source, grammar, dialect: Dialect::of(grammar), outline };
    reader.members(root, &Scope { container: None, in_type: false, cut: true, depth: 0 });
    let mut outline = reader.outline;
    if let Some(documentation) = &outline.documentation {
        outline.comments.insert_str(0, documentation);
    }
    outline
}

struct Scope<'a> {
    /// Name of what the declarations are members of.
    container: Option<&'a str>,
    in_type: bool,
    /// Whether the source is cut before the declarations.
    cut: bool,
    depth: usize,
}

/// What stands right before a declaration and belongs to it.
#[derive(Default)]
struct Attached<'t> {
    comments: Vec<Node<'t>>,
    /// Its first byte, and the last row, with attributes.
    start: Option<usize>,
    end_row: usize,
}

impl<'t> Attached<'t> {
    fn add(&mut self, node: Node<'t>, is_comment: bool) {
        if self.start.is_some() && node.start_position().row > self.end_row + 1 {
            *self = Self::default();
        }
        self.start.get_or_insert(node.start_byte());
        self.end_row = last_row(node);
        if is_comment {
            self.comments.push(node);
        }
    }

    /// Nothing, if it does not stand right before the node.
    fn before(self, node: Node<'_>) -> Self {
        let adjacent = node.start_position().row <= self.end_row + 1;
        if self.start.is_some() && adjacent { self } else { Self::default() }
    }
}

struct Reader<'s> {
    source: &'s str,
    grammar: Grammar,
    dialect: &'static Dialect,
    outline: Outline,
}

impl Reader<'_> {
    fn members(&mut self, parent: Node<'_>, scope: &Scope<'_>) {
        if scope.depth > DEPTH_MAX {
            return;
        }
        let (mut attached, mut before) = (Attached::default(), None);
        for child in parent.named_children(&mut parent.walk()) {
            let is_comment = child.kind().ends_with("comment");
            // What stands at the end of a line is about that line.
            let trails = before.is_some_and(|before| child.start_position().row == last_row(before));
            if is_comment {
                self.outline.comments.push_str(&documentation::plain(self.text(child)));
                self.outline.comments.push('\n');
            }
            if is_comment && trails {
                continue;
            }
            if is_comment || child.kind() == "attribute_item" {
                attached.add(child, is_comment);
                continue;
            }
            let own = std::mem::take(&mut attached).before(child);
            if scope.cut {
                self.cut(own.start.unwrap_or(child.start_byte()), child, before, scope);
            }
            self.item(child, child, &own, scope);
            before = Some(child);
        }
    }

    /// A declaration, or what stands around some; `outer` is all that belongs to it.
    fn item(&mut self, node: Node<'_>, outer: Node<'_>, attached: &Attached<'_>, scope: &Scope<'_>) {
        if self.dialect.declares(node.kind()).is_some() {
            self.declaration(node, outer, attached, scope);
        } else if self.dialect.is_around(node.kind()) && scope.depth < DEPTH_MAX {
            let inner: Vec<Node<'_>> = node
                .named_children(&mut node.walk())
                .filter(|child| {
                    self.dialect.declares(child.kind()).is_some() || self.dialect.is_around(child.kind())
                })
                .collect();
            let scope = Scope { cut: scope.cut && is_long(node), depth: scope.depth + 1, ..*scope };
            match inner.as_slice() {
                [only] => self.item(*only, outer, attached, &scope),
                _ => self.members(node, &scope),
            }
        }
    }

    fn declaration(&mut self, node: Node<'_>, outer: Node<'_>, attached: &Attached<'_>, scope: &Scope<'_>) {
        let Some(found) = Declaration::read(node, self.source, self.dialect, scope.in_type) else { return };
        let name = match scope.container {
            Some(container) => format!("{container}{}{}", self.dialect.separator, found.name),
            None => found.name,
        };
        let said = documentation::of(node, &attached.comments, self.source, self.grammar, self.dialect);
        self.outline.symbols.push(Symbol {
            name: name.clone(),
            kind: found.kind.to_owned(),
            first_line: line(outer.start_position().row),
            last_line: line(last_row(outer)),
            documentation: said,
        });
        if self.dialect.holds(node.kind()) {
            let container = found.container.unwrap_or(name);
            let scope = Scope {
                container: Some(&container),
                in_type: !matches!(found.kind, "module" | "namespace"),
                cut: scope.cut && is_long(node),
                depth: scope.depth + 1,
            };
            if let Some(body) = node.child_by_field_name("body") {
                self.members(body, &scope);
            }
        }
    }

    /// Cuts before a line, if that does not tear lines apart which stand together.
    fn cut(&mut self, start: usize, node: Node<'_>, before: Option<Node<'_>>, scope: &Scope<'_>) {
        let start = self.source[..start].rfind('\n').map_or(0, |end| end + 1);
        let Some(before) = before else {
            // The line that opens a container stays with its first member, the opening comment of a file with what follows.
            if scope.depth == 0 && start > 0 && self.is_after_empty_line(start) {
                self.outline.cuts.push(start);
            }
            return;
        };
        let tall = |node: Node<'_>| last_row(node) > node.start_position().row;
        let follows = before.end_byte() <= start;
        if follows && (self.is_after_empty_line(start) || tall(before) || tall(node)) {
            self.outline.cuts.push(start);
        }
    }

    fn is_after_empty_line(&self, start: usize) -> bool {
        let above = self.source[..start].trim_end_matches(' ');
        above
            .strip_suffix('\n')
            .is_some_and(|above| above.trim_end_matches([' ', '\t', '\r']).ends_with('\n'))
    }

    fn text(&self, node: Node<'_>) -> &str {
        self.source.get(node.byte_range()).unwrap_or_default()
    }
}

fn is_long(node: Node<'_>) -> bool {
    node.byte_range().len() > WHOLE_BYTES_MAX
}

/// The last row with text: some comments end with their line end.
fn last_row(node: Node<'_>) -> usize {
    let (start, end) = (node.start_position(), node.end_position());
    if end.column == 0 && end.row > start.row { end.row - 1 } else { end.row }
}
