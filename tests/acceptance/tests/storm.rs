//! Storms: workers are killed and frozen at random moments while producers go on.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use acceptance::{
    Answer, Coverage, Dice, Fleet, Place, Process, Producing, Raged, Storm, conversations, events_of, full,
    markdown,
};
use futures::future::join_all;
use reqwest::Client;
use serde_json::Value;
use tokio::sync::watch;

const SEED: u64 = 0x0e11_7e03;
const LEASE: Duration = Duration::from_secs(1);
const LEASE_SECONDS: (&str, &str) = ("ELITE_LEASE_SECONDS", "1");
const PRODUCERS: usize = 4;
/// What a projector says when its commit met the epoch of another.
const FENCED: &str = "another process owns a partition of this batch now";
const MEBIBYTE: u64 = 1024 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_kills_and_freezes_loses_doubles_and_reorders_nothing() {
    let (count, events, kills, freezes) = if full() { (400, 250, 200, 60) } else { (100, 60, 12, 8) };
    let fleet = Fleet::start(&[LEASE_SECONDS]).await;
    fleet.take_notes();
    idle_worker(&fleet).await;
    let told = conversations(count, events, SEED);
    let coverage = Coverage::watch(fleet.environment()[1].1);
    let producing = Producing::start(&fleet.redis.url(), &told, PRODUCERS).await;
    let project = Place { roles: &["project"], environment: &[] };
    let (workers, coverage) = (&[project; 4], &coverage);
    let storm = Storm { fleet: &fleet, coverage, workers, kills, freezes, lease: LEASE, seed: SEED };
    let begun = Instant::now();
    let raged = storm.rage(|blow| producing.allow(blow, storm.blows() + 1)).await;
    let produced = producing.finish().await;
    fleet.idle().await;
    let seconds = begun.elapsed().as_secs_f64();
    coverage.full().await;
    let (gap, fenced) = (coverage.longest_gap().as_secs_f64(), fleet.logged().matches(FENCED).count());
    println!(
        "{} events in {seconds:.1} s, {:.0} events/s, {} appends, {} of them sent again; {kills} kills, {freezes} freezes, \
         {fenced} commits fenced; no live owner for at most {gap:.2} s, with leases of {} s",
        produced.events,
        rate(produced.events, seconds),
        produced.sends,
        produced.failures,
        LEASE.as_secs(),
    );
    told_of(&raged);
    fleet.told_exactly(&told, 0).await;
    assert_eq!(produced.events, events_of(&told));
    all_end_well(raged.workers).await;
}

/// Prints what a worker needs that has nothing to do.
async fn idle_worker(fleet: &Fleet) {
    let worker = fleet.worker(&["project"]).await;
    Coverage::watch(fleet.environment()[1].1).full().await;
    println!(
        "an idle worker: ready after {:.2} s, {} MiB at most",
        worker.start_seconds(),
        worker.memory_bytes_max() / MEBIBYTE
    );
    assert!(worker.stop().await.success());
}

fn told_of(raged: &Raged) {
    println!(
        "{} more killed while they started; slowest start {:.2} s; a busy worker: {} MiB at most",
        raged.early_deaths,
        raged.slowest_start_seconds,
        raged.memory_bytes_max / MEBIBYTE
    );
}

async fn all_end_well(workers: Vec<Process>) {
    for ended in join_all(workers.into_iter().map(Process::stop)).await {
        assert!(ended.success(), "{ended}");
    }
}

#[expect(clippy::cast_precision_loss, reason = "a storm has a few hundred thousand events")]
fn rate(count: usize, seconds: f64) -> f64 {
    count as f64 / seconds
}

/// Documents that are handed in as the storm goes on.
struct Uploads<'a> {
    gateway: &'a Process,
    client: Client,
    documents: usize,
    next: AtomicUsize,
    allowed: watch::Receiver<usize>,
}

impl Uploads<'_> {
    async fn push(&self) {
        let mut allowed = self.allowed.clone();
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.documents {
                return;
            }
            allowed.wait_for(|allowed| number < *allowed).await.expect("the test lasts longer");
            let name = format!("document-{number}.md");
            let text = markdown(&mut Dice::new(SEED + number as u64), &name);
            let request =
                self.client.post(format!("{}/ingest", self.gateway.base())).query(&[("name", &name)]);
            let answer = Answer::to(request.header("prefer", "respond-async").body(text)).await;
            drop(answer.expect("the gateway answers").expect(202));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_document_is_parsed_and_judged_once_while_workers_die() {
    let (documents, kills, freezes) = if full() { (1_000, 40, 10) } else { (60, 3, 1) };
    let fleet = Fleet::start(&[LEASE_SECONDS]).await;
    fleet.take_notes();
    let gateway = fleet.worker(&["gateway"]).await;
    let project = Place { roles: &["project"], environment: &[] };
    let act = Place { roles: &["parse", "validate", "compare"], environment: &[] };
    let workers = [project, project, act, act];
    let (coverage, seed) = (&Coverage::watch(fleet.environment()[1].1), SEED + 1);
    let storm = Storm { fleet: &fleet, coverage, workers: &workers, kills, freezes, lease: LEASE, seed };
    let (allow, allowed) = watch::channel(0);
    let (client, next) = (Client::new(), AtomicUsize::new(0));
    let uploads = Uploads { gateway: &gateway, client, documents, next, allowed };
    let begun = Instant::now();
    let blowing = async {
        let more = |blow| {
            allow.send_replace(documents * blow / storm.blows());
        };
        let raged = storm.rage(more).await;
        allow.send_replace(documents);
        raged
    };
    let (raged, _) = tokio::join!(blowing, join_all((0..PRODUCERS).map(|_| uploads.push())));
    fleet.idle().await;
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{documents} documents received, parsed and judged in {seconds:.1} s, {:.0} a second; {kills} kills, {freezes} \
         freezes",
        rate(documents, seconds)
    );
    told_of(&raged);
    each_once(&fleet, documents).await;
    all_end_well(raged.workers).await;
    assert!(gateway.stop().await.success());
}

async fn each_once(fleet: &Fleet, documents: usize) {
    let stats = fleet.told(&["events", "stats"]).await;
    let types = ["document.received", "document.parsed", "knowledge.validated", "knowledge.compared"];
    for event_type in types {
        assert_eq!(stats["types"][event_type], documents, "{stats}");
    }
    let conflicts = stats["types"]["conflict.detected"].as_u64().unwrap_or_default();
    let events = types.len() * documents + usize::try_from(conflicts).expect("a count");
    assert_eq!(stats["events"], events, "{stats}");
    let parsed = fleet.sql("select count(*) from elite.documents where status = 'parsed'");
    assert_eq!(parsed, documents.to_string());
    assert_eq!(fleet.sql("select count(*) from elite.todo"), "0");
    assert_eq!(fleet.told(&["dead-letter", "list"]).await, Value::Array(Vec::new()));
    fleet.folded_once_and_in_order(events);
    fleet.verify().await;
}
