//! What is kept of Markdown.

use crate::{outline, parse};

#[test]
fn every_kind_of_block_is_kept() {
    let text = "---\ntitle: Guide\nauthor: \"Ada\"\ntags:\n  - a\n---\n# Herons *here*\n\nThey [wait](wait.md) \
                and\nwait[^1].  \nThen strike.\n\n- one\n  - two\n- [x] three\n\n7. seven\n8. eight\n\n> Quoted.\n\n\
                ```rust,ignore\nfn f() {\n\n    g();\n}\n```\n\n    indented\n\n| a | b |\n|---|---|\n| 1 | `2` |\n\n\
                [^1]: Patiently.\n";
    let document = parse(text.as_bytes(), "guide.md").unwrap();
    assert_eq!(
        outline(&document),
        [
            "h1: Herons here",
            "p: They wait and wait[1].\nThen strike.",
            "li0: one",
            "li1: two",
            "li0: [x] three",
            "li0: 7. seven",
            "li0: 8. eight",
            "quote: Quoted.",
            "code rust: fn f() {\n\n    g();\n}",
            "code -: indented",
            "table 2x2: a | b\n1 | 2",
            "footnote: [1] Patiently.",
        ]
    );
    assert_eq!(document.title.as_deref(), Some("Guide"));
    assert_eq!(document.metadata["author"], "Ada");
    assert_eq!(document.links[0].target, "wait.md");
}

#[test]
fn raw_html_is_reduced_to_its_text() {
    let text = "<h1 align=\"center\">Herons</h1>\n\n<p align=\"center\"><a href=\"/ci\"><img alt=\"badge\"></a>\n\
                The <b>waiting</b> kind.</p>\n\nText<br>with <kbd>Esc</kbd>. [![badge](b.svg)](https://ci.example)\n\n\
                <!-- a comment -->\n";
    let document = parse(text.as_bytes(), "README.md").unwrap();
    assert_eq!(outline(&document), ["h1: Herons", "p: The waiting kind.", "p: Text\nwith Esc."]);
    assert_eq!(document.title.as_deref(), Some("Herons"));
}
