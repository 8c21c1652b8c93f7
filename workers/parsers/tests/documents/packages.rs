//! Documents in ZIP packages that are no DOCX: made here, parsed, cut short, emptied, and lying about what they are.

use event_model::ParsedDocument;
use parsers::{Reason, Source, parser_for};

use crate::{
    fixtures::zipped,
    hostile::{outcome, pool},
    outline, parse,
};

const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// A part that names others: kind, target.
fn relationships(of: &[(&str, &str)]) -> String {
    let one = |(at, (kind, target)): (usize, &(&str, &str))| {
        let mode = if *kind == "hyperlink" { "TargetMode='External'" } else { "" };
        format!("<Relationship Id='r{at}' Type='{OFFICE}/{kind}' Target='{target}' {mode}/>")
    };
    format!("<Relationships>{}</Relationships>", of.iter().enumerate().map(one).collect::<String>())
}

/// A package of Office: its main part's path, and all parts.
fn office(main: &str, parts: &[(&str, &str)]) -> Vec<u8> {
    let root = relationships(&[("officeDocument", main), ("core-properties", "docProps/core.xml")]);
    let core = "<cp:coreProperties><dc:creator>Ada Byron</dc:creator><dcterms:created>2024-03-01</dcterms:created></cp:coreProperties>";
    let mut members: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", b"<Types/>"),
        ("_rels/.rels", root.as_bytes()),
        ("docProps/core.xml", core.as_bytes()),
    ];
    members.extend(parts.iter().map(|(path, part)| (*path, part.as_bytes())));
    zipped(&members)
}

pub(crate) fn odt(content: &str, styles: &str) -> Vec<u8> {
    let content = format!(
        "<office:document-content>{styles}<office:body><office:text>{content}</office:text></office:body></office:document-content>"
    );
    let meta = "<office:document-meta><office:meta><dc:title>Herons</dc:title><meta:initial-creator>Ada Byron</meta:initial-creator>\
        <meta:creation-date>2024-03-01T10:00:00</meta:creation-date><meta:document-statistic meta:page-count='3'/></office:meta></office:document-meta>";
    zipped(&[
        ("mimetype", b"application/vnd.oasis.opendocument.text"),
        ("content.xml", content.as_bytes()),
        ("meta.xml", meta.as_bytes()),
    ])
}

pub(crate) fn epub(chapters: &[&str]) -> Vec<u8> {
    let item = |(at, _): (usize, &&str)| {
        format!("<item id='c{at}' href='text/c%20{at}.xhtml' media-type='application/xhtml+xml'/>")
    };
    let items: String = chapters.iter().enumerate().map(item).collect();
    let spine: String =
        (0..chapters.len()).rev().map(|at| format!("<itemref idref='c{at}'/>")).collect::<Vec<_>>().concat();
    let book = format!(
        "<package><metadata><dc:title>Herons</dc:title><dc:creator>Ada Byron</dc:creator><dc:language>en-GB</dc:language></metadata>\
         <manifest>{items}</manifest><spine>{spine}</spine></package>"
    );
    let container = "<container><rootfiles><rootfile full-path='OEBPS/book.opf'/></rootfiles></container>";
    let paths: Vec<String> = (0..chapters.len()).map(|at| format!("OEBPS/text/c {at}.xhtml")).collect();
    let mut members: Vec<(&str, &[u8])> = vec![
        ("mimetype", b"application/epub+zip"),
        ("META-INF/container.xml", container.as_bytes()),
        ("OEBPS/book.opf", book.as_bytes()),
    ];
    members.extend(paths.iter().zip(chapters).map(|(path, chapter)| (path.as_str(), chapter.as_bytes())));
    zipped(&members)
}

