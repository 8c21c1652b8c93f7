//! Bytes made to hurt, through the pool: each ends parsed or rejected, and the pool works afterwards.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use lopdf::{Document, Stream, dictionary};
use parsers::{ChildCommand, ParserPool, PoolConfig, Reason, Source};

use crate::fixtures::{bytes, docx, encrypted, line, packed, paragraph, pdf, raw_docx, zipped};

pub(crate) async fn pool() -> ParserPool {
    let command = ChildCommand { program: env!("CARGO_BIN_EXE_parser-child").into(), args: Vec::new() };
    ParserPool::start(command, PoolConfig { children: 1, ..PoolConfig::default() }).await.unwrap()
}

/// The text, or the reason why there is none; and the pool still works.
pub(crate) async fn outcome(pool: &ParserPool, name: &str, bytes: &[u8]) -> Result<String, Reason> {
    assert!(pool.jail_report().is_complete(), "limits that are not in force bound nothing");
    let begun = Instant::now();
    let verdict = pool.parse(bytes, &Source::named(name)).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(12), "{name} took {:?}", begun.elapsed());
    let well = pool.parse(b"All is well.", &Source::named("well.txt")).await.unwrap();
    assert_eq!(well.unwrap().text, "All is well.", "after {name}");
    verdict.map(|document| document.text).map_err(|rejection| {
        assert!(rejection.detail.len() > 20, "{name}: `{rejection}` does not say what to do");
        rejection.reason
    })
}

async fn reason(name: &str, bytes: &[u8]) -> Reason {
    outcome(&pool().await, name, bytes).await.unwrap_err()
}

fn one_page() -> Document {
    pdf(&[&line("Hello there, reader.", 12, 700)])
}

#[tokio::test]
async fn broken_files_are_rejected_one_by_one() {
    let pool = pool().await;
    let word = packed(docx().add_paragraph(paragraph("Hello")));
    let file = bytes(one_page());
    let cases: Vec<(&str, Vec<u8>, Reason)> = vec![
        ("empty.pdf", Vec::new(), Reason::Empty),
        ("../../../etc/passwd", vec![0xff; 1 << 20], Reason::UnsupportedType),
        ("half.docx", word[..word.len() / 2].to_vec(), Reason::Malformed),
        ("head.pdf", file[..20].to_vec(), Reason::Malformed),
        ("locked.pdf", encrypted(one_page(), "secret"), Reason::Encrypted),
        ("nothing.txt", b" \n\t\n".to_vec(), Reason::NoText),
        ("zip.docx", zipped(&[("a.bin", &[0; 100])]), Reason::UnsupportedType),
    ];
    for (name, bytes, expected) in cases {
        assert_eq!(outcome(&pool, name, &bytes).await, Err(expected), "{name}");
    }
}

#[tokio::test]
async fn deep_pages_keep_their_text() {
    let deep = format!("<html><body>{}deep{}", "<div>".repeat(100_000), "</div>".repeat(100_000));
    assert_eq!(outcome(&pool().await, "deep.html", deep.as_bytes()).await, Ok("deep".into()));
    let inline = format!("<html><body>{}deep", "<b><i><table><td>".repeat(20_000));
    let text = outcome(&pool().await, "deep.html", inline.as_bytes()).await.unwrap();
    assert!(text.ends_with("deep"));
}

#[tokio::test]
async fn markdown_that_explodes_is_bounded() {
    let pool = pool().await;
    let table = format!("{}\n{}\n{}", "|a".repeat(4_000), "|-".repeat(4_000), "|x\n".repeat(4_000));
    assert_eq!(outcome(&pool, "table.md", table.as_bytes()).await, Err(Reason::TooComplex));
    let units = [
        "[",
        "> ",
        "*a",
        "<b",
        "- ",
        "<sup>",
        "![",
        "![](",
        "$",
        "`a",
        "www.",
        "https://a.b ",
        "<b>\n\n",
        "[^1]",
        "[^1]: a\n",
        "| a ",
        "<a href='",
        "a  \n",
        "1. ",
        "&#10;",
        "<!--",
        "\\",
        "~~a",
        "**a *b ",
    ];
    for unit in units {
        outcome(&pool, "nested.md", unit.repeat(50_000).as_bytes()).await.ok(); // Any verdict will do.
    }
    for unit in ["a: b\n", "- a\n", "  a:\n", "a: [\n", "a: |\n  b\n"] {
        let front = format!("---\na: b\n{}---\nText.", unit.repeat(50_000));
        assert_eq!(outcome(&pool, "front.md", front.as_bytes()).await, Ok("Text.".into()), "{unit}");
    }
}

