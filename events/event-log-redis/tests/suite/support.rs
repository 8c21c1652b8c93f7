//! Logs and events for the tests.

use std::time::{Duration, Instant};

use event_log::{
    Appended, Clock, CreationOptions, EventLog, LogError, ManualClock, Outcome, Position, RepeatWindow,
};
use event_log_redis::{RedisLog, RedisLogOptions};
use event_model::{Event, EventDraft, PartitionId, Tenant, family::session::SessionStarted};
use uuid::Uuid;

/// One partition and the usual window.
pub(crate) const ONE_PARTITION: CreationOptions =
    CreationOptions { partitions: 1, repeats: RepeatWindow(1_000_000) };

/// Several partitions.
pub(crate) const FOUR_PARTITIONS: CreationOptions =
    CreationOptions { partitions: 4, repeats: RepeatWindow(1_000_000) };

/// The only partition of a log that has one.
pub(crate) const P0: PartitionId = PartitionId(0);

/// How long a log may stay away in a test.
const ANSWER_TIME_MAX: Duration = Duration::from_mins(1);

/// Opens the log behind `url`, or makes it.
pub(crate) async fn open(url: &str, creation: CreationOptions) -> Result<RedisLog, LogError> {
    let options = RedisLogOptions { url: url.into(), creation, create: true };
    RedisLog::open(options, &ClockOfTests).await
}

/// A clock whose ids nobody has had, so that two logs never have one identity.
pub(crate) struct ClockOfTests;

impl Clock for ClockOfTests {
    fn now(&self) -> jiff::Timestamp {
        ManualClock::default().now()
    }

    fn fresh_id(&self) -> Uuid {
        event_log::SystemClock.fresh_id()
    }
}

/// An event; equal arguments make equal events.
pub(crate) fn event(id: u128, key: &str) -> Event {
    let draft = EventDraft {
        id: Uuid::from_u128(id),
        source: "/test".into(),
        subject: key.into(),
        partitionkey: key.into(),
        tenant: Tenant::default(),
        time: ManualClock::default().now(),
        data: SessionStarted { user: None, title: Some(format!("event {id}")) },
    };
    draft.build().unwrap()
}

/// Events `ids` with one key.
pub(crate) fn events(ids: impl IntoIterator<Item = u128>) -> Vec<Event> {
    ids.into_iter().map(|id| event(id, "key")).collect()
}

/// Appends and expects an answer.
pub(crate) async fn append(log: &RedisLog, events: Vec<Event>) -> Vec<Appended> {
    log.append(events).await.unwrap()
}

/// Appends as producers do: again with the same ids until there is an answer.
pub(crate) async fn insist(log: &RedisLog, events: Vec<Event>) -> Vec<Appended> {
    let begun = Instant::now();
    loop {
        match log.append(events.clone()).await {
            Ok(answers) => return answers,
            Err(LogError::Unavailable(_)) if begun.elapsed() < ANSWER_TIME_MAX => {
                tokio::task::yield_now().await;
            }
            Err(error) => panic!("no answer in time: {error:?}"),
        }
    }
}

/// The ids of a partition, in order; it is gapless.
pub(crate) async fn ids(log: &RedisLog, partition: PartitionId) -> Vec<u128> {
    let mut ids = Vec::new();
    loop {
        let next = Position(ids.len() as u64 + 1);
        let read = log.read(partition, next, 500).await.unwrap();
        if read.is_empty() {
            return ids;
        }
        assert_eq!(read[0].position, next);
        ids.extend(read.iter().map(|event| event.envelope().unwrap().id.as_u128()));
    }
}

/// How many answers are new events.
pub(crate) fn added(answers: &[Appended]) -> usize {
    answers.iter().filter(|answer| answer.outcome == Outcome::Added).count()
}