/// A presentation of one or more slides, the first with a link, notes and a comment; `r0` is the link.
pub(crate) fn pptx(slides: &[&str]) -> Vec<u8> {
    let targets: Vec<String> = (0..slides.len()).map(|at| format!("slides/s{at}.xml")).collect();
    let paths: Vec<String> = targets.iter().map(|target| format!("ppt/{target}")).collect();
    let list: String = (0..slides.len())
        .rev()
        .map(|at| format!("<p:sldId id='{at}' r:id='r{at}'/>"))
        .collect::<Vec<_>>()
        .concat();
    let main = format!("<p:presentation><p:sldIdLst>{list}</p:sldIdLst></p:presentation>");
    let kinds: Vec<(&str, &str)> = targets.iter().map(|target| ("slide", target.as_str())).collect();
    let (of_main, of_slide) = (
        relationships(&kinds),
        relationships(&[
            ("hyperlink", "https://heron.example/"),
            ("notesSlide", "../n.xml"),
            ("comments", "../c.xml"),
        ]),
    );
    let notes = "<p:notes><p:sp><p:ph type='sldNum'/><a:p><a:r><a:t>7</a:t></a:r></a:p></p:sp><p:sp><p:ph type='body'/>\
        <a:p><a:r><a:t>Speak slowly.</a:t></a:r></a:p></p:sp></p:notes>";
    let comments = "<p:cmLst><p:cm><p:pos/><p:text>Is that so?</p:text></p:cm></p:cmLst>";
    let mut parts = vec![
        ("ppt/presentation.xml", main.as_str()),
        ("ppt/_rels/presentation.xml.rels", of_main.as_str()),
        ("ppt/slides/_rels/s0.xml.rels", of_slide.as_str()),
        ("ppt/n.xml", notes),
        ("ppt/c.xml", comments),
    ];
    parts.extend(paths.iter().map(String::as_str).zip(slides.iter().copied()));
    office("ppt/presentation.xml", &parts)
}

pub(crate) fn xlsx(sheet: &str) -> Vec<u8> {
    let main = "<workbook><workbookPr/><sheets><sheet name='Birds' sheetId='1' r:id='r0'/><sheet name='Secret' state='hidden' r:id='r1'/>\
        </sheets></workbook>";
    let of_main = relationships(&[
        ("worksheet", "worksheets/one.xml"),
        ("worksheet", "worksheets/two.xml"),
        ("sharedStrings", "sharedStrings.xml"),
        ("styles", "styles.xml"),
    ]);
    let strings =
        "<sst><si><t>Bird</t></si><si><r><t>He</t></r><r><t>ron</t></r><rPh><t>heron</t></rPh></si></sst>";
    let styles = "<styleSheet><numFmts><numFmt numFmtId='170' formatCode='dd/mm/yyyy'/></numFmts><cellStyleXfs><xf numFmtId='9'/></cellStyleXfs>\
        <cellXfs><xf numFmtId='0'/><xf numFmtId='170'/><xf numFmtId='9'/></cellXfs></styleSheet>";
    let of_sheet = relationships(&[("hyperlink", "https://heron.example/"), ("comments", "../comments.xml")]);
    let comments = "<comments><authors><author>Ada</author></authors><commentList><comment ref='B2' authorId='0'><text><r><t>Really?</t></r></text>\
        </comment></commentList></comments>";
    let hidden = "<worksheet><sheetData><row><c t='inlineStr'><is><t>secret</t></is></c></row></sheetData></worksheet>";
    office(
        "xl/workbook.xml",
        &[
            ("xl/workbook.xml", main),
            ("xl/_rels/workbook.xml.rels", &of_main),
            ("xl/sharedStrings.xml", strings),
            ("xl/styles.xml", styles),
            ("xl/worksheets/one.xml", sheet),
            ("xl/worksheets/_rels/one.xml.rels", &of_sheet),
            ("xl/comments.xml", comments),
            ("xl/worksheets/two.xml", hidden),
        ],
    )
}

pub(crate) const SHEET: &str = "<worksheet><sheetData>\
    <row r='1'><c r='B1' t='s'><v>0</v></c><c r='D1' t='str'><f>A1</f><v>Seen</v></c><c r='E1' t='inlineStr'><is><t>Share</t></is></c></row>\
    <row r='2'><c r='B2' t='s'><v>1</v></c><c r='C2' t='b'><v>1</v></c><c r='D2' s='1'><v>45292</v></c><c r='E2' s='2'><v>0.125</v></c></row>\
    <row r='3'><c r='B3'/></row><row r='5'><c r='A5' t='e'><v>#N/A</v></c></row>\
    </sheetData><hyperlinks><hyperlink ref='B2' r:id='r0'/></hyperlinks></worksheet>";

