//! Workers in processes of their own on Redis and PostgreSQL: the main job, and what start-up refuses.

use acceptance::{Fleet, elite, full, markdown, until};
use servers::{PostgresServer, RedisOptions, RedisServer};

use std::{collections::BTreeSet, time::Duration};

use acceptance::Dice;
use serde_json::Value;
use tokio::{io::AsyncWriteExt, net::TcpStream};

/// Leases are short here, so that takeovers are soon.
const LEASE: (&str, &str) = ("ELITE_LEASE_SECONDS", "1");
/// Two lease lengths, and what a busy machine adds.
const SETTLE_TIME_MAX: Duration = Duration::from_secs(30);

/// The owners of the partitions of `project`, one for each, and none twice unless it owns several.
fn owners(listed: &Value) -> Vec<Option<String>> {
    let partitions = listed["partitions"].as_array().expect("partitions are a list");
    let owner = |partition: &Value| partition["owner"].as_str().map(str::to_owned);
    partitions.iter().map(owner).collect()
}

/// Waits until every partition has an owner and `lanes` of them share fairly.
async fn shared_by(fleet: &Fleet, lanes: usize) {
    until("partitions are shared fairly", SETTLE_TIME_MAX, async || {
        let owners = owners(&fleet.told(&["worker", "list"]).await);
        let owners: Vec<String> = owners.into_iter().collect::<Option<_>>()?;
        let distinct: BTreeSet<&String> = owners.iter().collect();
        let count = |one: &String| owners.iter().filter(|owner| *owner == one).count();
        let (least, most) = (owners.len() / lanes, owners.len().div_ceil(lanes));
        let fair = distinct.iter().all(|owner| (least..=most).contains(&count(owner)));
        (distinct.len() == lanes.min(owners.len()) && fair).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn separate_workers_do_the_main_job_together() {
    let documents = if full() { 200 } else { 30 };
    let fleet = Fleet::start(&[LEASE]).await;
    let gateway = fleet.worker(&["gateway"]).await;
    let (first, second) = (fleet.worker(&["project"]).await, fleet.worker(&["project"]).await);
    let acting = fleet.worker(&["parse", "validate", "compare", "answer", "build"]).await;
    println!(
        "workers were ready after {:.2}, {:.2}, {:.2} and {:.2} s",
        gateway.start_seconds(),
        first.start_seconds(),
        second.start_seconds(),
        acting.start_seconds()
    );
    shared_by(&fleet, 4).await;
    for number in 0..documents {
        let text = markdown(&mut Dice::new(number), &format!("Document {number}"));
        let answer = gateway.upload(&format!("{number}.md"), text).await.expect(200);
        assert_eq!(answer["status"], "parsed", "{answer}");
    }
    let found = fleet.told(&["search", "document"]).await;
    assert!(!found["hits"].as_array().expect("hits are a list").is_empty(), "{found}");
    let answer = fleet.told(&["ask", "What is in document 3?"]).await;
    assert!(answer.to_string().contains("citations"), "{answer}");
    let built = fleet.told(&["dataset", "build", "completion"]).await;
    assert!(built.to_string().contains("sha256"), "{built}");
    fleet.idle().await;
    fleet.verify().await;
    assert_eq!(
        fleet.sql("select count(*) from elite.documents where status = 'parsed'"),
        documents.to_string()
    );

    until("Redis's own tools see that nothing is left to fold", SETTLE_TIME_MAX, async || {
        let groups = fleet.redis.ask(&["XINFO", "GROUPS", "elite:{0}:events"]);
        let lines: Vec<&str> = groups.lines().collect();
        let lag = lines.iter().position(|line| *line == "lag").and_then(|at| lines.get(at + 1));
        (groups.contains("project") && lag == Some(&"0")).then_some(())
    })
    .await;

    // One leaves in order and gives its partitions back at once; one is killed and its leases run out.
    assert!(first.stop().await.success());
    shared_by(&fleet, 2).await;
    let third = fleet.worker(&["project"]).await;
    second.kill().await;
    shared_by(&fleet, 2).await;
    gateway.upload("last.md", "# Last\n\nIt still works.\n").await.expect(200);
    for worker in [gateway, third, acting] {
        assert!(worker.stop().await.success());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_a_worker_that_would_still_finish_what_is_under_way() {
    let fleet = Fleet::start(&[]).await;
    let gateway = fleet.worker(&["gateway"]).await;
    // A call whose body does not end, which is waited for much longer than the second signal takes.
    let address = gateway.base().trim_start_matches("http://").to_owned();
    let mut call = TcpStream::connect(&address).await.unwrap();
    let half = format!("POST /ingest?name=a.md HTTP/1.1\r\nHost: {address}\r\nContent-Length: 9\r\n\r\nhalf");
    call.write_all(half.as_bytes()).await.unwrap();
    gateway.signal("TERM").await;
    let stopping = async || gateway.logged().contains("a second signal stops at once").then_some(());
    until("it stops", SETTLE_TIME_MAX, stopping).await;
    assert_eq!(gateway.stop().await.code(), Some(143), "128 and the number of SIGTERM");
}

/// `elite worker project` refuses to start and says why.
#[track_caller]
fn refused(ended: &acceptance::Ended, words: &[&str]) {
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    for word in words {
        assert!(ended.stderr.contains(word), "`{word}` is not in: {}", ended.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_refuses_servers_that_would_lose_or_mix_up_events() {
    let mut fleet = Fleet::start(&[]).await;
    fleet.redis.ask(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    refused(&fleet.elite(&["worker", "project"]).await, &["maxmemory-policy", "noeviction"]);
    fleet.redis.ask(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);

    fleet.set("ELITE_PARTITIONS", "4");
    refused(&fleet.elite(&["worker", "project"]).await, &["16 partitions", "4"]);
    fleet.set("ELITE_PARTITIONS", "16");

    let (redis, empty) = (fleet.redis.url(), PostgresServer::start());
    fleet.set("DATABASE_URL", &empty.database());
    refused(&fleet.elite(&["worker", "project"]).await, &["elite migrate"]);

    let other = Fleet::start(&[]).await;
    fleet.set("DATABASE_URL", other.environment()[1].1);
    refused(&fleet.elite(&["worker", "project"]).await, &["another log"]);
    fleet.set("REDIS_URL", &RedisServer::start(RedisOptions::default()).url());
    let absent = fleet.elite(&["worker", "project"]).await;
    assert_eq!(absent.code, Some(3), "a server that is gone cannot be reached: {}", absent.stderr);
    let fresh = RedisServer::start(RedisOptions::default());
    fleet.set("REDIS_URL", &fresh.url());
    refused(&fleet.elite(&["worker", "project"]).await, &["elite migrate"]);
    assert_ne!(redis, fresh.url());
    let home = tempfile::tempdir().unwrap();
    let alone = elite(home.path(), &[("REDIS_URL", &fresh.url())], &["worker", "project"]).await.expect(2);
    assert!(alone.stderr.contains("DATABASE_URL"), "{}", alone.stderr);
}
