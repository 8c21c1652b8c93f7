//! From what a processor wrote to the document model. It is as untrusted as the document was and is read in the same jail. What
//! is wrong with it is said place by place, and without quoting it: a rejection is stored, and the document may be secret.

use event_model::{BlockKind, Link, ParsedDocument, SyntaxError};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Asked, Draft, DraftBlock, Refusal};
use crate::{DocumentBuilder, Reason, Rejection, RichText, rich_text::clean};

/// How many faults are told.
const FAULTS_MAX: usize = 10;
const SPANS_MAX: usize = 2_000;
const LINKS_MAX: usize = 20_000;
const DETAIL_CHARACTERS_MAX: usize = 1_000;

const OF_DRAFT: &[&str] = &[
    "media_type",
    "title",
    "pages",
    "language",
    "metadata",
    "blocks",
    "links",
    "page_notes",
    "symbols",
    "attachments",
];
const OF_BLOCK: &[&str] =
    &["kind", "text", "page", "bounds", "text_language", "spans", "lines", "first_line", "syntax_error"];

/// The document, without chunks, or why there is none.
pub(crate) fn read(answer: &[u8], asked: &Asked) -> Result<ParsedDocument, Rejection> {
    let mut faults = Faults::default();
    let read =
        object(answer).map_err(|fault| vec![fault]).and_then(|mut answer| match answer.remove("rejected") {
            Some(refusal) => typed::<Refusal>(refusal, "rejected").map(Err).map_err(|fault| vec![fault]),
            None => draft(answer, &mut faults).map(Ok).ok_or_else(|| std::mem::take(&mut faults.0)),
        });
    let name = &asked.tool.name;
    match read {
        Err(told) => Err(unfit(name, &told)),
        Ok(Err(Refusal { reason, detail })) => {
            let detail: String = clean(&detail).chars().take(DETAIL_CHARACTERS_MAX).collect();
            Err(Rejection::new(reason, format!("the plugin `{name}` says: {detail}")))
        }
        Ok(Ok(draft)) => {
            let built = build(draft, asked, &mut faults);
            if faults.0.is_empty() { built } else { Err(unfit(name, &faults.0)) }
        }
    }
}

fn unfit(name: &str, faults: &[String]) -> Rejection {
    let more = faults.len().saturating_sub(FAULTS_MAX);
    let told = faults[..faults.len().min(FAULTS_MAX)].join("; ");
    let more = if more == 0 { String::new() } else { format!("; and {more} more") };
    Rejection::new(Reason::BadOutput, format!("what the plugin `{name}` wrote is no document: {told}{more}"))
}

/// What is wrong, with the place.
#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    fn note<T>(&mut self, read: Result<T, String>) -> Option<T> {
        read.map_err(|fault| self.0.push(fault)).ok()
    }

    fn strange_keys(&mut self, object: &Map<String, Value>, known: &[&str], place: &str) {
        let strange = object.keys().filter(|key| !known.contains(&key.as_str())).count();
        if strange > 0 {
            let known = known.join(", ");
            self.0.push(format!("{place}: {strange} unknown fields; known are {known}"));
        }
    }
}

fn object(answer: &[u8]) -> Result<Map<String, Value>, String> {
    if answer.iter().all(u8::is_ascii_whitespace) {
        return Err("it is empty".to_owned());
    }
    match serde_json::from_slice(answer) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err("it is JSON, but no object".to_owned()),
        Err(error) => Err(format!("it is no JSON: {error}")),
    }
}

fn typed<T: DeserializeOwned>(value: Value, place: &str) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| format!("{place}: {}", unquoted(&error.to_string())))
}

/// A message of serde without what it quotes from the answer: strings in quotes, and the name of an unknown variant.
fn unquoted(message: &str) -> String {
    if let Some((_, expected)) =
        message.strip_prefix("unknown variant").and_then(|m| m.rsplit_once("expected"))
    {
        return format!("unknown word, expected{expected}");
    }
    match (message.find('"'), message.rfind('"')) {
        (Some(first), Some(last)) if first < last => {
            format!("{}…{}", &message[..first], &message[last + 1..])
        }
        _ => message.to_owned(),
    }
}

fn draft(mut answer: Map<String, Value>, faults: &mut Faults) -> Option<Draft> {
    faults.strange_keys(&answer, OF_DRAFT, "at the top");
    let blocks = match answer.remove("blocks") {
        Some(Value::Array(blocks)) => blocks,
        Some(_) => {
            faults.0.push("blocks: expected a list".to_owned());
            return None;
        }
        None => {
            faults.0.push("at the top: neither `blocks` nor `rejected`".to_owned());
            return None;
        }
    };
    answer.insert("blocks".to_owned(), Value::Array(Vec::new()));
    let draft: Option<Draft> = faults.note(typed(Value::Object(answer), "at the top"));
    let read: Vec<Option<DraftBlock>> =
        blocks.into_iter().enumerate().map(|(at, block)| draft_block(block, at, faults)).collect();
    let (blocks, mut draft) = (read.into_iter().collect::<Option<Vec<_>>>()?, draft?);
    draft.blocks = blocks;
    faults.0.is_empty().then_some(draft)
}

fn draft_block(block: Value, at: usize, faults: &mut Faults) -> Option<DraftBlock> {
    let place = format!("blocks[{at}]");
    let Value::Object(object) = &block else {
        faults.0.push(format!("{place}: expected an object"));
        return None;
    };
    let known = [OF_BLOCK, of_kind(object)].concat();
    faults.strange_keys(object, &known, &place);
    faults.note(typed(block, &place))
}

