//! What a reader of a DOCX sees beyond its paragraphs: notes, comments, headers, formulas, merged cells, fields, changes.

use event_model::{Link, ParsedDocument, SpanStyle};

use crate::{fixtures::docx_of, outline, parse};

fn read(body: &str, parts: &[(&str, &str, &str)]) -> ParsedDocument {
    parse(&docx_of(body, parts), "a.docx").unwrap()
}

/// A paragraph with one run.
fn p(text: &str) -> String {
    format!("<w:p><w:r><w:t xml:space='preserve'>{text}</w:t></w:r></w:p>")
}

fn marked(document: &ParsedDocument) -> Vec<(String, SpanStyle)> {
    let part = |span: &event_model::Span| {
        let (start, end) = (span.range.start as usize, span.range.end as usize);
        (document.text.chars().skip(start).take(end - start).collect(), span.style.clone())
    };
    document.blocks.iter().flat_map(|block| &block.spans).map(part).collect()
}

#[test]
fn lists_show_the_numbers_that_readers_see() {
    let level = |at: u8, format: &str, text: &str| {
        format!(
            "<w:lvl w:ilvl='{at}'><w:start w:val='1'/><w:numFmt w:val='{format}'/><w:lvlText w:val='{text}'/></w:lvl>"
        )
    };
    let numbering = format!(
        "<w:numbering><w:abstractNum w:abstractNumId='1'>{}{}</w:abstractNum><w:abstractNum w:abstractNumId='2'>{}{}\
         </w:abstractNum><w:num w:numId='1'><w:abstractNumId w:val='1'/></w:num><w:num w:numId='2'>\
         <w:abstractNumId w:val='2'/></w:num></w:numbering>",
        level(0, "decimal", "%1)"),
        level(1, "lowerLetter", "%2."),
        level(0, "upperRoman", "Part %1:"),
        level(1, "decimal", "%1.%2"),
    );
    let item = |list: u8, level: u8, text: &str| {
        format!(
            "<w:p><w:pPr><w:numPr><w:ilvl w:val='{level}'/><w:numId w:val='{list}'/></w:numPr></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"
        )
    };
    let body = [
        item(1, 0, "one"),
        item(1, 1, "under"),
        item(1, 1, ""),
        item(1, 1, "third"),
        item(1, 0, "two"),
        item(2, 0, "first"),
        item(2, 1, "piece"),
        format!("<w:tbl><w:tr><w:tc>{}</w:tc></w:tr></w:tbl>", item(1, 0, "celled")),
    ];
    assert_eq!(
        outline(&read(&body.concat(), &[("numbering", "numbering.xml", &numbering)])),
        [
            "li0: 1. one",
            "li1: a. under",
            "li1: c. third",
            "li0: 2. two",
            "li0: Part I: first",
            "li1: I.1 piece",
            "table 1x1: 3. celled"
        ]
    );
}

#[test]
fn merged_cells_keep_their_columns() {
    let cell =
        |properties: &str, text: &str| format!("<w:tc><w:tcPr>{properties}</w:tcPr>{}</w:tc>", p(text));
    let body = format!(
        "<w:tbl><w:tr>{}{}</w:tr><w:tr>{}{}{}</w:tr><w:tr>{}{}{}</w:tr><w:tr><w:trPr><w:del/></w:trPr>{}</w:tr></w:tbl>",
        cell("<w:gridSpan w:val='2'/>", "both"),
        cell("<w:vMerge w:val='restart'/>", "high"),
        cell("", "a"),
        cell("", "b"),
        cell("<w:vMerge/>", "left over"),
        cell("", "c"),
        cell("<w:gridSpan w:val='-7'/>", "d"),
        cell("", "e"),
        cell("", "deleted"),
    );
    let document = read(&body, &[]);
    assert_eq!(outline(&document), ["table 3x3: both |  | high\na | b\nc | d | e"]);
}

#[test]
fn columns_without_end_do_not_fill_the_memory() {
    let cell =
        "<w:tc><w:tcPr><w:gridSpan w:val='4000000000'/></w:tcPr><w:p><w:r><w:t>x</w:t></w:r></w:p></w:tc>";
    let document = read(&format!("<w:tbl>{}</w:tbl>", format!("<w:tr>{cell}</w:tr>").repeat(5_000)), &[]);
    let event_model::BlockKind::Table { rows } = &document.blocks[0].kind else { panic!("no table") };
    assert!(rows.iter().map(Vec::len).sum::<usize>() <= 205_000);
}

