//! What is kept of Markdown.

use event_model::{Block, BlockKind, Span};

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
            "li0: three",
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
    assert_eq!((document.metadata["author"].as_str(), document.metadata["tags"].as_str()), ("Ada", "a"));
    assert_eq!(document.links[0].target, "wait.md");
}

#[test]
fn tags_in_a_line_are_reduced_to_their_text() {
    let text = "<h1 align=\"center\">Herons</h1>\n\n<p align=\"center\"><a href=\"/ci\"><img alt=\"badge\"></a>\n\
                The <b>waiting</b> kind.</p>\n\nText<br>with <kbd>Esc</kbd>. [![badge](b.svg)](https://ci.example)\n\n\
                <!-- a comment -->\n";
    let document = parse(text.as_bytes(), "README.md").unwrap();
    assert_eq!(outline(&document), ["h1: Herons", "p: The waiting kind.", "p: Text\nwith Esc."]);
    assert_eq!(document.title.as_deref(), Some("Herons"));
}

#[test]
fn boxes_say_what_is_done() {
    let document = parse(b"- [x] wade\n- [ ] strike\n- fly\n  1. [X] up\n", "a.md").unwrap();
    let state = |block: &Block| match block.kind {
        BlockKind::ListItem { checked, .. } => checked,
        _ => panic!("{block:?}"),
    };
    assert_eq!(
        document.blocks.iter().map(state).collect::<Vec<_>>(),
        [Some(true), Some(false), None, Some(true)]
    );
    assert_eq!(document.text, "wade\n\nstrike\n\nfly\n\n1. up");
}

#[test]
fn alerts_keep_their_kind() {
    let text = "> [!WARNING]\n> Deep.\n>\n> Very.\n\n> plain\n\n> [!TIP]\n> Wade.\n";
    let document = parse(text.as_bytes(), "a.md").unwrap();
    let kind = |block: &Block| match &block.kind {
        BlockKind::Quote { alert } => alert.clone(),
        _ => panic!("{block:?}"),
    };
    let kinds: Vec<_> = document.blocks.iter().map(kind).collect();
    let named = |name: &str| Some(name.to_owned());
    assert_eq!(kinds, [named("warning"), named("warning"), None, named("tip")]);
}

#[test]
fn what_is_marked_stays_marked() {
    let text = "*a* **b** ~~c~~ `d` [*e*][r] <kbd>f</kbd> <a href='/g'>g</a> x<sup>2</sup> Vec<T> https://h.example/i.\n\n[r]: /e 'title'\n";
    let document = parse(text.as_bytes(), "a.md").unwrap();
    assert_eq!(document.text, "a b c d e f g x² Vec<T> https://h.example/i.");
    let characters: Vec<char> = document.text.chars().collect();
    let shown = |span: &Span| {
        let text: String = characters[span.range.start as usize..span.range.end as usize].iter().collect();
        format!("{text} {:?}", span.style)
    };
    let spans: Vec<String> = document.blocks[0].spans.iter().map(shown).collect();
    assert_eq!(
        spans,
        [
            "a Emphasis",
            "b Strong",
            "c Strikethrough",
            "d Code",
            "e Emphasis",
            "e Link { target: \"/e\" }",
            "f Code",
            "g Link { target: \"/g\" }",
            "https://h.example/i Link { target: \"https://h.example/i\" }",
        ]
    );
}

#[test]
fn html_in_markdown_is_html() {
    let text = "<details><summary>More</summary>\n\n**Wade** in.\n\n</details>\n\n<table><tr><td>a</td><td>b</td></tr></table>\n\n\
                <pre><code class=\"language-rust\">wade();\n</code></pre>\n\n<!-- hidden -->\n\n<ul><li>one<li>two</ul>\n";
    assert_eq!(
        outline(&parse(text.as_bytes(), "a.md").unwrap()),
        ["p: More", "p: Wade in.", "table 1x2: a | b", "code rust: wade();", "li0: one", "li0: two"]
    );
}

#[test]
fn pictures_read_as_their_words_and_badges_not() {
    let document =
        parse(b"![A *grey* heron](h.png) waits. [![ci](b.svg)](/ci) <img src=x.png alt='Fen'>\n", "a.md")
            .unwrap();
    assert_eq!(document.text, "[A grey heron] waits. [Fen]");
    let nested = parse(b"![Fen ![heron](h.png) here](f.png)", "a.md").unwrap();
    assert_eq!(nested.text, "[Fen heron here]");
    let targets: Vec<&str> = document.links.iter().map(|link| link.target.as_str()).collect();
    assert_eq!(targets, ["h.png", "x.png"]);
}

#[test]
fn notes_are_one_block_each_and_formulas_stay_as_written() {
    let text = "Waits[^a] $a_1*b*$.\n\n$$\nx^2\n$$\n\n```math\ny^2\n```\n\n[^a]: One.\n\n    Two.\n";
    assert_eq!(
        outline(&parse(text.as_bytes(), "a.md").unwrap()),
        ["p: Waits[a] $a_1*b*$.", "equation: x^2", "equation: y^2", "footnote: [a] One.\nTwo."]
    );
}

#[test]
fn toml_front_matter_is_metadata() {
    let document = parse(b"+++\ntitle = 'Herons'\n[extra]\ndepth = 3\n+++\nText.\n", "a.md").unwrap();
    assert_eq!(document.title.as_deref(), Some("Herons"));
    assert_eq!((document.metadata["extra.depth"].as_str(), document.text.as_str()), ("3", "Text."));
}

/// `commonmark.txt` has 161 cases, section by section of the specification, in words of our own; what is expected was derived from
/// the HTML that two other implementations of the specification agree on.
#[test]
fn blocks_are_those_of_the_specification() {
    let cases: Vec<&str> = include_str!("commonmark.txt").split("%% ").skip(1).collect();
    assert_eq!(cases.len(), 161);
    for case in cases {
        let (section, rest) = case.split_once('\n').unwrap();
        let (markdown, expected) = rest.split_once("\n%>\n").unwrap();
        let markdown = markdown.replace('→', "\t") + "\n";
        let found = match parse(markdown.as_bytes(), "a.md") {
            Ok(document) => outline(&document).iter().map(|line| line.replace('\n', "\\n")).collect(),
            Err(_) => Vec::new(),
        };
        assert_eq!(found, expected.lines().collect::<Vec<_>>(), "{section}: {markdown:?}");
    }
}