fn shape(kind: &str, paragraphs: &str) -> String {
    let placeholder =
        if kind.is_empty() { String::new() } else { format!("<p:nvPr><p:ph type='{kind}'/></p:nvPr>") };
    format!("<p:sp><p:nvSpPr>{placeholder}</p:nvSpPr><p:txBody>{paragraphs}</p:txBody></p:sp>")
}

fn targets(document: &ParsedDocument) -> Vec<(&str, &str)> {
    document.links.iter().map(|link| (link.text.as_str(), link.target.as_str())).collect()
}

#[test]
fn an_odt_keeps_its_structure() {
    let styles = "<office:automatic-styles><style:style style:name='P1' style:parent-style-name='Preformatted_20_Text'/>\
        <style:style style:name='T1'><style:text-properties fo:font-weight='bold'/></style:style>\
        <text:list-style style:name='L1'><text:list-level-style-number text:level='1' style:num-format='1'/></text:list-style></office:automatic-styles>";
    let content = "<text:tracked-changes><text:deletion><text:p>gone</text:p></text:deletion></text:tracked-changes>\
        <text:h text:outline-level='2'>Wading  \n birds</text:h>\
        <text:p>One<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>A note.</text:p></text:note-body></text:note> \
        <text:span text:style-name='T1'>bold</text:span><text:s text:c='2'/><text:a xlink:href='https://heron.example/'>link</text:a>\
        <office:annotation><dc:creator>Bea</dc:creator><dc:date>2024</dc:date><text:p>Sure?</text:p></office:annotation>.</text:p>\
        <text:list text:style-name='L1'><text:list-item><text:p>first</text:p><text:list><text:list-item><text:p>inner</text:p></text:list-item></text:list>\
        </text:list-item><text:list-item><text:p>second</text:p></text:list-item></text:list>\
        <text:p text:style-name='P1'>let a;</text:p><text:p text:style-name='P1'>let b;</text:p>\
        <table:table><table:table-row><table:table-cell table:number-columns-spanned='2'><text:p>a</text:p><text:p>b</text:p></table:table-cell>\
        <table:covered-table-cell/></table:table-row><table:table-row><table:table-cell table:number-columns-repeated='2'><text:p>c</text:p></table:table-cell>\
        </table:table-row></table:table>\
        <text:p><draw:frame><draw:text-box><text:p>boxed</text:p></draw:text-box><svg:desc>A heron.</svg:desc></draw:frame>end</text:p>";
    let document = parse(&odt(content, styles), "a.odt").unwrap();
    assert_eq!(
        outline(&document),
        [
            "h2: Wading birds",
            "p: One[1] bold  link.",
            "comment Bea: Sure?",
            "li0: 1. first",
            "li1: inner",
            "li0: 2. second",
            "code -: let a;\nlet b;",
            "table 2x2: a b\nc | c",
            "p: [A heron.]end",
            "p: boxed",
            "footnote: [1] A note.",
        ]
    );
    assert_eq!(document.title.as_deref(), Some("Herons"));
    assert_eq!((document.metadata["author"].as_str(), document.pages), ("Ada Byron", Some(3)));
    assert_eq!(targets(&document), [("link", "https://heron.example/")]);
    assert_eq!(document.blocks[1].spans.len(), 2);
}

#[test]
fn an_epub_is_read_in_the_order_of_its_spine() {
    let second = "<html><head><title>no text</title></head><body><a id='top'/><script src='x.js'/><h2>Second</h2><p>Two &amp; a <b>half</b>.</p></body></html>";
    let first = "<?xml version='1.0'?><html><body><h1>First</h1><ul><li>one</li></ul></body></html>";
    let document = parse(&epub(&[second, first]), "a.epub").unwrap();
    assert_eq!(outline(&document), ["h1: First", "li0: one", "h2: Second", "p: Two & a half."]);
    assert_eq!(document.title.as_deref(), Some("Herons"));
    assert_eq!(
        (document.metadata["author"].as_str(), document.language.as_deref()),
        ("Ada Byron", Some("en-GB"))
    );
}

