//! Coming back from nothing: a wiped Redis, a wiped PostgreSQL, both, or a wiped data directory; from the archive and a backup,
//! and without parsing, validating or answering anything a second time.

use acceptance::{Dice, Fleet, Node, markdown};
use serde_json::Value;
use servers::{PostgresServer, RedisOptions, RedisServer, full};

/// Leases are short, and everything is trimmed that is archived.
const SETTINGS: [(&str, &str); 2] = [("ELITE_LEASE_SECONDS", "1"), ("ELITE_KEEP_EVENTS", "0")];
/// What readers see, as one digest for each read model.
const DIGESTS: &str = "
    select string_agg(name || ' ' || rows, E'\\n' order by name) from (
        select 'documents' as name, md5(string_agg(d::text, '|' order by d::text)) as rows from elite.documents d
        union all select 'chunks', md5(string_agg(d::text, '|' order by d::text)) from elite.chunks d
        union all select 'knowledge', md5(string_agg(d::text, '|' order by d::text)) from elite.knowledge d
        union all select 'interactions', md5(string_agg(d::text, '|' order by d::text)) from elite.interactions d
        union all select 'events', md5(string_agg(d::text, '|' order by d::text)) from elite.events d) as digests";

fn documents() -> u64 {
    if full() { 200 } else { 12 }
}

/// A fleet that has done some work, all of it archived, and a backup of it.
async fn used() -> Fleet {
    let fleet = Fleet::start(&SETTINGS).await;
    let worker =
        fleet.worker(&["gateway", "project", "parse", "validate", "compare", "answer", "build"]).await;
    for number in 0..documents() {
        let text = markdown(&mut Dice::new(number), &format!("Document {number}"));
        worker.upload(&format!("{number}.md"), text).await.expect(200);
    }
    fleet.told(&["ask", "What is in document 3?"]).await;
    fleet.idle().await;
    assert!(worker.stop().await.success());
    let backup = fleet.told(&["backup"]).await;
    let events = fleet.sql("select count(*) from elite.events");
    assert_eq!(backup["archived_events"].to_string(), events, "{backup}");
    fleet
}

/// Lets every role work again and sees that nothing is done anew.
async fn nothing_is_done_again(fleet: &Fleet, before: &str) {
    let events = "select count(*) from elite.events";
    let count = fleet.sql(events);
    let worker = fleet
        .worker(&["gateway", "project", "parse", "validate", "compare", "answer", "build", "archive"])
        .await;
    fleet.idle().await;
    assert_eq!(fleet.sql(events), count, "results were appended again");
    assert_eq!(fleet.sql(DIGESTS), before);
    fleet.verify().await;
    let answer = worker.upload("new.md", "# New\n\nSomething that came after.").await.expect(200);
    assert_eq!(answer["status"], "parsed", "{answer}");
    assert!(worker.stop().await.success());
}

fn told(report: &Value) {
    println!(
        "restored {} events in {:.2} s: {:.0} events/s folded",
        report["events"],
        report["seconds"].as_f64().unwrap_or_default(),
        report["events_per_second"].as_f64().unwrap_or_default()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wiped_redis_comes_back_and_goes_on_where_it_was() {
    let mut fleet = used().await;
    let before = fleet.sql(DIGESTS);
    let ends = fleet.told(&["archive", "status"]).await["partitions"].clone();
    fleet.move_to(Some(RedisServer::start(RedisOptions::default())), None);
    let refused = fleet.elite(&["migrate"]).await;
    assert!(refused.stderr.contains("elite restore"), "a new log beside the archive: {}", refused.stderr);
    told(&fleet.told(&["restore"]).await);
    let after = fleet.told(&["archive", "status"]).await["partitions"].clone();
    let tails = |partitions: &Value| -> Vec<Value> {
        partitions
            .as_array()
            .expect("partitions are a list")
            .iter()
            .map(|one| one["log_ends_at"].clone())
            .collect()
    };
    assert_eq!(tails(&after), tails(&ends));
    nothing_is_done_again(&fleet, &before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wiped_database_comes_back_and_then_both_together() {
    let mut fleet = used().await;
    let before = fleet.sql(DIGESTS);
    fleet.move_to(None, Some(PostgresServer::start()));
    let restored = fleet.told(&["restore"]).await;
    assert_eq!((&restored["log_made_anew"], fleet.sql(DIGESTS)), (&Value::Bool(false), before.clone()));
    fleet.move_to(Some(RedisServer::start(RedisOptions::default())), Some(PostgresServer::start()));
    told(&fleet.told(&["restore"]).await);
    assert_eq!(fleet.sql(DIGESTS), before);
    nothing_is_done_again(&fleet, &before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_folded_and_never_archived_is_listed_after_redis_was_wiped() {
    let mut fleet = used().await;
    let worker = fleet.worker(&["gateway", "project", "parse", "validate", "compare"]).await;
    worker.upload("lost.md", "# Lost\n\nNobody archived this.").await.expect(200);
    fleet.idle().await;
    assert!(worker.stop().await.success());
    let lost = fleet.sql("select count(*) from elite.events e where e.subject = (select id::text from elite.documents where name = 'lost.md')");
    fleet.move_to(Some(RedisServer::start(RedisOptions::default())), None);
    let stopped = fleet.elite(&["restore"]).await;
    assert!(stopped.stderr.contains("elite archive heal"), "{}", stopped.stderr);
    let healed = fleet.told(&["archive", "heal"]).await;
    let gone = healed["gone"].as_array().expect("a list");
    assert_eq!(gone.len().to_string(), lost, "{healed}");
    assert_eq!(fleet.sql("select count(*) from elite.documents where name = 'lost.md'"), "0");
    told(&fleet.told(&["restore"]).await);
    let before = fleet.sql(DIGESTS);
    nothing_is_done_again(&fleet, &before).await;
    println!("{} events that were folded and never archived are listed by id", gone.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wiped_data_directory_comes_back_from_its_blobs() {
    let blobs = tempfile::tempdir().expect("a directory can be made");
    let place = format!("file:{}", blobs.path().display());
    let mut node = Node::start_with(&[("ELITE_BLOB_URL", &place)]).await;
    for number in 0..documents() {
        let text = markdown(&mut Dice::new(number), &format!("Document {number}"));
        let upload = node.posting("/ingest").query(&[("name", format!("{number}.md"))]);
        let upload =
            upload.header("content-type", "application/octet-stream").header("x-data-subject", "ada");
        node.ask(upload.body(text)).await.expect(200);
    }
    node.idle().await;
    node.told(&["backup"]).await;
    let before = node.documents().await;
    assert!(node.stop().await.success());
    std::fs::remove_dir_all(node.data_dir()).expect("the data directory can be removed");
    told(&node.told(&["restore"]).await);
    node.restart().await;
    node.idle().await;
    assert_eq!(node.documents().await, before, "sealed documents can be read again");
    node.verify().await;
}
