//! Role `compare`: looks, among the passages of other documents, for what contradicts a document's. Not a judgement of which side is
//! right, which people decide.
//!
//! A pair of documents is not missed when both arrive at once. A document is looked at when its judgement is folded, and that comes
//! behind the fold of its passages, because both have its key:
//!
//! ```text
//!   one    parsed, folded: passages there ------- validated, folded ------- looks
//!   other  ------------ parsed, folded: passages there ----- validated, folded ------- looks
//! ```
//!
//! Of two documents, the one whose passages are there last looks after both are there, and sees the other's. Where both see each
//! other they say the same: a conflict's id is derived from its two places, its event's id from that and the version of the rules.
//! A document that comes back is parsed and judged anew, and so looks anew. One that is only judged anew, by other rules of quality, is
//! the same text in the same place: what was found when its first judgement was looked at holds, and is said again.
//!
//! What reads like a contradiction and is none among a corpus' pages is left out by `subject`.
//!
//! What is about a data subject is compared with nobody, so that nothing of it is quoted to others. Neither are versions of one
//! source, since the newer one takes the older one's place.

mod detected;
mod subject;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use event_log::Clock;
use event_model::{
    Event, Fact, SubjectKey,
    family::knowledge::{KnowledgeCompared, KnowledgeValidated},
};
use read_models::query::{
    Comparable, candidates, comparable_passages, compared_before, document, settle_index,
};
use read_store::Store;
use uuid::Uuid;
use validation::{CONFLICT_RULES_VERSION, sentences};
use worker_runtime::{Act, Limits, WorkError, Worked};

use self::detected::{Detected, detect};
use crate::{catalogue::COMPARE, outcome, samples::Samples};

/// Passages whose candidates are looked up at once.
const PASSAGES_AT_ONCE: usize = 8;
/// Most passages of one document that are compared.
const PASSAGES_MAX: usize = 2_000;
/// Most conflicts told of one document, the surest first.
const CONFLICTS_MAX: usize = 1_000;
/// Passages between two times that the index is settled.
const SETTLE_EVERY: usize = 64;

/// Compares documents.
pub struct Compare {
    store: Store,
    clock: Arc<dyn Clock>,
    samples: Samples,
    unsettled: Mutex<usize>,
}

/// What is found so far of one document.
#[derive(Default)]
struct Found {
    passages: usize,
    left_out: usize,
    pairs: usize,
    conflicts: BTreeMap<Uuid, Detected>,
}

impl Compare {
    /// A role that looks into `store`.
    pub fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, samples: Samples::default(), unsettled: Mutex::new(SETTLE_EVERY) }
    }

    /// What was found at another judgement of the text that the same parsing gave. That it is not folded yet does no harm: what is
    /// found twice has the same ids.
    async fn compared_before(
        &self,
        cause: &Event,
        validated: &KnowledgeValidated,
    ) -> Result<Option<KnowledgeCompared>, WorkError> {
        let Some(parsed_event) = cause.causationid.filter(|_| cause.datasubject.is_none()) else {
            return Ok(None);
        };
        let (tenant, parsed) = (&cause.tenant.0, validated.parsed.as_str());
        let client = self.store.client().await.map_err(WorkError::retry)?;
        let known = compared_before(&client, tenant, parsed_event, parsed, CONFLICT_RULES_VERSION).await?;
        known.map(serde_json::from_value).transpose().map_err(WorkError::dead_letter)
    }

    async fn look(&self, cause: &Event, document_id: Uuid) -> Result<Found, WorkError> {
        let tenant = &cause.tenant.0;
        let mut found = Found::default();
        while found.passages < PASSAGES_MAX {
            let passages = self.next_passages(tenant, document_id, found.passages).await?;
            let full = passages.len() == PASSAGES_AT_ONCE;
            found.passages += passages.len();
            self.look_beside(cause, passages, &mut found).await?;
            if !full {
                return Ok(found);
            }
        }
        let client = self.store.client().await.map_err(WorkError::retry)?;
        let chunks = document(&client, tenant, document_id).await?.and_then(|row| row.chunks).unwrap_or(0);
        found.left_out = usize::try_from(chunks).unwrap_or_default().saturating_sub(found.passages);
        Ok(found)
    }

    async fn next_passages(
        &self,
        tenant: &str,
        document: Uuid,
        from: usize,
    ) -> Result<Vec<Comparable>, WorkError> {
        let client = self.store.client().await.map_err(WorkError::retry)?;
        let limit = i64::try_from(PASSAGES_AT_ONCE).unwrap_or(i64::MAX);
        let from = i32::try_from(from).unwrap_or(i32::MAX);
        Ok(comparable_passages(&client, tenant, document, from, limit).await?)
    }

    async fn look_beside(
        &self,
        cause: &Event,
        passages: Vec<Comparable>,
        found: &mut Found,
    ) -> Result<(), WorkError> {
        let Some(first) = passages.first() else { return Ok(()) };
        let tenant = &cause.tenant.0;
        self.settle(passages.len()).await?;
        let sample = self.samples.of(&self.store, tenant, passages.len()).await?;
        let cut: Vec<Vec<&str>> = passages.iter().map(|passage| sentences(&passage.text)).collect();
        let client = self.store.client().await.map_err(WorkError::retry)?;
        let document = (first.document_id, first.name.as_str());
        let others = candidates(&client, tenant, document, &cut, &sample).await?;
        drop(client);
        found.pairs += others.iter().map(Vec::len).sum::<usize>();
        let tenant = cause.tenant.clone();
        let detected = tokio::task::spawn_blocking(move || detect(&tenant, &passages, &others));
        for one in detected.await.map_err(WorkError::dead_letter)? {
            found.keep(one);
        }
        Ok(())
    }

    /// Now and then. Where the database does not let this role, what comes is the same and takes longer.
    async fn settle(&self, passages: usize) -> Result<(), WorkError> {
        {
            let mut unsettled = self.unsettled.lock().unwrap_or_else(PoisonError::into_inner);
            *unsettled += passages;
            if *unsettled < SETTLE_EVERY {
                return Ok(());
            }
            *unsettled = 0;
        }
        let client = self.store.client().await.map_err(WorkError::retry)?;
        if let Err(error) = settle_index(&client).await {
            tracing::debug!(%error, "the index of passages could not be settled");
        }
        Ok(())
    }
}

