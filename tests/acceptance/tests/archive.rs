//! The archive as people see it: it keeps up, every reader crosses from the archive to the log without noticing, and damage is
//! named.

use std::{
    fs,
    ops::Range,
    path::{Path, PathBuf},
    time::Duration,
};

use acceptance::{Dice, Ended, Fleet, Node, Process, elite, full, markdown, until};
use serde_json::Value;

/// How long archiving may take on a busy machine.
const ARCHIVE_TIME_MAX: Duration = Duration::from_mins(2);
/// Not a minute, as it is unless it is told otherwise.
const SOON: (&str, &str) = ("ELITE_ARCHIVE_AFTER_SECONDS", "0.2");

/// What `elite archive status` says, once everything is archived that the log holds.
fn if_complete(status: Value) -> Option<Value> {
    let partitions = status["partitions"].as_array().expect("partitions are a list");
    let complete = partitions.iter().all(|partition| partition["archived_to"] == partition["log_ends_at"]);
    assert!(partitions.iter().all(|partition| partition["problem"].is_null()), "{status}");
    (complete && status["events_archived"].as_u64() > Some(0)).then_some(status)
}

/// Files of segments below `blobs`.
fn segments(blobs: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![blobs.join("archive")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the archive is there") {
            let path = entry.expect("a folder can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "seg") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Turns one bit in the middle of a file; returns what was there.
fn damage(path: &Path) -> Vec<u8> {
    let sound = fs::read(path).expect("a segment can be read");
    let mut damaged = sound.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 4;
    fs::write(path, damaged).expect("a segment can be overwritten");
    sound
}

/// Waits until the metrics say of every partition that has events that exactly those of the log were folded.
async fn what_is_folded_is_complete(node: &Node) {
    let listed = node.told(&["archive", "status"]).await;
    let partitions = listed["partitions"].as_array().expect("partitions are a list");
    let wanted = partitions.iter().filter(|one| one["log_ends_at"].as_u64() > Some(0)).count();
    until("every partition is audited", ARCHIVE_TIME_MAX, async || {
        let metrics = node.ask(node.getting("/metrics")).await.text;
        let mut gauges = metrics.lines().filter(|line| line.starts_with("elite_projection_complete{"));
        assert!(gauges.clone().all(|line| line.ends_with(" 1")), "{metrics}");
        (gauges.by_ref().count() == wanted).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_archives_its_log_and_names_a_damaged_segment() {
    let mut node = Node::start_with(&[SOON]).await;
    for number in 0..8 {
        let text = markdown(&mut Dice::new(number), &format!("Document {number}"));
        node.upload(&format!("{number}.md"), text).await.expect(200);
    }
    node.idle().await;
    let status = until("everything is archived", ARCHIVE_TIME_MAX, async || {
        if_complete(node.told(&["archive", "status"]).await)
    })
    .await;
    assert!(status["segments"].as_u64() > Some(0), "{status}");
    let listed = node.told(&["worker", "list"]).await;
    let archived = listed["partitions"].as_array().expect("partitions are a list").iter();
    assert!(
        archived.filter(|row| row["subscription"] == "archive").any(|row| row["position"].as_u64() > Some(0))
    );
    assert_eq!(node.told(&["archive", "verify", "--deep"]).await["sound"], true);
    what_is_folded_is_complete(&node).await;

    let victim = segments(&node.data_dir().join("blobs")).pop().expect("there are segments");
    let sound = damage(&victim);
    let name = victim.file_name().expect("a file has a name").to_string_lossy().into_owned();
    let found = node.elite(&["archive", "verify"]).await.expect(1).json();
    let bad: Vec<&Value> =
        found["partitions"].as_array().expect("a list").iter().filter(|one| !one["bad"].is_null()).collect();
    assert_eq!(bad.len(), 1, "{found}");
    assert!(bad[0]["bad"]["object"].as_str().is_some_and(|object| object.ends_with(&name)), "{found}");
    let people = elite(node.home(), &[SOON], &["archive", "verify", "--data-dir", "data"]).await.expect(1);
    assert!(people.stdout.contains(&name), "{people:?}");
    fs::write(&victim, sound).expect("a segment can be put back");

    node.stop().await;
    let answer = node.told(&["archive", "now"]).await;
    assert!(answer["events_archived"].as_u64() >= status["events"].as_u64(), "{answer}");
    assert_eq!(node.told(&["archive", "verify", "--deep"]).await["sound"], true);
    node.restart().await;
    node.idle().await;
    node.verify().await;
}

async fn upload(gateway: &Process, numbers: Range<u64>) {
    for number in numbers {
        let text = markdown(&mut Dice::new(number), &format!("Document {number}"));
        gateway.upload(&format!("{number}.md"), text).await.expect(200);
    }
}

/// The log keeps so many events of each partition.
const KEEP: u64 = 5;

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_reads_on_from_the_archive_what_its_log_was_trimmed_of() {
    let documents = if full() { 400 } else { 24 };
    let settings =
        [SOON, ("ELITE_KEEP_EVENTS", "5"), ("ELITE_LEASE_SECONDS", "1"), ("ELITE_PARTITIONS", "2")];
    let fleet = Fleet::start(&settings).await;
    let gateway = fleet.worker(&["gateway", "project"]).await;
    let (first, second) = (fleet.worker(&["archive"]).await, fleet.worker(&["archive"]).await);
    let acting = fleet.worker(&["parse", "validate", "compare"]).await;
    let (half, rest) = (0..documents / 2, documents / 2..documents);
    upload(&gateway, half).await;
    first.kill().await;
    upload(&gateway, rest).await;
    fleet.idle().await;
    let status = until("everything is archived, and trimmed", ARCHIVE_TIME_MAX, async || {
        let status = if_complete(fleet.told(&["archive", "status"]).await)?;
        let trimmed = |partition: &Value| {
            let at = |field: &str| partition[field].as_u64().expect("positions are numbers");
            at("log_begins_at") > 1 && at("log_begins_at") + 4 * KEEP > at("log_ends_at")
        };
        status["partitions"].as_array()?.iter().all(trimmed).then_some(status)
    })
    .await;
    println!(
        "{documents} documents: {} events in {} segments",
        status["events_archived"], status["segments"]
    );
    // A replay needs every event, and nearly all of them are in the archive only.
    let report = fleet.verify().await;
    assert_eq!(report["events_replayed"], status["events"], "{report}");
    let parsed = fleet.sql("select count(*) from elite.documents where status = 'parsed'");
    assert_eq!(parsed, documents.to_string());
    assert_eq!(fleet.told(&["archive", "verify", "--deep"]).await["sound"], true);

    let victim = segments(&fleet.home().join("blobs")).swap_remove(0);
    let sound = damage(&victim);
    let name = victim.file_name().expect("a file has a name").to_string_lossy().into_owned();
    named(&fleet.elite(&["archive", "verify"]).await, 1, &name);
    let replay = fleet.elite(&["projection", "verify"]).await;
    assert_ne!(replay.code, Some(0), "a replay does not pass damage by: {}", replay.stdout);
    assert!(replay.stderr.contains(&name), "{}", replay.stderr);
    fs::write(&victim, sound).expect("a segment can be put back");
    fleet.verify().await;
    for worker in [gateway, second, acting] {
        assert!(worker.stop().await.success());
    }
}

#[track_caller]
fn named(ended: &Ended, code: i32, name: &str) {
    assert_eq!(ended.code, Some(code), "{ended:?}");
    assert!(ended.stdout.contains(name), "{}", ended.stdout);
}