#[test]
fn comments_stand_behind_what_they_are_about_and_notes_at_the_end() {
    let comments = "<w:comments><w:comment w:id='4' w:author='Ada'><w:p><w:r><w:t>Is it?</w:t></w:r></w:p><w:p><w:r><w:t>Ask.\
                    </w:t></w:r></w:p></w:comment><w:comment w:id='5'><w:p><w:r><w:t>Never shown</w:t></w:r></w:p></w:comment></w:comments>";
    let endnotes = "<w:endnotes><w:endnote w:id='1'><w:p><w:r><w:endnoteRef/><w:t xml:space='preserve'> See </w:t></w:r><w:r>\
                    <w:rPr><w:i/></w:rPr><w:t>there</w:t></w:r></w:p></w:endnote></w:endnotes>";
    let body = "<w:p><w:commentRangeStart w:id='4'/><w:r><w:t>Good</w:t></w:r><w:commentRangeEnd w:id='4'/><w:r>\
                <w:commentReference w:id='4'/></w:r><w:r><w:rPr><w:vertAlign w:val='superscript'/></w:rPr><w:endnoteReference w:id='1'/></w:r></w:p>";
    let document = read(
        &(body.to_owned() + &p("Next")),
        &[("comments", "comments.xml", comments), ("endnotes", "endnotes.xml", endnotes)],
    );
    assert_eq!(
        outline(&document),
        ["p: Good[1]", "comment Ada: Is it?\nAsk.", "p: Next", "footnote: [1] See there"]
    );
    assert_eq!(marked(&document), [("there".into(), SpanStyle::Emphasis)]);
    assert_eq!(document.body_text(), "Good[1]\n\nNext\n\n[1] See there");
}

#[test]
fn headers_and_footers_are_said_once_if_they_are_shown() {
    let header = |text: &str| format!("<w:hdr>{}</w:hdr>", p(text));
    let (top, first, number) = (header("Report"), header("Only on even pages"), header("12"));
    let references = "<w:sectPr><w:headerReference w:type='default' r:id='r0'/><w:headerReference w:type='even' r:id='r1'/>\
                      <w:footerReference w:type='default' r:id='r2'/><w:footerReference w:type='default' r:id='r3'/></w:sectPr>";
    let parts = [
        ("header", "header1.xml", top.as_str()),
        ("header", "header2.xml", first.as_str()),
        ("footer", "footer1.xml", number.as_str()),
        ("footer", "footer2.xml", top.as_str()),
    ];
    let body = format!("<w:p><w:pPr>{references}</w:pPr><w:r><w:t>Text</w:t></w:r></w:p>{references}");
    let document = read(&body, &parts);
    assert_eq!(outline(&document), ["page header: Report", "p: Text", "page footer: Report"]);
    let settings =
        [&parts[..], &[("settings", "settings.xml", "<w:settings><w:evenAndOddHeaders/></w:settings>")]];
    assert!(read(&body, &settings.concat()).text.contains("Only on even pages"));
}

#[test]
fn fields_show_their_result_and_lead_where_they_say() {
    let run = |inside: &str| format!("<w:r>{inside}</w:r>");
    let body = format!(
        "<w:p>{}{}{}{}{}{}{}</w:p><w:p><w:hyperlink r:id='r0' w:anchor='top'><w:r><w:t>There</w:t></w:r></w:hyperlink>\
         <w:fldSimple w:instr='HYPERLINK &quot;mailto:a@b.c&quot;'><w:r><w:t> mail</w:t></w:r></w:fldSimple></w:p>\
         <w:tbl><w:tr><w:tc><w:p><w:hyperlink r:id='r0'><w:r><w:t>celled</w:t></w:r></w:hyperlink></w:p></w:tc></w:tr></w:tbl>",
        run("<w:t xml:space='preserve'>See </w:t><w:fldChar w:fldCharType='begin'/>"),
        run("<w:instrText> HYPERLINK \"https://example.org/x\" </w:instrText><w:t>unseen</w:t>"),
        run("<w:fldChar w:fldCharType='separate'/>"),
        run("<w:rPr><w:b/></w:rPr><w:t>the page</w:t>"),
        run("<w:fldChar w:fldCharType='end'/>"),
        run("<w:t>. </w:t><w:fldChar w:fldCharType='begin'/>"),
        run("<w:instrText>PAGE</w:instrText>"),
    );
    let document =
        read(&(body + &p("A field that never ends hides nothing.")), &[("hyperlink", "https://a.b/", "")]);
    let link = |text: &str, target: &str| Link { text: text.into(), target: target.into() };
    assert_eq!(
        document.links,
        [
            link("the page", "https://example.org/x"),
            link("There", "https://a.b/#top"),
            link("mail", "mailto:a@b.c"),
            link("celled", "https://a.b/")
        ]
    );
    assert_eq!(
        outline(&document),
        [
            "p: See the page.",
            "p: There mail",
            "table 1x1: celled",
            "p: A field that never ends hides nothing."
        ]
    );
    assert!(marked(&document).contains(&("the page".into(), SpanStyle::Strong)));
}

