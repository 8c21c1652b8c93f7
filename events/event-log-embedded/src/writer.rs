//! The one thread that gives positions: everything that waits goes into one batch and one `fdatasync`.

use std::{
    collections::{BTreeMap, HashMap},
    sync::atomic::Ordering,
};

use event_log::{Appended, Durability, LogError, Outcome, Position};
use event_model::PartitionId;
use tokio::sync::{
    mpsc::{self, error::TryRecvError},
    watch,
};
use uuid::Uuid;

use crate::{
    queue::{Answer, Encoded, Request},
    room,
    run::{self, Run},
    seen::Seen,
    store::{Store, event_key, id_key, position},
    tables::{Tables, unavailable},
};

/// More than this is not gathered for one `fdatasync`: what waits longest should not wait for everything else.
const GROUP_BYTES_MAX: u64 = 4 << 20;

/// The writer's thread.
pub(crate) struct Writer {
    store: Store,
    requests: mpsc::UnboundedReceiver<Request>,
    version: watch::Sender<u64>,
    seen: Seen,
    /// Why nothing is acknowledged any more.
    failure: Option<Failure>,
}

/// Why the last write was not done.
enum Failure {
    /// There was no room for it. What was written of it can be taken back.
    Full,
    /// Nobody knows what the disk holds.
    Unknown(String),
}

impl Writer {
    pub(crate) fn new(
        store: Store,
        requests: mpsc::UnboundedReceiver<Request>,
        version: watch::Sender<u64>,
    ) -> Result<Self, LogError> {
        let seen = Seen::of(&store.tables()?.ids);
        Ok(Self { store, requests, version, seen, failure: None })
    }

    /// Writes until every sender of requests is gone.
    pub(crate) fn run(mut self) {
        while let Some(first) = self.next() {
            let group = self.group(first);
            let answers = self.write(&group);
            for (request, answer) in group.into_iter().zip(answers) {
                // A caller that no longer waits repeats the call with the same ids.
                request.answer.send(answer).ok();
            }
        }
    }

