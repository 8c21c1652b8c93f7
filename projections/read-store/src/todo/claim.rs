//! Leasing rows, fairly.
//!
//! The unit of fairness is the tenant: tenants take turns, row by row, and the turn goes on where the last claim ended. Of
//! one tenant the oldest row comes first, and of one key only the first row can be had, so that a key never has more than
//! one row under way. What a tenant's producers flood, only that tenant waits for.

use std::time::{Duration, Instant};

use deadpool_postgres::GenericClient;
use uuid::Uuid;

use super::Task;
use crate::StoreError;

/// Free rows that a claim looks at, oldest first, before it looks at the whole list.
const LOOK: usize = 64;
/// Most first rows of keys that a look at the whole list orders.
const ANY_MAX: i64 = 10_000;
/// Looking at the whole list may take one part in this many of the time.
const ANY_SHARE: u32 = 10;

const OLDEST: &str = concat!(include_str!("find_oldest.sql"), include_str!("take_candidates.sql"));
const ANY: &str = concat!(include_str!("find_any.sql"), include_str!("take_candidates.sql"));

/// One worker's claims on a role's list. It remembers whose turn it is.
#[derive(Debug)]
pub struct Claims {
    role: &'static str,
    owner: Uuid,
    lease: Duration,
    /// The tenant that was served last.
    served: String,
    any_due: Option<Instant>,
}

/// What one statement found.
struct Found {
    tasks: Vec<Task>,
    /// Rows that could be had when the statement began; others may have been quicker.
    candidates: i32,
}

impl Claims {
    /// Claims of `owner` on the list of `role`; each holds for `lease` without being renewed.
    pub fn new(role: &'static str, owner: Uuid, lease: Duration) -> Self {
        Self { role, owner, lease, served: String::new(), any_due: None }
    }

    /// Leases up to `limit` rows; fewer only if there are no more to be had, or they are behind many rows of busy keys and
    /// the whole list was looked at just now.
    pub async fn claim(
        &mut self,
        client: &impl GenericClient,
        limit: usize,
    ) -> Result<Vec<Task>, StoreError> {
        let mut tasks = Vec::new();
        while tasks.len() < limit {
            let found = self.look(client, limit - tasks.len()).await?;
            tasks.extend(found.tasks);
            if found.candidates == 0 {
                break;
            }
        }
        Ok(tasks)
    }

    async fn look(&mut self, client: &impl GenericClient, limit: usize) -> Result<Found, StoreError> {
        let window = i64::try_from(LOOK.max(4 * limit)).unwrap_or(i64::MAX);
        let found = self.take(client, OLDEST, limit, window).await?;
        if found.candidates > 0 || self.any_due.is_some_and(|due| Instant::now() < due) {
            return Ok(found);
        }
        let began = Instant::now();
        let found = self.take(client, ANY, limit, ANY_MAX).await?;
        self.any_due = Some(Instant::now() + began.elapsed() * ANY_SHARE);
        Ok(found)
    }

    async fn take(
        &mut self,
        client: &impl GenericClient,
        sql: &str,
        limit: usize,
        window: i64,
    ) -> Result<Found, StoreError> {
        let statement = client.prepare_cached(sql).await?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let seconds = self.lease.as_secs_f64();
        let rows = client
            .query(&statement, &[&self.role, &self.owner, &limit, &seconds, &self.served, &window])
            .await?;
        let candidates = rows.first().map_or(0, |row| row.get(0));
        let taken = rows.iter().filter(|row| row.get::<_, Option<Uuid>>(1).is_some());
        let tasks: Vec<Task> = taken.map(task).collect();
        if let Some(last) = tasks.last() {
            self.served.clone_from(&last.tenant);
        }
        Ok(Found { tasks, candidates })
    }
}

fn task(row: &tokio_postgres::Row) -> Task {
    Task {
        cause_id: row.get(1),
        tenant: row.get(2),
        key: row.get(3),
        partition: u16::try_from(row.get::<_, i32>(4)).unwrap_or_default(),
        position: row.get::<_, i64>(5).unsigned_abs(),
        attempts: row.get::<_, i32>(6).unsigned_abs(),
        epoch: row.get(7),
    }
}
