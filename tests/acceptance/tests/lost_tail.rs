//! A failover to a replica that misses the last events, when workers have folded them already: the partition halts, says why,
//! and the others go on. Whatever the new primary holds in their place, nothing is folded over it in silence. Healing brings
//! back what was archived, lists the rest, and folds on from there.
//!
//! The old primary comes back at its own address with the history of the new one, so workers see what they see behind an
//! address that moves. Its clock is ahead, which hides new events from a reader whose place is an id made of a time: what the
//! new primary takes then lies before it. Here positions are counted, and no id comes from a clock.

use std::time::{Duration, Instant};

use acceptance::{Answer, Fleet, Process, full, open_log, until};
use event_log::{Clock, EventLog, LogError, Position, SystemClock};
use event_model::{Event, EventDraft, PartitionId, Tenant, family::session::SessionEnded};
use reqwest::Client;
use serde_json::json;
use servers::{PostgresServer, RedisOptions, RedisServer};
use uuid::Uuid;

const PARTITIONS: u16 = 16;
/// Events of each partition that the replica has.
const KEPT: usize = 20;
/// Events of one partition that it misses.
const LOST: usize = 100;
/// Of those, the ones that are archived.
const ARCHIVED: usize = 60;
/// What it takes instead before the workers see it: fewer than it lost, none, as many, more.
const INSTEAD: [usize; 4] = [40, 0, LOST, LOST + 50];
/// From the moment on in which the new history can be read.
const NOTICE_TIME_MAX: Duration = Duration::from_secs(5);
/// How far the old primary's clock is ahead.
const CLOCK_AHEAD: Duration = Duration::from_secs(3);
/// How long anything else may take.
const TIME_MAX: Duration = Duration::from_mins(2);

/// A session whose events are in `partition`.
fn session_in(partition: PartitionId) -> Uuid {
    let mut sessions = (0..).map(|number| Uuid::from_u128(0x7a11 << 64 | number));
    let found = sessions.find(|session| ended(*session, Uuid::nil()).partition(PARTITIONS) == partition);
    found.expect("every partition has sessions")
}

fn ended(session: Uuid, id: Uuid) -> Event {
    let draft = EventDraft {
        id,
        source: "/tests".into(),
        subject: session.to_string(),
        partitionkey: session.to_string(),
        tenant: Tenant::default(),
        time: SystemClock.now(),
        data: SessionEnded { reason: None },
    };
    draft.build().expect("it has a JSON form")
}

/// New events of one partition.
fn some(partition: PartitionId, count: usize) -> Vec<Event> {
    let session = session_in(partition);
    (0..count).map(|_| ended(session, SystemClock.fresh_id())).collect()
}

/// A fleet on a primary, and the replica that takes its place.
struct Stage {
    fleet: Fleet,
    replica: RedisServer,
    worker: Process,
}

impl Stage {
    async fn set() -> Self {
        let options = RedisOptions { clock_ahead: CLOCK_AHEAD, ..RedisOptions::default() };
        let settings = [("ELITE_LEASE_SECONDS", "2")];
        let fleet = Fleet::on(RedisServer::start(options), PostgresServer::start(), &settings).await;
        let replica = fleet.redis.replica(RedisOptions::default());
        let worker = fleet.worker(&["gateway", "project"]).await;
        let log = open_log(&fleet.redis.url()).await;
        for partition in (0..PARTITIONS).map(PartitionId) {
            log.append(some(partition, KEPT)).await.expect("the log takes events");
        }
        Self { fleet, replica, worker }
    }

    /// What the bookkeeping of `partition` says in `column`.
    fn kept(&self, partition: PartitionId, column: &str) -> String {
        self.fleet.sql(&format!(
            "select {column} from elite.subscription_partition where subscription = 'project' and partition = {partition}"
        ))
    }

    async fn folded(&self, partition: PartitionId, position: Position) {
        let position = position.to_string();
        let folded = async || (self.kept(partition, "position") == position).then_some(());
        until("the events are folded", TIME_MAX, folded).await;
    }

