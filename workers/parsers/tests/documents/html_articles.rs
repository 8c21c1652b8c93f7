//! The article of a page, told from what surrounds it.

use crate::{outline, parse};

const WAITS: &str =
    "A heron waits in shallow water, still as a post, until a fish comes near enough to strike.";
const NESTS: &str =
    "It nests in tall trees, often far from water, and comes back to the same nest each year.";
const FLIES: &str = "In flight, its neck is drawn back, its legs trail behind, and its wings beat slowly.";

/// A page of a newspaper around `article`.
fn page(article: &str) -> String {
    let story = |number: u32| {
        format!(
            "<div class='card'><h3><a href='/{number}'>Kingfishers are seen again at pond {number}</a></h3>\
             <p>The bird, long gone, is back, and many people, young and old, came to see it.</p></div>"
        )
    };
    let (more, top): (String, String) = ((4..9).map(story).collect(), (1..4).map(story).collect());
    format!(
        "<!DOCTYPE html><html><head><title>Herons | The Fen Post</title></head><body>\
         <div id='cookie-consent'><p>We, and those we work with, use cookies to do this, that, and more. Do you agree?</p></div>\
         <header class='masthead'><a href='/'>The Fen Post</a></header>\
         <div class='menu'><ul><li><a href='/news'>News</a><li><a href='/fen'>Fen</a></ul></div>\
         <div class='wrap'><div class='left'>{top}</div>{article}<div class='right'>{more}</div></div>\
         <div id='comments'><h3>Comments</h3><div class='comment'><p>I saw one, too, at the pond, and it was huge, believe me.</p></div></div>\
         <div class='bottom'><p>Copyright, all rights reserved, The Fen Post, Fen Street, Fen.</p></div></body></html>"
    )
}

fn read(article: &str) -> Vec<String> {
    outline(&parse(page(article).as_bytes(), "heron.html").unwrap())
}

#[test]
fn paragraphs_side_by_side_are_the_article() {
    let article = format!("<div class='x1'><p>{WAITS}</p><p>{NESTS}</p><p>{FLIES}</p></div>");
    assert_eq!(read(&article), [WAITS, NESTS, FLIES].map(|text| format!("p: {text}")));
}

#[test]
fn an_article_that_is_cut_into_sections_is_read_to_its_end() {
    let section = |text: &str| format!("<div class='sec'><div><p>{text}</p><p>{text}</p></div></div>");
    let article = format!("<div class='x1'>{}{}{}</div>", section(WAITS), section(NESTS), section(FLIES));
    assert_eq!(read(&article), [WAITS, WAITS, NESTS, NESTS, FLIES, FLIES].map(|text| format!("p: {text}")));
}

#[test]
fn lines_without_paragraphs_are_an_article_too() {
    let article = format!("<div class='x1'>{WAITS}<br><br>{NESTS}<br><br>{FLIES}</div>");
    assert_eq!(read(&article), [WAITS, NESTS, FLIES].map(|text| format!("p: {text}")));
    let article = format!("<table><tr><td><font>{WAITS}<br>{NESTS}<br>{FLIES}</font></td></tr></table>");
    assert_eq!(read(&article), [format!("p: {WAITS}\n{NESTS}\n{FLIES}")]);
}

#[test]
fn what_an_article_links_to_between_its_paragraphs_is_left_out() {
    let article = format!(
        "<div class='x1'><p>{WAITS}</p><p><a href='/x'>READ MORE: Kingfishers are back</a></p><p>{NESTS}</p>\
         <div class='teasers'><h4>Related</h4><ul><li><a href='/a'>Egrets</a><li><a href='/b'>Bitterns</a></ul></div>\
         <div class='share-tools'>Tell your friends</div><p>{FLIES} See <a href='/c'>the pond</a>.</p></div>"
    );
    assert_eq!(
        read(&article),
        [format!("p: {WAITS}"), format!("p: {NESTS}"), format!("p: {FLIES} See the pond.")]
    );
}