    fn next(&mut self) -> Option<Request> {
        while self.seen.is_filling() {
            self.seen.fill();
            match self.requests.try_recv() {
                Ok(request) => return Some(request),
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) => {}
            }
        }
        self.requests.blocking_recv()
    }

    fn group(&mut self, first: Request) -> Vec<Request> {
        let mut size = u64::from(first.size_bytes);
        let mut group = vec![first];
        while size < GROUP_BYTES_MAX
            && let Ok(next) = self.requests.try_recv()
        {
            size += u64::from(next.size_bytes);
            group.push(next);
        }
        group
    }

    fn write(&mut self, group: &[Request]) -> Vec<Answer> {
        match self.try_write(group) {
            Ok(answers) => answers.into_iter().map(Ok).collect(),
            Err(error) => {
                let reason = match error {
                    LogError::Unavailable(reason) => reason,
                    other => other.to_string(),
                };
                group.iter().map(|_| Err(LogError::Unavailable(reason.clone()))).collect()
            }
        }
    }

    fn try_write(&mut self, group: &[Request]) -> Result<Vec<Vec<Appended>>, LogError> {
        room::require(self.store.dir(), group.iter().map(|request| u64::from(request.size_bytes)).sum())?;
        self.recover()?;
        let tables = self.store.tables()?;
        let Plan { batch, tails, ids, answers, .. } = Plan::of(&self.store, &tables, &self.seen, group)?;
        // A group of nothing but repeats needs no write: what it repeats was synced before it could be found.
        if !ids.is_empty() {
            for (partition, id) in ids.keys() {
                self.seen.insert(&id_key(*partition, *id));
            }
            batch.commit().map_err(|error| self.not_written(&error))?;
            tables.sync().map_err(|error| self.not_synced(&error))?;
            for (tail, next) in self.store.tails.iter().zip(tails) {
                tail.store(next, Ordering::Release);
            }
            self.version.send_modify(|version| *version += 1);
        }
        Ok(answers)
    }

    /// After a full disk that has room again, opens the log again. Nothing else can be recovered from while it is open.
    fn recover(&mut self) -> Result<(), LogError> {
        match &self.failure {
            None => return Ok(()),
            Some(Failure::Unknown(failure)) => {
                return Err(LogError::Unavailable(format!(
                    "writing failed ({failure}); nothing is acknowledged until the log is opened again: restart this process"
                )));
            }
            Some(Failure::Full) => {}
        }
        self.seen = Seen::unknown();
        self.store.reopen().inspect_err(|error| {
            tracing::error!(%error, "the log cannot be opened again although its disk has room");
        })?;
        self.seen = Seen::of(&self.store.tables()?.ids);
        self.failure = None;
        self.version.send_modify(|version| *version += 1);
        tracing::info!("the disk has room again, and the log was opened again");
        Ok(())
    }

    /// A write failed. When there was no room, nothing else is wrong; the database's own threads may have met it first.
    fn not_written(&mut self, error: &fjall::Error) -> LogError {
        let full = match error {
            fjall::Error::Io(error) => error.kind() == std::io::ErrorKind::StorageFull,
            fjall::Error::Poisoned => room::require(self.store.dir(), 0).is_err(),
            _ => false,
        };
        if full { self.full(error) } else { self.unknown(error) }
    }

    /// Syncing failed. Even where room was what it lacked, the pages may be gone that were not written.
    fn not_synced(&mut self, error: &fjall::Error) -> LogError {
        match error {
            fjall::Error::Poisoned => self.not_written(error),
            error => self.unknown(error),
        }
    }

    fn full(&mut self, error: &fjall::Error) -> LogError {
        tracing::error!(%error, "the disk is full; nothing is acknowledged until it has room");
        self.failure = Some(Failure::Full);
        LogError::Unavailable("the disk is full; make room, and it goes on by itself".into())
    }

    fn unknown(&mut self, error: &fjall::Error) -> LogError {
        tracing::error!(%error, "the log was not written; nothing is acknowledged until it is opened again: restart this process");
        self.failure = Some(Failure::Unknown(error.to_string()));
        LogError::Unavailable(format!(
            "writing failed ({error}); nothing is acknowledged until this process is restarted"
        ))
    }
}

/// What one group becomes.
struct Plan<'a> {
    store: &'a Store,
    tables: &'a Tables,
    seen: &'a Seen,
    batch: fjall::OwnedWriteBatch,
    tails: Vec<u64>,
    /// Where the next event of each partition goes.
    runs: BTreeMap<PartitionId, Run>,
    /// Ids of this group. A batch must not hold a key twice, so they enter it at the end.
    ids: HashMap<(PartitionId, Uuid), Position>,
    answers: Vec<Vec<Appended>>,
}

impl<'a> Plan<'a> {
    fn of(store: &'a Store, tables: &'a Tables, seen: &'a Seen, group: &[Request]) -> Result<Self, LogError> {
        let tails = store.tails.iter().map(|tail| tail.load(Ordering::Acquire)).collect();
        let mut plan = Self {
            store,
            tables,
            seen,
            batch: tables.batch(),
            tails,
            runs: BTreeMap::new(),
            ids: HashMap::new(),
            answers: Vec::new(),
        };
        for request in group {
            let mut answers = Vec::with_capacity(request.events.len());
            for event in &request.events {
                answers.push(plan.add(event)?);
            }
            plan.answers.push(answers);
        }
        plan.finish();
        Ok(plan)
    }

    /// Puts what was gathered into the batch.
    fn finish(&mut self) {
        for (partition, run) in std::mem::take(&mut self.runs) {
            self.insert(partition, run);
        }
        // In order, because neighbours in a sorted list are found faster.
        let mut ids: Vec<_> =
            self.ids.iter().map(|((partition, id), at)| (id_key(*partition, *id), at.0)).collect();
        ids.sort_unstable();
        for (key, position) in ids {
            self.batch.insert(&self.tables.ids, key, position.to_be_bytes());
        }
    }

