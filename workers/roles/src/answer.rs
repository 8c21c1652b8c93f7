//! Role `answer`: finds the passages that speak to a question, and answers from them alone.
//!
//! A model answers if Ollama has one; otherwise the passages are quoted. Either way the passages are recorded with it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use event_log::Clock;
use event_model::{
    Event, Fact, SubjectKey, TextRange,
    family::interaction::{Citation, InteractionAnswered, InteractionFailed, InteractionPrompted},
};
use inference::{EXTRACTIVE, Embedder, Ollama, Passage, embedded_query};
use read_models::query::{Filter, QueryVector, Reader, SearchHit, SearchRequest, search};
use read_store::Store;
use worker_runtime::{Act, Limits, WorkError};

use crate::{catalogue::ANSWER, outcome};

/// Passages a model is given.
const MODEL_PASSAGES_MAX: usize = 6;
/// Passages an answer may quote.
const PASSAGES_MAX: i64 = 12;
/// Characters quoted for a passage that a model was given.
const QUOTE_CHARACTERS_MAX: usize = 400;

/// Answers questions.
pub struct Answer {
    store: Store,
    ollama: Option<Ollama>,
    embedder: Option<Arc<dyn Embedder>>,
    clock: Arc<dyn Clock>,
}

impl Answer {
    /// Answers from the documents in `store`, by `ollama` when it is there and has a model; `embedder` finds what is meant
    /// alike, if there is one.
    pub fn new(
        store: Store,
        ollama: Option<Ollama>,
        embedder: Option<Arc<dyn Embedder>>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { store, ollama, embedder, clock }
    }

    async fn passages(&self, cause: &Event, prompt: &str) -> Result<Vec<SearchHit>, WorkError> {
        // What is quoted to somebody becomes theirs: erasing the person it was about would not reach it.
        let readable_by = Reader::Subject(cause.datasubject.as_deref());
        let embedded = embedded_query(self.embedder.as_deref(), prompt).await;
        let request = SearchRequest {
            tenant: &cause.tenant.0,
            query: prompt,
            vector: embedded.vector.as_ref().map(|(model, values)| QueryVector { model, values }),
            filter: Filter::default(),
            readable_by,
            limit: PASSAGES_MAX,
        };
        let client = self.store.client().await.map_err(WorkError::retry)?;
        Ok(search(&client, &request).await?.hits)
    }

    async fn by_model(
        &self,
        asked: &InteractionPrompted,
        hits: &[SearchHit],
    ) -> Result<Option<InteractionAnswered>, WorkError> {
        let Some(ollama) = &self.ollama else { return Ok(None) };
        let Some(model) = ollama.model().await else { return Ok(None) };
        let hits = &hits[..hits.len().min(MODEL_PASSAGES_MAX)];
        let messages = inference::grounded(&asked.prompt, &passages(hits));
        let answer = match ollama.chat(&model, &messages).await {
            Ok(answer) => answer,
            Err(error) if error.is_transient() => return Err(WorkError::retry(error)),
            Err(error) => {
                tracing::warn!(%error, "the model refused; the answer is quoted instead");
                return Ok(None);
            }
        };
        let citations = hits.iter().map(|hit| {
            let end = QUOTE_CHARACTERS_MAX.min(hit.text.chars().count());
            citation(hit, 0, end)
        });
        Ok(Some(InteractionAnswered {
            session: asked.session,
            model,
            answer,
            citations: citations.collect(),
        }))
    }
}

fn passages(hits: &[SearchHit]) -> Vec<Passage> {
    let passage = |hit: &SearchHit| Passage {
        name: hit.name.clone(),
        heading: hit.heading_path.join(" > "),
        text: hit.text.clone(),
    };
    hits.iter().map(passage).collect()
}

/// A citation of the characters `start..end` of a passage.
fn citation(hit: &SearchHit, start: usize, end: usize) -> Citation {
    let at = |offset: usize| hit.range.start + u32::try_from(offset).unwrap_or_default();
    Citation {
        document: hit.document_id,
        name: hit.name.clone(),
        chunk: hit.ordinal.unsigned_abs(),
        range: TextRange { start: at(start), end: at(end) },
        quote: hit.text.chars().skip(start).take(end - start).collect(),
        score: hit.score,
    }
}

fn by_quoting(asked: &InteractionPrompted, hits: &[SearchHit]) -> Option<InteractionAnswered> {
    let answer = inference::answer(&asked.prompt, &passages(hits))?;
    let cited = answer.quotes.iter().map(|quote| citation(&hits[quote.passage], quote.start, quote.end));
    Some(InteractionAnswered {
        session: asked.session,
        model: EXTRACTIVE.to_owned(),
        citations: cited.collect(),
        answer: answer.text,
    })
}

#[async_trait]
impl Act for Answer {
    fn role(&self) -> &'static str {
        ANSWER.name
    }

    fn limits(&self) -> Limits {
        Limits { concurrency: 4, attempts_max: 4, time: Duration::from_mins(5) }
    }

    async fn act(&self, cause: &Event, _: Option<&SubjectKey>) -> Result<Vec<Event>, WorkError> {
        let Fact::InteractionPrompted(asked) = outcome::fact(cause)? else {
            return Err(outcome::foreign(&ANSWER, cause));
        };
        let hits = self.passages(cause, &asked.prompt).await?;
        let answered = if hits.is_empty() { None } else { self.by_model(&asked, &hits).await? };
        let event = if let Some(answered) = answered.or_else(|| by_quoting(&asked, &hits)) {
            outcome::result(&ANSWER, cause, &*self.clock, answered)?
        } else {
            let reason = "no document speaks to this question; add some with `elite push`".to_owned();
            outcome::result(
                &ANSWER,
                cause,
                &*self.clock,
                InteractionFailed { session: asked.session, reason },
            )?
        };
        Ok(vec![event])
    }
}
