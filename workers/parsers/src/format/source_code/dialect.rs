//! What declares something in each language: the kinds of tree-sitter's nodes, and what people call them.

use crate::syntax::Grammar;

/// How declarations are told in one language.
pub(super) struct Dialect {
    /// Kinds of node that declare one thing, and what it is called.
    declares: &'static [(&'static str, &'static str)],
    /// Kinds that stand around declarations and declare nothing themselves: what exports, decorates, groups or guards them.
    around: &'static [&'static str],
    /// Kinds that declare and hold the declarations of their members.
    holds: &'static [&'static str],
    /// What stands between the name of a container and that of its member.
    pub(super) separator: &'static str,
    /// How a comment that documents what follows begins; any comment does if this is empty.
    pub(super) documents: &'static [&'static str],
}

impl Dialect {
    pub(super) fn of(grammar: Grammar) -> &'static Self {
        match grammar {
            Grammar::Rust => &RUST,
            Grammar::Python => &PYTHON,
            Grammar::JavaScript | Grammar::TypeScript | Grammar::Tsx => &SCRIPT,
            Grammar::Go => &GO,
            Grammar::Java => &JAVA,
            Grammar::C | Grammar::Cpp => &C,
        }
    }

    /// What a node of this kind declares.
    pub(super) fn declares(&self, kind: &str) -> Option<&'static str> {
        self.declares.iter().find(|(node, _)| *node == kind).map(|(_, called)| *called)
    }

    pub(super) fn is_around(&self, kind: &str) -> bool {
        self.around.contains(&kind)
    }

    pub(super) fn holds(&self, kind: &str) -> bool {
        self.holds.contains(&kind)
    }
}

const RUST: Dialect = Dialect {
    declares: &[
        ("function_item", "function"),
        ("function_signature_item", "function"),
        ("struct_item", "struct"),
        ("enum_item", "enum"),
        ("union_item", "union"),
        ("trait_item", "trait"),
        ("impl_item", "impl"),
        ("mod_item", "module"),
        ("const_item", "constant"),
        ("static_item", "static"),
        ("type_item", "type"),
        ("associated_type", "type"),
        ("macro_definition", "macro"),
    ],
    around: &["foreign_mod_item", "declaration_list"],
    holds: &["trait_item", "impl_item", "mod_item"],
    separator: "::",
    documents: &["///", "/**"],
};

const PYTHON: Dialect = Dialect {
    declares: &[
        ("function_definition", "function"),
        ("class_definition", "class"),
        ("assignment", "variable"),
        ("type_alias_statement", "type"),
    ],
    around: &["decorated_definition", "expression_statement", "block"],
    holds: &["class_definition"],
    separator: ".",
    documents: &["#:"],
};

const SCRIPT: Dialect = Dialect {
    declares: &[
        ("function_declaration", "function"),
        ("generator_function_declaration", "function"),
        ("function_signature", "function"),
        ("class_declaration", "class"),
        ("abstract_class_declaration", "class"),
        ("method_definition", "method"),
        ("method_signature", "method"),
        ("abstract_method_signature", "method"),
        ("interface_declaration", "interface"),
        ("type_alias_declaration", "type"),
        ("enum_declaration", "enum"),
        ("variable_declarator", "variable"),
        ("internal_module", "namespace"),
        ("module", "namespace"),
    ],
    around: &[
        "export_statement",
        "ambient_declaration",
        "expression_statement",
        "lexical_declaration",
        "variable_declaration",
        "class_body",
        "interface_body",
        "statement_block",
    ],
    holds: &[
        "class_declaration",
        "abstract_class_declaration",
        "interface_declaration",
        "internal_module",
        "module",
    ],
    separator: ".",
    documents: &["/**"],
};

const GO: Dialect = Dialect {
    declares: &[
        ("function_declaration", "function"),
        ("method_declaration", "method"),
        ("type_spec", "type"),
        ("type_alias", "type"),
        ("const_spec", "constant"),
        ("var_spec", "variable"),
    ],
    around: &["type_declaration", "const_declaration", "var_declaration", "var_spec_list"],
    holds: &[],
    separator: ".",
    documents: &[],
};

const JAVA: Dialect = Dialect {
    declares: &[
        ("class_declaration", "class"),
        ("interface_declaration", "interface"),
        ("enum_declaration", "enum"),
        ("record_declaration", "record"),
        ("annotation_type_declaration", "annotation"),
        ("method_declaration", "method"),
        ("constructor_declaration", "constructor"),
        ("field_declaration", "field"),
        ("constant_declaration", "constant"),
        ("module_declaration", "module"),
    ],
    around: &["class_body", "interface_body", "enum_body", "enum_body_declarations", "annotation_type_body"],
    holds: &[
        "class_declaration",
        "interface_declaration",
        "enum_declaration",
        "record_declaration",
        "annotation_type_declaration",
    ],
    separator: ".",
    documents: &["/**"],
};

const C: Dialect = Dialect {
    declares: &[
        ("function_definition", "function"),
        ("declaration", "variable"),
        ("field_declaration", "field"),
        ("type_definition", "type"),
        ("alias_declaration", "type"),
        ("struct_specifier", "struct"),
        ("class_specifier", "class"),
        ("union_specifier", "union"),
        ("enum_specifier", "enum"),
        ("namespace_definition", "namespace"),
        ("concept_definition", "concept"),
        ("preproc_def", "macro"),
        ("preproc_function_def", "macro"),
    ],
    around: &[
        "template_declaration",
        "linkage_specification",
        "declaration_list",
        "field_declaration_list",
        "preproc_ifdef",
        "preproc_if",
        "preproc_elif",
        "preproc_else",
    ],
    holds: &["struct_specifier", "class_specifier", "namespace_definition"],
    separator: "::",
    documents: &[],
};