    /// Waits until the replica has everything of the primary.
    async fn replicated(&self, partition: PartitionId) {
        let key = format!("elite:{{{partition}}}:log");
        let tail = |server: &RedisServer| server.ask(&["HGET", &key, "tail"]);
        let same = async || (tail(&self.replica) == tail(&self.fleet.redis)).then_some(());
        until("the replica has everything", TIME_MAX, same).await;
    }

    /// Makes `one` a replica of `other`, and waits until it has its history.
    async fn follow(one: &RedisServer, other: &RedisServer) {
        one.ask(&["REPLICAOF", "127.0.0.1", &other.port().to_string()]);
        let linked =
            async || one.ask(&["INFO", "replication"]).contains("master_link_status:up").then_some(());
        until("one follows the other", TIME_MAX, linked).await;
    }

    /// Takes an event through the gateway.
    async fn post(&self, event: &Event) -> Answer {
        let request = Client::new().post(format!("{}/events", self.worker.base()));
        let body = json!({
            "specversion": "1.0", "id": event.id, "source": "/tests", "type": "session.ended", "subject": event.subject,
            "data": {},
        });
        let request = request.header("content-type", "application/cloudevents+json").body(body.to_string());
        Answer::to(request).await.expect("the gateway answers")
    }

    /// How long it took until the partition halted, with its reason in the metrics, too.
    async fn halted(&self, partition: PartitionId, since: Instant, instead: usize) -> Duration {
        let what = format!("partition {partition} halts, {instead} new events for {LOST} lost");
        let halted = async || (!self.kept(partition, "coalesce(halted, '')").is_empty()).then_some(());
        until(&what, 4 * NOTICE_TIME_MAX, halted).await;
        let took = since.elapsed();
        let metric = format!("elite_subscription_halted{{partition=\"{partition}\"}} 1");
        let request = || Client::new().get(format!("{}/metrics", self.worker.base()));
        let shown = async || {
            let answer = Answer::to(request()).await.expect("the worker answers");
            answer.text.contains(&metric).then_some(())
        };
        until("the metric says so", TIME_MAX, shown).await;
        took
    }

    /// The tail of `partition` is folded, lost, and replaced by `instead` events; how long that went unnoticed.
    async fn lose(&self, partition: PartitionId, instead: usize) -> Duration {
        self.replicated(partition).await;
        self.replica.ask(&["REPLICAOF", "NO", "ONE"]);
        let old = open_log(&self.fleet.redis.url()).await;
        let missed = some(partition, LOST);
        let (archived, gone) = missed.split_at(ARCHIVED);
        old.append(archived.to_vec()).await.expect("the primary takes events");
        self.fleet.told(&["archive", "now"]).await;
        let answers = old.append(gone.to_vec()).await.expect("the primary takes events");
        let last = answers.iter().map(|answer| answer.position).max().expect("there are some");
        self.folded(partition, last).await;
        if instead > 0 {
            let new = open_log(&self.replica.url()).await;
            new.append(some(partition, instead)).await.expect("the replica takes events");
        }
        Self::follow(&self.fleet.redis, &self.replica).await;
        let since = Instant::now();
        self.fleet.redis.ask(&["REPLICAOF", "NO", "ONE"]);
        let took = self.halted(partition, since, instead).await;
        assert_eq!(
            self.kept(partition, "position"),
            last.to_string(),
            "nothing is folded over what was lost"
        );
        if instead < LOST {
            self.refuses(&old, partition).await;
        }
        let examined = self.fleet.elite(&["doctor"]).await.stdout;
        let said = format!("partition {partition} stands still");
        assert!(examined.contains(&said) && examined.contains("elite archive heal"), "{examined}");
        self.heal(partition, instead, gone).await;
        old.append(some(partition, 1)).await.expect("who knew of the lost events appends again");
        Self::follow(&self.replica, &self.fleet.redis).await;
        took
    }

