//! Jupyter notebooks: Markdown cells as Markdown, code cells as code in the kernel's language, and what they printed. Pictures
//! and other rich results are left out.

use event_model::{BlockKind, ParsedDocument};
use serde_json::Value;

use super::{html, markdown::Markdown};
use crate::{DocumentBuilder, DocumentParser, Reason, Rejection, Sniffed, Source, charset};

const MEDIA_TYPE: &str = "application/x-ipynb+json";
const CELLS_MAX: usize = 20_000;
/// Of what one cell printed; a loop prints more than anybody reads.
const OUTPUT_CHARACTERS_MAX: usize = 10_000;

/// See the module.
#[derive(Debug)]
pub(crate) struct Notebook;

impl DocumentParser for Notebook {
    fn name(&self) -> &'static str {
        "notebook"
    }

    fn version(&self) -> u32 {
        2
    }

    fn media_types(&self) -> &'static [&'static str] {
        &[MEDIA_TYPE]
    }

    fn can_parse(&self, sniffed: &Sniffed<'_>) -> bool {
        let opening = sniffed.opening();
        let marked = opening.contains("\"cells\"") && opening.contains("\"cell_type\"");
        sniffed.is_text && opening.starts_with('{') && (sniffed.extension == "ipynb" || marked)
    }

    fn parse(&self, bytes: &[u8], _source: &Source) -> Result<ParsedDocument, Rejection> {
        let (text, _) = charset::decode(bytes, None);
        let notebook: Value = serde_json::from_str(&text).map_err(|_| malformed("it is no whole JSON"))?;
        let metadata = &notebook["metadata"];
        let language = [&metadata["language_info"]["name"], &metadata["kernelspec"]["language"]];
        let language = language.into_iter().find_map(Value::as_str).map(str::to_lowercase);
        let mut builder = DocumentBuilder::new(MEDIA_TYPE, self.tool());
        if let Some(title) = metadata["title"].as_str() {
            builder.title(title);
        }
        for author in metadata["authors"].as_array().into_iter().flatten() {
            builder.metadata("author", author["name"].as_str().unwrap_or_default());
        }
        if let Some(kernel) = metadata["kernelspec"]["display_name"].as_str() {
            builder.metadata("kernel", kernel);
        }
        // Notebooks of before 2015 have worksheets around their cells.
        let cells = notebook["cells"].as_array().or_else(|| notebook["worksheets"][0]["cells"].as_array());
        let cells = cells.ok_or_else(|| malformed("it has no cells"))?;
        if cells.len() > CELLS_MAX {
            return Err(Rejection::new(
                Reason::TooComplex,
                "the notebook has tens of thousands of cells; split it",
            ));
        }
        for cell in cells {
            append(cell, language.as_deref(), &mut builder);
        }
        builder.finish()
    }
}

fn malformed(what: &str) -> Rejection {
    Rejection::new(
        Reason::Malformed,
        format!("the notebook is damaged ({what}); open it in Jupyter and save it again"),
    )
}

fn append(cell: &Value, language: Option<&str>, builder: &mut DocumentBuilder) {
    let source = joined(if cell["source"].is_null() { &cell["input"] } else { &cell["source"] });
    match cell["cell_type"].as_str().unwrap_or_default() {
        "markdown" => {
            // A cell without text is no document and no fault.
            if let Ok(document) = Markdown.parse(source.as_bytes(), &Source::default()) {
                builder.append_document(&document);
            }
        }
        "heading" => {
            let level = cell["level"].as_u64().and_then(|level| u8::try_from(level).ok()).unwrap_or(1);
            builder.block(BlockKind::Heading { level: level.clamp(1, 6) }, &source, None);
        }
        "code" => {
            // A magic in the first line says when the cell is in another language.
            let magic = source.strip_prefix("%%").and_then(|rest| rest.split_whitespace().next());
            let of_magic = magic.filter(|name| MAGICS.contains(name));
            let language = of_magic.or(language).map(str::to_owned);
            builder.block(BlockKind::Code { language }, &source, None);
            for output in cell["outputs"].as_array().into_iter().flatten() {
                append_output(output, builder);
            }
        }
        _ => builder.block(BlockKind::Paragraph, &source, None),
    }
}

const MAGICS: &[&str] =
    &["bash", "sh", "html", "javascript", "js", "latex", "perl", "ruby", "sql", "markdown"];

/// What a cell printed or showed, as text if it can be had, a table from its HTML otherwise.
fn append_output(output: &Value, builder: &mut DocumentBuilder) {
    let data = &output["data"];
    let page = joined(&data["text/html"]);
    if page.contains("<table") {
        return html::append_fragment(&page, builder);
    }
    let text = [&output["text"], &data["text/markdown"], &data["text/plain"]].map(joined);
    let text = text.into_iter().find(|text| !text.is_empty()).unwrap_or_default();
    let error = [&output["ename"], &output["evalue"]].map(|part| part.as_str().unwrap_or_default());
    let text = if text.is_empty() && !error[0].is_empty() { error.join(": ") } else { text };
    let text: String = without_colours(&text).chars().take(OUTPUT_CHARACTERS_MAX).collect();
    builder.block(BlockKind::Code { language: None }, &text, None);
}

/// Texts are lists of lines or one string.
fn joined(text: &Value) -> String {
    match text {
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        _ => String::new(),
    }
}

/// Without what tells a terminal to change colours.
fn without_colours(text: &str) -> String {
    let mut pieces = text.split("\u{1b}[");
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let end = piece.find(|c: char| c.is_ascii_alphabetic()).map_or(piece.len(), |at| at + 1);
        plain.push_str(&piece[end..]);
    }
    plain
}
