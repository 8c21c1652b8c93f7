//! Which partitions a projector holds: all of them, or its fair share of them while others are at work.

use std::{pin::pin, time::Duration};

use read_store::{
    Client, StoreError, checkpoint,
    lease::{self, Term},
    worker,
};
use tokio::time::{Instant, sleep};

use super::{Fold, Projector, unix_seconds};
use crate::WorkError;

/// How often what people ask for is looked at by a process that need not renew anything.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Upkeeps in the length of a lease: two may fail, and what others give back is claimed well within two lengths.
const UPKEEPS_PER_LEASE: u32 = 5;

impl<F: Fold> Projector<F> {
    pub(super) fn between_upkeeps(&self) -> Duration {
        match self.options.term {
            Term::Expires(lease) => lease / UPKEEPS_PER_LEASE,
            Term::DataDirectoryLock => LOOK_EVERY,
        }
    }

    /// Renews, gives back and claims; then sees to what people ask for.
    pub(super) async fn upkeep(&mut self) -> Result<(), WorkError> {
        let client = self.store.client().await.map_err(WorkError::retry)?;
        match self.options.term {
            Term::Expires(_) => self.own_share(&client).await?,
            Term::DataDirectoryLock => self.own_all(&client).await?,
        }
        // People pause and resume by writing it there.
        self.halted = checkpoint::halted(&client, self.options.subscription).await?.into_iter().collect();
        drop(client);
        self.breath_due = Instant::now() + self.between_upkeeps();
        metrics::gauge!("elite_worker_heartbeat_timestamp_seconds", "role" => "project").set(unix_seconds());
        self.redrive().await
    }

    async fn own_all(&mut self, client: &Client) -> Result<(), WorkError> {
        let partitions = self.log.creation().partitions;
        if self.leases.len() < usize::from(partitions) {
            worker::announce(client, &self.announcement, self.options.term).await?;
            lease::register(client, self.options.subscription, partitions).await?;
            self.claim(client, partitions).await?;
        }
        Ok(())
    }

    async fn own_share(&mut self, client: &Client) -> Result<(), WorkError> {
        let subscription = self.options.subscription;
        self.renew(client).await.map(|held| self.leases.retain(|partition, _| held.contains(partition)))?;
        if self.leases.is_empty() {
            lease::register(client, subscription, self.log.creation().partitions).await?;
        }
        // None only if it was frozen since it said that it is there; the next upkeep says so again.
        let Some(share) = lease::share(client, subscription, self.options.owner).await? else {
            return Ok(());
        };
        let held = u16::try_from(self.leases.len()).unwrap_or(u16::MAX);
        if held > share {
            self.give_back(client, usize::from(held - share)).await?;
        } else if held < share {
            self.claim(client, share - held).await?;
        }
        Ok(())
    }

    /// Says that it is there, and renews what it knows to hold; returns what it still holds.
    async fn renew(&self, client: &Client) -> Result<Vec<u16>, StoreError> {
        worker::announce(client, &self.announcement, self.options.term).await?;
        let (subscription, owner, term) = (self.options.subscription, self.options.owner, self.options.term);
        lease::renew(client, subscription, owner, &self.known(), term).await
    }

    fn known(&self) -> Vec<(u16, i64)> {
        self.leases.values().map(|lease| (lease.partition, lease.epoch)).collect()
    }

    async fn give_back(&mut self, client: &Client, surplus: usize) -> Result<(), WorkError> {
        let given: Vec<(u16, i64)> = self.known().into_iter().rev().take(surplus).collect();
        // Forgotten first: if the answer is lost, they are given back by `forget`, or run out.
        self.leases.retain(|partition, _| given.iter().all(|(given, _)| given != partition));
        lease::give_back(client, self.options.subscription, self.options.owner, &given).await?;
        tracing::info!(partitions = ?given, "partitions are given back to be shared with others");
        Ok(())
    }

    async fn claim(&mut self, client: &Client, wanted: u16) -> Result<(), WorkError> {
        let (subscription, owner, term) = (self.options.subscription, self.options.owner, self.options.term);
        lease::forget(client, subscription, owner, &self.known()).await?;
        let claimed = lease::claim(client, subscription, owner, wanted, term).await?;
        self.leases.extend(claimed.into_iter().map(|lease| (lease.partition, lease)));
        Ok(())
    }

    /// Renews in the middle of a step when it is time. What was lost is found by the fence of the next commit.
    pub(super) async fn breathe(&mut self) {
        if matches!(self.options.term, Term::Expires(_)) && Instant::now() >= self.breath_due {
            self.renew_quietly().await;
            self.breath_due = Instant::now() + self.between_upkeeps();
        }
    }

    /// Waits for `work`, which holds no transaction, and keeps the leases alive meanwhile.
    pub(super) async fn breathing<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        if matches!(self.options.term, Term::DataDirectoryLock) {
            return work.await;
        }
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = sleep(self.between_upkeeps()) => self.renew_quietly().await,
            }
        }
    }

    async fn renew_quietly(&self) {
        let renewed = async { self.renew(&self.store.client().await?).await };
        if let Err(error) = renewed.await {
            tracing::debug!(%error, "leases could not be renewed; they still hold for a while");
        }
    }

    /// Gives everything back and takes its leave.
    pub(super) async fn release(&self) -> Result<(), StoreError> {
        let client = self.store.client().await?;
        lease::release(&client, self.options.subscription, self.options.owner).await?;
        worker::leave(&client, self.options.owner).await
    }
}
