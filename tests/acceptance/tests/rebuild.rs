//! Rebuilding while events come in and readers read: nobody notices. A fold that changed, and a rebuild that is killed, change
//! nothing.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use acceptance::{
    Conversation, Dice, Fleet, Process, Producing, conversations, full, markdown, open_log, pass, until,
};
use event_log::{EventLog, Position};
use event_model::PartitionId;
use read_store::Store;
use reqwest::Client;
use serde_json::Value;
use tokio::sync::watch;
use uuid::Uuid;

const SEED: u64 = 0x4eb1_11d5;
const LEASE: (&str, &str) = ("ELITE_LEASE_SECONDS", "5");
/// Events of a conversation.
const EVENTS: usize = 20;
/// How often more events are let go.
const TICK: Duration = Duration::from_millis(100);
/// How long reads are measured without a rebuild.
const BASELINE: Duration = Duration::from_secs(4);
const READERS: usize = 2;
/// How long a reader rests, as people do.
const BETWEEN_READS: Duration = Duration::from_millis(10);
const SETTLE_TIME_MAX: Duration = Duration::from_mins(2);

/// Events there are, and events in a second that come in.
fn size() -> (u64, usize) {
    if full() { (100_000, 500) } else { (5_000, 100) }
}

/// Reads of one phase.
#[derive(Default)]
struct Reads {
    milliseconds: Vec<f64>,
    failures: Vec<String>,
}

impl Reads {
    fn quantile(&self, of_hundred: usize) -> f64 {
        let mut sorted = self.milliseconds.clone();
        sorted.sort_by(f64::total_cmp);
        sorted[(sorted.len() * of_hundred / 100).min(sorted.len() - 1)]
    }

    fn print(&self, phase: &str) {
        let (count, failed) = (self.milliseconds.len(), self.failures.len());
        let (half, most, worst) = (self.quantile(50), self.quantile(99), self.quantile(100));
        println!(
            "{phase}: {count} reads, {failed} failed, p50 {half:.1} ms, p99 {most:.1} ms, longest {worst:.1} ms"
        );
    }
}

/// Somebody who reads through the gateway and through the views.
struct Reader {
    client: Client,
    gateway: String,
    store: Store,
    session: Uuid,
    turn: AtomicUsize,
}

impl Reader {
    async fn read(&self) -> Result<(), String> {
        let session = format!("/sessions/{}", self.session);
        match self.turn.fetch_add(1, Ordering::Relaxed) % 5 {
            0 => self.get("/documents?limit=20").await,
            1 => self.get(&session).await,
            2 => self.get("/search?q=document&limit=5").await,
            3 => self.rows("select count(*), max(position) from elite.interactions where status = 'answered'").await,
            _ => self.rows("select count(*) from elite.documents d left join elite.duplicates x on x.document_id = d.id").await,
        }
    }

    async fn get(&self, path: &str) -> Result<(), String> {
        let answer = self.client.get(format!("{}{path}", self.gateway)).send().await;
        let answer = answer.map_err(|error| format!("{path}: {error:?}"))?;
        let (status, body) = (answer.status(), answer.text().await.unwrap_or_default());
        if status.is_success() { Ok(()) } else { Err(format!("{path}: {status} {body}")) }
    }

    /// Never nothing: readers see the old rows until they see the new ones.
    async fn rows(&self, sql: &str) -> Result<(), String> {
        let client = self.store.client().await.map_err(|error| error.to_string())?;
        let row = client.query_one(sql, &[]).await.map_err(|error| format!("{sql}: {error:?}"))?;
        if row.get::<_, i64>(0) > 0 { Ok(()) } else { Err(format!("{sql}: no rows")) }
    }

    async fn read_until(&self, mut over: watch::Receiver<bool>) -> Reads {
        let mut reads = Reads::default();
        while !*over.borrow_and_update() {
            let begun = Instant::now();
            reads.failures.extend(self.read().await.err());
            reads.milliseconds.push(begun.elapsed().as_secs_f64() * 1_000.0);
            pass(BETWEEN_READS).await;
        }
        reads
    }

