//! Which partitions an archiver holds: all of them, or its fair share while others are at work. A lease saves work and decides
//! nothing.

use std::time::Duration;

use read_store::{
    Client, StoreError, checkpoint,
    lease::{self, Term},
    worker,
};
use tokio::time::Instant;
use worker_runtime::WorkError;

use super::{ARCHIVE_SUBSCRIPTION, Archiving};

/// How often the database is looked at by a process that need not renew anything.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Upkeeps in the length of a lease: two may fail.
const UPKEEPS_PER_LEASE: u32 = 5;

impl Archiving {
    /// Renews, gives back and claims, when it is time.
    pub(super) async fn keep_up(&mut self) -> Result<(), WorkError> {
        if Instant::now() < self.upkeep_due {
            return Ok(());
        }
        let client = self.store.client().await.map_err(WorkError::retry)?;
        match self.options.term {
            Term::Expires(_) => self.own_share(&client).await?,
            Term::DataDirectoryLock => self.own_all(&client).await?,
        }
        // People resume it by clearing the reason.
        let halted = checkpoint::halted(&client, ARCHIVE_SUBSCRIPTION).await?;
        drop(client);
        for partition in self.leases.keys() {
            let stands = halted.iter().any(|(halted, _)| halted == partition);
            metrics::gauge!("elite_archive_halted", "partition" => partition.to_string()).set(if stands {
                1.0
            } else {
                0.0
            });
        }
        self.halted = halted.into_iter().collect();
        self.upkeep_due = Instant::now()
            + match self.options.term {
                Term::Expires(lease) => lease / UPKEEPS_PER_LEASE,
                Term::DataDirectoryLock => LOOK_EVERY,
            };
        Ok(())
    }

    async fn own_all(&mut self, client: &Client) -> Result<(), WorkError> {
        let partitions = self.log.creation().partitions;
        if self.leases.len() < usize::from(partitions) {
            worker::announce(client, &self.options.announcement, self.options.term).await?;
            lease::register(client, ARCHIVE_SUBSCRIPTION, partitions).await?;
            self.claim(client, partitions).await?;
        }
        Ok(())
    }

    async fn own_share(&mut self, client: &Client) -> Result<(), WorkError> {
        let (owner, term) = (self.options.owner, self.options.term);
        worker::announce(client, &self.options.announcement, term).await?;
        let held = lease::renew(client, ARCHIVE_SUBSCRIPTION, owner, &self.held(), term).await?;
        self.leases.retain(|partition, _| held.contains(partition));
        if self.leases.is_empty() {
            lease::register(client, ARCHIVE_SUBSCRIPTION, self.log.creation().partitions).await?;
        }
        // None only if it was frozen since it said that it is there; the next upkeep says so again.
        let Some(share) = lease::share(client, ARCHIVE_SUBSCRIPTION, owner).await? else { return Ok(()) };
        let count = u16::try_from(self.leases.len()).unwrap_or(u16::MAX);
        if count > share {
            let surplus: Vec<(u16, i64)> =
                self.held().into_iter().rev().take(usize::from(count - share)).collect();
            self.leases.retain(|partition, _| surplus.iter().all(|(given, _)| given != partition));
            lease::give_back(client, ARCHIVE_SUBSCRIPTION, owner, &surplus).await?;
        } else if count < share {
            self.claim(client, share - count).await?;
        }
        Ok(())
    }

    fn held(&self) -> Vec<(u16, i64)> {
        self.leases.values().map(|lease| (lease.partition, lease.epoch)).collect()
    }

    async fn claim(&mut self, client: &Client, wanted: u16) -> Result<(), WorkError> {
        let (owner, term) = (self.options.owner, self.options.term);
        lease::forget(client, ARCHIVE_SUBSCRIPTION, owner, &self.held()).await?;
        let claimed = lease::claim(client, ARCHIVE_SUBSCRIPTION, owner, wanted, term).await?;
        for lease in claimed {
            // Somebody else archived until now.
            self.known.remove(&lease.partition);
            self.leases.insert(lease.partition, lease);
        }
        Ok(())
    }

    /// Gives everything back and takes its leave.
    pub(super) async fn release(&self) -> Result<(), StoreError> {
        let client = self.store.client().await?;
        lease::release(&client, ARCHIVE_SUBSCRIPTION, self.options.owner).await?;
        worker::leave(&client, self.options.owner).await
    }
}
