//! Positions of a subscription where Redis tools look for them: as a consumer group of each stream. Nothing reads them back.

use event_log::{LogError, Position};
use event_model::PartitionId;
use redis::Pipeline;

use crate::{cluster::error_of, log::Shared, trouble};

/// Moves the group of `subscription` to `position`, so that `XINFO GROUPS` tells what lies behind it.
pub(crate) async fn mirror(
    log: &Shared,
    subscription: &str,
    partition: PartitionId,
    position: Position,
) -> Result<(), LogError> {
    let keys = log.keys_of(partition)?;
    for verb in ["SETID", "CREATE", "SETID"] {
        let mut ask = Pipeline::new();
        ask.cmd("XGROUP").arg(verb).arg(&keys.events).arg(subscription).arg(format!("{position}-0"));
        ask.arg("ENTRIESREAD").arg(position.0);
        let (answers, node) = log.servers.ask(keys.slot, &ask).await?;
        match answers.first().and_then(error_of) {
            None => return Ok(()),
            // There is no group yet, or somebody else just made it.
            Some(error) if matches!(error.code(), "NOGROUP" | "BUSYGROUP") => {}
            Some(error) => return Err(trouble::of_partition(node.address(), partition, error)),
        }
    }
    Ok(())
}
