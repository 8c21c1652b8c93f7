//! Writing history: events about documents and conversations, by hand or drawn by a seed.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use event_log::{Clock, EventLog, Keyring, ManualClock, MemoryLog, sealed};
use event_model::{
    BlobRef, Chunk, Event, EventData, EventDraft, Fact, ParsedDocument, Tenant, TextRange, Tool, conflict_id,
    family::{
        check::{CheckScore, CheckedText, ClaimCounts, KnowledgeChecked},
        conflict::{ConflictDetected, ConflictResolved, Passage},
        document::{DocumentDeleted, DocumentParsed, DocumentReceived, DocumentRejected, DocumentSuperseded},
        feedback::{FeedbackGiven, FeedbackWithdrawn, Verdict},
        interaction::{Citation, InteractionAnswered, InteractionFailed, InteractionPrompted},
        knowledge::{
            KnowledgeCompared, KnowledgeEmbedded, KnowledgeFailed, KnowledgeReviewed, KnowledgeValidated,
            RuleScore,
        },
        model::ModelRegistered,
        operations::SubjectErased,
        session::{SessionEnded, SessionStarted},
    },
    vector_bytes,
};
use uuid::Uuid;

use crate::{projector::Seed, world::World};

/// A log being written.
pub(crate) struct History<'a> {
    pub(crate) world: &'a World,
    pub(crate) log: Arc<MemoryLog>,
    pub(crate) clock: ManualClock,
    /// The person whose events are written, if they are to be sealed.
    pub(crate) person: Option<&'static str>,
    /// What the next documents are called; each by its number where there is none.
    pub(crate) name: Option<&'static str>,
    /// The person whom some of the drawn events are about.
    pub(crate) drawn: &'static str,
    /// The event that last brought each drawn document.
    pub(crate) lives: BTreeMap<u64, Uuid>,
}

/// The id of document `number`.
pub(crate) fn id(number: u64) -> Uuid {
    Uuid::from_u128(0xd0c0_0000_0000 + u128::from(number))
}

/// The bytes of document `number`.
pub(crate) fn content(number: u64) -> BlobRef {
    BlobRef::of(format!("content {number}").as_bytes())
}

impl<'a> History<'a> {
    pub(crate) fn new(world: &'a World) -> Self {
        let (log, clock) = (World::log(), ManualClock::default());
        Self { world, log, clock, person: None, name: None, drawn: "carol", lives: BTreeMap::new() }
    }

    /// Appends a fact; returns the event's id.
    pub(crate) async fn append<T>(&self, subject: Uuid, cause: Option<Uuid>, data: T) -> Uuid
    where
        T: EventData + Clone + Into<Fact>,
    {
        let fact: Fact = data.clone().into();
        let time = self.clock.now();
        let draft = EventDraft {
            id: self.clock.fresh_id(),
            source: "/test".into(),
            subject: subject.to_string(),
            partitionkey: fact.partition_key(&subject.to_string()).into_owned(),
            tenant: Tenant::default(),
            time,
            data,
        };
        let mut event = draft.build().unwrap();
        event.causationid = cause;
        event.datasubject = self.person.map(Into::into);
        self.append_event(sealed(&*self.world.keyring, event).await.unwrap()).await
    }

    pub(crate) async fn append_event(&self, event: Event) -> Uuid {
        let id = event.id;
        self.log.append(vec![event]).await.unwrap();
        id
    }

    pub(crate) async fn received(&self, number: u64) -> (Uuid, Uuid) {
        self.received_after(number, None).await
    }

    /// The bytes come, or come back after another document of the same source.
    pub(crate) async fn received_after(&self, number: u64, replaces: Option<Uuid>) -> (Uuid, Uuid) {
        let data = DocumentReceived {
            name: self.name.map_or_else(|| format!("document {number}.md"), str::to_owned),
            content: content(number),
            size_bytes: 1000 + number,
            declared_type: Some("text/markdown".into()),
            replaces,
        };
        (id(number), self.append(id(number), None, data).await)
    }

