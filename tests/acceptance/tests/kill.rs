//! `kill -9` at random moments while documents are pushed.

use std::{
    collections::HashMap,
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use acceptance::{Answer, Dice, Node, full, markdown, until};
use reqwest::Client;
use serde_json::Value;
use tokio::{sync::watch, task::JoinSet, time::timeout};

const SEED: u64 = 0x0e11_7e00;
const PUSHERS: usize = 12;
/// Most time between a wanted number of acknowledgements and the kill, in milliseconds.
const MOMENT_MS_MAX: u64 = 120;
/// How long all of the pushing may take.
const PUSH_TIME_MAX: Duration = Duration::from_mins(15);

/// What all pushers share.
struct Pushing {
    documents: usize,
    next: AtomicUsize,
    acknowledged: AtomicUsize,
    sends: AtomicUsize,
    client: Client,
    /// Where the node is now.
    base: watch::Receiver<String>,
}

/// A document that was acknowledged.
struct Acknowledged {
    name: String,
    /// Whether nobody can read it.
    broken: bool,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_moment_loses_and_doubles_nothing() {
    let (documents, kills) = if full() { (1_000, 50) } else { (200, 5) };
    let mut node = Node::start().await;
    let begun = Instant::now();
    let (moved, base) = watch::channel(node.base());
    let pushing = Arc::new(Pushing {
        documents,
        next: AtomicUsize::new(0),
        acknowledged: AtomicUsize::new(0),
        sends: AtomicUsize::new(0),
        client: Client::new(),
        base,
    });
    let mut pushers = JoinSet::new();
    for _ in 0..PUSHERS {
        pushers.spawn(push(Arc::clone(&pushing)));
    }
    let mut starts = 0.0_f64;
    let mut dice = Dice::new(SEED);
    for kill in 0..kills {
        let wanted = documents * kill / kills;
        until("documents are acknowledged", PUSH_TIME_MAX, async || {
            (pushing.acknowledged.load(Ordering::SeqCst) >= wanted).then_some(())
        })
        .await;
        timeout(Duration::from_millis(dice.below(MOMENT_MS_MAX)), pending::<()>()).await.ok();
        node.kill().await;
        node.restart().await;
        starts = starts.max(node.start_seconds());
        moved.send(node.base()).expect("the pushers listen");
    }
    let mut acknowledged = HashMap::new();
    while let Some(pushed) = pushers.join_next().await {
        acknowledged.extend(pushed.expect("a pusher ends well"));
    }
    let (pushed_seconds, sends) = (begun.elapsed().as_secs_f64(), pushing.sends.load(Ordering::SeqCst));
    println!(
        "{documents} documents acknowledged in {sends} sends and {pushed_seconds:.1} s, with {kills} kills; \
         slowest start {starts:.2} s"
    );
    assert_eq!(acknowledged.len(), documents);
    everything_ended_once(&node, &acknowledged).await;
    assert!(node.stop().await.success());
}

/// Pushes documents until none is left; returns the ids of those that were acknowledged, with what they are.
async fn push(pushing: Arc<Pushing>) -> HashMap<String, Acknowledged> {
    let mut acknowledged = HashMap::new();
    loop {
        let number = pushing.next.fetch_add(1, Ordering::SeqCst);
        if number >= pushing.documents {
            return acknowledged;
        }
        let (id, document) =
            timeout(PUSH_TIME_MAX, deliver(&pushing, number)).await.expect("it is taken in time");
        acknowledged.insert(id, document);
        pushing.acknowledged.fetch_add(1, Ordering::SeqCst);
    }
}

/// Sends one document until it is acknowledged: half of them without waiting, half of them under a key, some of them broken.
async fn deliver(pushing: &Pushing, number: usize) -> (String, Acknowledged) {
    let seed = SEED + u64::try_from(number).expect("it fits");
    let broken = number % 10 == 9;
    let name = format!("document-{number}.{}", if broken { "pdf" } else { "md" });
    let body =
        if broken { format!("%PDF-1.7\n% cut off {number}") } else { markdown(&mut Dice::new(seed), &name) };
    let mut base = pushing.base.clone();
    loop {
        let address = base.borrow_and_update().clone();
        let mut request = pushing.client.post(format!("{address}/ingest")).query(&[("name", &name)]);
        if number.is_multiple_of(2) {
            request = request.header("prefer", "respond-async");
        }
        if number % 4 < 2 {
            request = request.header("idempotency-key", format!("key {number}"));
        }
        pushing.sends.fetch_add(1, Ordering::SeqCst);
        match Answer::to(request.body(body.clone())).await {
            Ok(Answer { status: 200 | 202, json, .. }) => {
                let id = json["id"].as_str().expect("an acknowledgement has the id").to_owned();
                return (id, Acknowledged { name, broken });
            }
            // A call under the same key that was cut off is still on its way, or the node is stopping or starting.
            Ok(answer) => assert!([409, 503].contains(&answer.status), "{name}: {}", answer.text),
            Err(_) => {}
        }
        timeout(Duration::from_millis(200), base.changed()).await.ok();
    }
}

async fn everything_ended_once(node: &Node, acknowledged: &HashMap<String, Acknowledged>) {
    let status = node.idle().await;
    assert_eq!(status["dead_letters"]["count"], 0, "{status}");
    let mut ends: HashMap<&str, usize> = HashMap::new();
    let documents = node.documents().await;
    for (id, Acknowledged { name, broken }) in acknowledged {
        let document = documents.iter().find(|document| document["id"] == id.as_str());
        let document = document.unwrap_or_else(|| panic!("`{name}` was acknowledged and is gone"));
        let wanted = if *broken { "rejected" } else { "parsed" };
        assert_eq!(document["status"], wanted, "{document}");
        *ends.entry(wanted).or_default() += 1;
    }
    assert_eq!(documents.len(), acknowledged.len(), "there are documents that nobody pushed");
    let counts = events_of_each(node).await;
    for (id, Acknowledged { name, broken }) in acknowledged {
        let of = |kind: &str| counts.get(&(id.clone(), kind.to_owned())).copied().unwrap_or_default();
        let broken = usize::from(*broken);
        let ended = (of("document.received"), of("document.parsed"), of("document.rejected"));
        assert_eq!(ended, (1, 1 - broken, broken), "`{name}`: received, parsed, rejected");
        let followed = (of("knowledge.validated"), of("knowledge.compared"));
        assert_eq!(followed, (1 - broken, 1 - broken), "`{name}` is judged and compared once");
    }
    let report = node.verify().await;
    assert_eq!(report["events_skipped"], 0, "{report}");
    assert_eq!(node.told(&["dead-letter", "list"]).await, Value::Array(Vec::new()));
    println!("ended as {ends:?}; {} events, each document's once", report["events_replayed"]);
}

/// How many events of each type there are about each subject.
async fn events_of_each(node: &Node) -> HashMap<(String, String), usize> {
    let listed = node.elite(&["events", "tail", "-n", "1000000"]).await.expect(0);
    let mut counts = HashMap::new();
    for line in listed.json_lines() {
        let text = |member: &str| line["event"][member].as_str().expect("an envelope has it").to_owned();
        *counts.entry((text("subject"), text("type"))).or_default() += 1;
    }
    counts
}
