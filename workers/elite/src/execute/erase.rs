//! Erasing data subjects: the key first, so that nothing can be read or written any more, then the event whose fold takes
//! the rows away, then what no fold reaches: datasets, blobs, and bytes on the disk.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use datasets::Manifest;
use event_model::{
    BlobRef, Tenant,
    family::{dataset::DatasetWithdrawn, operations::SubjectErased},
};
use read_models::{
    PROJECTIONS, blobs_about, clear_abandoned, drop_kept_about, events_about, holdings,
    query::{Before, Dataset, datasets as datasets_of},
};
use read_store::{StoreKind, erasure, scrub};
use serde_json::{Value, json};
use tokio::{
    sync::mpsc::Sender,
    time::{Instant, sleep},
};
use uuid::Uuid;

use super::{Executed, events::append_about};
use crate::{
    lifecycle::Node,
    request::{Failure, Reply},
};

/// How long datasets that are being built are waited for.
const BUILD_TIME_MAX: Duration = Duration::from_mins(2);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Datasets looked at together.
const PAGE: i64 = 500;

/// What was known of some subjects before they were erased.
#[derive(Default)]
struct Known {
    /// Rows by table.
    rows: BTreeMap<&'static str, i64>,
    blobs: Vec<BlobRef>,
    events: HashSet<Uuid>,
}

/// Erases `subjects`; unless it is meant, only says what there is of them.
pub(super) async fn erase(
    node: &Node,
    tenant: String,
    subjects: Vec<String>,
    really: bool,
    replies: &Sender<Reply>,
) -> Executed {
    let known = known(node, &tenant, &subjects).await?;
    if !really {
        let held = reached(&known, None, &[]);
        return Ok(json!({ "subjects": subjects_only(&subjects), "reached": held, "complete": false }));
    }
    let (mut erased, total) = (Vec::new(), subjects.len() as u64);
    for (done, subject) in (1..).zip(&subjects) {
        erased.push(erase_one(node, &tenant, subject).await?);
        // Nobody may be listening any more; the work goes on.
        replies.send(Reply::Progress { done, total }).await.ok();
    }
    let mut not_reached = Vec::new();
    let withdrawn = withdraw_datasets(node, &tenant, &known.events, &mut not_reached).await?;
    for blob in &known.blobs {
        node.blobs.delete(blob).await.map_err(Failure::failed)?;
    }
    let kept = drop_kept(node, &tenant, &subjects).await?;
    let backups = node.backups()?.forget(&tenant, &subjects).await?;
    let scrubbed = scrub::scrub(&node.store, &tables()).await?;
    look_for_copies(node, &mut not_reached);
    not_reached.extend(scrubbed.left.iter().cloned());
    let left = self::known(node, &tenant, &subjects).await?;
    let clean = left.rows.values().all(|rows| *rows == 0);
    Ok(json!({
        "subjects": erased,
        "reached": reached(&known, Some(&left), &withdrawn),
        "datasets_withdrawn": withdrawn,
        "kept_dropped": kept,
        "backups_changed": backups,
        "steps": scrubbed.steps,
        "not_reached": not_reached,
        "complete": clean && not_reached.is_empty() && scrubbed.is_complete(),
    }))
}

/// Drops the tables from before a rebuild and the schemas with history that hold rows of `subjects`, and what interrupted
/// replays left.
async fn drop_kept(node: &Node, tenant: &str, subjects: &[String]) -> Result<Vec<String>, Failure> {
    let mut dropped = clear_abandoned(&node.store).await?;
    for subject in subjects {
        dropped.extend(drop_kept_about(&node.store, tenant, subject).await?);
    }
    Ok(dropped)
}

fn subjects_only(subjects: &[String]) -> Vec<Value> {
    subjects.iter().map(|subject| json!({ "subject": subject })).collect()
}

async fn known(node: &Node, tenant: &str, subjects: &[String]) -> Result<Known, Failure> {
    let mut known = Known::default();
    for subject in subjects {
        for holding in holdings(&node.store, tenant, subject).await? {
            *known.rows.entry(holding.table).or_default() += holding.rows;
        }
        let client = node.store.client().await?;
        for (table, rows) in erasure::holdings(&client, tenant, subject).await? {
            *known.rows.entry(table).or_default() += rows;
        }
        let blobs = blobs_about(&client, tenant, subject).await?;
        known.blobs.extend(blobs.iter().filter_map(|name| name.parse().ok()));
        known.events.extend(events_about(&client, tenant, subject).await?);
    }
    Ok(known)
}