    /// A parse result with chunks that say `words`; returns the event and the parsed blob.
    pub(crate) async fn parsed(&self, number: u64, cause: Uuid, words: &[&str]) -> (Uuid, BlobRef) {
        let document = document(words);
        let parsed = self.stored(&serde_json::to_vec(&document).unwrap()).await;
        let data = DocumentParsed {
            content: content(number),
            parsed: parsed.clone(),
            media_type: document.media_type.clone(),
            parser: document.parser.clone(),
            chunker: document.chunker.clone(),
            title: document.title.clone(),
            pages: None,
            characters: document.text.chars().count() as u64,
            chunks: u32::try_from(document.chunks.len()).unwrap(),
        };
        (self.append(id(number), Some(cause), data).await, parsed)
    }

    pub(crate) async fn rejected(&self, number: u64, cause: Uuid) {
        let data = DocumentRejected {
            content: content(number),
            reason: "encrypted".into(),
            detail: "send it without a password".into(),
        };
        self.append(id(number), Some(cause), data).await;
    }

    /// Stores bytes as the subject of the next event wants them; those of somebody who was erased are stored no more.
    async fn stored(&self, bytes: &[u8]) -> BlobRef {
        let blobs = &self.world.blobs;
        let Some(person) = self.person else {
            return blobs.put(Bytes::copy_from_slice(bytes)).await.unwrap();
        };
        let key = self.world.keyring.create(&Tenant::default(), person).await.unwrap().unwrap();
        blobs.put_sealed(&key, bytes).await.unwrap()
    }

    /// Erases a person: the key first, then the event.
    pub(crate) async fn erased(&self, person: &str) {
        self.world.keyring.destroy(&Tenant::default(), person).await.unwrap();
        let draft = EventDraft {
            id: self.clock.fresh_id(),
            source: "/test".into(),
            subject: person.into(),
            partitionkey: person.into(),
            tenant: Tenant::default(),
            time: self.clock.now(),
            data: SubjectErased { requested_by: "test".into() },
        };
        self.append_event(draft.build().unwrap()).await;
    }

    pub(crate) async fn validated(&self, number: u64, cause: Uuid, parsed: &BlobRef, text: &str) -> Uuid {
        self.validated_by(1, number, cause, parsed, text).await
    }

    /// A judgement by rules of some version, of which those of an even one do without a bound for junk.
    pub(crate) async fn validated_by(
        &self,
        rules_version: u32,
        number: u64,
        cause: Uuid,
        parsed: &BlobRef,
        text: &str,
    ) -> Uuid {
        let score = |rule: &str, passed| RuleScore {
            rule: rule.into(),
            version: 1,
            passed,
            value: 0.1 + 0.2,
            threshold: 1.0 / 3.0,
            evidence: (!passed).then(|| "a \"line\", {odd}".into()),
        };
        let data = KnowledgeValidated {
            parsed: parsed.clone(),
            profile: "prose".into(),
            rules_version,
            quality: 1.0 / (1.0 + f64::from(rules_version)),
            accepted: !text.contains("bad"),
            scores: vec![
                score("long_enough", true),
                score("no_junk", rules_version.is_multiple_of(2) || !text.contains("bad")),
            ],
            text_hash: BlobRef::of(text.as_bytes()),
            bands: text.split(' ').map(|word| i64::try_from(word.len()).unwrap() - 3).collect(),
        };
        self.append(id(number), Some(cause), data).await
    }

    /// Vectors of `model` for a parsed document that says `words`: as many numbers as that model gives.
    pub(crate) async fn embedded(
        &self,
        number: u64,
        cause: Uuid,
        parsed: &BlobRef,
        model: &str,
        words: &[&str],
    ) {
        let vector = |word: &&str| {
            let length = u16::try_from(word.len()).unwrap();
            (0..model.len())
                .map(|at| f32::from(length) / 3.0 + f32::from(u16::try_from(at).unwrap()))
                .collect()
        };
        let vectors: Vec<Vec<f32>> = words.iter().map(vector).collect();
        let data = KnowledgeEmbedded {
            parsed: parsed.clone(),
            model: model.into(),
            dimensions: u32::try_from(model.len()).unwrap(),
            vectors: self.stored(&vector_bytes(&vectors)).await,
            computed: None,
        };
        self.append(id(number), Some(cause), data).await;
    }

