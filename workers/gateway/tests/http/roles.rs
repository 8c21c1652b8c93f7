//! Roles for tests: each turns one event into its result, by the simplest rule that a test can tell apart.

use event_log::{Clock, EventLog, SystemClock};
use event_model::{
    BlobRef, Block, BlockKind, Chunk, EventData, EventDraft, Fact, ParsedDocument, TextRange, Tool,
    family::{
        dataset::DatasetBuilt,
        document::{DocumentParsed, DocumentReceived, DocumentRejected},
        interaction::{Citation, InteractionAnswered},
        knowledge::{KnowledgeValidated, RuleScore},
    },
    result_event_id,
};
use read_models::Projected;

use crate::harness::Parts;

const PARSED_BYTES_MAX: u64 = 1024 * 1024;

/// Appends the result of `cause`, if it asks for one.
pub(crate) async fn react(parts: &Parts, cause: &Projected) {
    match cause.fact.as_deref() {
        Some(Fact::DocumentReceived(data)) => parse(parts, cause, data).await,
        Some(Fact::DocumentParsed(data)) => {
            let text = cause.document.as_ref().map(|document| document.text.clone()).unwrap_or_default();
            append(parts, cause, judged(data, &text)).await;
        }
        Some(Fact::InteractionPrompted(data)) => {
            let citation = Citation {
                document: data.session,
                name: "notes.md".into(),
                chunk: 0,
                range: TextRange { start: 0, end: 4 },
                quote: "four".into(),
                score: 0.5,
            };
            let answer = format!("You asked: {}", data.prompt);
            let answered = InteractionAnswered {
                session: data.session,
                model: "extractive".into(),
                answer,
                citations: vec![citation],
            };
            append(parts, cause, answered).await;
        }
        Some(Fact::DatasetRequested(_)) => {
            let rows = b"{\"prompt\":\"p\",\"completion\":\"c\"}\n";
            let content = parts.blobs.put(rows.to_vec().into()).await.unwrap();
            let manifest = parts.blobs.put(b"{\"rows\":[]}".to_vec().into()).await.unwrap();
            let size_bytes = rows.len() as u64;
            append(parts, cause, DatasetBuilt { content, manifest, rows: 1, size_bytes, left_out: 2 }).await;
        }
        _ => {}
    }
}

/// Text is parsed, one passage a line; bytes that are not UTF-8, or too many, are rejected.
async fn parse(parts: &Parts, cause: &Projected, data: &DocumentReceived) {
    let bytes =
        if data.size_bytes > PARSED_BYTES_MAX { None } else { parts.blobs.get(&data.content).await.unwrap() };
    let text = bytes.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
    let Some(text) = text else {
        let detail = format!("`{}` is not a text", data.name);
        let content = data.content.clone();
        append(parts, cause, DocumentRejected { content, reason: "unsupported_type".into(), detail }).await;
        return;
    };
    let (mut start, mut chunks, mut blocks) = (0, Vec::new(), Vec::new());
    for line in text.split_inclusive('\n') {
        let end = start + u32::try_from(line.chars().count()).unwrap();
        let range = TextRange { start, end };
        let heading_path = vec!["Notes".into()];
        let written = TextRange { start, end: end - u32::from(line.ends_with('\n')) };
        blocks.push(Block::new(BlockKind::Quote { alert: None }, written, Some(1)));
        chunks.push(Chunk { heading_path, range, text: line.to_owned(), ..Chunk::default() });
        start = end;
    }
    let tool = || Tool { name: "test".into(), version: 1 };
    let (characters, count) = (text.chars().count() as u64, u32::try_from(chunks.len()).unwrap());
    let document =
        ParsedDocument { media_type: "text/plain".into(), text, chunks, blocks, ..ParsedDocument::default() };
    let parsed = parts.blobs.put(serde_json::to_vec(&document).unwrap().into()).await.unwrap();
    let result = DocumentParsed {
        content: data.content.clone(),
        parsed,
        media_type: "text/plain".into(),
        parser: tool(),
        chunker: tool(),
        title: Some(data.name.to_uppercase()),
        pages: None,
        characters,
        chunks: count,
    };
    append(parts, cause, result).await;
}

fn judged(data: &DocumentParsed, text: &str) -> KnowledgeValidated {
    let score = |rule: &str, passed: bool| RuleScore {
        rule: rule.into(),
        version: 1,
        passed,
        value: 3.0,
        threshold: 5.0,
        evidence: None,
    };
    KnowledgeValidated {
        parsed: data.parsed.clone(),
        profile: "prose".into(),
        rules_version: 1,
        quality: 0.5,
        accepted: false,
        scores: vec![score("a_rule", true), score("b_rule", false)],
        text_hash: BlobRef::of(text.as_bytes()),
        bands: Vec::new(),
    }
}

async fn append<T: EventData + Clone + Into<Fact>>(parts: &Parts, cause: &Projected, data: T) {
    let subject = cause.event.subject.to_string();
    let fact: Fact = data.clone().into();
    let draft = EventDraft {
        id: result_event_id("test", 1, cause.event.id, 0),
        source: "/test".into(),
        partitionkey: fact.partition_key(&subject).into_owned(),
        subject,
        tenant: cause.event.tenant.clone(),
        time: SystemClock.now(),
        data,
    };
    let event = draft.build().unwrap().caused_by(&cause.event);
    parts.log.append(vec![event]).await.unwrap();
}
