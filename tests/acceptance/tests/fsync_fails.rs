//! Disks that fail: a sync that answers with an error, after which nothing may be acknowledged until somebody opened the log
//! again, and a write that finds no room, which is taken back.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use acceptance::{Fleet, Node, Posting, conversations, full, until};
use event_log::{CreationOptions, Durability, EventLog, Position, RepeatWindow, SystemClock};
use event_log_redis::{RedisLog, RedisLogOptions};
use event_model::PartitionId;
use servers::{Faulty, PostgresServer, RedisOptions, RedisServer, not_run};
use tokio::task::spawn_blocking;
use uuid::Uuid;

const SYNCS_FAIL: &str = "fsync,fdatasync:error=EIO";
const NO_TRACING: &str = "strace cannot trace a process here";
const SEED: u64 = 0x0e11_7e21;
/// How long it may take until a process notices that its disk is well again, or that it is not.
const NOTICE_TIME_MAX: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn after_a_sync_that_failed_the_embedded_log_acknowledges_nothing_until_it_is_started_again() {
    let rounds = if full() { 100 } else { 2 };
    let (mut node, mut posting) = (Node::start().await, Posting::new(1));
    let mut after = 0;
    for round in 0..rounds {
        for _ in 0..5 {
            assert!(posting.one(&node.base(), 100, |_| {}).await, "a healthy disk takes events");
        }
        let fault = format!("{SYNCS_FAIL}:when={}+", 1 + round % 5);
        let Some(faulty) = Faulty::inject(&[node.pid()], &fault, None) else { return not_run(NO_TRACING) };
        posting.until_refused(&node.base(), 100, says_to_restart).await;
        for _ in 0..10 {
            after += usize::from(posting.one(&node.base(), 100, says_to_restart).await);
        }
        // The disk is well again, and nobody knows what it kept.
        drop(faulty);
        for _ in 0..10 {
            after += usize::from(posting.one(&node.base(), 100, says_to_restart).await);
        }
        assert_eq!(after, 0, "acknowledged after a sync had failed");
        node.kill().await;
        node.restart().await;
    }
    let events = node.assert_holds(&posting.acknowledged).await;
    node.idle().await;
    node.verify().await;
    assert!(node.logged().contains("restart"), "the log says what to do");
    println!(
        "embedded log, {rounds} runs with EIO from fdatasync: 0 acknowledged after the first failure, {} refused, each in at most \
         {:.3} s; {} acknowledged, 0 lost, {events} in the log",
        posting.refused,
        posting.slowest_refusal.as_secs_f64(),
        posting.acknowledged.len(),
    );
    assert!(node.stop().await.success());
}