#[test]
fn slides_are_pages_in_the_order_they_are_shown() {
    let title = shape(
        "ctrTitle",
        "<a:p><a:r><a:t>Herons</a:t></a:r></a:p><a:p><a:r><a:t>and storks</a:t></a:r></a:p>",
    );
    let body = shape(
        "body",
        "<a:p><a:r><a:rPr b='1'/><a:t>One</a:t></a:r></a:p><a:p><a:pPr lvl='1'><a:buAutoNum type='a'/></a:pPr><a:r><a:t>deep</a:t></a:r></a:p>\
         <a:p><a:pPr><a:buNone/></a:pPr><a:r><a:rPr><a:hlinkClick r:id='r0'/></a:rPr><a:t>plain</a:t></a:r></a:p>",
    );
    let footer = shape("ftr", "<a:p><a:r><a:t>Confidential</a:t></a:r></a:p>");
    let table = "<p:graphicFrame><a:tbl><a:tr><a:tc gridSpan='2'><a:txBody><a:p><a:r><a:t>a</a:t></a:r></a:p></a:txBody></a:tc><a:tc hMerge='1'><a:txBody><a:p/>\
        </a:txBody></a:tc></a:tr><a:tr><a:tc><a:txBody><a:p><a:r><a:t>b</a:t></a:r></a:p></a:txBody></a:tc><a:tc><a:txBody><a:p><a:r><a:t>c</a:t></a:r></a:p>\
        </a:txBody></a:tc></a:tr></a:tbl></p:graphicFrame>";
    let picture = "<p:pic><p:nvPicPr><p:cNvPr id='1' descr='A heron.'/></p:nvPicPr></p:pic>";
    let old = "<mc:AlternateContent><mc:Choice/><mc:Fallback><p:sp><p:txBody><a:p><a:r><a:t>twice</a:t></a:r></a:p></p:txBody></p:sp></mc:Fallback></mc:AlternateContent>";
    let last = format!(
        "<p:sld>{}{body}{footer}{table}{picture}{old}</p:sld>",
        shape("title", "<a:p><a:r><a:t>Facts</a:t></a:r></a:p>")
    );
    let hidden = format!("<p:sld show='0'>{}</p:sld>", shape("", "<a:p><a:r><a:t>hidden</a:t></a:r></a:p>"));
    let first = format!(
        "<p:sld>{title}{}</p:sld>",
        shape("", "<a:p><a:r><a:t>By</a:t></a:r><a:br/><a:r><a:t>Ada</a:t></a:r></a:p>")
    );
    let document = parse(&pptx(&[&last, &hidden, &first]), "a.pptx").unwrap();
    assert_eq!(
        outline(&document),
        [
            "h1: Herons and storks",
            "p: By\nAda",
            "h2: Facts",
            "li0: One",
            "li1: 1. deep",
            "p: plain",
            "table 2x2: a\nb | c",
            "p: [A heron.]",
            "quote: Speak slowly.",
            "comment -: Is that so?",
        ]
    );
    let pages: Vec<u32> = document.blocks.iter().filter_map(|block| block.page).collect();
    assert_eq!((pages, document.pages), (vec![1, 1, 3, 3, 3, 3, 3, 3, 3, 3], Some(3)));
    assert_eq!(targets(&document), [("plain", "https://heron.example/")]);
    assert_eq!(
        (document.title.as_deref(), document.metadata["author"].as_str()),
        (Some("Herons and storks"), "Ada Byron")
    );
}

#[test]
fn sheets_read_as_they_are_shown() {
    let document = parse(&xlsx(SHEET), "a.xlsx").unwrap();
    assert_eq!(
        outline(&document),
        [
            "h2: Birds",
            "table 2x4: Bird |  | Seen | Share\nHeron | TRUE | 2024-01-01 | 12.5%",
            "p: #N/A",
            "comment Ada: B2: Really?",
        ]
    );
    assert_eq!(targets(&document), [("Heron", "https://heron.example/")]);
    assert_eq!(document.pages, Some(2));
    let empty = parse(&xlsx("<worksheet><sheetData/></worksheet>"), "a.xlsx");
    assert!(empty.is_ok(), "the remarks are text");
}

