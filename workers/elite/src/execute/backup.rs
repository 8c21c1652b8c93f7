//! Taking a backup: everything is archived, and what no archive holds is kept beside it.

use read_store::dead_letter;
use serde_json::json;
use tokio::sync::mpsc::Sender;

use super::{Executed, archive::archive_now};
use crate::{
    lifecycle::Node,
    request::{Failure, Reply},
};

pub(super) async fn take(node: &Node, keep: usize, replies: &Sender<Reply>) -> Executed {
    let archived = archive_now(node, replies).await?;
    let keys = node.keyring.export().await.map_err(Failure::unreachable)?;
    let parked = {
        let client = node.store.client().await?;
        dead_letter::list(&client).await?
    };
    let backups = node.backups()?;
    let (kept_keys, kept_parked) = (keys.len(), parked.len());
    let name = backups.put(node.clock.now(), archived.ends.clone(), keys, parked).await?;
    let removed = backups.prune(keep).await?;
    Ok(json!({
        "backup": name, "archived_events": archived.events_archived, "archived_to": archived.ends,
        "keys": kept_keys, "parked": kept_parked, "removed": removed,
    }))
}