/// Destroys the key, then says so in the log and waits until that is folded.
async fn erase_one(node: &Node, tenant: &str, subject: &str) -> Executed {
    let tenant = Tenant(tenant.to_owned());
    let had_key = node.keyring.destroy(&tenant, subject).await.map_err(Failure::failed)?;
    let destroyed_at = node.clock.now();
    let erased = SubjectErased { requested_by: "elite erase".to_owned() };
    let appended = append_about(node, tenant, subject, subject, erased).await?;
    let appended = &appended["appended"][0];
    Ok(json!({
        "subject": subject,
        "had_key": had_key,
        "key_destroyed_at": destroyed_at.to_string(),
        "event": appended["id"],
        "partition": appended["partition"],
        "position": appended["position"],
        "durability": appended["durability"],
    }))
}

/// What was held where, and what is left.
fn reached(known: &Known, left: Option<&Known>, withdrawn: &[Uuid]) -> Vec<Value> {
    let rest = |rows: Option<i64>| left.map(|_| rows.unwrap_or_default());
    let mut reached: Vec<Value> = known
        .rows
        .iter()
        .map(|(table, rows)| {
            let left = rest(left.and_then(|left| left.rows.get(table).copied()));
            json!({ "where": format!("table {table}"), "held": rows, "left": left })
        })
        .collect();
    let blobs = known.blobs.len();
    reached.push(json!({ "where": "blobs of documents", "held": blobs, "left": left.map(|_| 0) }));
    reached.push(json!({ "where": "datasets withdrawn", "held": withdrawn.len(), "left": left.map(|_| 0) }));
    let sealed = "sealed events in the log and in table events: unreadable, and kept";
    reached.push(
        json!({ "where": sealed, "held": known.events.len(), "left": left.map(|_| known.events.len()) }),
    );
    reached
}

/// Withdraws every dataset with a row that came from one of `events`, and removes its blobs. One that is being built may
/// have such rows, so builds are waited for.
async fn withdraw_datasets(
    node: &Node,
    tenant: &str,
    events: &HashSet<Uuid>,
    not_reached: &mut Vec<String>,
) -> Result<Vec<Uuid>, Failure> {
    let begun = Instant::now();
    let mut all = all_datasets(node, tenant).await?;
    while all.iter().any(|one| one.status == "requested") && begun.elapsed() < BUILD_TIME_MAX {
        sleep(LOOK_EVERY).await;
        all = all_datasets(node, tenant).await?;
    }
    let mut withdrawn = Vec::new();
    for dataset in all {
        let blob = |name: &Option<String>| name.as_deref().and_then(|name| name.parse::<BlobRef>().ok());
        if dataset.status == "requested" {
            not_reached
                .push(format!("dataset {} is being built; run the command again after that", dataset.id));
        }
        let (Some(content), Some(manifest)) = (blob(&dataset.content), blob(&dataset.manifest)) else {
            continue;
        };
        let rows = rows_from(node, &manifest, events).await?;
        if rows == 0 {
            continue;
        }
        if dataset.status != "withdrawn" {
            let (id, reason) =
                (dataset.id.to_string(), format!("it held {rows} rows of erased data subjects"));
            append_about(node, Tenant(tenant.to_owned()), &id, &id, DatasetWithdrawn { reason }).await?;
        }
        // The manifest goes last: with it a command that broke off here finds the content again.
        for blob in [&content, &manifest] {
            node.blobs.delete(blob).await.map_err(Failure::failed)?;
        }
        withdrawn.push(dataset.id);
    }
    Ok(withdrawn)
}

/// How many rows of a dataset came from one of `events`; none if its manifest is gone already.
async fn rows_from(node: &Node, manifest: &BlobRef, events: &HashSet<Uuid>) -> Result<usize, Failure> {
    if node.blobs.size(manifest).await.map_err(Failure::failed)?.is_none() {
        return Ok(0);
    }
    let manifest = Manifest::read(&node.blobs, manifest).await.map_err(Failure::failed)?;
    Ok(manifest.examples.iter().filter(|row| row.events.iter().any(|event| events.contains(event))).count())
}

async fn all_datasets(node: &Node, tenant: &str) -> Result<Vec<Dataset>, Failure> {
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let client = node.store.client().await?;
        let page = datasets_of(&client, tenant, before, PAGE).await?;
        let Some(last) = page.last() else { return Ok(all) };
        before = Some(Before { time: last.requested_at, id: last.id });
        all.extend(page);
    }
}

/// Every table that may ever have held something of a person.
fn tables() -> Vec<&'static str> {
    let folded = PROJECTIONS.iter().flat_map(|projection| projection.belongings());
    folded.map(|belonging| belonging.table).chain(erasure::TABLES.iter().copied()).collect()
}

/// Copies beside the database that nobody here reads.
fn look_for_copies(node: &Node, not_reached: &mut Vec<String>) {
    if node.store.kind() != StoreKind::Embedded {
        return;
    }
    let entries = std::fs::read_dir(&node.config.data_dir).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().contains(".set-aside-")) {
        let path = entry.path();
        not_reached
            .push(format!("`{}` is a database that was set aside with its rows; remove it", path.display()));
    }
}
