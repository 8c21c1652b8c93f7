//! What an autovacuum daemon does on a server. The embedded PostgreSQL has none, and rows that come and go as fast as
//! those of the to-do lists make every look at them slower until somebody clears up.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::{Progress, Store, StoreError};

/// Between two looks at whether there is anything to clear up.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Between two rounds over the tables that mostly grow.
const ANALYSE_EVERY: Duration = Duration::from_mins(1);
/// The tables whose rows change with every commit.
const BUSY: &str = "vacuum (analyze) elite.todo, elite.subscription_partition, elite.recent_event";

/// Clears up whenever events were folded, until dropped.
pub async fn keep_up(store: &Store, progress: &Progress) {
    let (mut seen, mut analysed) = (Vec::new(), Instant::now());
    loop {
        sleep(LOOK_EVERY).await;
        let folded = progress.folded();
        if folded == seen {
            continue;
        }
        let everything = analysed.elapsed() >= ANALYSE_EVERY;
        match clear_up(store, everything).await {
            Ok(()) => seen = folded,
            Err(error) => {
                tracing::warn!(%error, "the embedded database could not be cleared up; it is tried again");
            }
        }
        if everything {
            analysed = Instant::now();
        }
    }
}

/// One round: the busy tables, or everything.
async fn clear_up(store: &Store, everything: bool) -> Result<(), StoreError> {
    let client = store.client().await?;
    client.batch_execute(if everything { "vacuum (analyze)" } else { BUSY }).await?;
    Ok(())
}
