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
    run::{self, Run},
    seen::Seen,
    store::{Store, event_key, id_key, position, unavailable},
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
    failure: Option<String>,
}

impl Writer {
    pub(crate) fn new(
        store: Store,
        requests: mpsc::UnboundedReceiver<Request>,
        version: watch::Sender<u64>,
    ) -> Self {
        let seen = Seen::of(&store.ids);
        Self { store, requests, version, seen, failure: None }
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
            Err(reason) => group.iter().map(|_| Err(LogError::Unavailable(reason.clone()))).collect(),
        }
    }

    fn try_write(&mut self, group: &[Request]) -> Result<Vec<Vec<Appended>>, String> {
        if let Some(failure) = &self.failure {
            return Err(format!("writing failed ({failure}); open the log again to go on"));
        }
        let Plan { batch, tails, ids, answers, .. } =
            Plan::of(&self.store, &self.seen, group).map_err(|error| error.to_string())?;
        // A group of nothing but repeats needs no write: what it repeats was synced before it could be found.
        if !ids.is_empty() {
            for (partition, id) in ids.keys() {
                self.seen.insert(&id_key(*partition, *id));
            }
            batch.commit().map_err(|error| self.fail(&error))?;
            for (tail, next) in self.store.tails.iter().zip(tails) {
                tail.store(next, Ordering::Release);
            }
            self.version.send_modify(|version| *version += 1);
        }
        Ok(answers)
    }

    fn fail(&mut self, error: &fjall::Error) -> String {
        tracing::error!(%error, "the log was not written; nothing is acknowledged until it is opened again");
        self.failure.insert(error.to_string()).clone()
    }
}

/// What one group becomes.
struct Plan<'a> {
    store: &'a Store,
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
    fn of(store: &'a Store, seen: &'a Seen, group: &[Request]) -> Result<Self, LogError> {
        let tails = store.tails.iter().map(|tail| tail.load(Ordering::Acquire)).collect();
        let mut plan = Self {
            store,
            seen,
            batch: store.batch(),
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
            self.batch.insert(&self.store.ids, key, position.to_be_bytes());
        }
    }

    fn insert(&mut self, partition: PartitionId, run: Run) {
        self.batch.insert(&self.store.events, event_key(partition, run.first), run.into_value());
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
        let stored = self.store.ids.get(key).map_err(|error| unavailable(&error))?;
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
        let there = run::read(self.store, partition, position, position, 1)?;
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
            log.store().ids.insert(key, position.to_be_bytes()).unwrap();
        }
        drop(log);
        let log = open(dir.path());
        let answers = log.append([7, 8, 9, 3].map(event).to_vec()).await.unwrap();
        let places: Vec<_> = answers.iter().map(|answer| (answer.outcome, answer.position.0)).collect();
        let added = Outcome::Added;
        assert_eq!(places, [(added, 4), (added, 5), (added, 6), (Outcome::Duplicate, 3)]);
    }
}
