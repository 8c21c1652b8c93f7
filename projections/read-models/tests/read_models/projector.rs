//! A projector as small as can be: leases, checkpoints and rows in one commit, with batches cut and partitions mixed by a
//! seed.

use std::sync::Arc;

use event_log::{EventLog, MemoryLog, Position, Recorded};
use event_model::PartitionId;
use read_models::{Projections, SUBSCRIPTION};
use read_store::{
    checkpoint::{self, Advance, Checkpoint},
    lease::{self, Lease, Term},
};
use uuid::Uuid;

use crate::world::{PARTITIONS, World};

/// Numbers that look random and are the same for the same seed.
pub(crate) struct Seed(pub(crate) u64);

impl Seed {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

pub(crate) struct Projector<'a> {
    world: &'a World,
    log: Arc<MemoryLog>,
    projections: Projections,
    leases: Vec<Lease>,
}

impl<'a> Projector<'a> {
    pub(crate) async fn claim(world: &'a World, log: &Arc<MemoryLog>) -> Self {
        let client = world.store.client().await.unwrap();
        lease::register(&client, SUBSCRIPTION, PARTITIONS).await.unwrap();
        let owner = Uuid::from_u128(0xfeed);
        lease::release(&client, SUBSCRIPTION, owner).await.unwrap();
        let leases =
            lease::claim(&client, SUBSCRIPTION, owner, PARTITIONS, Term::DataDirectoryLock).await.unwrap();
        assert_eq!(leases.len(), usize::from(PARTITIONS));
        Self { world, log: log.clone(), projections: world.projections(), leases }
    }

    /// Folds one batch of up to `limit` events from each of the named partitions; false if there was nothing.
    pub(crate) async fn fold(&mut self, partitions: &[usize], limit: usize) -> bool {
        let (mut events, mut steps) = (Vec::new(), Vec::new());
        for index in partitions {
            let lease = &self.leases[*index];
            let (partition, from) = (PartitionId(lease.partition), Position(lease.checkpoint.position + 1));
            let recorded = self.log.read(partition, from, limit).await.unwrap();
            if recorded.is_empty() {
                continue;
            }
            let pass = |at: Checkpoint, event: &Recorded| {
                at.passing(lease.partition, event.position.0, event.envelope().unwrap().id)
            };
            let to = recorded.iter().fold(lease.checkpoint, pass);
            steps.push(Advance {
                partition: lease.partition,
                epoch: lease.epoch,
                from: lease.checkpoint,
                to,
            });
            events.extend(recorded);
        }
        let prepared: Vec<_> =
            self.projections.prepare(&events).await.into_iter().map(Result::unwrap).collect();
        let mut client = self.world.store.client().await.unwrap();
        let tx = client.transaction().await.unwrap();
        assert_eq!(checkpoint::advance(&tx, SUBSCRIPTION, &steps).await.unwrap().len(), steps.len());
        self.projections.apply(&tx, &prepared).await.unwrap();
        tx.commit().await.unwrap();
        for step in &steps {
            let lease = self.leases.iter_mut().find(|lease| lease.partition == step.partition).unwrap();
            lease.checkpoint = step.to;
        }
        !steps.is_empty()
    }

    /// Folds to the tail, partition after partition.
    pub(crate) async fn fold_all(&mut self, limit: usize) {
        for partition in 0..usize::from(PARTITIONS) {
            while self.fold(&[partition], limit).await {}
        }
    }

    /// Folds to the tail with batch sizes and partitions drawn by a seed; one batch may hold several partitions.
    pub(crate) async fn fold_shuffled(&mut self, seed: u64) {
        let mut seed = Seed(seed);
        let tails = self.log.tails().await.unwrap();
        let behind = |leases: &[Lease]| {
            let at = |lease: &Lease| lease.checkpoint.position < tails[usize::from(lease.partition)].0;
            (0..leases.len()).filter(|index| at(&leases[*index])).collect::<Vec<_>>()
        };
        loop {
            let mut left = behind(&self.leases);
            if left.is_empty() {
                return;
            }
            let start = usize::try_from(seed.below(left.len() as u64)).unwrap();
            left.rotate_left(start);
            left.truncate(1 + usize::try_from(seed.below(left.len() as u64)).unwrap());
            self.fold(&left, 1 + usize::try_from(seed.below(12)).unwrap()).await;
        }
    }
}
