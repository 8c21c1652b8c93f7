//! Formats that are text: RTF, CSV, notebooks and reStructuredText; nice, broken and lying ones.

use event_model::SpanStyle;
use parsers::{Reason, Source, parser_for};

use crate::{
    hostile::{outcome, pool},
    outline, parse,
};

pub(crate) const RTF: &str = "{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0\\fnil Arial;}{\\f1\\fcharset204 Arial Cyr;}}{\\stylesheet{\\s0 Normal;}{\\s7 heading 2;}{\\*\\cs10 Strong;}}\n\
    {\\info{\\title Herons}{\\author Ada Byron}{\\creatim\\yr2024\\mo3\\dy1}}{\\*\\generator Nobody}{\\header Confidential\\par}\n\
    \\pard\\s7 Wading birds\\par\n\\pard Caf\\'e9 \\u8212? {\\b bold} and {\\f1\\'cf\\'f0}{\\v hidden}{\\super\\chftn}{\\footnote\\pard {\\super\\chftn} A note.}\\par\n\
    \\pard{\\listtext 1.\\tab}\\ilvl0 first\\par\n{\\listtext\\'95\\tab}\\ilvl1 inner\\par\n\
    \\pard{\\field{\\*\\fldinst HYPERLINK \"https://heron.example/\"}{\\fldrslt link}} \\u-10179?\\u-8704?\\par\n\
    \\trowd\\pard\\intbl a\\cell b\\cell\\row\\trowd\\pard\\intbl c\\par d\\cell\\cell\\row\n\\pard{\\pict\\pngblip 89504e47}end}";

pub(crate) const NOTEBOOK: &str = r##"{"cells": [
 {"cell_type": "markdown", "source": ["# Herons\n", "\n", "Some [words](https://heron.example/)."]},
 {"cell_type": "code", "source": "print(1)\nx = ", "outputs": [{"output_type": "stream", "text": ["1\n", "\u001b[31mred\u001b[0m"]},
   {"output_type": "display_data", "data": {"image/png": "iVBOR", "text/plain": ["<Figure>"]}},
   {"output_type": "execute_result", "data": {"text/html": "<table><tr><td>a</td><td>b</td></tr></table>", "text/plain": "a b"}},
   {"output_type": "error", "ename": "ValueError", "evalue": "no"}]},
 {"cell_type": "code", "source": "%%bash\nls", "outputs": []},
 {"cell_type": "markdown", "source": ""}, {"cell_type": "raw", "source": "Raw."}],
 "metadata": {"kernelspec": {"display_name": "Python 3"}, "language_info": {"name": "python"}, "authors": [{"name": "Ada Byron"}]},
 "nbformat": 4, "nbformat_minor": 5}"##;

pub(crate) const RST: &str = "\
======
Herons
======

:Author: Ada Byron
:Date: 2024-03-01

