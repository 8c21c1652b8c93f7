//! The embedded PostgreSQL: first start, second start, a damaged cluster, and the protocol rows on it.
#![cfg(feature = "embedded")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{collections::HashSet, path::Path, time::Duration};

use jiff::Timestamp;
use read_store::{
    checkpoint::{self, Advance, Checkpoint},
    dead_letter,
    embedded::EmbeddedServer,
    idempotency::{self, Claim},
    lease::{self, Term},
    migrate,
    recent_event::{self, Seen},
    todo::{self, Cause, Change},
};
use serde_json::json;
use uuid::Uuid;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

async fn migrated(directory: &Path) -> EmbeddedServer {
    let server = EmbeddedServer::start(directory).await.unwrap();
    migrate::apply(server.store()).await.unwrap();
    server
}

fn cause(number: u128, key: &str) -> Change {
    Change::Add(Cause {
        role: "parse",
        cause_id: id(number),
        tenant: "default".into(),
        key: key.into(),
        partition: 0,
        position: u64::try_from(number).unwrap(),
        enqueued_at: Timestamp::UNIX_EPOCH,
    })
}

async fn change(server: &EmbeddedServer, changes: &[Change]) {
    let mut client = server.store().client().await.unwrap();
    let tx = client.transaction().await.unwrap();
    todo::apply(&tx, changes).await.unwrap();
    tx.commit().await.unwrap();
}

async fn claimed(server: &EmbeddedServer) -> Vec<u64> {
    let client = server.store().client().await.unwrap();
    let tasks = todo::claim(&client, "parse", id(1), 10, Duration::from_mins(1)).await.unwrap();
    tasks.iter().map(|task| task.position).collect()
}

#[tokio::test]
async fn a_restarted_cluster_keeps_its_rows_and_its_migrations() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = directory.path().join("postgres");
    let server = migrated(&cluster).await;
    let client = server.store().client().await.unwrap();
    lease::register(&client, "project", 4).await.unwrap();
    drop(client);
    server.stop().await;

    let server = EmbeddedServer::start_or_set_aside(&cluster).await.unwrap();
    assert!(migrate::pending(server.store()).await.unwrap().is_empty());
    assert!(migrate::apply(server.store()).await.unwrap().is_empty());
    let client = server.store().client().await.unwrap();
    assert_eq!(lease::list(&client).await.unwrap().len(), 4);
    drop(client);
    server.stop().await;
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "nothing was set aside");
}

#[tokio::test]
async fn a_cluster_that_will_not_open_is_set_aside() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = directory.path().join("postgres");
    migrated(&cluster).await.stop().await;
    for entry in walk(&cluster).into_iter().filter(|path| path.ends_with("global/pg_control")) {
        std::fs::write(entry, [0xFF; 8192]).unwrap();
    }
    let server = EmbeddedServer::start_or_set_aside(&cluster).await.unwrap();
    assert_eq!(
        migrate::pending(server.store()).await.unwrap().len(),
        migrate::MIGRATIONS.len(),
        "it is a new cluster"
    );
    server.stop().await;
    assert!(directory.path().join("postgres.set-aside-1").exists());
}