#[test]
fn a_message_quoted_in_a_widget_is_of_the_article() {
    let article = format!(
        "<div class='x1'><p>{WAITS}</p><div class='social-widget'><blockquote>It stood there, for hours!</blockquote></div><p>{NESTS}</p></div>"
    );
    assert_eq!(
        read(&article),
        [format!("p: {WAITS}"), "quote: It stood there, for hours!".into(), format!("p: {NESTS}")]
    );
}

#[test]
fn a_short_notice_is_not_lost_among_long_comments() {
    let comment = format!("<div class='comment'><p>{WAITS}</p><p>{NESTS}</p><p>{FLIES}</p></div>");
    let article = format!(
        "<div class='entry'><p>{WAITS} {NESTS}</p></div><div class='comments'>{}</div>",
        comment.repeat(3)
    );
    assert_eq!(read(&article), [format!("p: {WAITS} {NESTS}")]);
}

#[test]
fn an_article_named_after_its_surroundings_is_found_at_the_second_look() {
    let article = format!("<div class='related-widget'><p>{WAITS}</p><p>{NESTS}</p><p>{FLIES}</p></div>");
    let page = format!("<html><body><nav><a href='/'>Home</a></nav>{article}</body></html>");
    let document = parse(page.as_bytes(), "heron.html").unwrap();
    assert_eq!(outline(&document), [WAITS, NESTS, FLIES].map(|text| format!("p: {text}")));
}

#[test]
fn a_page_inside_of_one_form_is_read() {
    let page = format!(
        "<html><body><form id='aspnetForm'><div><p>{WAITS}</p><p>{NESTS}</p></div></form></body></html>"
    );
    assert_eq!(parse(page.as_bytes(), "a.html").unwrap().text, format!("{WAITS}\n\n{NESTS}"));
}

#[test]
fn a_document_without_a_site_around_it_is_read_whole() {
    let page = "<html><body><h1>Notes</h1><div><p>First.</p></div><div><ul><li>one<li>two</ul></div>\
                <div><h2>Sizes</h2><table><tr><td>Heron<td>95</table></div><div>Signed, <b>A.</b></div></body></html>";
    assert_eq!(
        outline(&parse(page.as_bytes(), "notes.html").unwrap()),
        [
            "h1: Notes",
            "p: First.",
            "li0: one",
            "li0: two",
            "h2: Sizes",
            "table 1x2: Heron | 95",
            "p: Signed, A."
        ]
    );
}

#[test]
fn the_title_is_read_once() {
    let article = format!("<article><h1>Herons</h1><p>{WAITS}</p><h2>Herons</h2><p>{NESTS}</p></article>");
    assert_eq!(read(&article), ["h1: Herons".to_owned(), format!("p: {WAITS}"), format!("p: {NESTS}")]);
}

#[test]
fn what_the_page_states_for_machines_finds_the_article_or_is_it() {
    let body = format!("{WAITS} {NESTS} {FLIES} {WAITS} {NESTS} {FLIES}");
    let stated = |html: &str| {
        let json = format!(r#"{{"@graph":[{{"@type":["NewsArticle"],"articleBody":"{body}"}}]}}"#);
        let page =
            format!("<html><body><script type='application/ld+json'>{json}</script>{html}</body></html>");
        parse(page.as_bytes(), "a.html").unwrap().text
    };
    assert_eq!(
        stated("<nav><a href='/'>Home</a></nav><div id='root'></div>"),
        body,
        "a page that scripts fill"
    );
    let lines: Vec<String> = body.split_inclusive(". ").map(|line| format!("<li>{line}</li>")).collect();
    let lines = lines.concat();
    let other = format!(
        "<nav><a href='/'>Home</a></nav><div><p>{0}</p><p>{0}</p></div>",
        "The pond, the fen, and the reed, all green, are here. ".repeat(4)
    );
    let text = stated(&format!("{other}<ul>{lines}</ul>"));
    assert!(text.contains("drawn back") && !text.contains("the reed"), "{text}");
}
