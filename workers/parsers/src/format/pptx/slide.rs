//! One slide: a machine that knows which shape, paragraph or cell it is inside of.

use event_model::{BlockKind, SpanStyle};

use crate::{
    DocumentBuilder, Rejection, RichText,
    format::{
        grid::Grid,
        package::Relationships,
        xml::{self, Element, Item},
    },
};

const DEPTHS: usize = 9;

#[derive(Default)]
struct Shape {
    /// What it takes the place of on the slide's layout (`title`, `body`, ...), an empty name for plain content.
    placeholder: Option<String>,
    title: RichText,
    /// Next number of each depth, for paragraphs that count themselves.
    counts: [u64; DEPTHS],
}

#[derive(Default)]
struct Paragraph {
    text: RichText,
    depth: u8,
    /// Whether it says itself that it has a bullet, or none.
    bullet: Option<bool>,
    first_number: Option<u64>,
}

pub(super) struct Slide<'a> {
    parts: &'a Relationships,
    page: u32,
    builder: &'a mut DocumentBuilder,
    shape: Shape,
    paragraph: Paragraph,
    in_text: bool,
    run: Vec<SpanStyle>,
    run_start: usize,
    table: Option<(Grid, Vec<String>)>,
    covered: bool,
    /// The words for the latest thing that may be a picture.
    picture: Option<String>,
    /// Depth inside of what older programs are to show instead.
    fallback: usize,
}

impl<'a> Slide<'a> {
    pub(super) fn new(parts: &'a Relationships, page: u32, builder: &'a mut DocumentBuilder) -> Self {
        Self {
            parts,
            page,
            builder,
            shape: Shape::default(),
            paragraph: Paragraph::default(),
            in_text: false,
            run: Vec::new(),
            run_start: 0,
            table: None,
            covered: false,
            picture: None,
            fallback: 0,
        }
    }

    pub(super) fn read(mut self, text: &str) -> Result<(), Rejection> {
        xml::items(text, |item| self.item(&item))
    }

    fn item(&mut self, item: &Item<'_>) -> Result<(), Rejection> {
        match item {
            Item::Start(element) if self.fallback > 0 || element.is("Fallback") => self.fallback += 1,
            Item::End(_) if self.fallback > 0 => self.fallback -= 1,
            Item::Start(element) => self.start(element),
            Item::End(local) => return self.end(local),
            Item::Text(part) if self.in_text && self.fallback == 0 => self.paragraph.text.push(part),
            Item::Text(_) => {}
        }
        Ok(())
    }

    fn start(&mut self, element: &Element<'_>) {
        let on = |name: &str| element.attribute(name).is_some_and(|value| value == "1" || value == "true");
        match element.local() {
            "sp" | "graphicFrame" => self.shape = Shape::default(),
            "ph" => self.shape.placeholder = Some(element.attribute("type").unwrap_or_default()),
            "cNvPr" => self.picture = element.attribute("descr"),
            "p" => self.paragraph = Paragraph::default(),
            "pPr" => {
                let depth = element.attribute("lvl").and_then(|depth| depth.parse().ok()).unwrap_or(0_u8);
                self.paragraph.depth = depth.min(8);
            }
            "buNone" => self.paragraph.bullet = Some(false),
            "buChar" | "buBlip" => self.paragraph.bullet = Some(true),
            "buAutoNum" => {
                let first = element.attribute("startAt").and_then(|first| first.parse().ok());
                self.paragraph.first_number = Some(first.unwrap_or(1));
            }
            "r" | "fld" => (self.run_start, self.run) = (self.paragraph.text.place(), Vec::new()),
            "rPr" => {
                self.run.extend(on("b").then_some(SpanStyle::Strong));
                self.run.extend(on("i").then_some(SpanStyle::Emphasis));
            }
            "hlinkClick" => {
                let target = element.relationship().and_then(|id| self.parts.link(&id).map(str::to_owned));
                self.run.extend(target.map(|target| SpanStyle::Link { target }));
            }
            "t" => self.in_text = true,
            "br" => self.paragraph.text.push("\n"),
            "tbl" => self.table = Some((Grid::default(), Vec::new())),
            "tr" => {
                if let Some((grid, _)) = &mut self.table {
                    grid.start_row();
                }
            }
            "tc" => self.covered = on("hMerge") || on("vMerge"),
            _ => {}
        }
    }

    fn end(&mut self, local: &str) -> Result<(), Rejection> {
        match local {
            "t" => self.in_text = false,
            "r" | "fld" => {
                for style in std::mem::take(&mut self.run) {
                    self.paragraph.text.mark(self.run_start, style);
                }
            }
            "p" => self.end_paragraph(),
            "sp" => self.end_shape(),
            "pic" => {
                let words = self.picture.take().unwrap_or_default();
                if !words.trim().is_empty() {
                    self.builder.block(BlockKind::Paragraph, &format!("[{}]", words.trim()), Some(self.page));
                }
            }
            "tc" => {
                if let Some((grid, lines)) = &mut self.table {
                    let text = std::mem::take(lines).join("\n");
                    grid.start_cell(1);
                    grid.end_cell(if self.covered { "" } else { &text })?;
                }
            }
            "tbl" => {
                if let Some((grid, _)) = self.table.take() {
                    self.builder.table(grid.into_rows(), Some(self.page));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn end_paragraph(&mut self) {
        let paragraph = std::mem::take(&mut self.paragraph);
        if let Some((_, lines)) = &mut self.table {
            lines.push(paragraph.text.as_str().to_owned());
            return;
        }
        if paragraph.text.is_blank() {
            return;
        }
        let (page, placeholder) = (Some(self.page), self.shape.placeholder.clone());
        let placeholder = placeholder.as_deref();
        match placeholder {
            Some("dt" | "ftr" | "hdr" | "sldNum") => return,
            Some("title" | "ctrTitle") => {
                if !self.shape.title.is_blank() {
                    self.shape.title.push(" ");
                }
                return self.shape.title.append(&paragraph.text);
            }
            _ => {}
        }
        let number = self.number(&paragraph);
        let listed = paragraph.bullet.unwrap_or(matches!(placeholder, Some("body" | "obj" | "")));
        if listed || number.is_some() {
            self.builder.list_item(paragraph.depth, number, None, paragraph.text, page);
        } else {
            self.builder.block(BlockKind::Paragraph, paragraph.text, page);
        }
    }

    /// The number of a paragraph that counts itself; one that does not starts the count of its depth anew.
    fn number(&mut self, paragraph: &Paragraph) -> Option<u64> {
        let depth = usize::from(paragraph.depth).min(DEPTHS - 1);
        self.shape.counts[depth + 1..].fill(0);
        let first = paragraph.first_number.filter(|_| paragraph.bullet != Some(false));
        let count = &mut self.shape.counts[depth];
        *count = if first.is_some() { *count + 1 } else { 0 };
        first.map(|first| first.saturating_add(*count - 1))
    }

    fn end_shape(&mut self) {
        let shape = std::mem::take(&mut self.shape);
        let level = if shape.placeholder.as_deref() == Some("ctrTitle") { 1 } else { 2 };
        self.builder.block(BlockKind::Heading { level }, shape.title, Some(self.page));
    }
}
