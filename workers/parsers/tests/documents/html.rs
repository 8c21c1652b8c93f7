//! What is kept of a page.

use event_model::{BlockKind, Link};
use parsers::Source;

use crate::{outline, parse};

#[test]
fn the_article_is_kept_and_the_site_around_it_is_not() {
    let page = r#"<!DOCTYPE html><html lang="en"><head><title>Herons - Birds</title>
        <meta name="description" content="About herons"><style>p{}</style></head><body>
        <header>Birds.example</header><nav><ul><li><a href="/">Home</a></ul></nav>
        <div><h1>Herons</h1><p>A heron
          waits.<br>Then it <b>strikes</b>, <a href="/fish">fish</a> and all.</p>
        <ul><li>grey<ul><li>young</ul><li>white</ul><ol start="3"><li>third</ol>
        <blockquote><p>Still as a post.</p></blockquote>
        <pre><code class="language-rust">fn main() {
    wade();
}</code></pre>
        <table><tr><th>Bird<th>cm<tr><td>Heron<td>95</table>
        <p hidden>not shown</p></div><script>var x = "<p>no</p>"</script><footer>(c)</footer></body></html>"#;
    let document = parse(page.as_bytes(), "heron.html").unwrap();
    assert_eq!(
        outline(&document),
        [
            "h1: Herons",
            "p: A heron waits.\nThen it strikes, fish and all.",
            "li0: grey",
            "li1: young",
            "li0: white",
            "li0: 3. third",
            "quote: Still as a post.",
            "code rust: fn main() {\n    wade();\n}",
            "table 2x2: Bird | cm\nHeron | 95",
        ]
    );
    assert_eq!(document.title.as_deref(), Some("Herons"), "without the name of the site");
    assert_eq!(document.metadata["language"], "en");
    assert_eq!(document.metadata["description"], "About herons");
    assert_eq!(document.links, [Link { text: "fish".into(), target: "/fish".into() }]);
}

#[test]
fn an_article_that_holds_most_of_the_text_is_the_page() {
    let prose = "A heron waits in shallow water until a fish comes near. ".repeat(8);
    let page = format!(
        "<html><body><div><p>Subscribe to our letter</p></div><main><article><header><h1>Herons</h1></header>\
         <p>{prose}</p></article></main><div><p>Related: kingfishers</p></div></body></html>"
    );
    let document = parse(page.as_bytes(), "heron.html").unwrap();
    assert_eq!(outline(&document), ["h1: Herons".to_owned(), format!("p: {}", prose.trim())]);
}

#[test]
fn links_are_resolved_and_marked_in_the_text() {
    let page = r##"<html><head><link rel="canonical" href="https://birds.example/guide/heron.html"><base href="/wiki/"></head>
        <body><p>See <a href="fish?x=1">the <b>fish</b></a>, <a href="//fen.example/">the fen</a>,
        <a href="javascript:void(0)">nothing</a> and <a href="#top">the top</a>.</p></body></html>"##;
    let document = parse(page.as_bytes(), "heron.html").unwrap();
    let target = |text: &str, target: &str| Link { text: text.into(), target: target.into() };
    assert_eq!(
        document.links,
        [
            target("the fish", "https://birds.example/wiki/fish?x=1"),
            target("the fen", "https://fen.example/")
        ]
    );
    assert_eq!(
        document.to_markdown().lines().next().unwrap(),
        "See [the **fish**](https://birds.example/wiki/fish?x=1), [the fen](https://fen.example/), nothing and the top."
    );
}

#[test]
fn what_is_marked_inside_a_block_stays_marked() {
    let page = "<html><body><p>10<sup>9</sup> H<sub>2</sub>O, <code>wade()</code>, <del>never</del> <em>often</em>, \
                <q>so</q>.<sup><a href='#n1'>1</a></sup> <math alttext='a^2'><mi>a</mi></math></p>\
                <ol class='footnotes'><li id='n1'>Rarely. <a href='#r1'>↩</a></ol></body></html>";
    let document = parse(page.as_bytes(), "a.html").unwrap();
    assert_eq!(
        outline(&document),
        ["p: 10⁹ H₂O, wade(), never often, “so”.[1] a^2", "footnote: [1] Rarely."]
    );
    assert_eq!(
        document.to_markdown(),
        "10⁹ H₂O, `wade()`, ~~never~~ *often*, “so”.[^1] a^2\n\n[^1]: Rarely.\n"
    );
}

#[test]
fn lists_say_what_is_done_and_tables_what_is_merged() {
    let page = "<html><body><ul><li><input type=checkbox checked> wade<li><input type=checkbox> strike</ul>\
                <table><caption>Birds</caption><tr><th colspan=2>Bird<th>cm<tr><td rowspan=2>Heron<td>grey<td>95<tr><td>great<td>130</table>";
    let document = parse(page.as_bytes(), "a.html").unwrap();
    let states: Vec<_> = document
        .blocks
        .iter()
        .filter_map(|block| match block.kind {
            BlockKind::ListItem { checked, .. } => Some(checked),
            _ => None,
        })
        .collect();
    assert_eq!(states, [Some(true), Some(false)]);
    let Some(BlockKind::Table { rows }) = document.blocks.last().map(|block| &block.kind) else { panic!() };
    assert_eq!(rows, &[vec!["Bird", "", "cm"], vec!["Heron", "grey", "95"], vec!["", "great", "130"]]);
    assert!(outline(&document).contains(&"p: Birds".to_owned()));
}

