//! Read models of another release: who may replace them, and what happens when their rows differ from this release's.

use std::sync::Arc;

use anyhow::{Result, bail};
use read_models::{OnDifference, Rebuilder, Report};
use read_store::{idempotency, todo};

use super::{Node, Opening};

/// Makes the tables of this release, and replays the log into those that another release made; or refuses them.
pub(super) async fn read_models(node: &Node, opening: Opening) -> Result<()> {
    match opening {
        Opening::Join => {
            let outdated = read_models::outdated(&node.store).await?;
            if !outdated.is_empty() {
                bail!("read models are of another release: {}; run `elite migrate`", outdated.join(", "));
            }
        }
        Opening::Replace => {}
        Opening::Prepare => {
            let outdated = read_models::install(&node.store).await?;
            if !outdated.is_empty() {
                upgrade(node, &outdated).await?;
            }
        }
    }
    if opening != Opening::Join {
        read_models::prepare_search(&node.store).await?;
    }
    if !node.is_shared() {
        // This process holds the only log of this database, so whoever leased a row before is gone.
        let client = node.store.client().await?;
        todo::release_all(&client).await?;
        idempotency::release_all(&client).await?;
    }
    Ok(())
}

/// Replays the log into this release's tables. What others go on reading and folding is replaced only if the columns that
/// both releases have are equal; where this process is alone, the rows of the release that runs are the right ones.
async fn upgrade(node: &Node, outdated: &[&str]) -> Result<()> {
    tracing::info!(
        projections = outdated.join(", "),
        "read models of another release are rebuilt from the log"
    );
    let on_difference = if node.is_shared() { OnDifference::Stop } else { OnDifference::Promote };
    let (store, log) = (node.store.clone(), Arc::clone(&node.log));
    let rebuilder = Rebuilder::new(store, log, node.projections.clone());
    let report = rebuilder.rebuild(outdated, on_difference, &|_| {}).await?;
    let different = report.different().join(" ");
    if !report.promoted {
        bail!(
            "rows of this release differ from those of the release before, in columns that both have:\n{}\n\
             readers and workers go on with the earlier ones; if this release is right, stop the workers of the release \
             before and run `elite projection rebuild {different} --accept-differences`",
            differences(&report)
        );
    }
    if !report.is_equal() {
        tracing::warn!(
            projections = different,
            differences = differences(&report),
            "rows of this release differ from those of the release before; the log says that these are right"
        );
    }
    Ok(())
}

/// What differs, a line for each table and each row that is shown.
fn differences(report: &Report) -> String {
    let mut lines = Vec::new();
    for table in report.projections.iter().flat_map(|one| &one.tables).filter(|table| !table.equal) {
        lines.push(format!(
            "  {}: {} rows live, {} replayed",
            table.table, table.rows_live, table.rows_replayed
        ));
        for one in &table.differences {
            lines.push(format!("    {}", serde_json::to_string(one).unwrap_or_default()));
        }
    }
    lines.join("\n")
}
