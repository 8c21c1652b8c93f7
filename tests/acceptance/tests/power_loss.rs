//! Power cuts: a server is killed while clients append, and its disk is taken as it is, without what was never flushed to it.
//! What was acknowledged as on a disk is there when a server is started on that disk.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::Path,
    sync::Arc,
    time::Duration,
};

use acceptance::{Dice, Node, conversations, full, pass, post};
use event_log::{Appended, CreationOptions, Durability, EventLog, Position, RepeatWindow, SystemClock};
use event_log_redis::{RedisLog, RedisLogOptions};
use event_model::{Event, PartitionId};
use futures::future::join_all;
use reqwest::Client;
use servers::{Disk, Fsync, PostgresServer, RedisOptions, RedisServer, not_run};
use tokio::task::{JoinSet, spawn_blocking};
use uuid::Uuid;

const SEED: u64 = 0x0e11_7e23;
const PARTITIONS: u16 = 4;
const APPENDERS: usize = 4;
/// Most time from the first append to the power cut, in milliseconds.
const CUT_MS_MAX: u64 = 1_500;
const NO_IMAGES: &str = "tests may not mount an image here";

fn runs(usually: u64) -> u64 {
    if full() { 20 } else { usually }
}

/// Until the power goes.
async fn a_while(run: u64) {
    pass(Duration::from_millis(300 + Dice::new(SEED + run).below(CUT_MS_MAX - 300))).await;
}

async fn open(redis: &RedisServer, create: bool) -> RedisLog {
    let creation = CreationOptions { partitions: PARTITIONS, repeats: RepeatWindow::default() };
    let options = RedisLogOptions { url: redis.url(), creation, create };
    RedisLog::open(options, &SystemClock).await.expect("the log opens")
}

fn on(disk: &Disk, fsync: Fsync) -> RedisServer {
    RedisServer::start(RedisOptions {
        fsync,
        directives: vec![("dir", disk.path().display().to_string())],
        ..RedisOptions::default()
    })
}

/// Appends, a few at a time, until the server is gone; returns what was acknowledged.
async fn append_until_it_is_gone(log: Arc<RedisLog>, events: Vec<Event>) -> Vec<Appended> {
    let mut acknowledged = Vec::new();
    for batch in events.chunks(3) {
        match log.append(batch.to_vec()).await {
            Ok(answers) => acknowledged.extend(answers),
            Err(_) => return acknowledged,
        }
    }
    panic!("there are more events than can be appended in time");
}

