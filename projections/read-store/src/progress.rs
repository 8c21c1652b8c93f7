//! Read your writes: waiting, bounded, until a position is folded.

use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::{Store, StoreError, checkpoint};

/// How often other processes' checkpoints are looked at while somebody waits.
const POLL: Duration = Duration::from_millis(50);

/// How far a subscription is folded, as far as this process knows.
///
/// The projector of this process reports its commits here, which wakes waiters at once; positions that other processes
/// fold are found by polling their checkpoints.
#[derive(Debug)]
pub struct Progress {
    subscription: &'static str,
    folded: watch::Sender<Vec<u64>>,
}

impl Progress {
    /// Nothing is folded yet of a subscription over `partitions`.
    pub fn new(subscription: &'static str, partitions: u16) -> Self {
        Self { subscription, folded: watch::Sender::new(vec![0; usize::from(partitions)]) }
    }

    /// The subscription this is about.
    pub fn subscription(&self) -> &'static str {
        self.subscription
    }

    /// Reports that partitions are folded up to positions.
    pub fn report(&self, positions: impl IntoIterator<Item = (u16, u64)>) {
        self.folded.send_modify(|folded| {
            for (partition, position) in positions {
                if let Some(known) = folded.get_mut(usize::from(partition)) {
                    *known = position.max(*known);
                }
            }
        });
    }

    /// The folded position of each partition.
    pub fn folded(&self) -> Vec<u64> {
        self.folded.borrow().clone()
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
        let mut folded = self.folded.subscribe();
        let begun = Instant::now();
        loop {
            let left = limit.saturating_sub(begun.elapsed());
            if tokio::time::timeout(left.min(POLL), folded.wait_for(reached)).await.is_ok() {
                return Ok(true);
            }
            if left.is_zero() {
                return Ok(false);
            }
            self.poll(store).await?;
        }
    }

    async fn poll(&self, store: &Store) -> Result<(), StoreError> {
        let rows = checkpoint::read(&store.client().await?, self.subscription).await?;
        self.report(rows.into_iter().map(|(partition, _, checkpoint)| (partition, checkpoint.position)));
        Ok(())
    }
}
