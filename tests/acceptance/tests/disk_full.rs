//! Disks that are full: whoever asks is told so within a second, nothing that was acknowledged is lost, and work goes on by
//! itself within ten seconds of room coming back.

use std::time::{Duration, Instant};

use acceptance::{Fleet, Node, Posting, Process, full, pass, until};
use servers::{Disk, PostgresServer, RedisOptions, RedisServer, not_run, postgres};

/// A small disk.
const DISK_BYTES: u64 = 8 << 20;
/// What the log has of it before it is full.
const ROOM_BYTES: u64 = 1 << 20;
/// The smallest that PostgreSQL starts on, with what it allocates in advance.
const POSTGRES_DISK_BYTES: u64 = 96 << 20;
/// Of one event.
const TITLE_BYTES: usize = 20_000;
const RECOVER_TIME_MAX: Duration = Duration::from_secs(10);
/// How long a server may take to be itself again.
const SERVER_TIME_MAX: Duration = Duration::from_mins(1);
const NO_DISKS: &str = "tests may not mount a disk here";

fn rounds() -> usize {
    if full() { 5 } else { 1 }
}

/// What one log did on a disk that was full so often.
fn told(log: &str, posting: &Posting, slowest: Duration) {
    println!(
        "{log}, disk full {} times: {} acknowledged, 0 lost; {} refused, each in at most {:.3} s; taken again at most {:.2} s after \
         there was room",
        rounds(),
        posting.acknowledged.len(),
        posting.refused,
        posting.slowest_refusal.as_secs_f64(),
        slowest.as_secs_f64()
    );
    assert!(slowest <= RECOVER_TIME_MAX, "{slowest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_embedded_log_on_a_full_disk_refuses_in_time_and_goes_on_when_there_is_room() {
    let Some(disk) = Disk::small(DISK_BYTES) else { return not_run(NO_DISKS) };
    let database = postgres().database();
    let mut node = Node::start_in(&disk.path(), &[("DATABASE_URL", &database)]).await;
    let (mut posting, mut slowest) = (Posting::new(1), Duration::ZERO);
    for round in 0..rounds() {
        // Once it fills up by itself, otherwise others take the room.
        disk.fill(if round == 0 { ROOM_BYTES } else { 0 });
        posting.until_refused(&node.base(), TITLE_BYTES, says_full).await;
        disk.fill(0);
        for _ in 0..10 {
            assert!(!posting.one(&node.base(), TITLE_BYTES, says_full).await, "there is no room");
            refuses_files(&node).await;
        }
        node.read("/documents").await;
        disk.make_room();
        slowest = slowest.max(posting.until_taken(&node.base(), TITLE_BYTES).await);
    }
    node.assert_holds(&posting.acknowledged).await;
    node.idle().await;
    node.verify().await;
    node.kill().await;
    node.restart().await;
    node.assert_holds(&posting.acknowledged).await;
    told("embedded log", &posting, slowest);
    assert!(node.stop().await.success());
}

fn says_full(detail: &str) {
    assert!(detail.contains("full"), "{detail}");
}

/// A file is refused in time, too, and in words.
async fn refuses_files(node: &Node) {
    let begun = Instant::now();
    let answer = node.upload("file.md", vec![b'x'; 100_000]).await;
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert!(answer.headers.contains_key("retry-after"), "{}", answer.text);
    drop(answer.expect(503));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_on_a_full_disk_waits_and_goes_on_when_there_is_room() {
    let Some(disk) = Disk::small(DISK_BYTES) else { return not_run(NO_DISKS) };
    let blobs = format!("file:{}", disk.path().join("blobs").display());
    let settings = [("ELITE_BLOB_URL", blobs.as_str()), ("ELITE_ARCHIVE_AFTER_SECONDS", "0.2")];
    let mut node = Node::start_with(&settings).await;
    let (mut posting, mut slowest) = (Posting::new(1), Duration::ZERO);
    for _ in 0..rounds() {
        disk.fill(0);
        for _ in 0..10 {
            assert!(posting.one(&node.base(), TITLE_BYTES, |_| {}).await, "the log has a disk of its own");
            refuses_files(&node).await;
        }
        assert!(!everything_is_archived(&node).await, "there is no room");
        disk.make_room();
        let begun = Instant::now();
        until("everything is archived", RECOVER_TIME_MAX, async || {
            everything_is_archived(&node).await.then_some(())
        })
        .await;
        slowest = slowest.max(begun.elapsed());
        node.upload("file.md", "# There is room again").await.expect(200);
    }
    node.told(&["archive", "now"]).await;
    let verified = node.told(&["archive", "verify", "--deep"]).await;
    assert_eq!(verified["sound"], true, "{verified}");
    node.assert_holds(&posting.acknowledged).await;
    told("archive", &posting, slowest);
    assert!(node.stop().await.success());
}

async fn everything_is_archived(node: &Node) -> bool {
    let status = node.told(&["archive", "status"]).await;
    status["events_archived"] == status["events"]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_on_a_full_disk_that_is_started_again_has_everything_it_acknowledged() {
    let Some(disk) = Disk::small(DISK_BYTES) else { return not_run(NO_DISKS) };
    let directives = vec![("dir", disk.path().display().to_string())];
    let redis = RedisServer::start(RedisOptions { directives, ..RedisOptions::default() });
    let mut fleet = Fleet::on(redis, PostgresServer::start(), &[]).await;
    let gateway = fleet.worker(&["gateway", "project"]).await;
    let (mut posting, mut slowest) = (Posting::new(1), Duration::ZERO);
    for round in 0..rounds() {
        disk.fill(if round == 0 { ROOM_BYTES } else { 0 });
        posting.until_refused(&gateway.base(), TITLE_BYTES, |_| {}).await;
        disk.fill(0);
        for _ in 0..10 {
            assert!(!posting.one(&gateway.base(), TITLE_BYTES, |_| {}).await, "there is no room");
        }
        disk.make_room();
        let begun = Instant::now();
        // It ended by itself, and whoever looks after it starts it again.
        if fleet.redis.has_ended() {
            fleet.redis.kill();
            fleet.redis.restart();
        }
        posting.until_taken(&gateway.base(), TITLE_BYTES).await;
        slowest = slowest.max(begun.elapsed());
    }
    everything_is_folded(&fleet, &posting).await;
    told("Redis with `always`", &posting, slowest);
    assert!(gateway.stop().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgres_on_a_full_disk_stops_folding_and_goes_on_when_there_is_room() {
    let Some(disk) = Disk::small(POSTGRES_DISK_BYTES) else { return not_run(NO_DISKS) };
    let settings =
        [("fsync", "on"), ("min_wal_size", "32MB"), ("max_wal_size", "32MB"), ("wal_recycle", "off")];
    let server = PostgresServer::at(&disk.path().join("data"), &settings);
    stops_and_goes_on("PostgreSQL", &disk, server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgres_whose_write_ahead_log_is_full_stops_folding_and_goes_on_when_there_is_room() {
    let Some(disk) = Disk::small(DISK_BYTES) else { return not_run(NO_DISKS) };
    let settings = [
        ("fsync", "on"),
        ("min_wal_size", "2MB"),
        ("max_wal_size", "4MB"),
        ("checkpoint_completion_target", "0"),
        ("wal_recycle", "off"),
    ];
    let server = PostgresServer::with_log_at(&disk.path().join("log"), &settings);
    stops_and_goes_on("PostgreSQL's write-ahead log", &disk, server).await;
}

/// Fills the disk that `server` needs again and again, under a fleet that takes events.
async fn stops_and_goes_on(name: &str, disk: &Disk, server: PostgresServer) {
    let mut fleet = Fleet::on(RedisServer::start(RedisOptions::default()), server, &[]).await;
    let gateway = fleet.worker(&["gateway", "project"]).await;
    let (mut posting, mut slowest) = (Posting::new(1), Duration::ZERO);
    for _ in 0..rounds() {
        posting.until_taken(&gateway.base(), TITLE_BYTES).await;
        // The log has room: it goes on taking events, and nothing says that they were folded.
        post_until_folding_stops(&fleet, &gateway, &mut posting, disk).await;
        disk.make_room();
        if fleet.postgres.has_ended() {
            fleet.postgres.kill();
            fleet.postgres.restart();
        }
        // How long it recovers is its own matter.
        until("PostgreSQL answers", SERVER_TIME_MAX, async || fleet.try_sql("select 1")).await;
        let begun = Instant::now();
        posting.until_taken(&gateway.base(), TITLE_BYTES).await;
        let wanted = posting.acknowledged.len();
        until("everything is folded", RECOVER_TIME_MAX, async || {
            (folded(&fleet) >= Some(wanted)).then_some(())
        })
        .await;
        slowest = slowest.max(begun.elapsed());
    }
    everything_is_folded(&fleet, &posting).await;
    told(name, &posting, slowest);
    assert!(gateway.stop().await.success());
}

/// Posts until more than a few events wait to be folded, on a disk whose room others take, also what comes free.
async fn post_until_folding_stops(fleet: &Fleet, gateway: &Process, posting: &mut Posting, disk: &Disk) {
    let begun = Instant::now();
    loop {
        // Files of its log that are there already would last for a while.
        fleet.try_sql("select pg_switch_wal()");
        disk.fill(0);
        for _ in 0..20 {
            posting.one(&gateway.base(), TITLE_BYTES, |_| {}).await;
        }
        pass(Duration::from_millis(200)).await;
        if folded(fleet).is_none_or(|folded| folded < posting.acknowledged.len()) {
            pass(Duration::from_secs(1)).await;
            if folded(fleet).is_none_or(|folded| folded < posting.acknowledged.len()) {
                return;
            }
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "a full disk takes commits for ever");
    }
}

/// How many events are folded; none while the database does not answer.
fn folded(fleet: &Fleet) -> Option<usize> {
    if fleet.postgres.has_ended() {
        return None;
    }
    let folded =
        "select coalesce(sum(position), 0) from elite.subscription_partition where subscription = 'project'";
    fleet.try_sql(folded)?.parse().ok()
}

async fn everything_is_folded(fleet: &Fleet, posting: &Posting) {
    fleet.idle().await;
    let ids = fleet.sql("select event_id from elite.events");
    let found: std::collections::HashSet<&str> = ids.lines().collect();
    let lost = posting.acknowledged.iter().filter(|id| !found.contains(id.as_str())).count();
    assert_eq!(lost, 0, "acknowledged and not in the rows");
    assert_eq!(found.len(), ids.lines().count(), "an event was folded twice");
    fleet.verify().await;
}