    /// What readers find while `work` is under way.
    async fn beside<T>(&self, work: impl Future<Output = T>) -> (T, Reads) {
        let (end, over) = watch::channel(false);
        let working = async {
            let done = work.await;
            end.send_replace(true);
            done
        };
        let reading = futures::future::join_all((0..READERS).map(|_| self.read_until(over.clone())));
        let (done, each) = tokio::join!(working, reading);
        let mut reads = Reads::default();
        for one in each {
            reads.milliseconds.extend(one.milliseconds);
            reads.failures.extend(one.failures);
        }
        (done, reads)
    }
}

/// A fleet with a history, and what comes in meanwhile.
struct Scene {
    fleet: Fleet,
    workers: Vec<Process>,
    reader: Reader,
    history: Vec<Conversation>,
    documents: usize,
}

impl Scene {
    async fn set() -> Self {
        let (events, _) = size();
        let fleet = Fleet::start(&[LEASE]).await;
        let mut workers = vec![fleet.worker(&["gateway"]).await];
        for _ in 0..2 {
            workers.push(fleet.worker(&["project", "parse", "validate", "compare"]).await);
        }
        let history = conversations(events / EVENTS as u64, EVENTS, SEED);
        Producing::start(&fleet.redis.url(), &history, 4).await.finish().await;
        let store = Store::connect(fleet.environment()[1].1, 4).expect("the address is one");
        let (gateway, session) = (workers[0].base(), history[0].session);
        let reader = Reader { client: Client::new(), gateway, store, session, turn: AtomicUsize::new(0) };
        let mut scene = Self { fleet, workers, reader, history, documents: 0 };
        for _ in 0..20 {
            scene.upload().await;
        }
        scene.fleet.idle().await;
        scene
    }

    async fn upload(&mut self) {
        let name = format!("document-{}.md", self.documents);
        let text = markdown(&mut Dice::new(self.documents as u64), &name);
        let request = self.reader.client.post(format!("{}/ingest", self.reader.gateway));
        let request = request.query(&[("name", &name)]).header("prefer", "respond-async").body(text);
        let answer = request.send().await.expect("the gateway answers");
        assert!(answer.status().is_success(), "{answer:?}");
        self.documents += 1;
    }

    /// Every document was parsed and validated once, whatever was replayed.
    async fn assert_nothing_done_twice(&self) {
        let log = open_log(&self.fleet.redis.url()).await;
        let mut results: BTreeMap<String, usize> = BTreeMap::new();
        for partition in (0..log.creation().partitions).map(PartitionId) {
            let mut next = Position(1);
            loop {
                let events = log.read(partition, next, 1_000).await.expect("the log can be read");
                let Some(last) = events.last() else { break };
                next = last.position.next();
                for event in &events {
                    let event = event.envelope().expect("it is an event");
                    *results.entry(event.event_type.to_string()).or_default() += 1;
                }
            }
        }
        for result in ["document.received", "document.parsed", "knowledge.validated"] {
            assert_eq!(results.get(result), Some(&self.documents), "{result} of {results:?}");
        }
    }

    /// The events of `load` come in at `rate` a second, and a document each second, until `over`.
    async fn come_in(
        &mut self,
        load: &Producing,
        share: (usize, usize),
        over: &watch::Receiver<bool>,
    ) -> usize {
        let (_, rate) = size();
        let (mut allowed, all) = share;
        let begun = Instant::now();
        while !*over.borrow() {
            allowed += rate / 10;
            load.allow(allowed.min(all), all);
            if begun.elapsed().as_secs() > self.documents.saturating_sub(20) as u64 {
                self.upload().await;
            }
            pass(TICK).await;
        }
        allowed
    }
}