    pub(crate) async fn deleted(&self, number: u64) {
        self.append(id(number), None, DocumentDeleted { reason: None }).await;
    }

    pub(crate) async fn superseded(&self, number: u64, by: u64, received: Option<Uuid>) {
        let data = DocumentSuperseded { superseded_by: id(by), received };
        self.append(id(number), None, data).await;
    }

    pub(crate) async fn reviewed(&self, number: u64, accepted: bool) {
        let data = KnowledgeReviewed { accepted, reviewer: "ada".into(), comment: Some("ok".into()) };
        self.append(id(number), None, data).await;
    }

    /// A conflict of two documents, found by rules of some version; returns its id.
    pub(crate) async fn conflicting(&self, one: u64, other: u64, rules_version: Option<u32>) -> Uuid {
        let passage = |number: u64| Passage {
            document: id(number),
            range: TextRange { start: 0, end: 16 },
            text: format!("The limit is {number}\u{0}."),
            span: Some(TextRange { start: 13, end: 14 }),
            heading_path: vec!["Guide".into()],
            chunk: Some(0),
        };
        let (left, right) = (passage(one), passage(other));
        let conflict = conflict_id(&Tenant::default(), (id(one), &left.text), (id(other), &right.text));
        let confidence = 0.1 + 0.2 * f64::from(rules_version.unwrap_or(0));
        let data = ConflictDetected { left, right, kind: "number".into(), confidence, rules_version };
        self.append(conflict, None, data).await;
        conflict
    }

    pub(crate) async fn compared(&self, number: u64) {
        let data = KnowledgeCompared {
            parsed: content(number),
            rules_version: 1,
            passages: 1,
            passages_left_out: 0,
            pairs: 2,
            conflicts: 0,
        };
        self.append(id(number), None, data).await;
    }

    /// A check that `of` is held against the trusted sources and has no claims.
    pub(crate) async fn checked(&self, subject: Uuid, cause: Uuid, of: CheckedText) -> Uuid {
        let score = CheckScore::new(0.1 + 0.2, 0.1, 1.0);
        let data = KnowledgeChecked {
            of,
            checker_version: 1,
            trust: "digest".into(),
            evidence_documents: 2,
            judge: "support/1".into(),
            cannot_say: score.is_none().then(|| "no\u{0}_claim".into()),
            score,
            counts: ClaimCounts { claims: 2, supported: 1, ..ClaimCounts::default() },
            claims: Vec::new(),
            claims_left_out: 0,
            passages: 1,
            passages_left_out: 0,
            by_meaning: false,
            model: None,
        };
        self.append(subject, Some(cause), data).await
    }

    pub(crate) async fn resolved(&self, conflict: Uuid, keep: Option<Uuid>) {
        let data = ConflictResolved { keep, resolved_by: "ada".into(), comment: Some("so\u{0}".into()) };
        self.append(conflict, None, data).await;
    }

    /// A session with one question; returns session, interaction and the question's event.
    pub(crate) async fn asked(&self, number: u64, prompt: &str) -> (Uuid, Uuid, Uuid) {
        let (session, interaction) = (id(1_000_000 + number), id(2_000_000 + number));
        let started = SessionStarted { user: Some("bob".into()), title: None };
        self.append(session, None, started).await;
        let prompted = InteractionPrompted { session, prompt: prompt.into() };
        (session, interaction, self.append(interaction, None, prompted).await)
    }

    pub(crate) async fn answered(&self, session: Uuid, interaction: Uuid, cause: Uuid, answer: &str) -> Uuid {
        let citation = Citation {
            document: id(1),
            name: "document 1.md".into(),
            chunk: 0,
            range: TextRange { start: 0, end: 4 },
            quote: "text".into(),
            score: 0.1 + 0.2,
        };
        let data = InteractionAnswered {
            session,
            model: "extractive".into(),
            answer: answer.into(),
            citations: vec![citation],
        };
        self.append(interaction, Some(cause), data).await
    }

