//! The gateway's only way to change anything: appending events, and waiting until they can be read.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use axum::http::HeaderMap;
use event_log::{Appended, Outcome, sealed};
use event_model::{EVENT_BYTES_MAX, Event, EventData, EventDraft, Fact, derived_event_id};
use metrics::{counter, histogram};
use read_models::query::event_keys;
use uuid::Uuid;

use crate::{
    idempotency::idempotency_key,
    problem::{Answer, Problem, ProblemKind},
    state::App,
};

/// Who says so, in every event the gateway makes.
const SOURCE: &str = "/gateway";

/// The version of ids that are derived from a key rather than drawn.
const DERIVED_VERSION: usize = 5;

/// How long an answer waits for its own event to be folded. A projector that is further behind answers later reads.
pub(crate) const READ_YOUR_WRITES_MAX: Duration = Duration::from_secs(10);

/// The ids of something new and of the event that makes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewIds {
    pub(crate) subject: Uuid,
    pub(crate) event: Uuid,
}

/// What is expected of an event whose id was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeats {
    /// The same payload; another one is refused.
    MustAgree,
    /// Whatever the first one said holds.
    KeepTheFirst,
}

impl App {
    /// Ids for something new: derived from the caller's `Idempotency-Key`, or else fresh.
    pub(crate) fn new_ids(&self, headers: &HeaderMap, what: &str) -> Answer<NewIds> {
        Ok(match idempotency_key(headers)? {
            Some(key) => NewIds {
                subject: derived_event_id(&self.tenant, &format!("{key}\u{1f}{what}")),
                event: derived_event_id(&self.tenant, &format!("{key}\u{1f}{what}\u{1f}event")),
            },
            None => NewIds { subject: self.clock.fresh_id(), event: self.clock.fresh_id() },
        })
    }

    /// An event of the gateway's own; `datasubject` seals its data.
    pub(crate) fn event<T: EventData + Clone + Into<Fact>>(
        &self,
        ids: NewIds,
        data: T,
        datasubject: Option<&str>,
    ) -> Answer<Event> {
        let subject = ids.subject.to_string();
        let fact: Fact = data.clone().into();
        let partitionkey = fact.partition_key(&subject).into_owned();
        let draft = EventDraft {
            id: ids.event,
            source: SOURCE.into(),
            subject,
            partitionkey,
            tenant: self.tenant.clone(),
            time: self.clock.now(),
            data,
        };
        let mut event = draft.build().map_err(|error| Problem::malformed(error.to_string()))?;
        event.datasubject = datasubject.map(Into::into);
        let size = event.encode().len();
        if size > EVENT_BYTES_MAX {
            return Err(Problem::new(
                ProblemKind::TooLarge,
                format!("this would be an event of {size} bytes; the limit is {EVENT_BYTES_MAX}"),
            ));
        }
        Ok(event)
    }

    /// Seals and appends; the answers are in the order of `events`.
    pub(crate) async fn append(&self, events: Vec<Event>, repeats: Repeats) -> Answer<Vec<Appended>> {
        let mut ready = Vec::with_capacity(events.len());
        for event in events {
            ready.push(self.sealed(event).await?);
        }
        if repeats == Repeats::MustAgree {
            self.refuse_moved_ids(&ready).await?;
        }
        let prints: Vec<_> = match repeats {
            Repeats::MustAgree => ready.iter().map(|event| (event.id, event.fingerprint())).collect(),
            Repeats::KeepTheFirst => Vec::new(),
        };
        let answers = self.append_measured(ready).await?;
        self.refuse_other_payloads(&answers, &prints).await?;
        Ok(answers)
    }

    async fn append_measured(&self, events: Vec<Event>) -> Answer<Vec<Appended>> {
        let types: Vec<String> = events.iter().map(|event| event.event_type.to_string()).collect();
        for event in &events {
            #[expect(clippy::cast_precision_loss, reason = "an event has at most 64 KiB")]
            histogram!("elite_ingest_event_size_bytes").record(event.data.get().len() as f64);
        }
        let begun = Instant::now();
        let appended = self.log.append(events).await;
        histogram!("elite_ingest_publish_duration_seconds").record(begun.elapsed().as_secs_f64());
        for (at, event_type) in types.into_iter().enumerate() {
            let outcome = match appended.as_ref().map(|answers| answers.get(at).map(|answer| answer.outcome))
            {
                Ok(Some(Outcome::Added)) => "accepted",
                Ok(_) => "duplicate",
                Err(_) => "rejected",
            };
            counter!("elite_ingest_events_total", "event_type" => event_type, "outcome" => outcome)
                .increment(1);
        }
        Ok(appended?)
    }

    /// Appends one event.
    pub(crate) async fn append_one(&self, event: Event) -> Answer<Appended> {
        let mut answers = self.append(vec![event], Repeats::MustAgree).await?;
        answers.pop().ok_or_else(|| Problem::new(ProblemKind::Internal, "the log did not answer"))
    }

    async fn sealed(&self, event: Event) -> Answer<Event> {
        if let Some(subject) = &event.datasubject {
            self.subject_key(subject).await?;
        }
        Ok(sealed(&*self.keyring, event).await?)
    }

    /// The log recognises an id within its partition. An id that a caller's key stands for, and that went to another
    /// partition before, is found in the read model.
    async fn refuse_moved_ids(&self, events: &[Event]) -> Answer<()> {
        let derived = events.iter().filter(|event| event.id.get_version_num() == DERIVED_VERSION);
        let keys: HashMap<Uuid, &str> = derived.map(|event| (event.id, &*event.partitionkey.0)).collect();
        if keys.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = keys.keys().copied().collect();
        let client = self.store.client().await?;
        let known = event_keys(&client, &self.tenant.0, &ids).await?;
        drop(client);
        match known.iter().find(|(id, key)| keys.get(id).is_some_and(|wanted| wanted != key)) {
            None => Ok(()),
            Some((id, _)) => {
                let detail = format!("event id `{id}` was used before for something else");
                Err(Problem::new(ProblemKind::KeyReused, detail))
            }
        }
    }

    /// A repeated id must stand for the payload it stood for the first time.
    async fn refuse_other_payloads(
        &self,
        answers: &[Appended],
        prints: &[(Uuid, event_model::BlobRef)],
    ) -> Answer<()> {
        let repeats = answers.iter().zip(prints).enumerate();
        for (index, (answer, (id, print))) in
            repeats.filter(|(_, (answer, _))| answer.outcome == Outcome::Duplicate)
        {
            let first = self.log.read(answer.partition, answer.position, 1).await?;
            let same = first
                .first()
                .is_some_and(|first| first.envelope().is_ok_and(|first| first.fingerprint() == *print));
            if !same {
                let detail = format!("event id `{id}` was used before for something else");
                let events = serde_json::to_value(answers).unwrap_or_default();
                return Err(Problem::new(ProblemKind::KeyReused, detail)
                    .with("index", index)
                    .with("events", events));
            }
        }
        Ok(())
    }

    /// Waits, bounded, until what was appended can be read; false if that took too long.
    pub(crate) async fn folded(&self, answers: &[Appended], limit: Duration) -> Answer<bool> {
        let positions: Vec<_> =
            answers.iter().map(|answer| (answer.partition.0, answer.position.0)).collect();
        Ok(self.progress.wait(&self.store, &positions, limit).await?)
    }
}
