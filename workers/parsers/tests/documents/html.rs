//! What is kept of a page.

use event_model::Link;

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
    assert_eq!(document.title.as_deref(), Some("Herons - Birds"));
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
fn the_charset_is_the_one_the_page_states() {
    let page = b"<html><head><meta charset=\"windows-1257\"></head><body><p>x \xe0 la y</p></body></html>";
    assert_eq!(parse(page, "a.html").unwrap().text, "x ą la y");
    let page = b"<html><head><meta http-equiv=Content-Type content='text/html; charset=shift_jis'><body>\x93\xfa\x96\x7b";
    assert_eq!(parse(page, "a.html").unwrap().text, "日本");
}