fn walk(directory: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn the_protocol_rows_do_what_they_promise() {
    let directory = tempfile::tempdir().unwrap();
    let server = migrated(&directory.path().join("postgres")).await;
    only_the_newest_epoch_moves_a_checkpoint(&server).await;
    a_pause_outlives_its_owner_and_a_halt_does_not(&server).await;
    an_id_inside_the_window_is_a_repeat(&server).await;
    work_is_claimed_once_and_in_order_within_a_key(&server).await;
    a_parked_task_blocks_its_key_until_it_goes_back(&server).await;
    a_key_has_one_owner_one_payload_and_one_answer(&server).await;
    search_is_stemmed_and_has_no_stop_words(&server).await;
    server.stop().await;
}

async fn only_the_newest_epoch_moves_a_checkpoint(server: &EmbeddedServer) {
    let mut client = server.store().client().await.unwrap();
    lease::register(&client, "project", 2).await.unwrap();
    let expires = Term::Expires(Duration::from_mins(1));
    let old = lease::claim(&client, "project", id(1), 10, expires).await.unwrap();
    assert_eq!(old.len(), 2);
    assert_eq!(lease::claim(&client, "project", id(2), 10, expires).await.unwrap(), [], "they are held");
    let new = lease::claim(&client, "project", id(2), 10, Term::DataDirectoryLock).await.unwrap();
    let step = |lease: &lease::Lease| Advance {
        partition: lease.partition,
        epoch: lease.epoch,
        from: lease.checkpoint,
        to: Checkpoint { position: 4, ..lease.checkpoint }.passing(lease.partition, 5, id(5)),
    };
    let tx = client.transaction().await.unwrap();
    assert_eq!(
        checkpoint::advance(&tx, "project", &[step(&old[0])]).await.unwrap(),
        Vec::<u16>::new(),
        "a stale owner is fenced"
    );
    assert_eq!(checkpoint::advance(&tx, "project", &[step(&new[0])]).await.unwrap(), [0]);
    assert_eq!(
        checkpoint::advance(&tx, "project", &[step(&new[0])]).await.unwrap(),
        Vec::<u16>::new(),
        "no step is taken twice"
    );
    tx.commit().await.unwrap();
    let rows = checkpoint::read(&client, "project").await.unwrap();
    assert_eq!(rows[0].2, step(&new[0]).to);
    assert!(checkpoint::follow_log(&client, id(7), 2).await.unwrap());
    assert!(checkpoint::follow_log(&client, id(7), 2).await.unwrap());
    assert!(!checkpoint::follow_log(&client, id(8), 2).await.unwrap(), "a database never changes its log");
}

async fn a_pause_outlives_its_owner_and_a_halt_does_not(server: &EmbeddedServer) {
    let client = server.store().client().await.unwrap();
    let paused = format!("{} by a person", lease::PAUSED);
    checkpoint::set_halted(&client, "project", 0, Some(&paused)).await.unwrap();
    checkpoint::set_halted(&client, "project", 1, Some("the log has a gap")).await.unwrap();
    lease::claim(&client, "project", id(3), 10, Term::DataDirectoryLock).await.unwrap();
    assert_eq!(checkpoint::halted(&client, "project").await.unwrap(), [(0, paused)]);
    checkpoint::set_halted(&client, "project", 0, None).await.unwrap();
    assert_eq!(checkpoint::halted(&client, "project").await.unwrap(), []);
}

async fn an_id_inside_the_window_is_a_repeat(server: &EmbeddedServer) {
    let mut client = server.store().client().await.unwrap();
    let seen = |position| Seen { partition: 0, position, event_id: id(position.into()) };
    let tx = client.transaction().await.unwrap();
    recent_event::remember(&tx, &(1..=10).map(seen).collect::<Vec<_>>(), 5).await.unwrap();
    tx.commit().await.unwrap();
    let again = [Seen { position: 11, ..seen(9) }, Seen { position: 12, ..seen(2) }, seen(13)];
    let repeats = recent_event::repeats(&client, &again, 5).await.unwrap();
    assert_eq!(repeats, HashSet::from([(0, 11)]), "9 is inside the window, 2 was forgotten, 13 is new");
}

async fn work_is_claimed_once_and_in_order_within_a_key(server: &EmbeddedServer) {
    change(server, &[cause(1, "a"), cause(2, "a"), cause(3, "b")]).await;
    change(server, &[cause(1, "a")]).await;
    assert_eq!(claimed(server).await, [1, 3]);
    assert_eq!(claimed(server).await, Vec::<u64>::new());
    change(server, &[Change::Done { role: "parse", cause_id: id(1) }]).await;
    assert_eq!(claimed(server).await, [2]);
    let done = [2, 3].map(|number| Change::Done { role: "parse", cause_id: id(number) });
    change(server, &done).await;
    change(server, &[cause(4, "a"), Change::Done { role: "parse", cause_id: id(4) }]).await;
    assert_eq!(claimed(server).await, Vec::<u64>::new(), "a result in the same batch answers its cause");
}

async fn a_parked_task_blocks_its_key_until_it_goes_back(server: &EmbeddedServer) {
    change(server, &[cause(10, "p"), cause(11, "p"), cause(12, "q")]).await;
    let mut client = server.store().client().await.unwrap();
    let tasks = todo::claim(&client, "parse", id(1), 10, Duration::from_mins(1)).await.unwrap();
    todo::retry(&client, "parse", &tasks[1], Duration::ZERO, "once more", true).await.unwrap();
    assert!(
        dead_letter::park_task(&client, "parse", &tasks[0], "document.received", "broken").await.unwrap()
    );
    let again = todo::claim(&client, "parse", id(1), 10, Duration::from_mins(1)).await.unwrap();
    assert_eq!(again.iter().map(|task| (task.position, task.attempts)).collect::<Vec<_>>(), [(12, 1)]);
    assert_eq!(dead_letter::blocked_keys(&client, "parse").await.unwrap(), HashSet::from(["p".to_owned()]));
    assert_eq!(dead_letter::requeue(&client, "parse", "p").await.unwrap(), 1);
    let after = todo::claim(&client, "parse", id(1), 10, Duration::from_mins(1)).await.unwrap();
    assert_eq!(after[0].position, 10);
    let tx = client.transaction().await.unwrap();
    let done: Vec<Change> = (10..13).map(|n| Change::Done { role: "parse", cause_id: id(n) }).collect();
    todo::apply(&tx, &done).await.unwrap();
    tx.commit().await.unwrap();
    assert!(todo::depths(&client).await.unwrap().is_empty());
}

async fn a_key_has_one_owner_one_payload_and_one_answer(server: &EmbeddedServer) {
    let client = server.store().client().await.unwrap();
    let claim = |print| idempotency::claim(&client, "default", "k", print, None, Duration::from_mins(1));
    assert_eq!(claim("x").await.unwrap(), Claim::Taken);
    assert_eq!(claim("x").await.unwrap(), Claim::InFlight);
    assert_eq!(claim("y").await.unwrap(), Claim::OtherPayload);
    idempotency::finish(&client, "default", "k", &json!({"id": 1})).await.unwrap();
    assert_eq!(claim("x").await.unwrap(), Claim::Answered(json!({"id": 1})));
}

async fn search_is_stemmed_and_has_no_stop_words(server: &EmbeddedServer) {
    let client = server.store().client().await.unwrap();
    let sql = "select to_tsvector('elite.english', 'The workers were parsing')::text";
    let row = client.query_one(sql, &[]).await.unwrap();
    assert_eq!(row.get::<_, &str>(0), "'pars':4 'the':1 'were':3 'worker':2");
}