Some *birds* and ``code`` and a `link <https://heron.example/>`_, see target_ and
`Named One`_ [1]_ [#note]_ with :class:`~a.Heron` and |sub|.

.. _target: https://target.example/
.. _Named One: target_
.. |sub| replace:: replaced

Below
-----

1. first
   goes on

   - inner
2. second

#. again

term
    What it means.

Code::

    let a;
      let b;

.. code-block:: Rust
   :linenos:

   fn a() {}

.. note:: Mind
   this.

   More.

.. figure:: a.png
   :alt: A heron.

   The caption.

.. toctree::
   :maxdepth: 2

   a
   b

.. a remark
   of two lines

+-----+-----+
| a   | b   |
+=====+=====+
| c         |
| goes on   |
+-----+-----+

=====  =====
x      y
=====  =====
1      2
       3
=====  =====

.. list-table:: Birds
   :header-rows: 1

   * - Bird
     - Seen
   * - Heron
     - Yes,
       often

.. csv-table::
   :header: p, q

   \"1,5\",2

| Roses are
| red

    Quoted.

>>> 1 + 1
2

.. [1] One
   note.
.. [#note] Another.

Below again
-----------

End http://plain.example/.
";

#[test]
fn rtf_keeps_its_structure() {
    let document = parse(RTF.as_bytes(), "a.rtf").unwrap();
    assert_eq!(
        outline(&document),
        [
            "h2: Wading birds",
            "p: Café — bold and Пр[1]",
            "li0: 1. first",
            "li1: inner",
            "p: link 😀",
            "table 2x2: a | b\nc d",
            "p: end",
            "footnote: [1] A note.",
        ]
    );
    assert_eq!(document.title.as_deref(), Some("Herons"));
    assert_eq!(
        (document.metadata["author"].as_str(), document.metadata["created"].as_str()),
        ("Ada Byron", "2024-03-01")
    );
    assert_eq!(document.links[0].target, "https://heron.example/");
    assert_eq!(document.blocks[1].spans[0].style, SpanStyle::Strong);
}

#[test]
fn a_notebook_is_its_cells_and_what_they_printed() {
    let document = parse(NOTEBOOK.as_bytes(), "a.ipynb").unwrap();
    assert_eq!(
        outline(&document),
        [
            "h1: Herons",
            "p: Some words.",
            "code python: print(1)\nx =",
            "code -: 1\nred",
            "code -: <Figure>",
            "table 1x2: a | b",
            "code -: ValueError: no",
            "code bash: %%bash\nls",
            "p: Raw.",
        ]
    );
    assert_eq!(
        (document.title.as_deref(), document.metadata["author"].as_str()),
        (Some("Herons"), "Ada Byron")
    );
    assert_eq!(document.links[0].target, "https://heron.example/");
    let broken = document.blocks[2].syntax_error.as_ref().map(|error| error.line);
    assert_eq!(broken, Some(2), "code in a cell is looked at like any other");
}

#[test]
fn restructured_text_keeps_its_structure() {
    let document = parse(RST.as_bytes(), "a.rst").unwrap();
    assert_eq!(
        outline(&document),
        [
            "h1: Herons",
            "p: Some birds and code and a link, see target and Named One [1] [note] with a.Heron and replaced.",
            "h2: Below",
            "li0: 1. first goes on",
            "li1: inner",
            "li0: 2. second",
            "li0: 3. again",
            "p: term",
            "p: What it means.",
            "p: Code:",
            "code -: let a;\n  let b;",
            "code rust: fn a() {}",
            "quote: Mind this.",
            "quote: More.",
            "p: [A heron.]",
            "p: The caption.",
            "table 2x2: a | b\nc goes on",
            "table 2x2: x | y\n1 | 2 3",
            "p: Birds",
            "table 2x2: Bird | Seen\nHeron | Yes, often",
            "table 2x2: p | q\n1,5 | 2",
            "p: Roses are\nred",
            "quote: Quoted.",
            "code python: >>> 1 + 1\n2",
            "footnote: [1] One note.",
            "footnote: [note] Another.",
            "h2: Below again",
            "p: End http://plain.example/.",
        ]
    );
    let targets: Vec<&str> = document.links.iter().map(|link| link.target.as_str()).collect();
    let target = "https://target.example/";
    assert_eq!(targets, ["https://heron.example/", target, target, "http://plain.example/"]);
    assert_eq!(
        (document.metadata["author"].as_str(), document.metadata["created"].as_str()),
        ("Ada Byron", "2024-03-01")
    );
    let marked: Vec<&SpanStyle> = document.blocks[1].spans.iter().map(|span| &span.style).take(2).collect();
    assert_eq!(marked, [&SpanStyle::Emphasis, &SpanStyle::Code]);
}

#[test]
fn a_table_in_a_text_file_is_one() {
    let document = parse("Vogel;Größe\r\n\"Reiher; grau\";98\r\nStorch;102\r\n".as_bytes(), "a.csv").unwrap();
    assert_eq!(outline(&document), ["table 3x2: Vogel | Größe\nReiher; grau | 98\nStorch | 102"]);
    let document = parse(b"a\tb\n1\t2,5\n", "a.tsv").unwrap();
    assert_eq!((document.media_type.as_str(), outline(&document).len()), ("text/tab-separated-values", 1));
    let long: String = (0..500).map(|row| format!("{row},x\n")).collect::<Vec<_>>().concat();
    let document = parse(format!("n,v\n{long}").as_bytes(), "a.csv").unwrap();
    let sizes: Vec<String> =
        outline(&document).iter().map(|line| line.split(':').next().unwrap().to_owned()).collect();
    assert_eq!(sizes, ["table 201x2", "table 201x2", "table 101x2"]);
    assert!(document.chunks[1..].iter().all(|chunk| !chunk.text.is_empty()));
}

#[test]
fn the_bytes_decide_between_formats_of_text() {
    let parser = |bytes: &str, name: &str| parser_for(bytes.as_bytes(), &Source::named(name)).unwrap().name();
    assert_eq!(parser(RTF, "a.doc"), "rtf");
    assert_eq!(parser(NOTEBOOK, "a.json"), "notebook");
    assert_eq!(parser("{\"a\": 1}", "a.json"), "source_code");
    assert_eq!(parser("Dear reader.\nThis is no table.\n", "a.csv"), "plain_text");
    assert_eq!(parser("a,b\n1,2\n", "a.txt"), "plain_text");
    assert_eq!(parser("just text", "a.rtf"), "plain_text");
    assert_eq!(parser("Title\n=====\n", "a.rst"), "rst");
}

#[tokio::test]
async fn texts_that_break_off_or_nest_without_end_are_bounded() {
    let pool = pool().await;
    for (name, text) in [("a.rtf", RTF), ("a.rst", RST)] {
        for cut in (1..10).map(|part| text.len() * part / 10) {
            let cut = text.floor_char_boundary(cut);
            let verdict = outcome(&pool, name, &text.as_bytes()[..cut]).await;
            assert!(matches!(verdict, Ok(_) | Err(Reason::NoText)), "{name} cut at {cut}: {verdict:?}");
        }
    }
    assert_eq!(outcome(&pool, "a.ipynb", &NOTEBOOK.as_bytes()[..300]).await, Err(Reason::Malformed));
    assert_eq!(outcome(&pool, "a.ipynb", b"{\"cells\": []}").await, Err(Reason::NoText));
    assert_eq!(outcome(&pool, "a.ipynb", b"{\"cells\": 1}").await, Err(Reason::Malformed));
    assert_eq!(outcome(&pool, "a.rtf", b"{\\rtf1}").await, Err(Reason::NoText));
    let nested = format!("{{\\rtf1 {}", "{".repeat(100_000));
    assert_eq!(outcome(&pool, "a.rtf", nested.as_bytes()).await, Err(Reason::TooComplex));
    for (name, unit, expected) in [
        ("a.rst", "- ", true),
        ("a.rst", ".. note:: ", true),
        ("a.rst", "`a", true),
        ("a.rst", "*a", true),
        ("a.rst", "|a", true),
        ("a.rst", "a\n ", true),
        ("a.csv", "\"\",", true),
        ("a.csv", "\"a,\n", true),
        ("a.ipynb", "{\"cells\":[", false),
    ] {
        let verdict = outcome(&pool, name, unit.repeat(20_000).as_bytes()).await;
        assert_eq!(verdict.is_ok(), expected, "{name} of `{unit}`: {:?}", verdict.err());
    }
    let stairs: String =
        (0..1_000).map(|depth| format!("{}a\n\n", " ".repeat(depth))).collect::<Vec<_>>().concat();
    assert!(outcome(&pool, "stairs.rst", stairs.as_bytes()).await.is_ok());
    let cells = format!("a{},\n", ",".repeat(3_000)).repeat(1_000);
    assert_eq!(outcome(&pool, "cells.csv", cells.as_bytes()).await, Err(Reason::TooComplex));
}