/// What `elite projection rebuild` said.
#[track_caller]
fn assert_switched(report: &Value) {
    assert_eq!(report["promoted"], true, "{report}");
    let projections = report["projections"].as_array().expect("projections are a list");
    assert!(projections.len() >= 10 && projections.iter().all(|one| one["equal"] == true), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_notices_a_rebuild() {
    let (events, rate) = size();
    let mut scene = Scene::set().await;
    let seconds_max = if full() { 240 } else { 60 };
    let all = rate * seconds_max;
    let told = conversations((all / EVENTS) as u64, EVENTS, SEED + 1);
    let load = Producing::start(&scene.fleet.redis.url(), &told, 2).await;

    let (end, over) = watch::channel(false);
    let environment: Vec<(String, String)> = scene
        .fleet
        .environment()
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let home = scene.fleet.home().to_owned();
    let reader = Reader {
        client: Client::new(),
        gateway: scene.reader.gateway.clone(),
        store: scene.reader.store.clone(),
        session: scene.reader.session,
        turn: AtomicUsize::new(0),
    };
    let phases = async {
        let ((), before) = reader.beside(pass(BASELINE)).await;
        let environment: Vec<(&str, &str)> =
            environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let rebuild = acceptance::elite(&home, &environment, &["projection", "rebuild", "--json"]);
        let (ended, during) = reader.beside(rebuild).await;
        end.send_replace(true);
        (before, during, ended.expect(0).json())
    };
    let (allowed, (before, during, report)) = tokio::join!(scene.come_in(&load, (0, all), &over), phases);
    before.print("without a rebuild");
    during.print("while one was under way");
    println!(
        "{} of {events} events and those that came in at {rate}/s replayed in {:.1} s at {:.0} events/s, folding stood still for {:.0} ms",
        report["events_replayed"],
        report["seconds"].as_f64().expect("it is a number"),
        report["events_per_second"].as_f64().expect("it is a number"),
        report["folding_paused_ms"].as_f64().expect("it is a number"),
    );
    assert!(allowed < all, "events came in until the end");
    assert_eq!(before.failures, Vec::<String>::new());
    assert_eq!(during.failures, Vec::<String>::new());
    assert_switched(&report);
    if full() {
        assert!(during.quantile(99) < 2.0 * before.quantile(99), "readers wait for the rebuild");
    }
    load.finish().await;
    scene.fleet.idle().await;
    scene.fleet.verify().await;
    scene.assert_nothing_done_twice().await;
    let sessions = scene.fleet.sql("select count(*) from elite.sessions where status = 'ended'");
    assert_eq!(sessions, (scene.history.len() + told.len()).to_string());
    for worker in scene.workers {
        assert!(worker.stop().await.success());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_fold_is_caught_and_a_killed_rebuild_changes_nothing() {
    let fleet = Fleet::start(&[LEASE]).await;
    let worker = fleet.worker(&["project"]).await;
    let history = conversations(if full() { 1_000 } else { 100 }, EVENTS, SEED + 2);
    Producing::start(&fleet.redis.url(), &history, 2).await.finish().await;
    fleet.idle().await;
    let noon = fleet.sql("select max(recorded_at) + interval '1 millisecond' from elite.events");
    let scratch = "select count(*) from pg_namespace where nspname like 'elite_scratch%'";

    // As if the fold of the release before had written titles in another way.
    fleet.sql("update elite.sessions_v2 set title = upper(title)");
    let stopped = fleet.elite(&["projection", "rebuild"]).await.expect(1);
    assert!(
        stopped.stderr.contains("--accept-differences") && stopped.stderr.contains("sessions"),
        "{}",
        stopped.stderr
    );
    let report = stopped.json();
    let different: Vec<&Value> =
        report["projections"].as_array().unwrap().iter().filter(|one| one["equal"] != true).collect();
    assert_eq!((different.len(), &different[0]["name"]), (1, &Value::from("sessions")));
    assert_eq!(different[0]["tables"][0]["differences"].as_array().map(Vec::len), Some(5), "{report}");
    assert_eq!((report["promoted"].as_bool(), fleet.sql(scratch)), (Some(false), "0".to_owned()));
    let shouting = "select count(*) from elite.sessions where title = upper(title)";
    assert_eq!(fleet.sql(shouting), history.len().to_string(), "readers go on with what was live");

    let mut killed = fleet.begin(&["projection", "rebuild", "--accept-differences"]);
    until("a rebuild has begun", SETTLE_TIME_MAX, async || (fleet.sql(scratch) == "1").then_some(())).await;
    killed.kill().await.expect("it can be killed");
    until("its session has ended", SETTLE_TIME_MAX, async || {
        let found = fleet.elite(&["doctor"]).await;
        found.stdout.contains("interrupted ones left elite_scratch_").then_some(())
    })
    .await;
    assert_eq!(fleet.sql(shouting), history.len().to_string());

    let accepted = fleet.told(&["projection", "rebuild", "--accept-differences"]).await;
    assert_eq!((accepted["promoted"].as_bool(), fleet.sql(scratch)), (Some(true), "0".to_owned()));
    assert_eq!(fleet.sql(shouting), "0");
    fleet.verify().await;

    let back = fleet.elite(&["projection", "rollback", "sessions"]).await.expect(1);
    assert!(back.stderr.contains("rollback sessions --accept-differences"), "{}", back.stderr);
    fleet.told(&["projection", "rollback", "sessions", "--accept-differences"]).await;
    assert_eq!(fleet.sql(shouting), history.len().to_string());
    fleet.told(&["projection", "rollback", "sessions", "--accept-differences"]).await;
    fleet.verify().await;
    let shown = fleet.on_a_terminal(&["projection", "rebuild"]).await;
    let all = history.iter().map(|one| one.events.len()).sum::<usize>();
    // Such as `830/2,176 901.8/s 1s`.
    let drawn = shown.lines().map(|line| line.replace(',', "")).filter(|line| line.contains("/s "));
    let done: Vec<String> = drawn.filter(|line| line.contains(&format!("/{all} "))).collect();
    assert!(done.iter().any(|line| line.trim_end().ends_with('s')), "done, rate, time left: {shown}");
    history_can_be_queried(&fleet, &noon.replace(' ', "T"), history.len()).await;
    fleet.told(&["projection", "forget-retired"]).await;
    assert_eq!(fleet.told(&["projection", "as-of", "list"]).await, Value::Array(Vec::new()));
    assert!(worker.stop().await.success());
}

/// A schema shows what was known at `noon`, whatever came later.
async fn history_can_be_queried(fleet: &Fleet, noon: &str, sessions: usize) {
    let later = conversations(3, EVENTS, SEED + 3);
    Producing::start(&fleet.redis.url(), &later, 1).await.finish().await;
    fleet.idle().await;
    assert_eq!(fleet.sql("select count(*) from elite.sessions"), (sessions + later.len()).to_string());
    let made = fleet.told(&["projection", "rebuild", "--as-of", noon]).await;
    let schema = made["schema"].as_str().expect("it has a name");
    let then = fleet
        .sql(&format!("set search_path = {schema}; select count(*) from sessions where status = 'ended'"));
    assert_eq!(then, sessions.to_string());
    let listed = fleet.told(&["projection", "as-of", "list"]).await;
    assert!(listed.to_string().contains(schema), "{listed}");
    fleet.told(&["projection", "as-of", "drop", schema]).await;
    drop(fleet.elite(&["projection", "as-of", "drop", schema]).await.expect(1));
    drop(fleet.elite(&["projection", "rebuild", "--as-of", "tomorrow"]).await.expect(2));
    drop(fleet.elite(&["projection", "rebuild", "--as-of", "99:1"]).await.expect(2));
}
