//! One declaration: its name and what it is called, where the grammar's kind of node does not say it all.

use tree_sitter::Node;

use super::dialect::Dialect;

const NAME_CHARACTERS_MAX: usize = 200;

/// What one node declares.
pub(super) struct Declaration {
    pub(super) name: String,
    pub(super) kind: &'static str,
    /// What its members are members of, if not of `name`.
    pub(super) container: Option<String>,
}

impl Declaration {
    /// Nothing, if the node declares nothing worth a mention: a field, a mere use of a type, a name that is no name.
    pub(super) fn read(node: Node<'_>, source: &str, dialect: &Dialect, in_type: bool) -> Option<Self> {
        let text = |node: Node<'_>| source.get(node.byte_range()).unwrap_or_default();
        let field = |name| node.child_by_field_name(name);
        let mut kind = dialect.declares(node.kind())?;
        let mut container = None;
        let name = match node.kind() {
            "impl_item" => {
                let of = text(field("type")?);
                container = Some(of.split('<').next().unwrap_or(of).to_owned());
                field("trait").map_or(of.to_owned(), |implemented| format!("{} for {of}", text(implemented)))
            }
            "struct_specifier" | "class_specifier" | "union_specifier" | "enum_specifier" => {
                field("body")?;
                text(field("name")?).to_owned()
            }
            "method_declaration" if field("receiver").is_some() => {
                format!("{}.{}", receiver(text(field("receiver")?)), text(field("name")?))
            }
            "assignment" => {
                let name = field("left").filter(|left| left.kind() == "identifier" && !in_type)?;
                text(name).to_owned()
            }
            _ => text(field("name").or_else(|| declared(node))?).to_owned(),
        };
        match node.kind() {
            "variable_declarator" => kind = variable(node),
            "assignment" if !name.chars().any(char::is_lowercase) => kind = "constant",
            "type_spec" => kind = field("type").map_or(kind, |of| go_type(of.kind(), kind)),
            "declaration" | "field_declaration" => match declares_function(node) {
                true => kind = "function",
                false if node.kind() == "field_declaration" => return None,
                false => {}
            },
            _ => {}
        }
        if kind == "function" && in_type {
            kind = "method";
        }
        let name: String = name.split_whitespace().collect::<Vec<_>>().join(" ");
        let name: String = name.chars().take(NAME_CHARACTERS_MAX).collect();
        (!name.is_empty()).then_some(Self { name, kind, container })
    }
}

/// The name in a declarator of C, which stands inside of stars, brackets and parentheses.
fn declared(node: Node<'_>) -> Option<Node<'_>> {
    let mut inner = node.child_by_field_name("declarator")?;
    while let Some(deeper) = inner.child_by_field_name("declarator").or_else(|| unwrapped(inner)) {
        inner = deeper;
    }
    Some(inner)
}

/// What a declarator without a field for it holds: of references and parentheses.
fn unwrapped(node: Node<'_>) -> Option<Node<'_>> {
    matches!(node.kind(), "reference_declarator" | "parenthesized_declarator" | "attributed_declarator")
        .then(|| node.named_child(0))
        .flatten()
}

fn declares_function(node: Node<'_>) -> bool {
    let mut inner = node.child_by_field_name("declarator");
    while let Some(declarator) = inner {
        if declarator.kind() == "function_declarator" {
            return true;
        }
        inner = declarator.child_by_field_name("declarator").or_else(|| unwrapped(declarator));
    }
    false
}

/// What a variable of JavaScript is.
fn variable(node: Node<'_>) -> &'static str {
    let value = node.child_by_field_name("value").map_or("", |value| value.kind());
    let constant =
        node.parent().and_then(|parent| parent.child(0)).is_some_and(|first| first.kind() == "const");
    match value {
        "arrow_function" | "function_expression" | "generator_function" => "function",
        "class" => "class",
        _ if constant => "constant",
        _ => "variable",
    }
}

fn go_type(of: &str, otherwise: &'static str) -> &'static str {
    match of {
        "struct_type" => "struct",
        "interface_type" => "interface",
        _ => otherwise,
    }
}

/// The type in the receiver of a method of Go: `Stack` of `(s *Stack[T])`.
fn receiver(parameters: &str) -> &str {
    let inner = parameters.trim_matches(['(', ')', ' ']);
    let of = inner.split('[').next().unwrap_or(inner).trim_end();
    of.rsplit([' ', '*']).next().unwrap_or(of)
}
