//! Read your writes: waiting, bounded, until a position is folded.

use std::time::{Duration, Instant};

use tokio::sync::{Mutex, OnceCell, watch};

use crate::{Store, StoreError, StoreKind, checkpoint};

/// How often other processes' checkpoints are looked at while somebody waits.
const POLL: Duration = Duration::from_millis(50);
/// The same where there are no other processes.
const POLL_EMBEDDED: Duration = Duration::from_secs(1);

/// How far a subscription is folded, as far as this process knows.
///
/// The projector of this process reports its commits here, which wakes waiters at once. Positions that other processes fold
/// are heard from them where there is a way to, and are found by polling their checkpoints in any case: one question at a
/// time for all who wait.
#[derive(Debug)]
pub struct Progress {
    subscription: &'static str,
    folded: watch::Sender<Vec<u64>>,
    folded_here: watch::Sender<Vec<u64>>,
    /// When the checkpoints were last looked at; held by whoever looks.
    polled: Mutex<Option<Instant>>,
    scope: OnceCell<String>,
}

fn raise(known: &watch::Sender<Vec<u64>>, positions: impl IntoIterator<Item = (u16, u64)>) {
    known.send_if_modified(|known| {
        let mut raised = false;
        for (partition, position) in positions {
            if let Some(known) = known.get_mut(usize::from(partition)).filter(|known| **known < position) {
                (*known, raised) = (position, true);
            }
        }
        raised
    });
}

impl Progress {
    /// Nothing is folded yet of a subscription over `partitions`.
    pub fn new(subscription: &'static str, partitions: u16) -> Self {
        let nothing = || watch::Sender::new(vec![0; usize::from(partitions)]);
        Self {
            subscription,
            folded: nothing(),
            folded_here: nothing(),
            polled: Mutex::new(None),
            scope: OnceCell::new(),
        }
    }

    /// The subscription this is about.
    pub fn subscription(&self) -> &'static str {
        self.subscription
    }

    /// What positions are true of: this subscription of one log in one database, told from all others. The same in every
    /// process that reads this database.
    pub async fn scope(&self, store: &Store) -> Result<&str, StoreError> {
        Ok(self.scope.get_or_try_init(|| self.find_scope(store)).await?.as_str())
    }

    async fn find_scope(&self, store: &Store) -> Result<String, StoreError> {
        let row = store
            .client()
            .await?
            .query_one(
                "select (select incarnation from elite.log_followed)::text, system_identifier::text, oid::text
                 from pg_control_system(), pg_database where datname = current_database()",
                &[],
            )
            .await?;
        let log: Option<&str> = row.get(0);
        let (server, database): (&str, &str) = (row.get(1), row.get(2));
        Ok(format!("{}:{}:{server}:{database}", self.subscription, log.unwrap_or("none")))
    }

    /// Reports that this process has folded partitions up to positions.
    pub fn report(&self, positions: impl IntoIterator<Item = (u16, u64)> + Clone) {
        raise(&self.folded, positions.clone());
        raise(&self.folded_here, positions);
    }

    /// Takes note of positions that another process has committed.
    pub fn hear(&self, positions: impl IntoIterator<Item = (u16, u64)>) {
        raise(&self.folded, positions);
    }

    /// The folded position of each partition.
    pub fn folded(&self) -> Vec<u64> {
        self.folded.borrow().clone()
    }

    /// Follows what this process itself folds, to tell others.
    pub fn folded_here(&self) -> watch::Receiver<Vec<u64>> {
        self.folded_here.subscribe()
    }

    /// Waits until every given position is folded; false if that took longer than `limit`.
    pub async fn wait(
        &self,
        store: &Store,
        positions: &[(u16, u64)],
        limit: Duration,
    ) -> Result<bool, StoreError> {
        let reached = |folded: &Vec<u64>| {
            positions
                .iter()
                .all(|(partition, position)| folded.get(usize::from(*partition)) >= Some(position))
        };
        self.wait_for(store, reached, limit).await
    }

    /// Waits until anything is folded beyond what [`Self::folded`] said before; false if that took longer than `limit`.
    pub async fn wait_beyond(
        &self,
        store: &Store,
        seen: &[u64],
        limit: Duration,
    ) -> Result<bool, StoreError> {
        self.wait_for(store, |folded| folded != seen, limit).await
    }

    async fn wait_for(
        &self,
        store: &Store,
        reached: impl Fn(&Vec<u64>) -> bool,
        limit: Duration,
    ) -> Result<bool, StoreError> {
        let mut folded = self.folded.subscribe();
        let begun = Instant::now();
        loop {
            let left = limit.saturating_sub(begun.elapsed());
            if tokio::time::timeout(left.min(POLL), folded.wait_for(&reached)).await.is_ok() {
                return Ok(true);
            }
            if left.is_zero() {
                return Ok(false);
            }
            self.poll(store).await?;
        }
    }

    /// Looks at the checkpoints, unless somebody does or just did: their answer wakes everybody.
    async fn poll(&self, store: &Store) -> Result<(), StoreError> {
        // Nobody else folds into a database that is part of this process; what is read is what was folded before a restart.
        let fresh = if store.kind() == StoreKind::Embedded { POLL_EMBEDDED } else { POLL / 2 };
        let Ok(mut polled) = self.polled.try_lock() else { return Ok(()) };
        if polled.is_some_and(|polled| polled.elapsed() < fresh) {
            return Ok(());
        }
        let rows = checkpoint::read(&store.client().await?, self.subscription).await?;
        self.hear(rows.into_iter().map(|(partition, _, checkpoint)| (partition, checkpoint.position)));
        *polled = Some(Instant::now());
        Ok(())
    }
}
