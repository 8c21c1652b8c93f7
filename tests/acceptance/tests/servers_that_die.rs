//! Redis and PostgreSQL that are killed and started again under load, and commits whose connection is cut: workers go on by
//! themselves, and nothing that was acknowledged is lost.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use acceptance::{Answer, Coverage, Dice, Fleet, Process, Producing, conversations, full, pass, until};
use futures::future::join_all;
use reqwest::Client;
use serde_json::json;
use servers::{Direction, Proxy, Verdict};

const SEED: u64 = 0x0e11_7e05;
const LEASE: (&str, &str) = ("ELITE_LEASE_SECONDS", "1");
const PRODUCERS: usize = 4;
/// How long work may take until it goes on after a server is back.
const RECOVER_TIME_MAX: Duration = Duration::from_mins(2);
/// How long a server is gone.
const GONE: Duration = Duration::from_millis(700);

/// How many events are folded.
fn folded(fleet: &Fleet) -> usize {
    let folded =
        "select coalesce(sum(position), 0) from elite.subscription_partition where subscription = 'project'";
    fleet.sql(folded).parse().expect("it is a number")
}

/// Waits until more than `events` are folded.
async fn folded_more_than(fleet: &Fleet, events: usize) {
    until("folding goes on", RECOVER_TIME_MAX, async || (folded(fleet) > events).then_some(())).await;
}

/// Whether a gateway takes one event of no conversation; otherwise it says when to send it again.
async fn taken(gateway: &Process) -> bool {
    let event = json!({
        "specversion": "1.0", "id": "a failure", "source": "/tests", "type": "session.ended",
        "subject": "00000000-0000-4000-8000-000000000001", "data": {},
    });
    let request = Client::new().post(format!("{}/events", gateway.base()));
    let request = request.header("content-type", "application/cloudevents+json").body(event.to_string());
    let answer = Answer::to(request).await.expect("the gateway answers");
    let taken = answer.status == 200;
    if !taken {
        assert!(answer.headers.contains_key("retry-after"), "{}", answer.text);
        drop(answer.expect(503));
    }
    taken
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_die_and_come_back_lose_nothing_and_stop_nobody() {
    let (count, events, deaths) = if full() { (200, 100, 10) } else { (60, 30, 1) };
    let mut fleet = Fleet::start(&[LEASE]).await;
    fleet.take_notes();
    let gateway = fleet.worker(&["gateway"]).await;
    let workers = [fleet.worker(&["project"]).await, fleet.worker(&["project"]).await];
    let coverage = Coverage::watch(fleet.environment()[1].1);
    let told = conversations(count, events, SEED);
    let producing = Producing::start(&fleet.redis.url(), &told, PRODUCERS).await;
    let mut dice = Dice::new(SEED);
    let (mut refused, mut slowest) = (0, Duration::ZERO);
    for death in 0..2 * deaths {
        // Some while the server is up, some that find it gone.
        producing.allow(2 * death + 1, 4 * deaths);
        pass(Duration::from_millis(dice.below(300))).await;
        let of_redis = death % 2 == 0;
        if of_redis {
            fleet.redis.kill();
        } else {
            fleet.postgres.kill();
        }
        producing.allow(2 * death + 2, 4 * deaths);
        refused += usize::from(!taken(&gateway).await);
        pass(GONE).await;
        if of_redis {
            fleet.redis.restart();
        } else {
            fleet.postgres.restart();
        }
        let (begun, before) = (Instant::now(), folded(&fleet));
        let waiting = producing.acknowledged() > before;
        if waiting {
            folded_more_than(&fleet, before).await;
        }
        coverage.full().await;
        slowest = slowest.max(begun.elapsed());
    }
    assert!(refused >= deaths, "a gateway cannot have taken events that Redis did not have");
    // A connection that nobody used since may first find out that its server was started again.
    until("the gateway takes events", RECOVER_TIME_MAX, async || taken(&gateway).await.then_some(())).await;
    let produced = producing.finish().await;
    println!(
        "{deaths} deaths of Redis and {deaths} of PostgreSQL: {} events, {} of {} appends sent again; folding went on at \
         most {:.2} s after a server was back",
        produced.events,
        produced.failures,
        produced.sends,
        slowest.as_secs_f64()
    );
    fleet.told_exactly(&told, 1).await;
    for ended in join_all(workers.into_iter().chain([gateway]).map(Process::stop)).await {
        assert!(ended.success(), "no worker had to be started again: {ended}");
    }
}

/// What has been done to commits.
#[derive(Default)]
struct Cuts {
    before: AtomicU64,
    after: AtomicU64,
}

impl Cuts {
    /// Cuts one commit in so many, half of them before the server has it and half of them after, so that the server's answer
    /// and the end of the connection race each other.
    fn rule(&self, dice: &Mutex<Dice>, way: Direction, bytes: &[u8]) -> Verdict {
        const CUTS_IN: u64 = 4;
        let commits = way == Direction::ToServer && bytes.windows(7).any(|window| window == b"COMMIT\0");
        if !commits {
            return Verdict::Pass;
        }
        match dice.lock().expect("nobody panics with it").below(2 * CUTS_IN) {
            0 => {
                self.before.fetch_add(1, Ordering::Relaxed);
                Verdict::Cut
            }
            1 => {
                self.after.fetch_add(1, Ordering::Relaxed);
                Verdict::PassThenCut
            }
            _ => Verdict::Pass,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_that_are_cut_are_neither_lost_nor_repeated() {
    let (count, events, wanted) = if full() { (200, 100, 300) } else { (60, 30, 12) };
    let mut fleet = Fleet::start(&[LEASE]).await;
    fleet.take_notes();
    let database = fleet.environment()[1].1.to_owned();
    let cuts: &'static Cuts = Box::leak(Box::default());
    let dice = Mutex::new(Dice::new(SEED));
    let proxy = Proxy::start(fleet.postgres.address(), move |way, bytes| cuts.rule(&dice, way, bytes)).await;
    let direct = fleet.postgres.address().to_string();
    fleet.set("DATABASE_URL", &database.replace(&direct, &proxy.address().to_string()));
    let workers = [fleet.worker(&["project"]).await, fleet.worker(&["project"]).await];
    fleet.set("DATABASE_URL", &database);
    let told = conversations(count, events, SEED + 1);
    let producing = Producing::start(&fleet.redis.url(), &told, PRODUCERS).await;
    let done = || cuts.before.load(Ordering::Relaxed) + cuts.after.load(Ordering::Relaxed);
    // A few events at a time, so that there are commits to cut.
    for part in 1.. {
        producing.allow(part, 4 * wanted);
        if part == 4 * wanted || done() >= wanted as u64 {
            break;
        }
        pass(Duration::from_millis(25)).await;
    }
    let produced = producing.finish().await;
    fleet.told_exactly(&told, 0).await;
    println!(
        "{} events, {} commits cut before the server had them, {} after",
        produced.events,
        cuts.before.load(Ordering::Relaxed),
        cuts.after.load(Ordering::Relaxed)
    );
    assert!(cuts.before.load(Ordering::Relaxed) > 0 && cuts.after.load(Ordering::Relaxed) > 0);
    for ended in join_all(workers.into_iter().map(Process::stop)).await {
        assert!(ended.success(), "no worker had to be started again: {ended}");
    }
}