#[test]
fn marks_nest_and_hidden_text_stays_hidden() {
    let run = |look: &str, text: &str| {
        format!("<w:r><w:rPr>{look}</w:rPr><w:t xml:space='preserve'>{text}</w:t></w:r>")
    };
    let styles = "<w:styles><w:style w:type='character' w:styleId='V'><w:name w:val='Verbatim Char'/></w:style></w:styles>";
    let body = format!(
        "<w:p>{}{}{}{}{}{}{}</w:p>",
        run("<w:b/>", "bold "),
        run("<w:b/><w:i/>", "both "),
        run("<w:i/><w:b w:val='0'/>", "slanted "),
        run("<w:rStyle w:val='V'/>", "let x"),
        run("<w:vanish/>", "secret"),
        run("<w:vertAlign w:val='superscript'/>", "3"),
        run("<w:vertAlign w:val='subscript'/>", "ab"),
    );
    let document = read(&body, &[("styles", "styles.xml", styles)]);
    assert_eq!(document.text, "bold both slanted let x³_(ab)");
    assert_eq!(
        marked(&document),
        [
            ("bold both".into(), SpanStyle::Strong),
            ("both".into(), SpanStyle::Emphasis),
            ("slanted".into(), SpanStyle::Emphasis),
            ("let x".into(), SpanStyle::Code)
        ]
    );
}

#[test]
fn changes_are_read_as_accepted() {
    let body = "<w:p><w:pPr><w:rPr><w:del w:id='1'/></w:rPr></w:pPr><w:r><w:t xml:space='preserve'>One </w:t></w:r><w:del><w:r>\
                <w:delText>gone</w:delText></w:r></w:del></w:p><w:p><w:pPr><w:pPrChange><w:pPr><w:pStyle w:val='Heading1'/></w:pPr>\
                </w:pPrChange></w:pPr><w:ins><w:r><w:t>paragraph</w:t></w:r></w:ins><w:moveFrom><w:r><w:t>away</w:t></w:r></w:moveFrom>\
                <w:moveTo><w:r><w:t>.</w:t></w:r></w:moveTo></w:p>";
    assert_eq!(outline(&read(body, &[])), ["p: One paragraph."]);
}

#[test]
fn content_controls_hold_paragraphs_runs_cells_and_each_other() {
    let control = |inner: &str| {
        format!(
            "<w:sdt><w:sdtPr><w:alias w:val='Unseen'/></w:sdtPr><w:sdtContent>{inner}</w:sdtContent></w:sdt>"
        )
    };
    let run = |text: &str| format!("<w:r><w:t xml:space='preserve'>{text}</w:t></w:r>");
    let cell = |text: &str| format!("<w:tc>{}</w:tc>", p(text));
    let body = [
        control(&control(&p("Within two"))),
        format!("<w:p>{}{}</w:p>", run("Dear "), control(&run("reader"))),
        format!("<w:tbl><w:tr>{}{}</w:tr></w:tbl>", cell("a"), control(&cell("b"))),
    ];
    let document = read(&body.concat(), &[]);
    assert_eq!(outline(&document), ["p: Within two", "p: Dear reader", "table 1x2: a | b"]);
}

#[test]
fn formulas_are_text() {
    let r = |text: &str| format!("<m:r><m:t>{text}</m:t></m:r>");
    let e = |text: &str| format!("<m:e>{}</m:e>", r(text));
    let fraction = format!("<m:f><m:num>{}</m:num><m:den>{}</m:den></m:f>", r("nπx"), r("L"));
    let power = format!("<m:sSup>{}<m:sup>{}</m:sup></m:sSup>", e("x"), r("2"));
    let sum = format!(
        "<m:nary><m:naryPr><m:chr m:val='∑'/></m:naryPr><m:sub>{}</m:sub><m:sup>{}</m:sup>{}</m:nary>",
        r("n=1"),
        r("∞"),
        e("n")
    );
    let cosine = format!("<m:func><m:fName>{}</m:fName><m:e>{fraction}</m:e></m:func>", r("cos"));
    let matrix = format!("<m:m><m:mr>{}{}</m:mr><m:mr>{}{}</m:mr></m:m>", e("a"), e("b"), e("c"), e("d"));
    let alone = |inside: &str| format!("<w:p><m:oMathPara><m:oMath>{inside}</m:oMath></m:oMathPara></w:p>");
    let body = [
        format!("<w:p><w:r><w:t>where </w:t></w:r><m:oMath>{power}{}</m:oMath></w:p>", r("+y")),
        alone(&cosine),
        alone(&sum),
        alone(&format!("<m:d><m:e>{matrix}</m:e></m:d>")),
        alone(&format!("<m:rad><m:deg/>{}</m:rad>", e("2"))),
    ];
    assert_eq!(
        outline(&read(&body.concat(), &[])),
        [
            "p: where x²+y",
            "equation: \\cos \\frac{n\\pi x}{L}",
            "equation: \\sum_{n=1}^{\\infty}{n}",
            "equation: \\left( \\begin{matrix} a & b \\\\ c & d \\end{matrix} \\right)",
            "equation: \\sqrt{2}"
        ]
    );
}

#[test]
fn pictures_speak_in_the_words_of_the_author_and_files_by_their_names() {
    let body = "<w:p><w:r><w:t>A</w:t><w:drawing><wp:docPr name='Picture 1' descr='A heron.'/></w:drawing><w:t>B</w:t>\
                <w:drawing><wp:docPr name='Picture 2'/></w:drawing><w:t>C</w:t></w:r></w:p>";
    let document = read(body, &[("package", "embeddings/Budget.xlsx", "")]);
    assert_eq!(document.text, "A[A heron.]B C");
    assert_eq!(document.attachments, ["Budget.xlsx"]);
}
