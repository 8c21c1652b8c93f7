//! A rolling restart of every worker and every gateway while producers go on through the gateways.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use acceptance::{Conversation, Coverage, Dice, Fleet, Process, conversations, full, markdown, pass};
use event_model::Event;
use futures::future::join_all;
use reqwest::{Client, RequestBuilder};
use tokio::sync::watch;

const UNHARMED: &str = "nobody panics with it";
const SEED: u64 = 0x0e11_7e06;
const LEASE: (&str, &str) = ("ELITE_LEASE_SECONDS", "2");
const PRODUCERS: u64 = 3;
/// What each worker does besides the gateways.
const WORKER: &[&str] = &["project", "parse", "validate", "compare"];
/// Least events of a conversation.
const EVENTS: usize = 40;
/// Events that are sent at once.
const BATCH_EVENTS: usize = 5;
/// How long a producer rests after a call, so that it leaves the workers something of a small machine.
const BETWEEN_CALLS: Duration = Duration::from_millis(15);

/// A client of several gateways, as whatever spreads requests is one: a gateway that says with an answer that it closes the
/// connection, or takes none, is passed by for another. Every other failure is an error that a producer sees.
struct Spread {
    client: Client,
    gateways: watch::Receiver<Vec<String>>,
    turn: AtomicUsize,
    calls: AtomicUsize,
    refused: AtomicUsize,
    leaving: Mutex<BTreeSet<String>>,
    errors: Mutex<Vec<String>>,
    over: watch::Receiver<bool>,
}

/// What a producer told.
#[derive(Default)]
struct Told {
    conversations: Vec<Conversation>,
    documents: usize,
}

impl Spread {
    fn new(gateways: watch::Receiver<Vec<String>>, over: watch::Receiver<bool>) -> Self {
        let (turn, calls, refused) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        let (leaving, errors) = (Mutex::default(), Mutex::default());
        Self { client: Client::new(), gateways, turn, calls, refused, leaving, errors, over }
    }

    /// Makes one call, at whichever gateway takes it; again and again if it fails, which is an error each time.
    async fn call(&self, path: &str, request: impl Fn(RequestBuilder) -> RequestBuilder) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        loop {
            let gateway = self.next_gateway();
            let answer = request(self.client.post(format!("{gateway}{path}"))).send().await;
            if answer.as_ref().is_ok_and(|answer| answer.headers().contains_key("connection")) {
                self.leaving.lock().expect(UNHARMED).insert(gateway);
            }
            let error = match answer {
                Ok(answer) if answer.status().is_success() => break,
                Ok(answer) => format!("{} {}", answer.status(), answer.text().await.unwrap_or_default()),
                Err(error) if error.is_connect() => {
                    self.refused.fetch_add(1, Ordering::Relaxed);
                    continue;
                }
                Err(error) => format!("{error:?}"),
            };
            self.errors.lock().expect(UNHARMED).push(format!("{path}: {error}"));
        }
        pass(BETWEEN_CALLS).await;
    }

    /// The gateway whose turn it is, of those that are not leaving.
    fn next_gateway(&self) -> String {
        let (gateways, leaving) = (self.gateways.borrow(), self.leaving.lock().expect(UNHARMED));
        let staying: Vec<&String> = gateways.iter().filter(|gateway| !leaving.contains(*gateway)).collect();
        staying[self.turn.fetch_add(1, Ordering::Relaxed) % staying.len()].clone()
    }

    /// Tells one conversation after the other, from its start to its end, and hands in a document after each, until it is
    /// over.
    async fn produce(&self, number: u64) -> Told {
        let mut told = Told::default();
        while !*self.over.borrow() {
            let seed = SEED + (number << 32) + told.documents as u64;
            let conversation = conversations(1, EVENTS, seed).remove(0);
            for batch in conversation.events.chunks(BATCH_EVENTS) {
                self.append(batch).await;
            }
            self.hand_in(&conversation).await;
            told.documents += 1;
            told.conversations.push(conversation);
        }
        told
    }

    async fn append(&self, batch: &[Event]) {
        let encoded = batch.iter().map(|event| String::from_utf8(event.encode()).expect("JSON is UTF-8"));
        let body = format!("[{}]", encoded.collect::<Vec<_>>().join(","));
        let batch = |call: RequestBuilder| {
            call.header("content-type", "application/cloudevents-batch+json").body(body.clone())
        };
        self.call("/events", batch).await;
    }

    async fn hand_in(&self, conversation: &Conversation) {
        let name = format!("{}.md", conversation.session);
        let text = markdown(&mut Dice::new(SEED), &name);
        let document = |call: RequestBuilder| {
            let call = call.query(&[("name", &name)]).header("prefer", "respond-async");
            call.header("idempotency-key", &name).body(text.clone())
        };
        self.call("/ingest", document).await;
    }
}