#[tokio::test]
async fn html_that_explodes_is_bounded() {
    let pool = pool().await;
    let units = [
        "<a href=x>",
        "<sup>",
        "<div class=comment>a",
        "<li>a, b",
        "<table><tr><td>a",
        "<div><a href=x>A title that is long</a></div>",
        "<br>",
        "<p>a, b",
        "<blockquote>",
        "<dl><dt class=sig>a",
        "<td rowspan=999 colspan=999>",
        "<script type='application/ld+json'>[[[",
        "<form>",
        "<h1>a</h1>",
        "<figure><figcaption>a",
        "<pre><code class=language-rust>",
        "<meta name=a content=b>",
        "<ol start=9>",
        "<math>",
        "<![CDATA[",
    ];
    for unit in units {
        for (head, count) in
            [("<html><body>", 20_000), ("<html><meta name=generator content=sphinx><body>", 10_000)]
        {
            outcome(&pool, "many.html", format!("{head}{}", unit.repeat(count)).as_bytes()).await.ok(); // Any verdict will do.
        }
    }
}

#[tokio::test]
async fn xml_that_breaks_off_or_nests_without_end_is_rejected() {
    let cut = raw_docx("<w:document><w:body><w:p><w:r><w:t>Hello");
    assert_eq!(reason("cut.docx", &cut).await, Reason::Malformed);
    let deep = raw_docx(&format!("<w:document><w:body>{}", "<w:tbl><w:tr><w:tc>".repeat(2_000)));
    assert_eq!(reason("deep.docx", &deep).await, Reason::TooComplex);
}

#[tokio::test]
async fn entities_are_not_expanded() {
    let laughs = "<!DOCTYPE d [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'><!ENTITY f SYSTEM 'file:///etc/passwd'>]>\
                  <w:document><w:body><w:p><w:r><w:t>x&b;&f;y</w:t></w:r></w:p></w:body></w:document>";
    assert_eq!(outcome(&pool().await, "laughs.docx", &raw_docx(laughs)).await, Ok("xy".into()));
}

#[tokio::test]
async fn a_bomb_in_a_package_is_not_inflated() {
    let spaces = vec![b' '; 100 << 20];
    let mut document = b"<w:document>".to_vec();
    document.extend_from_slice(&spaces);
    let bomb = raw_docx(std::str::from_utf8(&document).unwrap());
    assert!(bomb.len() < 1 << 20);
    assert_eq!(reason("bomb.docx", &bomb).await, Reason::TooComplex);
}

#[tokio::test]
async fn a_bomb_in_a_pdf_ends_without_harm() {
    let mut operators = Vec::new();
    for _ in 0..4_000_000 {
        operators.write_all(b"BT (x) Tj ET q Q ").unwrap();
    }
    let mut file = one_page();
    let page = file.page_iter().next().unwrap();
    let mut stream = Stream::new(lopdf::Dictionary::new(), operators);
    stream.compress().unwrap();
    let content = file.add_object(stream);
    file.get_object_mut(page).unwrap().as_dict_mut().unwrap().set("Contents", content);
    let verdict = outcome(&pool().await, "operators.pdf", &bytes(file)).await;
    if let Err(reason) = verdict {
        assert!(
            matches!(
                reason,
                Reason::MemoryLimit | Reason::TimeLimit | Reason::TooComplex | Reason::OutputLimit
            ),
            "{reason}"
        );
    }
}

#[tokio::test]
async fn nested_arrays_and_false_counts_in_a_pdf_end_without_harm() {
    let pool = pool().await;
    let nested = format!(
        "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R/X {}{}>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n\
         trailer<</Root 1 0 R>>\n%%EOF",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert!(outcome(&pool, "nested.pdf", nested.as_bytes()).await.is_err());
    let mut file = one_page();
    let root = file.trailer.get(b"Root").and_then(lopdf::Object::as_reference).unwrap();
    let pages =
        file.get_dictionary(root).unwrap().get(b"Pages").and_then(lopdf::Object::as_reference).unwrap();
    file.get_object_mut(pages).unwrap().as_dict_mut().unwrap().set("Count", 999_999_999);
    assert_eq!(outcome(&pool, "count.pdf", &bytes(file)).await, Ok("Hello there, reader.".into()));
    let mut file = one_page();
    let circle = file.new_object_id();
    file.objects.insert(
        circle,
        dictionary! { "Type" => "Pages", "Kids" => vec![circle.into()], "Count" => 1 }.into(),
    );
    let root = file.trailer.get(b"Root").and_then(lopdf::Object::as_reference).unwrap();
    file.get_object_mut(root).unwrap().as_dict_mut().unwrap().set("Pages", circle);
    assert!(outcome(&pool, "circle.pdf", &bytes(file)).await.is_err());
}

#[tokio::test]
async fn noise_under_every_name_and_mark_is_rejected() {
    let pool = pool().await;
    let mut state = 7_u32;
    let mut noise = |start: &[u8]| {
        let mut bytes = start.to_vec();
        for _ in 0..50_000 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            bytes.push(state.to_le_bytes()[3]);
        }
        bytes
    };
    let marks: [&[u8]; 5] = [b"", b"%PDF-1.7\n", b"PK\x03\x04", b"<html>", b"# "];
    for (mark, name) in marks.iter().zip(["a.txt", "a.pdf", "a.docx", "a.html", "a.md"]) {
        let reason = outcome(&pool, name, &noise(mark)).await.unwrap_err();
        assert!(matches!(reason, Reason::UnsupportedType | Reason::Malformed), "{name}: {reason}");
    }
}
