//! Role `check`: how far trusted sources support a document's text, or an answer, claim by claim. Not a judge of truth: what no trusted
//! source speaks of it cannot say.
//!
//! There is no such role where no source is trusted. Which texts lack a check depends on settings, and is found in the read models
//! (`asking`). A check rests on passages of trusted and known sources that the one who may read the text may read, too.
//!
//! Where a model is set to judge, it is asked about the claims after that (`judging`). Whatever it does, the check by measure stands.

mod answers;
mod asking;
mod claims;
mod judging;
mod meaning;
mod report;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use blob_store::BlobStore;
use event_log::Clock;
use event_model::{
    Event, Fact, SubjectKey, TextRange,
    family::check::{CheckedText, KnowledgeChecked},
    result_event_id,
};
use inference::{Embedder, Likeness, embedded_query};
use read_models::query::{
    Asked, Comparable, Evidence, EvidenceRequest, Reader, WordSample, comparable_passages, document,
    evidence, last_check, vectors_of,
};
use read_store::Store;
use uuid::Uuid;
use validation::sentences;
use worker_runtime::{Act, Limits, WorkError};

pub use self::asking::{CheckScope, ask_for_checks};
use self::{claims::Claim, report::Report};
use crate::{catalogue::CHECK, outcome, samples::Samples};

/// Raised whenever the same text may be checked differently: another way to find evidence, or other weights of `validation::support`.
const CHECKER_VERSION: u32 = 2;
/// Passages whose evidence is looked up at once.
const PASSAGES_AT_ONCE: usize = 8;
/// Most passages of one text that are checked.
const PASSAGES_MAX: usize = 64;

/// Checks texts.
pub struct Check {
    store: Store,
    blobs: BlobStore,
    scope: CheckScope,
    embedder: Option<Arc<dyn Embedder>>,
    likeness: Option<Likeness>,
    clock: Arc<dyn Clock>,
    samples: Samples,
}

/// A part of a text that is checked.
#[derive(Clone, Debug)]
struct Passage {
    /// Its first character in the text.
    start: u32,
    text: String,
    vector: Option<Vec<f32>>,
}

/// Where the evidence for one text is looked for.
struct Around<'a> {
    tenant: &'a str,
    readable_by: Reader<'a>,
    beside: Option<(Uuid, &'a str)>,
}

/// What was found out about one text.
struct Found {
    evidence_documents: u64,
    claims: Vec<Claim>,
    passages: usize,
    passages_left_out: usize,
    by_meaning: bool,
}

impl Check {
    /// Checks against what `scope` trusts, among the documents in `store`; `embedder` tells what is meant alike, if there is one.
    pub fn new(
        store: Store,
        blobs: BlobStore,
        scope: CheckScope,
        embedder: Option<Arc<dyn Embedder>>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let likeness = embedder.clone().map(Likeness::new);
        Self { store, blobs, scope, embedder, likeness, clock, samples: Samples::default() }
    }

    /// The claims of a document's passages. Of one that is not in use any more, or about a person, there are none.
    async fn of_document(&self, cause: &Event) -> Result<Found, WorkError> {
        let id: Uuid = cause.subject.parse().map_err(WorkError::dead_letter)?;
        let tenant = cause.tenant.0.as_str();
        let mut found = Found::none(self.scope.evidence_documents().await);
        while found.passages < PASSAGES_MAX {
            let (name, passages) = self.next_passages(tenant, id, found.passages).await?;
            let full = passages.len() == PASSAGES_AT_ONCE;
            let around = Around { tenant, readable_by: Reader::Subject(None), beside: Some((id, &name)) };
            self.add(&around, passages, &mut found).await?;
            if !full {
                return Ok(found);
            }
        }
        let client = self.store.client().await.map_err(WorkError::retry)?;
        let chunks = document(&client, tenant, id).await?.and_then(|row| row.chunks).unwrap_or(0);
        found.passages_left_out = usize::try_from(chunks).unwrap_or_default().saturating_sub(found.passages);
        Ok(found)
    }

    /// The name of a document and its next passages, with the vectors that they have.
    async fn next_passages(
        &self,
        tenant: &str,
        id: Uuid,
        from: usize,
    ) -> Result<(String, Vec<Passage>), WorkError> {
        let client = self.store.client().await.map_err(WorkError::retry)?;
        let limit = i64::try_from(PASSAGES_AT_ONCE).unwrap_or(i64::MAX);
        let from = i32::try_from(from).unwrap_or(i32::MAX);
        let found: Vec<Comparable> = comparable_passages(&client, tenant, id, from, limit).await?;
        let ordinals: Vec<i32> = found.iter().map(|passage| passage.ordinal).collect();
        let mut vectors = match &self.embedder {
            Some(embedder) => vectors_of(&client, id, embedder.model(), &ordinals).await?,
            None => std::collections::HashMap::new(),
        };
        let name = found.first().map(|passage| passage.name.clone()).unwrap_or_default();
        let passage = |passage: Comparable| Passage {
            start: passage.start_char.unsigned_abs(),
            vector: vectors.remove(&passage.ordinal),
            text: passage.text,
        };
        Ok((name, found.into_iter().map(passage).collect()))
    }