impl Found {
    /// Of two findings at one pair of places the surer one.
    fn keep(&mut self, one: Detected) {
        let surer = self.conflicts.get(&one.id).is_none_or(|known| known.is_less_sure_than(&one));
        if surer {
            self.conflicts.insert(one.id, one);
        }
    }

    /// The conflicts, the surest first.
    fn surest(self) -> Vec<Detected> {
        let mut conflicts: Vec<Detected> = self.conflicts.into_values().collect();
        conflicts.sort_by(|one, other| {
            other.data.confidence.total_cmp(&one.data.confidence).then_with(|| one.id.cmp(&other.id))
        });
        conflicts.truncate(CONFLICTS_MAX);
        conflicts
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[async_trait]
impl Act for Compare {
    fn role(&self) -> &'static str {
        COMPARE.name
    }

    fn limits(&self) -> Limits {
        Limits { concurrency: 2, attempts_max: 5, time: Duration::from_mins(5) }
    }

    async fn act(&self, cause: &Event, key: Option<&SubjectKey>) -> Result<Vec<Event>, WorkError> {
        Ok(self.work(cause, key).await?.results)
    }

    async fn work(&self, cause: &Event, _: Option<&SubjectKey>) -> Result<Worked, WorkError> {
        let Fact::KnowledgeValidated(validated) = outcome::fact(cause)? else {
            return Err(outcome::foreign(&COMPARE, cause));
        };
        let document: Uuid = cause.subject.parse().map_err(WorkError::dead_letter)?;
        if let Some(compared) = self.compared_before(cause, &validated).await? {
            let results = vec![outcome::result(&COMPARE, cause, &*self.clock, compared)?];
            return Ok(Worked { results, follows: Vec::new() });
        }
        let found =
            if cause.datasubject.is_none() { self.look(cause, document).await? } else { Found::default() };
        let compared = KnowledgeCompared {
            parsed: validated.parsed,
            rules_version: CONFLICT_RULES_VERSION,
            passages: count(found.passages),
            passages_left_out: count(found.left_out),
            pairs: count(found.pairs),
            conflicts: count(found.conflicts.len()),
        };
        let clock = &*self.clock;
        let follows = found.surest().into_iter().map(|one| one.event(&cause.tenant, clock));
        let follows = follows.collect::<Result<Vec<Event>, WorkError>>()?;
        Ok(Worked { results: vec![outcome::result(&COMPARE, cause, clock, compared)?], follows })
    }
}
