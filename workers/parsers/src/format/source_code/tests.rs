//! What is found in sources of each language, and in broken ones.

use super::*;

fn read(name: &str, code: &str) -> ParsedDocument {
    SourceCode.parse(code.as_bytes(), &Source::named(name)).unwrap()
}

/// Each symbol as `kind name first-last`.
fn symbols(document: &ParsedDocument) -> Vec<String> {
    let shown = |symbol: &event_model::Symbol| {
        format!("{} {} {}-{}", symbol.kind, symbol.name, symbol.first_line, symbol.last_line)
    };
    document.symbols.iter().map(shown).collect()
}

fn said(document: &ParsedDocument, name: &str) -> Option<String> {
    document.symbols.iter().find(|symbol| symbol.name == name).and_then(|symbol| symbol.documentation.clone())
}

#[test]
fn code_is_cut_between_top_level_parts_only() {
    let code = "use a;\n\nfn one() {\n    a();\n\n    b();\n\n}\n\n#[test]\nfn two() {}\n";
    for name in ["src/lib.rs", "lib.swift"] {
        let document = read(name, code);
        assert_eq!(document.blocks.len(), 3, "{name}");
        assert_eq!(document.text, code.trim_end());
    }
    let lines: Vec<_> = read("lib.rs", code).blocks.iter().map(|block| block.first_line).collect();
    assert_eq!(lines, [Some(1), Some(3), Some(10)]);
}

#[test]
fn rust_is_outlined() {
    let code = "//! What this file is for.\n\nuse std::fmt;\n\n/// A pile of things.\n///\n/// The last comes first.\n#[derive(Debug)]\n\
        pub struct Pile<T> {\n    items: Vec<T>,\n}\n\nimpl<T> Pile<T> {\n    /// Puts one on top.\n    pub fn push(&mut self, item: T) {\n\
        \x20       self.items.push(item);\n    }\n}\n// Shows it.\nimpl<T> fmt::Display for Pile<T> {\n    fn fmt(&self) {}\n}\n\
        mod inner {\n    pub const LIMIT: u8 = 3;\n    pub fn free() {}\n}\nmacro_rules! pile { () => {} }\n";
    let document = read("pile.rs", code);
    assert_eq!(
        symbols(&document),
        [
            "struct Pile 9-11",
            "impl Pile<T> 13-18",
            "method Pile::push 15-17",
            "impl fmt::Display for Pile<T> 20-22",
            "method Pile::fmt 21-21",
            "module inner 23-26",
            "constant inner::LIMIT 24-24",
            "function inner::free 25-25",
            "macro pile 27-27",
        ]
    );
    assert_eq!(said(&document, "Pile").as_deref(), Some("A pile of things.\n\nThe last comes first."));
    assert_eq!(said(&document, "Pile::push").as_deref(), Some("Puts one on top."));
    assert_eq!(said(&document, "fmt::Display for Pile<T>"), None, "a remark documents nothing");
    assert_eq!(document.metadata["documentation"], "What this file is for.");
}

#[test]
fn python_is_outlined() {
    let code = "\"\"\"Piles.\"\"\"\nimport os\n\nLIMIT = 3\n\n\nclass Pile:\n    \"\"\"A pile.\n\n    Of things.\n    \"\"\"\n    items = []\n\n\
        \x20   @property\n    def top(self):\n        return self.items[-1]\n\n\nasync def main():\n    'Runs.'\n    value = 1\n";
    let document = read("pile.py", code);
    assert_eq!(
        symbols(&document),
        ["constant LIMIT 4-4", "class Pile 7-16", "method Pile.top 14-16", "function main 19-21"]
    );
    assert_eq!(said(&document, "Pile").as_deref(), Some("A pile.\n\nOf things."));
    assert_eq!(said(&document, "main").as_deref(), Some("Runs."));
    assert_eq!(document.metadata["documentation"], "Piles.");
}

#[test]
fn javascript_and_typescript_are_outlined() {
    let code = "import a from 'a';\n\n/** Adds. */\nexport function add(a, b) {\n  return a + b;\n}\nexport default class Pile {\n\
        \x20 /** Puts one on top. */\n  push(item) {}\n}\nconst twice = (x) => 2 * x, LIMIT = 3;\nlet open;\n";
    let document = read("pile.mjs", code);
    let expected = [
        "function add 4-6",
        "class Pile 7-10",
        "method Pile.push 9-9",
        "function twice 11-11",
        "constant LIMIT 11-11",
        "variable open 12-12",
    ];
    assert_eq!(symbols(&document), expected);
    assert_eq!(said(&document, "add").as_deref(), Some("Adds."));
    assert_eq!(said(&document, "Pile.push").as_deref(), Some("Puts one on top."));
    let code = "export interface Shape {\n  area(): number;\n}\ntype Id = string;\nenum Colour { Red }\nnamespace Deep {\n  export abstract class A {\n\
        \x20   abstract go(): void;\n  }\n}\ndeclare function outside(a: Id): void;\n";
    let expected = [
        "interface Shape 1-3",
        "method Shape.area 2-2",
        "type Id 4-4",
        "enum Colour 5-5",
        "namespace Deep 6-10",
        "class Deep.A 7-9",
        "method Deep.A.go 8-8",
        "function outside 11-11",
    ];
    assert_eq!(symbols(&read("shape.ts", code)), expected);
    let component = read("view.tsx", "const View = (): Node => <b>hi</b>;\n");
    assert_eq!(symbols(&component), ["function View 1-1"]);
    assert_eq!(component.blocks[0].syntax_error, None);
}