/// How long one step of the restart took.
struct Step {
    /// From SIGTERM to the end of the process.
    stopped: Duration,
    /// From SIGTERM until every partition has a live owner.
    covered: Duration,
    /// The longest that one of them had none.
    gap: Duration,
}

/// Ends `worker` in order and starts its successor.
async fn replaced(fleet: &Fleet, coverage: &Coverage, worker: Process, roles: &[&str]) -> (Process, Step) {
    coverage.begin_anew();
    let begun = Instant::now();
    assert!(worker.stop().await.success(), "it ends well on SIGTERM");
    let stopped = begun.elapsed();
    coverage.full().await;
    let step = Step { stopped, covered: begun.elapsed(), gap: coverage.longest_gap() };
    (fleet.worker(roles).await, step)
}

/// Restarts every worker, one after the other.
async fn roll_workers(fleet: &Fleet, coverage: &Coverage, workers: Vec<Process>) -> Vec<Process> {
    let mut rolled = Vec::new();
    for (number, worker) in (1..).zip(workers) {
        let (next, step) = replaced(fleet, coverage, worker, WORKER).await;
        println!(
            "worker {number}: stopped after {:.2} s, every partition owned after {:.2} s, none unowned for more than {:.2} s",
            step.stopped.as_secs_f64(),
            step.covered.as_secs_f64(),
            step.gap.as_secs_f64()
        );
        rolled.push(next);
    }
    rolled
}

/// Restarts every gateway, one after the other, and lets clients know where the new ones are.
async fn roll_gateways(
    fleet: &Fleet,
    coverage: &Coverage,
    gateways: Vec<Process>,
    addresses: &watch::Sender<Vec<String>>,
) -> Vec<Process> {
    let mut rolled = Vec::new();
    for (number, gateway) in gateways.into_iter().enumerate() {
        let (next, step) = replaced(fleet, coverage, gateway, &["gateway"]).await;
        println!("gateway {}: stopped after {:.2} s", number + 1, step.stopped.as_secs_f64());
        addresses.send_modify(|addresses| addresses[number] = next.base());
        rolled.push(next);
    }
    rolled
}

async fn started(fleet: &Fleet, count: usize, roles: &[&str]) -> Vec<Process> {
    join_all((0..count).map(|_| fleet.worker(roles))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_under_load_shows_producers_no_error() {
    let (count, rounds) = if full() { (8, 5) } else { (3, 1) };
    let fleet = Fleet::start(&[LEASE]).await;
    fleet.take_notes();
    let (workers, gateways) = tokio::join!(started(&fleet, count, WORKER), started(&fleet, 2, &["gateway"]));
    let coverage = Coverage::watch(fleet.environment()[1].1);
    coverage.full().await;
    let (addresses, seen) = watch::channel(gateways.iter().map(Process::base).collect());
    let (end, over) = watch::channel(false);
    let spread = Spread::new(seen, over);
    let rolling = async {
        let workers = roll_workers(&fleet, &coverage, workers).await;
        let mut gateways = gateways;
        for _ in 0..rounds {
            gateways = roll_gateways(&fleet, &coverage, gateways, &addresses).await;
        }
        end.send_replace(true);
        workers.into_iter().chain(gateways).collect::<Vec<_>>()
    };
    let (left, told) = tokio::join!(rolling, join_all((0..PRODUCERS).map(|number| spread.produce(number))));
    let errors = spread.errors.into_inner().expect(UNHARMED);
    let leaving = spread.leaving.into_inner().expect(UNHARMED).len();
    let documents: usize = told.iter().map(|told| told.documents).sum();
    let conversations: Vec<Conversation> = told.into_iter().flat_map(|told| told.conversations).collect();
    println!(
        "{} calls while {} workers and {} gateways were replaced: {} errors, {} connections refused",
        spread.calls.into_inner(),
        count,
        leaving,
        errors.len(),
        spread.refused.into_inner()
    );
    assert_eq!(errors, Vec::<String>::new());
    assert_eq!(leaving, 2 * rounds, "each gateway says that it leaves before it does");
    fleet.idle().await;
    let conflicts: usize = fleet.sql("select count(*) from elite.conflicts").parse().expect("a count");
    fleet.told_exactly(&conversations, 4 * documents + conflicts).await;
    for ended in join_all(left.into_iter().map(Process::stop)).await {
        assert!(ended.success(), "{ended}");
    }
}
