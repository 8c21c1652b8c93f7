//! Training data: building, listing, exporting, explaining, checking.

use std::{str::FromStr, time::Duration};

use event_model::{
    BlobRef, Tenant,
    family::dataset::{DatasetBuilt, DatasetKind, DatasetRequested},
};
use futures::StreamExt;
use read_models::query::{self, Dataset};
use serde_json::{Value, json};
use tokio::{
    sync::mpsc::Sender,
    time::{Instant, sleep},
};
use uuid::Uuid;

use super::{Executed, events::append_about, told};
use crate::{
    lifecycle::Node,
    request::{Failure, Reply},
};

/// How long a build may take.
const BUILD_TIME_MAX: Duration = Duration::from_mins(20);
/// How often a build is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Datasets listed.
const LISTED_MAX: i64 = 1000;

pub(super) async fn build(node: &Node, name: String, kind: DatasetKind, include_rejected: bool) -> Executed {
    let id = node.clock.fresh_id();
    let (subject, requested) = (id.to_string(), DatasetRequested { name, kind, include_rejected });
    append_about(node, Tenant::default(), &subject, &subject, requested).await?;
    let begun = Instant::now();
    while begun.elapsed() < BUILD_TIME_MAX {
        let dataset = find(node, id).await?;
        if dataset.status != "requested" {
            return told(&dataset);
        }
        sleep(LOOK_EVERY).await;
    }
    Err(Failure::failed(format!(
        "dataset {id} is not built yet; see `elite dataset list` and `elite dead-letter list`"
    )))
}

async fn find(node: &Node, id: Uuid) -> Result<Dataset, Failure> {
    let client = node.store.client().await?;
    let found = query::dataset(&client, &Tenant::default().0, id).await?;
    found.ok_or_else(|| {
        Failure::failed(format!("there is no dataset {id}; `elite dataset list` shows what there is"))
    })
}

pub(super) async fn list(node: &Node) -> Executed {
    let client = node.store.client().await?;
    told(&query::datasets(&client, &Tenant::default().0, None, LISTED_MAX).await?)
}

/// The two blobs of a built dataset, as its event named them.
async fn built(node: &Node, id: Uuid) -> Result<DatasetBuilt, Failure> {
    let dataset = find(node, id).await?;
    let blob = |name: &Option<String>| name.as_deref().and_then(|name| BlobRef::from_str(name).ok());
    let (Some(content), Some(manifest)) = (blob(&dataset.content), blob(&dataset.manifest)) else {
        return Err(Failure::failed(format!("dataset {id} is not built yet")));
    };
    let count = |number: Option<i64>| number.unwrap_or_default().unsigned_abs();
    let (rows, size_bytes, left_out) =
        (count(dataset.rows), count(dataset.size_bytes), count(dataset.left_out));
    Ok(DatasetBuilt { content, manifest, rows, size_bytes, left_out })
}

pub(super) async fn export(node: &Node, id: Uuid, replies: &Sender<Reply>) -> Executed {
    let built = built(node, id).await?;
    let stream = node.blobs.stream(&built.content).await.map_err(Failure::failed)?;
    let mut bytes =
        stream.ok_or_else(|| Failure::failed(format!("blob {} is not in the store", built.content)))?.bytes;
    let mut rest = Vec::new();
    while let Some(piece) = bytes.next().await {
        rest.extend_from_slice(&piece.map_err(Failure::failed)?);
        // Whole lines only, so that no character is cut in two.
        let Some(end) = rest.iter().rposition(|byte| *byte == b'\n') else { continue };
        let lines: Vec<u8> = rest.drain(..=end).collect();
        let item = Value::String(String::from_utf8_lossy(&lines).into_owned());
        if replies.send(Reply::Item { item }).await.is_err() {
            return Ok(Value::Null);
        }
    }
    Ok(json!({ "rows": built.rows, "bytes": built.size_bytes, "content": built.content }))
}

pub(super) async fn explain(node: &Node, row: Uuid) -> Executed {
    let explained = datasets::explain(&node.store, &Tenant::default(), row).await.map_err(Failure::failed)?;
    let explained = explained.ok_or_else(|| {
        Failure::failed(format!(
            "there is no row or candidate {row}; a dataset's manifest lists the ids of its rows"
        ))
    })?;
    told(&explained)
}

pub(super) async fn verify(node: &Node, id: Uuid) -> Executed {
    let verification =
        datasets::verify(&node.blobs, &built(node, id).await?).await.map_err(Failure::failed)?;
    let sound = verification.is_sound();
    Ok(json!({ "dataset": id, "sound": sound, "rows": verification.rows, "problems": verification.problems }))
}