    fn insert(&mut self, partition: PartitionId, run: Run) {
        self.batch.insert(&self.tables.events, event_key(partition, run.first), run.into_value());
    }

    fn gather(&mut self, partition: PartitionId, position: Position, json: &[u8]) {
        let run = self.runs.entry(partition).or_insert_with(|| Run::starting(position));
        if run.is_full() {
            let full = std::mem::replace(run, Run::starting(position));
            run.push(json);
            self.insert(partition, full);
        } else {
            run.push(json);
        }
    }

    fn add(&mut self, event: &Encoded) -> Result<Appended, LogError> {
        let (partition, id) = (event.partition, event.id);
        let slot = usize::from(partition.0);
        let next = Position(self.tails.get(slot).ok_or(LogError::NoPartition(partition))? + 1);
        let repeated = self.repeated(partition, id, next)?;
        if repeated.is_none() {
            self.gather(partition, next, &event.json);
            self.ids.insert((partition, id), next);
            self.tails[slot] = next.0;
        }
        Ok(Appended {
            id,
            partition,
            position: repeated.unwrap_or(next),
            outcome: if repeated.is_some() { Outcome::Duplicate } else { Outcome::Added },
            durability: Durability::Fsync,
        })
    }

    /// Where `id` is in the window before `next`.
    fn repeated(
        &self,
        partition: PartitionId,
        id: Uuid,
        next: Position,
    ) -> Result<Option<Position>, LogError> {
        let window = self.store.creation.repeats.0;
        let in_window = |seen: &Position| *seen < next && next.0 - seen.0 <= window;
        if let Some(seen) = self.ids.get(&(partition, id)) {
            return Ok(Some(*seen).filter(in_window));
        }
        let key = id_key(partition, id);
        if !self.seen.may_hold(&key) {
            return Ok(None);
        }
        let stored = self.tables.ids.get(key).map_err(|error| unavailable(&error))?;
        let seen = stored.as_deref().and_then(position).filter(in_window);
        match seen {
            Some(seen) if self.holds(partition, seen, id)? => Ok(Some(seen)),
            _ => Ok(None),
        }
    }

    /// Whether the event at `position` is `id`. The index may know ids of events that a damaged journal lost.
    fn holds(&self, partition: PartitionId, position: Position, id: Uuid) -> Result<bool, LogError> {
        if position > self.store.tail(partition)? {
            return Ok(false);
        }
        let there = run::read(self.tables, partition, position, position, 1)?;
        Ok(there.first().is_some_and(|event| event.envelope().is_ok_and(|event| event.id == id)))
    }
}

#[cfg(test)]
mod tests {
    use event_log::EventLog;

    use super::*;
    use crate::testing::{event, open};

    const P0: PartitionId = PartitionId(0);

    #[tokio::test]
    async fn an_id_whose_event_was_lost_is_not_taken_for_a_repeat() {
        let dir = tempfile::tempdir().unwrap();
        let log = open(dir.path());
        log.append((1..=3).map(event).collect()).await.unwrap();
        // As after a damaged journal: the index knows an id, but another event, or none, has its position.
        for (id, position) in [(7_u128, 2_u64), (8, 3), (9, 5)] {
            let key = id_key(P0, Uuid::from_u128(id));
            log.tables().ids.insert(key, position.to_be_bytes()).unwrap();
        }
        drop(log);
        let log = open(dir.path());
        let answers = log.append([7, 8, 9, 3].map(event).to_vec()).await.unwrap();
        let places: Vec<_> = answers.iter().map(|answer| (answer.outcome, answer.position.0)).collect();
        let added = Outcome::Added;
        assert_eq!(places, [(added, 4), (added, 5), (added, 6), (Outcome::Duplicate, 3)]);
    }
}
