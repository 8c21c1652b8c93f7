//! A fold that keeps per key the numbers of its events in the order they were folded: an event that is lost, folded twice
//! or out of order shows in the text.

use std::{collections::HashSet, sync::Mutex};

use async_trait::async_trait;
use event_log::Recorded;
use jiff::Timestamp;
use read_store::{
    Transaction,
    todo::{self, Cause, Change},
};
use worker_runtime::{Fold, Wakes, WorkError};

use crate::support::ROLE;

/// The fold: `numbers` of a key grow by each event's number. Faults are set by event number.
#[derive(Default)]
pub(crate) struct Chain {
    pub(crate) unreadable: Mutex<HashSet<u128>>,
    pub(crate) unwritable: Mutex<HashSet<u128>>,
    pub(crate) halting: Mutex<HashSet<u128>>,
    pub(crate) committed: Mutex<Vec<u128>>,
    pub(crate) wakes: Wakes,
}

pub(crate) struct Link {
    key: String,
    number: u128,
    unwritable: bool,
    todo: Change,
}

fn has(numbers: &Mutex<HashSet<u128>>, number: u128) -> bool {
    numbers.lock().unwrap().contains(&number)
}

impl Chain {
    fn link(&self, record: &Recorded) -> Result<Link, WorkError> {
        let event = record.envelope().unwrap();
        let number = event.id.as_u128();
        if has(&self.unreadable, number) {
            return Err(WorkError::dead_letter(format!("{number} cannot be read")));
        }
        if has(&self.halting, number) {
            return Err(WorkError::halt(format!("{number} was written by a later release")));
        }
        let cause = || Cause {
            role: ROLE,
            cause_id: event.id,
            tenant: event.tenant.0.clone(),
            key: event.partitionkey.to_string(),
            partition: record.partition.0,
            position: record.position.0,
            enqueued_at: Timestamp::UNIX_EPOCH,
        };
        let todo = match event.causationid {
            Some(cause_id) => Change::Done { role: ROLE, cause_id },
            None => Change::Add(cause()),
        };
        let unwritable = has(&self.unwritable, number);
        Ok(Link { key: event.partitionkey.to_string(), number, unwritable, todo })
    }
}

#[async_trait]
impl Fold for Chain {
    type Prepared = Link;

    async fn prepare(&self, events: &[Recorded]) -> Vec<Result<Link, WorkError>> {
        events.iter().map(|record| self.link(record)).collect()
    }

    async fn apply(&self, tx: &Transaction<'_>, events: &[Link]) -> Result<(), WorkError> {
        let sql = "insert into elite.chain as c values ($1, $2)
                   on conflict (key) do update set numbers = c.numbers || ' ' || excluded.numbers";
        for event in events {
            tx.execute(sql, &[&event.key, &event.number.to_string()]).await.map_err(store)?;
            if event.unwritable {
                tx.execute("select 1 / 0", &[]).await.map_err(store)?;
            }
        }
        let changes: Vec<Change> = events.iter().map(|event| event.todo.clone()).collect();
        Ok(todo::apply(tx, &changes).await?)
    }

    fn committed(&self, events: &[Link]) {
        self.committed.lock().unwrap().extend(events.iter().map(|event| event.number));
        self.wakes.ring(ROLE);
    }
}

fn store(error: impl Into<read_store::StoreError>) -> WorkError {
    WorkError::from(error.into())
}
