//! A history as a project leaves it: documents that are parsed and judged, questions, answers, opinions.

use blob_store::BlobStore;
use bytes::Bytes;
use event_log::{Clock, EventLog, SystemClock};
use event_model::{
    BlobRef, Chunk, Event, EventData, EventDraft, Fact, ParsedDocument, Tenant, TextRange, Tool,
    family::{
        document::{DocumentParsed, DocumentReceived},
        feedback::{FeedbackGiven, Verdict},
        interaction::{InteractionAnswered, InteractionPrompted},
        knowledge::{KnowledgeValidated, RuleScore},
        session::SessionStarted,
    },
};
use uuid::Uuid;

/// Different parsed documents; many documents share one.
const TEXTS: u128 = 200;
/// Questions of a conversation.
const QUESTIONS: u128 = 5;
/// Events appended at once.
const BATCH: usize = 2_000;

/// What the history is made of.
pub(crate) struct History {
    parsed: Vec<(BlobRef, ParsedDocument)>,
}

impl History {
    pub(crate) async fn new(blobs: &BlobStore) -> anyhow::Result<Self> {
        let mut parsed = Vec::new();
        for number in 0..TEXTS {
            let document = document(number);
            parsed.push((blobs.put(Bytes::from(serde_json::to_vec(&document)?)).await?, document));
        }
        Ok(Self { parsed })
    }

    /// Appends at least `events` events, half of them about documents and half of them in conversations, after the first `number`
    /// parts of the history, which are there already; returns how many are there now.
    pub(crate) async fn write_from(
        &self,
        mut number: u128,
        log: &dyn EventLog,
        events: u64,
    ) -> anyhow::Result<u128> {
        let (mut waiting, mut written) = (Vec::new(), 0);
        while written < events {
            number += 1;
            // A document has 3 events, a conversation 16.
            for document in 0..5 {
                self.document(number * 5 + document, &mut waiting)?;
            }
            conversation(number, &mut waiting)?;
            if waiting.len() >= BATCH {
                written += waiting.len() as u64;
                log.append(std::mem::take(&mut waiting)).await?;
            }
        }
        Ok(number)
    }

    fn document(&self, number: u128, events: &mut Vec<Event>) -> anyhow::Result<()> {
        let id = Uuid::from_u128((0xd0c0 << 64) | number);
        let (parsed, document) = &self.parsed[usize::try_from(number % TEXTS)?];
        let content = BlobRef::of(&number.to_le_bytes());
        let (name, size_bytes) = (format!("guides/chapter-{number}.md"), 4_000);
        let data = DocumentReceived {
            name,
            content: content.clone(),
            size_bytes,
            declared_type: None,
            replaces: None,
        };
        let received = tell(events, id, id, None, data)?;
        let data = DocumentParsed {
            content,
            parsed: parsed.clone(),
            media_type: document.media_type.clone(),
            parser: document.parser.clone(),
            chunker: document.chunker.clone(),
            title: document.title.clone(),
            pages: None,
            characters: document.text.len() as u64,
            chunks: u32::try_from(document.chunks.len())?,
        };
        let event = tell(events, id, id, Some(received), data)?;
        tell(events, id, id, Some(event), validated(number, parsed))?;
        Ok(())
    }
}

fn validated(number: u128, parsed: &BlobRef) -> KnowledgeValidated {
    let score = |rule: &str| RuleScore {
        rule: rule.into(),
        version: 1,
        passed: true,
        value: 0.75,
        threshold: 0.5,
        evidence: None,
    };
    let rules = ["gopher_stop_words", "gopher_symbols", "fineweb_list", "c4_page", "has_words", "long_word"];
    KnowledgeValidated {
        parsed: parsed.clone(),
        profile: "prose".into(),
        rules_version: 1,
        quality: 0.8,
        accepted: true,
        scores: rules.map(score).to_vec(),
        text_hash: BlobRef::of(&number.to_be_bytes()),
        bands: (0..14)
            .map(|band| {
                i64::from_le_bytes(number.to_le_bytes()[..8].try_into().unwrap_or_default()) * 31 + band
            })
            .collect(),
    }
}

fn conversation(number: u128, events: &mut Vec<Event>) -> anyhow::Result<()> {
    let session = Uuid::from_u128((0x5e55 << 64) | number);
    let title = Some(format!("Conversation {number}"));
    tell(events, session, session, None, SessionStarted { user: Some("ada".into()), title })?;
    for question in 0..QUESTIONS {
        let id = Uuid::from_u128((0x9e57 << 64) | (number * QUESTIONS + question));
        let prompt = format!("What does chapter {number} say about the number {question}?");
        let cause = tell(events, id, session, None, InteractionPrompted { session, prompt })?;
        let answer =
            format!("It says that {question} is a number, and shows how it is used. {}", sentence(number));
        let (model, citations) = ("extractive".to_owned(), Vec::new());
        tell(events, id, session, Some(cause), InteractionAnswered { session, model, answer, citations })?;
        let feedback = Uuid::from_u128((0xfeed << 64) | (number * QUESTIONS + question));
        let verdict = Verdict::Thumbs { up: question != 0 };
        let data = FeedbackGiven { session, interaction: id, verdict, user: None, comment: None };
        tell(events, feedback, session, None, data)?;
    }
    Ok(())
}

fn tell<T: EventData + Clone + Into<Fact>>(
    events: &mut Vec<Event>,
    subject: Uuid,
    key: Uuid,
    cause: Option<Uuid>,
    data: T,
) -> anyhow::Result<Uuid> {
    let draft = EventDraft {
        id: SystemClock.fresh_id(),
        source: "/bench".into(),
        subject: subject.to_string(),
        partitionkey: key.to_string(),
        tenant: Tenant::default(),
        time: SystemClock.now(),
        data,
    };
    let mut event = draft.build()?;
    event.causationid = cause;
    let id = event.id;
    events.push(event);
    Ok(id)
}

/// Two passages of some 500 characters.
fn document(number: u128) -> ParsedDocument {
    let passage =
        |part: u128| (0..6).map(|one| sentence(number * 31 + part * 7 + one)).collect::<Vec<_>>().join(" ");
    let chunk = |part: u128| {
        let text = passage(part);
        Chunk {
            id: String::new(),
            heading_path: vec!["Guide".into(), format!("Part {part}")],
            range: TextRange { start: 0, end: u32::try_from(text.len()).unwrap_or_default() },
            page: None,
            text,
        }
    };
    ParsedDocument {
        media_type: "text/markdown".into(),
        parser: Tool { name: "markdown".into(), version: 1 },
        chunker: Tool { name: "headings".into(), version: 1 },
        title: Some(format!("Guide {number}")),
        text: format!("{}\n\n{}", passage(0), passage(1)),
        chunks: vec![chunk(0), chunk(1)],
        ..ParsedDocument::default()
    }
}

fn sentence(number: u128) -> String {
    const WORDS: &[&str] = &[
        "river", "library", "engine", "garden", "signal", "harbour", "method", "lantern", "vector", "meadow",
        "ledger",
    ];
    let word = |at: u128| {
        WORDS[usize::try_from((number * 7 + at * at * 3 + at) % WORDS.len() as u128).unwrap_or_default()]
    };
    let words: Vec<&str> = (0..11).map(word).collect();
    format!("The {} number {number} is kept there.", words.join(" of the "))
}