    /// The claims of an answer, against what the person who asked may read.
    async fn of_answer(&self, cause: &Event, answer: &str) -> Result<Found, WorkError> {
        let around = Around {
            tenant: &cause.tenant.0,
            readable_by: Reader::Subject(cause.datasubject.as_deref()),
            beside: None,
        };
        let mut passages = answers::passages(answer);
        let mut found = Found::none(self.scope.evidence_documents().await);
        found.passages_left_out = passages.len().saturating_sub(PASSAGES_MAX);
        passages.truncate(PASSAGES_MAX);
        while !passages.is_empty() {
            let mut next: Vec<Passage> = passages.drain(..passages.len().min(PASSAGES_AT_ONCE)).collect();
            for passage in &mut next {
                let embedded = embedded_query(self.embedder.as_deref(), &passage.text).await;
                passage.vector = embedded.vector.map(|(_, vector)| vector);
            }
            self.add(&around, next, &mut found).await?;
        }
        Ok(found)
    }

    /// Checks some passages.
    async fn add(
        &self,
        around: &Around<'_>,
        passages: Vec<Passage>,
        found: &mut Found,
    ) -> Result<(), WorkError> {
        if passages.is_empty() {
            return Ok(());
        }
        found.passages += passages.len();
        found.by_meaning |= passages.iter().any(|passage| passage.vector.is_some());
        let sample = self.samples.of(&self.store, around.tenant, passages.len()).await?;
        let evidence = self.evidence(around, &passages, &sample).await?;
        let checking = move || {
            passages
                .iter()
                .zip(evidence)
                .flat_map(|(one, beside)| claims::of(one, beside))
                .collect::<Vec<_>>()
        };
        found.claims.extend(tokio::task::spawn_blocking(checking).await.map_err(WorkError::dead_letter)?);
        Ok(())
    }

    async fn evidence(
        &self,
        around: &Around<'_>,
        passages: &[Passage],
        sample: &WordSample,
    ) -> Result<Vec<Vec<Evidence>>, WorkError> {
        let model = self.embedder.as_deref().map(Embedder::model);
        let asked = |passage: &'_ Passage| -> (Vec<String>, Option<Vec<f32>>) {
            (sentences(&passage.text).into_iter().map(str::to_owned).collect(), passage.vector.clone())
        };
        let owned: Vec<_> = passages.iter().map(asked).collect();
        let texts: Vec<Asked<'_>> = owned
            .iter()
            .map(|(sentences, vector)| Asked {
                sentences: sentences.iter().map(String::as_str).collect(),
                vector: model.zip(vector.as_deref()),
            })
            .collect();
        let request = EvidenceRequest {
            tenant: around.tenant,
            trust: &self.scope.trust,
            readable_by: around.readable_by,
            beside: around.beside,
            sample,
        };
        let client = self.store.client().await.map_err(WorkError::retry)?;
        Ok(evidence(&client, &request, &texts).await?)
    }

    /// What is said of the text, by measure and, where one is set, by a model.
    async fn report(
        &self,
        of: CheckedText,
        found: Found,
        key: Option<&SubjectKey>,
    ) -> Result<KnowledgeChecked, WorkError> {
        let Found { evidence_documents, mut claims, passages, passages_left_out, by_meaning } = found;
        if let Some(likeness) = &self.likeness {
            meaning::add(likeness, &mut claims).await;
        }
        let mut report = Report::of(claims);
        let model = match &self.scope.judge {
            Some(judge) => Some(judging::judge(judge, &mut report, &self.blobs, key).await?),
            None => None,
        };
        let measured = format!("support/{CHECKER_VERSION}");
        let judged = model.as_ref().filter(|model| model.asked > model.abstained);
        let checked = KnowledgeChecked {
            of,
            checker_version: CHECKER_VERSION,
            trust: self.scope.trust.digest(),
            evidence_documents,
            judge: judged.map_or(measured, |model| format!("ollama:{}", model.model)),
            score: report.score,
            cannot_say: report.cannot_say.clone(),
            counts: report.counts(),
            claims: Vec::new(),
            claims_left_out: 0,
            passages: count(passages),
            passages_left_out: count(passages_left_out),
            by_meaning,
            model,
        };
        Ok(report.into_event(checked))
    }
}

impl Found {
    fn none(evidence_documents: u64) -> Self {
        Self { evidence_documents, claims: Vec::new(), passages: 0, passages_left_out: 0, by_meaning: false }
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// `range` of a part of a text that begins at `start`, in the text.
fn moved(range: TextRange, start: u32) -> TextRange {
    TextRange { start: range.start + start, end: range.end + start }
}

#[async_trait]
impl Act for Check {
    fn role(&self) -> &'static str {
        CHECK.name
    }

    fn limits(&self) -> Limits {
        Limits { concurrency: 2, attempts_max: 5, time: Duration::from_mins(10) }
    }

    async fn act(&self, cause: &Event, key: Option<&SubjectKey>) -> Result<Vec<Event>, WorkError> {
        let (of, found) = match outcome::fact(cause)? {
            Fact::DocumentParsed(parsed) => {
                (CheckedText::Document { parsed: parsed.parsed }, self.of_document(cause).await?)
            }
            Fact::InteractionAnswered(answered) => (
                CheckedText::Answer { session: answered.session, answered: cause.id },
                self.of_answer(cause, &answered.answer).await?,
            ),
            _ => return Err(outcome::foreign(&CHECK, cause)),
        };
        // One text may be checked several times; each check follows the one before, and repeating one changes nothing.
        let id: Uuid = cause.subject.parse().map_err(WorkError::dead_letter)?;
        let client = self.store.client().await.map_err(WorkError::retry)?;
        let before = last_check(&client, &cause.tenant.0, id).await?.unwrap_or_default();
        drop(client);
        let id = result_event_id(&format!("{}/{before}", CHECK.name), CHECK.version, cause.id, 0);
        let checked = self.report(of, found, key).await?;
        Ok(vec![outcome::result_with_id(id, &CHECK, cause, &*self.clock, checked)?])
    }
}