/// One power cut; returns what was acknowledged, and how much of it is lost.
async fn cut_redis(run: u64, fsync: Fsync) -> Option<(Vec<Appended>, usize)> {
    let disk = Disk::image(64)?;
    let mut redis = on(&disk, fsync);
    let log = Arc::new(open(&redis, true).await);
    let told = conversations(160, 500, SEED + run);
    let appending: JoinSet<_> = (0..APPENDERS)
        .map(|number| {
            let own = told.iter().skip(number).step_by(APPENDERS).flat_map(|one| one.events.clone());
            append_until_it_is_gone(Arc::clone(&log), own.collect())
        })
        .collect();
    a_while(run).await;
    redis.kill();
    let copy = disk.after_a_power_cut();
    let acknowledged: Vec<Appended> = appending.join_all().await.into_iter().flatten().collect();
    let redis = on(&copy, fsync);
    // With nothing flushed at all, there may be no log at all.
    let log = open(&redis, fsync != Fsync::Always).await;
    let mut found = HashMap::new();
    for (partition, tail) in log.tails().await.expect("it answers").into_iter().enumerate() {
        let partition = PartitionId(u16::try_from(partition).expect("there are four"));
        if tail == Position::START {
            continue;
        }
        let read = log.read(partition, Position(1), 10_000_000).await.expect("what is left can be read");
        assert!(
            read.iter().zip(1..).all(|(event, position)| event.position == Position(position)),
            "gapless"
        );
        found.extend(
            read.iter()
                .map(|event| (event.envelope().expect("it is an event").id, (partition, event.position))),
        );
    }
    let lost = acknowledged.iter().filter(|one| found.get(&one.id) != Some(&(one.partition, one.position)));
    let lost = lost.count();
    Some((acknowledged, lost))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_syncs_always_loses_nothing_that_it_acknowledged() {
    let (mut acknowledged, runs) = (0, runs(1));
    for run in 0..runs {
        let Some((answers, lost)) = cut_redis(run, Fsync::Always).await else { return not_run(NO_IMAGES) };
        assert!(answers.iter().all(|answer| answer.durability == Durability::Fsync));
        assert_eq!(lost, 0, "run {run}: acknowledged as on a disk and lost");
        acknowledged += answers.len();
    }
    assert!(acknowledged > 0, "nothing was acknowledged");
    println!("Redis with `always`, {runs} power cuts: {acknowledged} acknowledged as on a disk, 0 lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_syncs_each_second_says_that_what_it_acknowledges_is_in_memory() {
    let (mut acknowledged, mut gone, runs) = (0, 0, runs(2));
    for run in 0..runs {
        let Some((answers, lost)) = cut_redis(run, Fsync::EverySecond).await else {
            return not_run(NO_IMAGES);
        };
        let in_memory = answers.iter().filter(|answer| answer.durability == Durability::Memory).count();
        assert_eq!(in_memory, answers.len(), "run {run}: acknowledged as more than in memory");
        (acknowledged, gone) = (acknowledged + answers.len(), gone + lost);
    }
    assert!(gone > 0, "a power cut takes what was not synced, or this test proves nothing");
    println!(
        "Redis with `everysec`, {runs} power cuts: all {acknowledged} were acknowledged as in memory; {gone} of them are lost"
    );
}

/// Commits rows until the server is gone; returns those that were committed, as its client was told.
fn commit(url: &str, statements: &Path) -> HashSet<u64> {
    PostgresServer::script(url, statements)
        .lines()
        .map(|line| line.parse().expect("numbers are printed"))
        .collect()
}

/// One power cut; returns how many rows were committed, and how many of them are lost.
async fn cut_postgres(run: u64) -> Option<(usize, usize)> {
    let disk = Disk::image(400)?;
    let settings = [("fsync", "on"), ("synchronous_commit", "on")];
    let mut server = PostgresServer::at(&disk.path().join("data"), &settings);
    let url = server.database();
    server.sql(&url, "create table told (id bigint primary key)");
    let directory = tempfile::tempdir().expect("a directory can be made");
    let script = |writer: u64| {
        let path = directory.path().join(format!("{writer}.sql"));
        let row = |number: u64| {
            let id = writer * 1_000_000 + number;
            format!("insert into told values ({id});\n\\echo {id}\n")
        };
        fs::write(&path, (0..50_000).map(row).collect::<String>()).expect("a file can be written");
        path
    };
    let scripts: Vec<_> = (0..APPENDERS as u64).map(script).collect();
    let writing: Vec<_> = scripts
        .into_iter()
        .map(|script| {
            spawn_blocking({
                let url = url.clone();
                move || commit(&url, &script)
            })
        })
        .collect();
    a_while(run).await;
    server.kill();
    let copy = disk.after_a_power_cut();
    let told = join_all(writing).await.into_iter().flat_map(|told| told.expect("a client ends well"));
    let told: HashSet<u64> = told.collect();
    drop((server, disk));
    let server = PostgresServer::at(&copy.path().join("data"), &settings);
    let found = server.sql(&server.url("test_0"), "select id from told");
    let found: HashSet<u64> = found.lines().map(|line| line.parse().expect("it is a number")).collect();
    Some((told.len(), told.difference(&found).count()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgres_loses_no_row_whose_commit_it_confirmed() {
    let (mut committed, runs) = (0, runs(1));
    for run in 0..runs {
        let Some((rows, lost)) = cut_postgres(run).await else { return not_run(NO_IMAGES) };
        assert_eq!(lost, 0, "run {run}: committed and lost");
        committed += rows;
    }
    assert!(committed > 0, "nothing was committed");
    println!("PostgreSQL, {runs} power cuts: {committed} rows committed, 0 lost");
}

/// Posts until the node is gone; returns what was acknowledged.
async fn post_until_it_is_gone(base: String, first: u128) -> HashSet<String> {
    let (client, mut acknowledged) = (Client::new(), HashSet::new());
    for id in first.. {
        match post(&client, &base, Uuid::from_u128(id), 300).await {
            Ok(answer) if answer.status == 200 => {
                assert_eq!(answer.json["durability"], "fsync", "{}", answer.text);
                acknowledged.insert(answer.json["id"].as_str().expect("an answer has the id").to_owned());
            }
            Ok(answer) => panic!("{}", answer.text),
            Err(_) => return acknowledged,
        }
    }
    unreachable!("numbers do not end")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_log_loses_nothing_that_it_acknowledged_and_makes_its_database_again() {
    let (mut acknowledged, mut events, runs) = (0, 0, runs(1));
    for run in 0..runs {
        let Some(disk) = Disk::image(1_024) else { return not_run(NO_IMAGES) };
        let mut node = Node::start_in(&disk.path(), &[]).await;
        let posting = (0..APPENDERS)
            .map(|number| tokio::spawn(post_until_it_is_gone(node.base(), (number as u128 + 1) << 64)));
        let posting: Vec<_> = posting.collect();
        a_while(run).await;
        node.kill().await;
        let copy = disk.after_a_power_cut();
        let told = join_all(posting).await.into_iter().flat_map(|told| told.expect("a client ends well"));
        let told: HashSet<String> = told.collect();
        drop((node, disk));
        let mut node = Node::start_in(&copy.path(), &[]).await;
        events += node.assert_holds(&told).await;
        node.idle().await;
        node.verify().await;
        assert!(node.stop().await.success());
        acknowledged += told.len();
    }
    assert!(acknowledged > 0, "nothing was acknowledged");
    println!(
        "embedded log, {runs} power cuts: {acknowledged} acknowledged as on a disk, 0 lost, {events} events in the log and in the rows"
    );
}