#[test]
fn go_and_java_are_outlined() {
    let code = "// Package pile holds piles.\npackage pile\n\n// Pile is a pile.\ntype Pile[T any] struct {\n\titems []T\n}\n\n\
        type (\n\tShape interface{ Area() int }\n\tId = string\n)\n\n// Push puts one on top.\nfunc (p *Pile[T]) Push(item T) {}\n\n\
        const Limit = 3\n\nfunc main() {}\n";
    let document = read("pile.go", code);
    let expected = [
        "struct Pile 5-7",
        "interface Shape 10-10",
        "type Id 11-11",
        "method Pile.Push 15-15",
        "constant Limit 17-17",
        "function main 19-19",
    ];
    assert_eq!(symbols(&document), expected);
    assert_eq!(said(&document, "Pile").as_deref(), Some("Pile is a pile."));
    assert_eq!(said(&document, "Pile.Push").as_deref(), Some("Push puts one on top."));
    assert_eq!(document.metadata["documentation"], "Package pile holds piles.");
    let code = "package a;\n\nimport b.C;\n\n/**\n * A pile.\n */\npublic class Pile<T> {\n  private int size;\n  /** Makes one. */\n  Pile() {}\n\
        \x20 void push(T item) {}\n  enum Order { UP; int go() { return 1; } }\n}\nrecord Point(int x) {}\n";
    let document = read("Pile.java", code);
    let expected = [
        "class Pile 8-14",
        "constructor Pile.Pile 11-11",
        "method Pile.push 12-12",
        "enum Pile.Order 13-13",
        "method Pile.Order.go 13-13",
        "record Point 15-15",
    ];
    assert_eq!(symbols(&document), expected);
    assert_eq!(said(&document, "Pile").as_deref(), Some("A pile."));
}

#[test]
fn c_and_cpp_are_outlined() {
    let code = "#ifndef PILE_H\n#define PILE_H\n#define LIMIT 3\n\n/* A pile. */\nstruct pile {\n  int size;\n};\ntypedef struct pile pile_t;\n\
        enum order { UP };\n\n// Puts one on top.\nint pile_push(struct pile *pile, int item);\nstatic const char *names[3];\n#endif\n";
    let document = read("pile.h", code);
    let expected = [
        "macro PILE_H 2-2",
        "macro LIMIT 3-3",
        "struct pile 6-8",
        "type pile_t 9-9",
        "enum order 10-10",
        "function pile_push 13-13",
        "variable names 14-14",
    ];
    assert_eq!(symbols(&document), expected);
    assert_eq!(said(&document, "pile_push").as_deref(), Some("Puts one on top."));
    let code = "namespace deep {\ntemplate <typename T>\nclass Pile {\n public:\n  Pile();\n  void push(T item);\n  int size() const { return size_; }\n\
        \x20private:\n  int size_;\n};\n}\n\nvoid deep::Pile<int>::push(int item) {}\nint *find(int &x) { return &x; }\n";
    let expected = [
        "namespace deep 1-11",
        "class deep::Pile 2-10",
        "method deep::Pile::push 6-6",
        "method deep::Pile::size 7-7",
        "function deep::Pile<int>::push 13-13",
        "function find 14-14",
    ];
    let found = symbols(&read("pile.cpp", code));
    let found: Vec<&String> = found.iter().filter(|symbol| !symbol.contains("Pile::Pile")).collect();
    assert_eq!(found, expected.iter().collect::<Vec<_>>());
}

#[test]
fn a_broken_source_gives_what_can_be_read_and_says_where_it_breaks() {
    let code = "fn sound() {}\n\nfn broken( {\n    1\n}\n\nfn sound_again() {\n    2\n}\n";
    let document = read("a.rs", code);
    assert!(symbols(&document).contains(&"function sound 1-1".to_owned()));
    let broken: Vec<_> = document
        .blocks
        .iter()
        .filter_map(|block| Some((block.first_line?, block.syntax_error.as_ref()?.line)))
        .collect();
    assert_eq!(broken, [(3, 1)], "{:?}", document.blocks);
    assert_eq!(document.text, code.trim_end());
}

#[test]
fn a_long_type_is_cut_before_its_members() {
    let method = |n: usize| {
        format!(
            "    /** Number {n}. */\n    int m{n}() {{\n        return {};\n    }}\n",
            "1 + ".repeat(60) + "1"
        )
    };
    let code = format!("class A {{\n{}}}\n", (0..6).map(method).collect::<String>());
    let document = read("A.java", &code);
    let firsts: Vec<_> = document.blocks.iter().map(|block| block.first_line.unwrap()).collect();
    assert_eq!(firsts, [1, 6, 10, 14, 18, 22], "the first stays with the line that opens the class");
    assert!(document.text.contains("\n\n    /** Number 3. */\n    int m3() {\n"));
}

#[test]
fn comments_have_a_language_and_code_has_none() {
    let comment = "// Der Hafenmeister schreibt jedes Schiff auf, das in den Hafen einläuft, bevor jemand an Land darf.\nint a;\n";
    assert_eq!(read("a.c", comment).language.as_deref(), Some("de"));
    assert_eq!(read("a.c", "int the_harbour_master_writes_down_every_ship_that_enters;\n").language, None);
}