#[test]
fn the_language_of_code_is_found_wherever_a_page_names_it() {
    let cases = [
        ("<pre><code class='language-rust'>x</code></pre>", Some("rust")),
        ("<pre class='brush: js notranslate'>x</pre>", Some("js")),
        ("<div class='highlight highlight-source-shell'><pre>x</pre></div>", Some("shell")),
        (
            "<div class='highlight-python notranslate'><div class='highlight'><pre>x</pre></div></div>",
            Some("python"),
        ),
        ("<pre><code class='hljs cpp'>x</code></pre>", Some("cpp")),
        ("<pre class='sourceCode haskell'><code>x</code></pre>", Some("haskell")),
        ("<pre class='rust rust-example-rendered'><code>x</code></pre>", Some("rust")),
        ("<pre><code data-lang='go'>x</code></pre>", Some("go")),
        ("<pre><code class='hljs language-plaintext'>x</code></pre>", None),
        ("<pre>x</pre>", None),
    ];
    for (html, language) in cases {
        let document = parse(format!("<html><body>{html}").as_bytes(), "a.html").unwrap();
        assert_eq!(outline(&document), [format!("code {}: x", language.unwrap_or("-"))], "{html}");
    }
    let numbered = "<html><body><table class='highlighttable'><tr><td class='linenos'><pre>1\n2</pre><td class='code'>\
                    <pre><span class='line'>a\n</span><span class='lineno'>2</span>b</pre></table>";
    let rustdoc =
        "<html><body><pre><a href=#1 id=1>1</a>a\n<a href=#2 id=2>2</a>b<a href=#3 id=c>3</a></pre>";
    for (html, code) in [(numbered, "a\nb"), (rustdoc, "a\nb3")] {
        let document = parse(html.as_bytes(), "a.html").unwrap();
        assert_eq!(outline(&document), [format!("code -: {code}")], "numbers of lines are no code");
    }
}

#[test]
fn words_for_pictures_are_text_or_go_with_the_link_to_the_picture() {
    let plain =
        "<html><body><p>A heron: <img src=h.png alt='A grey heron'></p><a href=/ci><img alt=badge></a>";
    assert_eq!(parse(plain.as_bytes(), "a.html").unwrap().text, "A heron: [A grey heron]");
    let prose = "A heron waits in shallow water, still as a post, until a fish comes near. ".repeat(5);
    let article = format!(
        "<html><body><article><p>{prose}<figure><img src=h.png alt='A grey heron'><figcaption>Photo: Ada</figcaption></figure><p>{prose}"
    );
    let document = parse(article.as_bytes(), "a.html").unwrap();
    assert!(!document.text.contains("Photo") && !document.text.contains("A grey"), "{}", document.text);
    let words: Vec<&str> = document.links.iter().map(|link| link.text.as_str()).collect();
    assert_eq!(words, ["A grey heron", "Photo: Ada"]);
}

#[test]
fn hostile_tables_and_lists_cost_what_they_weigh() {
    let spans = format!("<html><body><table>{}", "<tr><td rowspan=1000 colspan=1000>a<td>b".repeat(20_000));
    let document = parse(spans.as_bytes(), "a.html").unwrap();
    let Some(BlockKind::Table { rows }) = document.blocks.last().map(|block| &block.kind) else { panic!() };
    assert!(rows.iter().map(Vec::len).sum::<usize>() < 1_000_000);
    let cards =
        format!("<html><body><div>{}", "<div><a href=a>A title that is long enough</a></div>".repeat(50_000));
    assert!(parse(cards.as_bytes(), "a.html").is_ok());
}

#[test]
fn the_charset_is_the_one_the_page_states() {
    let page = b"<html><head><meta charset=\"windows-1257\"></head><body><p>x \xe0 la y</p></body></html>";
    assert_eq!(parse(page, "a.html").unwrap().text, "x ą la y");
    let page = b"<html><head><meta http-equiv=Content-Type content='text/html; charset=shift_jis'><body>\x93\xfa\x96\x7b";
    assert_eq!(parse(page, "a.html").unwrap().text, "日本");
}

#[test]
fn the_charset_of_the_header_beats_the_pages_own_and_utf8_beats_both() {
    let source = |declared: &str| Source { name: "a.html".into(), declared_type: Some(declared.into()) };
    let page = b"<html><head><meta charset=iso-8859-1><body><p>\xcf\xf0\xe8\xe2\xe5\xf2";
    let read = |page: &[u8], declared: &str| parsers::parse(page, &source(declared)).unwrap().text;
    assert_eq!(read(page, "text/html; charset=windows-1251"), "Привет");
    assert_eq!(read(page, "text/html; charset=utf-8"), "Ïðèâåò", "a header that cannot be right");
    assert_eq!(read("<html><body>naïve".as_bytes(), "text/html; charset=windows-1251"), "naïve");
    let marked: Vec<u8> = "\u{feff}<p><b>a</b>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read(&marked, "text/html; charset=windows-1251"), "a");
}