fn of_kind(block: &Map<String, Value>) -> &'static [&'static str] {
    match block.get("kind").and_then(Value::as_str) {
        Some("heading") => &["level"],
        Some("list_item") => &["depth", "number", "checked"],
        Some("table") => &["rows"],
        Some("code") => &["language"],
        Some("quote") => &["alert"],
        Some("comment") => &["author"],
        _ => &[],
    }
}

fn build(draft: Draft, asked: &Asked, faults: &mut Faults) -> Result<ParsedDocument, Rejection> {
    let media_type = draft.media_type.as_deref().map_or(asked.media_type.clone(), one_line);
    let mut builder = DocumentBuilder::new(&media_type, asked.tool.clone());
    if let Some(title) = &draft.title {
        builder.title(title);
    }
    if let Some(pages) = draft.pages {
        builder.pages(pages);
    }
    draft.metadata.iter().for_each(|(name, value)| builder.metadata(name, value));
    for (at, block) in draft.blocks.into_iter().enumerate() {
        faults.note(append(&mut builder, block).map_err(|fault| format!("blocks[{at}]: {fault}")));
    }
    draft.page_notes.into_iter().for_each(|note| builder.page_note(note));
    draft.symbols.into_iter().for_each(|symbol| builder.symbol(symbol));
    draft.attachments.iter().for_each(|name| builder.attachment(name));
    let mut document = builder.finish()?;
    document.language = draft.language.map(|language| one_line(&language));
    if let Some(links) = draft.links {
        document.links =
            links.iter().map(tidied).filter(|link| !link.target.is_empty()).take(LINKS_MAX).collect();
    }
    Ok(document)
}

fn one_line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn tidied(link: &Link) -> Link {
    Link { text: one_line(&link.text), target: clean(link.target.trim()) }
}

fn append(builder: &mut DocumentBuilder, block: DraftBlock) -> Result<(), String> {
    match &block.kind {
        BlockKind::Heading { level } if !(1..=6).contains(level) => {
            return Err(format!("level is {level}, expected 1 to 6"));
        }
        _ if block.page == Some(0) => return Err("page is 0, expected 1 or more".to_owned()),
        _ => {}
    }
    let end = |builder: &mut DocumentBuilder| builder.last_block().map_or(0, |last| last.range.end);
    let before = end(builder);
    let (characters, shift) = match (block.kind, block.text) {
        (BlockKind::Table { rows }, None) => {
            builder.table(rows, block.page);
            (0, 0)
        }
        (_, None) => return Err("text is missing".to_owned()),
        (kind, Some(text)) => {
            let rich = rich(&text, block.spans)?;
            (text.chars().count(), put(builder, kind, &text, rich, block.page))
        }
    };
    if end(builder) == before {
        return Ok(()); // Without text it was left out.
    }
    let Some(last) = builder.last_block() else { return Ok(()) };
    (last.bounds, last.first_line) = (block.bounds, block.first_line);
    last.syntax_error = block.syntax_error.map(|error| SyntaxError { why: one_line(&error.why), ..error });
    last.language = block.text_language.map(|language| one_line(&language));
    let room = last.range.end - last.range.start - shift;
    if !block.lines.is_empty() && room as usize != characters {
        return Err("lines go only with a text that has nothing to cut or clean".to_owned());
    }
    for mut line in block.lines {
        if line.range.start > line.range.end || line.range.end > room {
            return Err("lines: a range is outside the text".to_owned());
        }
        line.range.start += last.range.start + shift;
        line.range.end += last.range.start + shift;
        last.lines.push(line);
    }
    Ok(())
}

/// Appends the block and says how many characters were put before its text.
fn put(builder: &mut DocumentBuilder, kind: BlockKind, text: &str, rich: RichText, page: Option<u32>) -> u32 {
    match kind {
        BlockKind::ListItem { depth, number: Some(number), checked } => {
            let mark = format!("{number}. ");
            if !text.starts_with(&mark) {
                builder.list_item(depth, Some(number), checked, rich, page);
                return u32::try_from(mark.len()).unwrap_or(u32::MAX);
            }
            builder.block(BlockKind::ListItem { depth, number: Some(number), checked }, rich, page);
        }
        kind => builder.block(kind, rich, page),
    }
    0
}

/// The text with its marks.
fn rich(text: &str, mut spans: Vec<event_model::Span>) -> Result<RichText, String> {
    if spans.len() > SPANS_MAX {
        return Err(format!("spans: {} of them, expected at most {SPANS_MAX}", spans.len()));
    }
    let mut places: Vec<u32> = spans.iter().flat_map(|span| [span.range.start, span.range.end]).collect();
    places.sort_unstable();
    places.dedup();
    spans.sort_by_key(|span| span.range.end);
    let (mut rich, mut rest, mut at, mut starts) =
        (RichText::default(), text, 0, Vec::with_capacity(places.len()));
    let mut open = spans.into_iter().peekable();
    for place in places {
        let mut characters = rest.char_indices();
        let skipped = place - at;
        let end = match characters.nth(skipped as usize) {
            Some((end, _)) => end,
            None if rest.chars().count() == skipped as usize => rest.len(),
            None => return Err("spans: a range is outside the text".to_owned()),
        };
        rich.push(&rest[..end]);
        (rest, at) = (&rest[end..], place);
        starts.push((place, rich.place()));
        while let Some(span) = open.next_if(|span| span.range.end == place) {
            match starts.binary_search_by_key(&span.range.start, |(character, _)| *character) {
                Ok(start) => rich.mark(starts[start].1, span.style),
                Err(_) => return Err("spans: a range ends before it starts".to_owned()),
            }
        }
    }
    rich.push(rest);
    Ok(rich)
}