    pub(crate) async fn judged(
        &self,
        number: u64,
        session: Uuid,
        interaction: Uuid,
        verdict: Verdict,
    ) -> Uuid {
        let feedback = id(3_000_000 + number);
        let data = FeedbackGiven { session, interaction, verdict, user: None, comment: None };
        self.append(feedback, None, data).await;
        feedback
    }

    pub(crate) async fn withdrawn(&self, session: Uuid, feedback: Uuid) {
        self.append(feedback, None, FeedbackWithdrawn { session }).await;
    }

    /// Everything that can happen, in an order drawn by `seed`: timely, late, repeated and contradictory.
    pub(crate) async fn draw(&mut self, seed: u64, events: u64) {
        // Of its own, so that more kinds of conflict do not change what else is drawn.
        let (mut seed, mut of_conflicts, mut of_checks) =
            (Seed(seed), Seed(seed + 1_000), Seed(seed + 2_000));
        for number in 0..events {
            if of_conflicts.below(5) == 0 {
                self.draw_conflict(&mut of_conflicts).await;
            }
            self.person = [None, None, None, Some(self.drawn)][usize::try_from(seed.below(4)).unwrap()];
            if of_checks.below(3) == 0 {
                self.draw_check(&mut of_checks).await;
            }
            if seed.below(3) == 0 {
                self.draw_conversation(&mut seed, number).await;
            } else {
                self.draw_document(&mut seed).await;
            }
        }
        self.person = None;
    }

    async fn draw_document(&mut self, seed: &mut Seed) {
        let number = seed.below(12);
        // Causes are drawn from few, so that some results repeat the cause of another.
        let cause = id(9_000_000 + seed.below(3));
        let words = [["one", "two"], ["bad {text}", "with \"quotes\", \\ and \u{0}"]];
        let words = words[usize::try_from(seed.below(2)).unwrap()];
        match seed.below(13) {
            0..=2 => {
                let replaces = (seed.below(4) == 0).then(|| id(seed.below(12)));
                let (_, event) = self.received_after(number, replaces).await;
                self.lives.insert(number, event);
            }
            3..=5 => {
                let (event, parsed) = self.parsed(number, cause, &words).await;
                if seed.below(2) == 0 {
                    let model = ["four", "another"][usize::try_from(seed.below(2)).unwrap()];
                    self.embedded(number, event, &parsed, model, &words).await;
                }
            }
            6 | 7 => {
                let parsed = self.stored(&serde_json::to_vec(&document(&words)).unwrap()).await;
                let rules_version = 1 + u32::try_from(seed.below(3)).unwrap();
                self.validated_by(rules_version, number, cause, &parsed, words[0]).await;
            }
            8 => self.reviewed(number, seed.below(2) == 0).await,
            9 => {
                let data = KnowledgeFailed { role: "validate".into(), reason: "tired".into() };
                self.append(id(number), Some(cause), data).await;
            }
            10 => self.rejected(number, cause).await,
            11 => {
                let parsed = self.stored(&serde_json::to_vec(&document(&words)).unwrap()).await;
                self.embedded(number, cause, &parsed, "four", &words).await;
            }
            _ if seed.below(2) == 0 => self.deleted(number).await,
            _ => {
                // Of any life, of the last that was begun, or of one that was never lived.
                let of = [None, self.lives.get(&number).copied(), Some(Uuid::nil())];
                let by = seed.below(12);
                self.superseded(number, by, of[usize::try_from(seed.below(3)).unwrap()]).await;
            }
        }
    }

