//! What an example may be a part of. The first wrapping of each language is none; those that are often needed come first.

use super::Grammar;

/// What stands before an example, and what behind it. Behind it on a line of its own, since it may end in a comment.
pub(super) type Around = (&'static str, &'static str);

const RUST: &[Around] = &[
    ("", ""),
    ("fn e() { ", "\n}"),
    ("", "\n;"),
    ("impl E { ", "\n}"),
    ("struct E { ", "\n}"),
    ("enum E { ", "\n}"),
    ("fn e() { match e { ", "\n} }"),
    ("fn e() { let e = ", "\n; }"),
    ("fn e() { e(", "\n); }"),
    ("", "\n{}"),
    ("type E = ", "\n;"),
    ("macro_rules! e { ", "\n}"),
    ("fn e() ", "\n{}"),
];

const PYTHON: &[Around] = &[
    ("", ""),
    ("(", "\n)"),
    ("e(", "\n)"),
    ("if e: pass\n", ""),
    ("try: pass\n", ""),
    // Far to the right of whatever it is the body of.
    ("", "\n                                        pass"),
    ("", ": pass"),
    ("def ", ": pass"),
    ("{", "\n}"),
    ("[", "\n]"),
];

const JAVA_SCRIPT: &[Around] = &[
    ("", ""),
    ("(", "\n)"),
    ("({", "\n})"),
    ("async function e() { ", "\n}"),
    ("class E { ", "\n}"),
    ("[", "\n]"),
    ("e(", "\n)"),
    ("switch (e) { ", "\n}"),
];

const TYPE_SCRIPT: &[Around] = &[
    ("", ""),
    ("(", "\n)"),
    ("({", "\n})"),
    ("async function e() { ", "\n}"),
    ("class E { ", "\n}"),
    ("interface E { ", "\n}"),
    ("type E = ", "\n;"),
    ("declare ", "\n;"),
    ("function ", "\n;"),
    ("[", "\n]"),
    ("e(", "\n)"),
    ("switch (e) { ", "\n}"),
];

/// A declaration ends with its line.
const GO: &[Around] = &[
    ("", "\n"),
    ("func e() { ", "\n}\n"),
    ("var e = ", "\n"),
    ("type e struct { ", "\n}\n"),
    ("type e interface { ", "\n}\n"),
    ("var e = []any{ ", "}\n"),
    ("type ", "\n"),
    ("func ", "\n"),
    ("func e() { switch e { ", "\n} }\n"),
];

const JAVA: &[Around] = &[
    ("", ""),
    ("class E { ", "\n}"),
    ("class E { void e() { ", "\n} }"),
    ("class E { void e() { ", "\n; } }"),
    ("class E { Object e = ", "\n; }"),
    ("class E { ", "\n{} }"),
    ("class E { ", "\n; }"),
    ("enum E { ", "\n}"),
    ("class E { void e() { switch (e) { ", "\n} } }"),
    ("", "\nclass E {}"),
    ("", "\n{}"),
];

const C: &[Around] = &[
    ("", ""),
    ("void e(void) { ", "\n}"),
    ("", "\n;"),
    ("struct e { ", "\n};"),
    ("enum e { ", "\n};"),
    ("int e[] = { ", "\n};"),
    ("void e(void) { switch (e) { ", "\n} }"),
    ("", "\n{}"),
];

const CPP: &[Around] = &[
    ("", ""),
    ("void e() { ", "\n}"),
    ("", "\n;"),
    ("class E { ", "\n};"),
    ("class E { ", "\n; };"),
    ("enum e { ", "\n};"),
    ("auto e = ", "\n;"),
    ("int e[] = { ", "\n};"),
    ("void e() { switch (e) { ", "\n} }"),
    ("void e() { e(", "\n); }"),
    ("", "\n{}"),
];

/// The wrappings in which an example of a language is tried.
pub(super) fn of(grammar: Grammar) -> &'static [Around] {
    match grammar {
        Grammar::Rust => RUST,
        Grammar::Python => PYTHON,
        Grammar::JavaScript => JAVA_SCRIPT,
        Grammar::TypeScript | Grammar::Tsx => TYPE_SCRIPT,
        Grammar::Go => GO,
        Grammar::Java => JAVA,
        Grammar::C => C,
        Grammar::Cpp => CPP,
    }
}

/// Languages whose examples often go by the name of this one.
pub(super) fn relatives(grammar: Grammar) -> &'static [Grammar] {
    match grammar {
        Grammar::JavaScript => &[Grammar::Tsx, Grammar::TypeScript],
        Grammar::TypeScript => &[Grammar::Tsx, Grammar::JavaScript],
        Grammar::Tsx => &[Grammar::TypeScript],
        Grammar::C => &[Grammar::Cpp],
        Grammar::Cpp | Grammar::Go | Grammar::Java | Grammar::Python | Grammar::Rust => &[],
    }
}