#[test]
fn packages_are_told_by_what_they_state_and_hold() {
    let files = [(odt("", ""), "odt"), (epub(&[]), "epub"), (pptx(&[]), "pptx"), (xlsx(""), "xlsx")];
    for (bytes, expected) in files {
        for length in [bytes.len(), 400] {
            let found = parser_for(&bytes[..length.min(bytes.len())], &Source::named("a.txt"));
            let found = found.map(parsers::DocumentParser::name);
            // The members that tell Office from each other stand further back.
            assert!(found == Ok(expected) || length == 400 && found == Ok("docx"), "{expected}: {found:?}");
        }
    }
}

#[tokio::test]
async fn packages_that_are_broken_or_lie_are_rejected() {
    let pool = pool().await;
    let page = "<html><body><p>Hello</p></body></html>";
    let slide = format!("<p:sld>{}</p:sld>", shape("", "<a:p><a:r><a:t>Hello</a:t></a:r></a:p>"));
    let files = [odt("<text:p>Hello</text:p>", ""), epub(&[page]), pptx(&[&slide]), xlsx(SHEET)];
    for (file, name) in files.iter().zip(["a.odt", "a.epub", "a.pptx", "a.xlsx"]) {
        assert!(outcome(&pool, name, file).await.is_ok(), "{name}");
        let half = outcome(&pool, name, &file[..file.len() / 2]).await;
        assert_eq!(half, Err(Reason::Malformed), "{name}");
        assert_eq!(outcome(&pool, name, b"").await, Err(Reason::Empty));
        assert_eq!(outcome(&pool, name, b"I am just text.").await, Ok("I am just text.".into()));
        assert_eq!(
            outcome(&pool, name, &zipped(&[("a.bin", &[0; 100])])).await,
            Err(Reason::UnsupportedType)
        );
    }
    let empty = [odt("", ""), epub(&[]), pptx(&[])];
    for (file, name) in empty.iter().zip(["a.odt", "a.epub", "a.pptx"]) {
        assert_eq!(outcome(&pool, name, file).await, Err(Reason::NoText), "{name}");
    }
    let mut locked = vec![("mimetype", b"application/vnd.oasis.opendocument.text".as_slice())];
    locked.push((
        "META-INF/manifest.xml",
        b"<manifest:manifest><manifest:encryption-data/></manifest:manifest>",
    ));
    locked.push(("content.xml", &[0xff, 0, 1]));
    assert_eq!(outcome(&pool, "a.odt", &zipped(&locked)).await, Err(Reason::Encrypted));
}

#[tokio::test]
async fn bombs_in_packages_are_not_inflated() {
    let pool = pool().await;
    let parts = [
        ("a.odt", vec![("mimetype", "application/vnd.oasis.opendocument.text")], "content.xml"),
        ("a.epub", vec![("mimetype", "application/epub+zip")], "META-INF/container.xml"),
        ("a.pptx", vec![("ppt/a", "")], "_rels/.rels"),
        ("a.xlsx", vec![("xl/a", "")], "_rels/.rels"),
    ];
    let spaces = vec![b' '; 100 << 20];
    for (name, before, part) in parts {
        let mut members: Vec<(&str, &[u8])> =
            before.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
        members.push((part, &spaces));
        let bomb = zipped(&members);
        assert_eq!(outcome(&pool, name, &bomb).await, Err(Reason::TooComplex), "{name}");
    }
    let wide = "<table:table><table:table-row><table:table-cell table:number-columns-repeated='99999999'><text:p>a</text:p></table:table-cell></table:table-row></table:table>";
    assert!(outcome(&pool, "wide.odt", &odt(wide, "")).await.is_ok());
    let far = "<worksheet><sheetData><row r='4294967295'><c r='XFD4294967295'><v>1</v></c><c r='A1'><v>2</v></c></row></sheetData></worksheet>";
    assert!(outcome(&pool, "far.xlsx", &xlsx(far)).await.is_ok());
    let nested = format!("{}<text:p>deep</text:p>", "<text:list><text:list-item>".repeat(2_000));
    assert_eq!(outcome(&pool, "deep.odt", &odt(&nested, "")).await, Err(Reason::TooComplex));
}