    async fn draw_conversation(&self, seed: &mut Seed, fresh: u64) {
        let number = seed.below(6);
        let (session, interaction) = (id(1_000_000 + number), id(2_000_000 + number));
        let cause = id(9_000_000);
        match seed.below(8) {
            0 | 1 => drop(self.asked(number, "why {\"?\"}\u{0}").await),
            2 | 3 => drop(self.answered(session, interaction, cause, "because").await),
            4 | 5 => {
                let verdict = match seed.below(6) {
                    0 => Verdict::Thumbs { up: true },
                    1 => Verdict::Thumbs { up: false },
                    2 => Verdict::Rating { rating: 1 + u8::try_from(seed.below(5)).unwrap() },
                    3 => Verdict::Correction { text: format!("rather {fresh}") },
                    4 => Verdict::Preference { other: "other".into(), prefers_given: seed.below(2) == 0 },
                    _ => Verdict::Labels { labels: vec!["odd\u{0}".into()] },
                };
                self.judged(100 * number + seed.below(6), session, interaction, verdict).await;
            }
            6 => self.withdrawn(session, id(3_000_000 + 100 * number + seed.below(6))).await,
            _ => self.draw_rare(seed, session, interaction).await,
        }
    }

    /// A conflict that is found, found again by later rules, decided, or decided before it is found.
    async fn draw_conflict(&self, seed: &mut Seed) {
        let (one, other) = (seed.below(3), 3 + seed.below(3));
        let rules_version = [None, Some(1), Some(2)][usize::try_from(seed.below(3)).unwrap()];
        if seed.below(4) == 0 {
            self.compared(seed.below(12)).await;
        } else if seed.below(3) > 0 {
            self.conflicting(one, other, rules_version).await;
        } else {
            let text = |number: u64| format!("The limit is {number}\u{0}.");
            let (left, right) = (text(one), text(other));
            let conflict = conflict_id(&Tenant::default(), (id(one), &left), (id(other), &right));
            self.resolved(conflict, (seed.below(2) == 0).then(|| id(one))).await;
        }
    }

    /// A check of a document's text, be it the one that it has or an earlier one, or of an answer.
    async fn draw_check(&self, seed: &mut Seed) {
        if seed.below(3) == 0 {
            let number = seed.below(6);
            let (session, interaction) = (id(1_000_000 + number), id(2_000_000 + number));
            let answered = id(9_000_000 + seed.below(2));
            self.checked(interaction, answered, CheckedText::Answer { session, answered }).await;
            return;
        }
        let words = [["one", "two"], ["bad {text}", "with \"quotes\", \\ and \u{0}"]];
        let words = words[usize::try_from(seed.below(2)).unwrap()];
        let parsed = self.stored(&serde_json::to_vec(&document(&words)).unwrap()).await;
        let number = seed.below(12);
        self.checked(id(number), id(9_000_000), CheckedText::Document { parsed }).await;
    }

    async fn draw_rare(&self, seed: &mut Seed, session: Uuid, interaction: Uuid) {
        match seed.below(3) {
            0 => drop(self.append(session, None, SessionEnded { reason: None }).await),
            1 => {
                let data = InteractionFailed { session, reason: "no model".into() };
                self.append(interaction, None, data).await;
            }
            _ => {
                let data = ModelRegistered { name: "m".into(), dataset: None, location: "/m".into() };
                self.append(id(seed.below(9)), None, data).await;
            }
        }
    }
}

/// A parsed document with one chunk for each of `words`.
pub(crate) fn document(words: &[&str]) -> ParsedDocument {
    let chunk = |word: &&str| Chunk {
        id: String::new(),
        heading_path: vec!["Guide".into(), "On {birds}, \"etc\"".into()],
        range: TextRange { start: 0, end: u32::try_from(word.chars().count()).unwrap() },
        page: Some(3),
        text: (*word).into(),
    };
    ParsedDocument {
        media_type: "text/markdown".into(),
        parser: Tool { name: "markdown".into(), version: 1 },
        chunker: Tool { name: "headings".into(), version: 1 },
        title: Some("Guide".into()),
        text: words.join("\n\n"),
        chunks: words.iter().map(chunk).collect(),
        ..ParsedDocument::default()
    }
}
