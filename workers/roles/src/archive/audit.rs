//! Whether the read models have passed exactly the events of the log: asked all the time, by whoever reads the log for its
//! archive anyway. What the rows say is `elite projection verify`'s to prove.

use std::collections::BTreeMap;

use event_log::{LogError, Position, RollingDigest};
use event_model::PartitionId;
use read_models::SUBSCRIPTION;
use read_store::{
    checkpoint::{self, Checkpoint},
    completeness,
};
use worker_runtime::WorkError;

use super::{Archiving, archivist, as_f64};

/// What was compared last, so that what has not moved is not read again.
pub(super) type Audited = BTreeMap<u16, Position>;

impl Archiving {
    /// Compares, in every partition that it holds, what was folded with what the log holds up to the same position.
    pub(super) async fn audit(&mut self) -> Result<(), WorkError> {
        let checkpoints = {
            let client = self.store.client().await.map_err(WorkError::retry)?;
            checkpoint::read(&client, SUBSCRIPTION).await?
        };
        for (partition, _, at) in checkpoints {
            let Some(folded) = at.digest.filter(|_| self.known.contains_key(&partition)) else { continue };
            if self.audited.get(&partition) == Some(&Position(at.position)) {
                continue;
            }
            // What the log has lost, or cannot give now, others report.
            let Some(logged) = self.logged(partition, at).await? else { continue };
            tell(partition, at.position, folded, logged);
            self.audited.insert(partition, Position(at.position));
        }
        Ok(())
    }

    /// The log's digest where a partition is folded to, from what its archive says.
    async fn logged(&self, partition: u16, at: Checkpoint) -> Result<Option<RollingDigest>, WorkError> {
        let Some(chain) = self.known.get(&partition).map(|known| &known.chain) else { return Ok(None) };
        let to = Position(at.position);
        if to <= chain.last() {
            let found = self.archivist.archive().digest_at(chain, to).await.map_err(archivist::decided)?;
            return Ok(Some(found.0));
        }
        let from = (chain.last(), chain.digest());
        match completeness::logged(&*self.log, partition, from, to, &|_| {}).await {
            Ok(digest) => Ok(Some(digest)),
            Err(LogError::Missing { .. } | LogError::Trimmed { .. } | LogError::Unavailable(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn tell(partition: u16, position: u64, folded: RollingDigest, logged: RollingDigest) {
    let (label, complete) = (PartitionId(partition).to_string(), folded == logged);
    metrics::gauge!("elite_projection_complete", "partition" => label.clone())
        .set(f64::from(u8::from(complete)));
    metrics::gauge!("elite_projection_audited_position", "partition" => label).set(as_f64(position));
    if !complete {
        metrics::counter!("elite_projection_verify_mismatches_total").increment(1);
        tracing::error!(
            partition,
            position,
            %folded,
            %logged,
            "other events were folded than the log holds; `elite projection verify` shows the rows, `rebuild` repairs them"
        );
    }
}
