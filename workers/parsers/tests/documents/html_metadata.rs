//! What a page says about itself.

use std::collections::BTreeMap;

use crate::parse;

fn read(head: &str, body: &str) -> (Option<String>, BTreeMap<String, String>) {
    let page = format!(
        "<!DOCTYPE html><html lang='en-GB'><head>{head}</head><body><p>Text.</p>{body}</body></html>"
    );
    let document = parse(page.as_bytes(), "a.html").unwrap();
    (document.title, document.metadata)
}

#[test]
fn what_is_said_for_machines_comes_first() {
    let (title, said) = read(
        r#"<title>Herons – The Fen Post</title><meta name="author" content="desk"><meta property="og:site_name" content="Post">
        <meta property="og:title" content="Herons"><meta name="description" content="About herons">
        <link rel="canonical" href="https://fen.example/herons"><script type="application/ld+json">
        {"@context": "https://schema.org", "@graph": [{"@type": "WebSite", "name": "x"}, {"@type": "NewsArticle", "headline": "Herons",
        "author": [{"@type": "Person", "name": "Ada"}, {"name": "Ben"}], "datePublished": "2026-11-22T10:00:00Z",
        "dateModified": "2026-11-23", "publisher": {"name": "The Fen Post"}}]}</script>"#,
        "",
    );
    assert_eq!(title.as_deref(), Some("Herons"));
    let expected = [
        ("author", "Ada, Ben"),
        ("canonical", "https://fen.example/herons"),
        ("charset", "UTF-8"),
        ("created", "2026-11-22T10:00:00Z"),
        ("description", "About herons"),
        ("language", "en-GB"),
        ("modified", "2026-11-23"),
        ("site", "The Fen Post"),
    ];
    let said: Vec<(&str, &str)> = said.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(said, expected);
}

#[test]
fn broken_json_does_not_cost_the_rest() {
    let (_, said) = read(
        "<script type='application/ld+json'>{\"@type\": \"Article\", \"author\": \"Ada\n\"}</script>\
         <script type='application/ld+json'>{{{</script><meta name='dc.date' content='2026'>",
        "<a rel='author'>Ben</a>",
    );
    assert_eq!((said["author"].as_str(), said["created"].as_str()), ("Ada", "2026"));
}

#[test]
fn marks_in_the_text_are_the_last_resort() {
    let (_, said) = read(
        "<meta property='article:author' content='https://fen.example/ada'><meta property='og:url' content='https://fen.example/1'>",
        "<span itemprop='author'>Ada</span><time datetime='2026-01-02'>2 January</time>",
    );
    assert_eq!(
        (said["author"].as_str(), said["created"].as_str(), said["canonical"].as_str()),
        ("Ada", "2026-01-02", "https://fen.example/1")
    );
}

#[test]
fn the_title_is_without_the_name_of_the_site() {
    let title = |head: &str, body: &str| read(head, body).0.unwrap();
    assert_eq!(title("<title>Herons | Birds | Fen</title>", "<h1>Herons</h1>"), "Herons");
    assert_eq!(title("<title>Fen: Herons</title><meta property='og:site_name' content='Fen'>", ""), "Herons");
    assert_eq!(title("<title>Herons - and how to see them</title>", ""), "Herons - and how to see them");
    assert_eq!(title("<title>Fen</title>", "<h1 class='site-title'>Fen</h1>"), "Fen");
    assert_eq!(title("<meta property='og:title' content='Herons'>", ""), "Herons");
}