fn says_to_restart(detail: &str) {
    assert!(detail.contains("restart"), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_finds_no_room_is_taken_back_and_the_log_goes_on_by_itself() {
    let rounds = if full() { 20 } else { 2 };
    let (mut node, mut posting) = (Node::start().await, Posting::new(1));
    // Here each refusal opens the log again and fails again; on a disk that is full it does not get that far.
    posting.refuse_time_max = NOTICE_TIME_MAX;
    for _ in 0..rounds {
        assert!(posting.one(&node.base(), 5_000, |_| {}).await);
        let journal = journal(&node.data_dir().join("log"));
        let fault = "write:error=ENOSPC:when=1+";
        let Some(faulty) = Faulty::inject(&[node.pid()], fault, Some(&journal)) else {
            return not_run(NO_TRACING);
        };
        for _ in 0..5 {
            // Larger than what is gathered before it is written, so that a part of it is.
            assert!(
                !posting
                    .one(&node.base(), 20_000, |detail| assert!(detail.contains("full"), "{detail}"))
                    .await
            );
        }
        drop(faulty);
        posting.until_taken(&node.base(), 5_000).await;
    }
    let events = node.assert_holds(&posting.acknowledged).await;
    node.idle().await;
    node.verify().await;
    node.kill().await;
    node.restart().await;
    assert_eq!(node.assert_holds(&posting.acknowledged).await, events);
    println!(
        "embedded log, {rounds} times no room in the middle of a write: {} refused, each in at most {:.3} s, and it went on without \
         a restart; {} acknowledged, 0 lost",
        posting.refused,
        posting.slowest_refusal.as_secs_f64(),
        posting.acknowledged.len()
    );
    assert!(node.stop().await.success());
}

/// The journal that is written to.
fn journal(log: &Path) -> PathBuf {
    let files =
        fs::read_dir(log).expect("the log is there").map(|entry| entry.expect("it can be read").path());
    let journals = files.filter(|path| path.extension().is_some_and(|extension| extension == "jnl"));
    journals
        .max_by_key(|path| path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok()))
        .expect("it has a journal")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_whose_sync_fails_ends_and_what_it_had_acknowledged_is_there_when_it_is_started_again() {
    let rounds = if full() { 100 } else { 3 };
    let mut redis = RedisServer::start(RedisOptions::default());
    let creation = CreationOptions { partitions: 4, repeats: RepeatWindow::default() };
    let options = RedisLogOptions { url: redis.url(), creation, create: true };
    let log = RedisLog::open(options, &SystemClock).await.expect("the log can be made");
    let mut events = conversations(rounds, 60, SEED).into_iter().flat_map(|one| one.events);
    let mut acknowledged: HashSet<Uuid> = HashSet::new();
    let mut refused = 0;
    for round in 0..rounds {
        for event in events.by_ref().take(5) {
            // A connection that nobody used since may first find out that its server was started again.
            let appended = async || log.append(vec![event.clone()]).await.ok();
            let answers = until("the log takes events", NOTICE_TIME_MAX, appended).await;
            acknowledged.extend(answers.iter().map(|answer| answer.id));
        }
        let fault = format!("{SYNCS_FAIL}:when={}+", 1 + round % 5);
        let Some(faulty) = Faulty::inject(&[redis.pid()], &fault, None) else { return not_run(NO_TRACING) };
        let mut failed = false;
        for event in events.by_ref().take(12) {
            let Ok(answers) = log.append(vec![event]).await else {
                // Otherwise it was a connection that had not heard yet of the last restart.
                failed |= redis.has_ended();
                refused += 1;
                continue;
            };
            assert!(!failed, "acknowledged after a sync had failed");
            assert!(answers.iter().all(|answer| answer.durability == Durability::Fsync));
            acknowledged.extend(answers.iter().map(|answer| answer.id));
        }
        assert!(failed && redis.has_ended(), "a Redis that cannot sync ends");
        drop(faulty);
        redis.kill();
        redis.restart();
        until("the log answers", NOTICE_TIME_MAX, async || log.tails().await.ok()).await;
    }
    let mut found = HashSet::new();
    for (partition, tail) in log.tails().await.expect("it is well").into_iter().enumerate() {
        let partition = PartitionId(u16::try_from(partition).expect("there are four"));
        let read = log.read(partition, Position(1), 1_000_000).await.expect("it can be read");
        assert_eq!(read.len() as u64, tail.0);
        found.extend(read.iter().map(|event| event.envelope().expect("it is an event").id));
    }
    assert!(acknowledged.is_subset(&found), "{} are lost", acknowledged.difference(&found).count());
    println!(
        "Redis, {rounds} runs with EIO from fsync: 0 acknowledged after the first failure, {refused} refused, {} acknowledged, 0 lost",
        acknowledged.len()
    );
}

/// Inserts rows one by one until the server is gone, each told when its commit is confirmed.
fn insert(url: &str, script: &Path, first: u64) -> HashSet<u64> {
    let row = |id: u64| format!("insert into told values ({id});\n\\echo {id}\n");
    fs::write(script, (first..first + 100_000).map(row).collect::<String>()).expect("a file can be written");
    let told = PostgresServer::script(url, script);
    told.lines().map(|line| line.parse().expect("numbers are printed")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgres_whose_sync_fails_confirms_nothing_more_and_has_what_it_confirmed_when_it_is_started_again()
 {
    let rounds: u64 = if full() { 100 } else { 3 };
    let settings = [("fsync", "on"), ("synchronous_commit", "on")];
    let mut server = PostgresServer::with(&settings);
    let (url, directory) = (server.database(), tempfile::tempdir().expect("a directory can be made"));
    server.sql(&url, "create table told (id bigint primary key)");
    let (mut confirmed, mut refused) = (HashSet::new(), 0);
    for round in 0..rounds {
        let first = round * 1_000_000;
        let writing = spawn_blocking({
            let (url, script) = (url.clone(), directory.path().join("rows.sql"));
            move || insert(&url, &script, first)
        });
        let begun = format!("select 1 from told where id >= {}", first + 5 + round % 50);
        let begun = async || server.try_sql(&url, &begun).filter(|found| !found.is_empty());
        until("rows are written", NOTICE_TIME_MAX, begun).await;
        let Some(faulty) = Faulty::inject(&server.pids(), SYNCS_FAIL, None) else {
            return not_run(NO_TRACING);
        };
        // Its client is told of a failure, or hears nothing more.
        confirmed.extend(writing.await.expect("a client ends well"));
        for late in 0..5 {
            let sql = format!("insert into told values ({})", first + 900_000 + late);
            assert!(server.try_sql(&url, &sql).is_none(), "confirmed after a sync had failed");
            refused += 1;
        }
        drop(faulty);
        server.kill();
        server.restart();
        let found = server.sql(&url, "select id from told");
        let found: HashSet<u64> = found.lines().map(|line| line.parse().expect("a number")).collect();
        assert!(confirmed.is_subset(&found), "{} are lost", confirmed.difference(&found).count());
    }
    println!(
        "PostgreSQL, {rounds} runs with EIO from fdatasync: 0 of {refused} confirmed after the first failure, {} confirmed, 0 lost",
        confirmed.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_handed_in_while_a_postgres_could_not_sync_is_folded_once_when_it_is_started_again() {
    let rounds = if full() { 20 } else { 2 };
    let postgres = PostgresServer::with(&[("fsync", "on"), ("synchronous_commit", "on")]);
    let mut fleet = Fleet::on(RedisServer::start(RedisOptions::default()), postgres, &[]).await;
    let (worker, mut posting) = (fleet.worker(&["gateway", "project"]).await, Posting::new(1));
    for _ in 0..rounds {
        posting.until_taken(&worker.base(), 100).await;
        let Some(faulty) = Faulty::inject(&fleet.postgres.pids(), SYNCS_FAIL, None) else {
            return not_run(NO_TRACING);
        };
        // The log is well: it takes events, and the fold of them cannot be committed.
        for _ in 0..20 {
            posting.one(&worker.base(), 100, |_| {}).await;
        }
        drop(faulty);
        fleet.postgres.kill();
        fleet.postgres.restart();
        posting.until_taken(&worker.base(), 100).await;
    }
    fleet.idle().await;
    let rows = fleet.sql("select event_id from elite.events");
    let found: HashSet<&str> = rows.lines().collect();
    assert_eq!(found.len(), rows.lines().count(), "an event was folded twice");
    let lost = posting.acknowledged.iter().filter(|id| !found.contains(id.as_str())).count();
    assert_eq!(lost, 0, "acknowledged and not in the rows");
    fleet.verify().await;
    println!("PostgreSQL under a fleet, {rounds} times EIO: {} acknowledged, each folded once", found.len());
    assert!(worker.stop().await.success());
}