    /// Heals, and sees that what was archived is back and the rest is listed.
    async fn heal(&self, partition: PartitionId, instead: usize, gone: &[Event]) {
        let looked = self.fleet.told(&["archive", "heal", "--dry-run"]).await;
        assert_eq!(looked["partitions"][0]["brought_back"], ARCHIVED, "{looked}");
        let healed = self.fleet.told(&["archive", "heal"]).await;
        let told = &healed["partitions"][0];
        assert_eq!(healed["partitions"].as_array().map(Vec::len), Some(1), "{healed}");
        assert_eq!(
            (&told["partition"], &told["brought_back"]),
            (&json!(partition), &json!(ARCHIVED)),
            "{healed}"
        );
        assert_eq!(told["archive_forked"], instead > 0, "{healed}");
        let mut listed: Vec<&str> = healed["gone"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|one| one["event_id"].as_str())
            .collect();
        let mut expected: Vec<String> = gone.iter().map(|event| event.id.to_string()).collect();
        listed.sort_unstable();
        expected.sort_unstable();
        assert_eq!(listed, expected, "what is gone is listed by id");
        let tail = told["log_ends_at"].as_u64().expect("a position");
        self.folded(partition, Position(tail)).await;
        let again = self.fleet.told(&["archive", "heal"]).await;
        assert_eq!(again["partitions"], json!([]), "{again}");
    }

    /// Who knows of the lost events takes none in their place, and a gateway says so in words.
    async fn refuses(&self, old: &dyn EventLog, partition: PartitionId) {
        let event = some(partition, 1).remove(0);
        let refused = old.append(vec![event.clone()]).await;
        assert!(matches!(refused, Err(LogError::Damaged(_))), "{refused:?}");
        let answer = self.post(&event).await;
        assert_eq!(answer.headers.get("retry-after").and_then(|value| value.to_str().ok()), Some("30"));
        let problem = answer.expect_problem(503, "log-unavailable");
        let named = format!("partition {partition} now ends at");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(&named)), "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failover_that_loses_folded_events_halts_the_partition_in_five_seconds_and_is_healed() {
    let (fleets, rounds) = if full() { (2, 10) } else { (1, 5) };
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..fleets {
        let stage = Stage::set().await;
        for round in 0..rounds {
            let partition = PartitionId(round);
            times.push(stage.lose(partition, INSTEAD[times.len() % INSTEAD.len()]).await);
            let other = PartitionId(PARTITIONS - 1);
            let posted = stage.post(&some(other, 1).remove(0)).await.expect(200);
            assert_eq!(
                posted["outcome"].as_str().or(posted[0]["outcome"].as_str()),
                Some("added"),
                "{posted}"
            );
            stage.folded(other, Position(KEPT as u64 + u64::from(round) + 1)).await;
        }
        stage.fleet.told(&["archive", "now"]).await;
        stage.fleet.told(&["archive", "verify", "--deep"]).await;
        let proved = stage.fleet.verify().await;
        let partitions = proved["completeness"].as_array().expect("partitions are a list");
        assert!(partitions.iter().all(|partition| partition["complete"] == true), "{proved}");
        let examined = stage.fleet.elite(&["doctor"]).await.stdout;
        assert!(!examined.contains("stands still"), "{examined}");
        assert!(stage.worker.stop().await.success(), "a halted partition is no reason to die");
    }
    let slowest = times.iter().max().expect("there were rounds");
    println!(
        "{} failovers to a replica without the last {LOST} events, from a primary whose clock is {CLOCK_AHEAD:.0?} ahead: all of them noticed, {slowest:.2?} after the new history \
         could be read at the latest ({times:.1?}); {ARCHIVED} archived events back and {} listed each time",
        times.len(),
        LOST - ARCHIVED
    );
    assert!(*slowest < NOTICE_TIME_MAX, "{times:?}");
}
