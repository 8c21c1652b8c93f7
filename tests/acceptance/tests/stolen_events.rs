//! Events that something else takes out of Redis before a worker has folded them: trimmed, deleted, evicted, or everything at
//! once. The partition halts, says why, and nothing behind the hole is folded.

use std::time::{Duration, Instant};

use acceptance::{Answer, Conversation, Dice, Fleet, Process, conversations, open_log, until};
use event_log::EventLog;
use event_model::PartitionId;
use reqwest::Client;

const SEED: u64 = 0x0e11_7e52;
const PARTITIONS: u16 = 16;
/// Events that are folded before anything is taken.
const FOLDED: usize = 20;
/// Least events of a conversation.
const EVENTS: usize = 60;
/// From the moment on in which the worker can read again.
const NOTICE_TIME_MAX: Duration = Duration::from_secs(5);
/// How long anything else may take.
const TIME_MAX: Duration = Duration::from_mins(2);

/// What takes events away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Thief {
    Xtrim,
    Xdel,
    Eviction,
    Flushall,
}

impl Thief {
    /// Takes the event at `position` of `partition`, and more if it is that kind.
    fn take(self, fleet: &Fleet, partition: PartitionId, position: u64) {
        let redis = &fleet.redis;
        let stream = format!("elite:{{{partition}}}:events");
        match self {
            Self::Xtrim => drop(redis.ask(&["XTRIM", &stream, "MINID", &format!("{}-0", position + 1)])),
            Self::Xdel => assert_eq!(redis.ask(&["XDEL", &stream, &format!("{position}-0")]).trim(), "1"),
            Self::Flushall => drop(redis.ask(&["FLUSHALL"])),
            Self::Eviction => {
                // Of keys that expire some day, this is the only one: the others are for the next thief.
                redis.ask(&["EXPIRE", &stream, "1000000"]);
                redis.ask(&["CONFIG", "SET", "maxmemory-policy", "volatile-random"]);
                while redis.ask(&["EXISTS", &stream]).trim() == "1" {
                    redis.ask(&["CONFIG", "SET", "maxmemory", "1"]);
                    redis.ask(&["CONFIG", "SET", "maxmemory", "0"]);
                }
                redis.ask(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
            }
        }
    }
}

fn partition_of(conversation: &Conversation) -> PartitionId {
    conversation.events[0].partition(PARTITIONS)
}

/// One conversation for each of `count` partitions.
fn apart(count: usize) -> Vec<Conversation> {
    let mut told: Vec<Conversation> = Vec::new();
    for conversation in conversations(64, EVENTS, SEED) {
        if told.len() < count && told.iter().all(|other| partition_of(other) != partition_of(&conversation)) {
            told.push(conversation);
        }
    }
    told
}

/// What the bookkeeping says of `partition` in `column`.
fn kept(fleet: &Fleet, partition: PartitionId, column: &str) -> String {
    fleet.sql(&format!(
        "select {column} from elite.subscription_partition where subscription = 'project' and partition = {partition}"
    ))
}

/// Takes an event of a partition while the worker is stopped; how long it took until the partition halted, and where.
async fn steal(
    fleet: &Fleet,
    worker: &Process,
    log: &dyn EventLog,
    thief: Thief,
    (told, dice): (&Conversation, &mut Dice),
) -> Duration {
    let partition = partition_of(told);
    log.append(told.events[..FOLDED].to_vec()).await.expect("the log takes events");
    let folded = async || (kept(fleet, partition, "position") == FOLDED.to_string()).then_some(());
    until("the first events are folded", TIME_MAX, folded).await;
    worker.signal("STOP").await;
    log.append(told.events[FOLDED..].to_vec()).await.expect("the log takes events");
    let position = FOLDED as u64 + 1 + dice.below((told.events.len() - FOLDED) as u64);
    thief.take(fleet, partition, position);
    let since = Instant::now();
    worker.signal("CONT").await;
    let halted = async || (!kept(fleet, partition, "coalesce(halted, '')").is_empty()).then_some(());
    until(&format!("the partition halts after {thief:?}"), TIME_MAX, halted).await;
    let took = since.elapsed();
    let at: u64 = kept(fleet, partition, "position").parse().expect("it is a number");
    assert!(at < position, "{thief:?} took {position}, but {at} is folded");
    let metric = format!("elite_subscription_halted{{partition=\"{partition}\"}} 1");
    let request = || Client::new().get(format!("{}/metrics", worker.base()));
    let shown = async || {
        Answer::to(request()).await.expect("the worker answers").text.contains(&metric).then_some(())
    };
    until("the metric says so", TIME_MAX, shown).await;
    took
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_are_taken_from_under_a_worker_halt_their_partition() {
    let fleet = Fleet::start(&[("ELITE_LEASE_SECONDS", "5")]).await;
    let worker = fleet.worker(&["gateway", "project"]).await;
    let log = open_log(&fleet.redis.url()).await;
    let thieves = [Thief::Xtrim, Thief::Xdel, Thief::Eviction, Thief::Flushall];
    let (told, mut dice, mut times) = (apart(thieves.len()), Dice::new(SEED), Vec::new());
    for (thief, told) in thieves.into_iter().zip(&told) {
        if thief == Thief::Eviction {
            let examined = fleet.elite(&["doctor"]).await.stdout;
            for partition in times.iter().map(|(_, partition, _)| partition) {
                assert!(examined.contains(&format!("partition {partition} stands still")), "{examined}");
            }
        }
        let took = steal(&fleet, &worker, &log, thief, (told, &mut dice)).await;
        times.push((thief, partition_of(told), took));
    }
    let going_on =
        "select count(*) from elite.subscription_partition where subscription = 'project' and halted is null";
    let none = async || (fleet.sql(going_on) == "0").then_some(());
    until("no partition goes on after everything is gone", TIME_MAX, none).await;
    assert!(worker.stop().await.success(), "a halted partition is no reason to die");
    println!("events taken from under a worker: thief, partition, and when it halted: {times:.1?}");
    assert!(times.iter().all(|(_, _, took)| *took < NOTICE_TIME_MAX), "{times:?}");
}
