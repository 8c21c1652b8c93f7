//! Producers that do not hear the answer and send again.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use event_log::{EventLog, LogError};
use event_model::PartitionId;
use servers::{Direction, Fsync, Proxy, RedisOptions, RedisServer, Verdict};
use tokio::task::JoinSet;

use crate::support::{FOUR_PARTITIONS, event, ids, open};

const PRODUCERS: u128 = 16;

/// Cuts every so many answers, counted in pieces, once it is told to.
fn cutting(enabled: Arc<AtomicBool>) -> impl Fn(Direction, &[u8]) -> Verdict + Send + Sync {
    let pieces = AtomicU64::new(0);
    move |way, _| {
        if way == Direction::ToServer || !enabled.load(Ordering::Relaxed) {
            return Verdict::Pass;
        }
        let piece = pieces.fetch_add(1, Ordering::Relaxed);
        if piece % 13 == 12 { Verdict::Cut } else { Verdict::Pass }
    }
}

/// Every event is sent once to five times, and again whenever there is no answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_that_is_sent_again_and_again_is_one_event() {
    let total: u128 = if servers::full() { 20_000 } else { 2_000 };
    let server = RedisServer::start(RedisOptions { fsync: Fsync::EverySecond, ..RedisOptions::default() });
    let enabled = Arc::new(AtomicBool::new(false));
    let proxy = Proxy::start(server.address(), cutting(Arc::clone(&enabled))).await;
    let log = Arc::new(open(&format!("redis://{}/", proxy.address()), FOUR_PARTITIONS).await.unwrap());
    enabled.store(true, Ordering::Relaxed);
    let mut producers = JoinSet::new();
    for producer in 0..PRODUCERS {
        let log = Arc::clone(&log);
        producers.spawn(async move {
            let mut unanswered = 0_u64;
            for id in (0..total).filter(|id| id % PRODUCERS == producer) {
                unanswered += send(&*log, id).await;
            }
            unanswered
        });
    }
    let unanswered: u64 = producers.join_all().await.into_iter().sum();
    enabled.store(false, Ordering::Relaxed);
    println!("{total} events, {} connections cut, {unanswered} answers lost", proxy.cuts());
    assert!(proxy.cuts() > 0 && unanswered > 0, "the test cuts what it says it cuts");
    let log = open(&server.url(), FOUR_PARTITIONS).await.unwrap();
    let mut all = Vec::new();
    for partition in (0..4).map(PartitionId) {
        all.extend(ids(&log, partition).await);
    }
    all.sort_unstable();
    assert_eq!(all, (0..total).collect::<Vec<_>>(), "each of them is there, and once");
}

/// Sends an event as often as its number says, repeating what is not answered; how often that was.
async fn send(log: &dyn EventLog, id: u128) -> u64 {
    let mut unanswered = 0;
    let mut position = None;
    for _ in 0..=id % 5 {
        loop {
            match log.append(vec![event(id, &format!("key {}", id % 50))]).await {
                Ok(answers) => {
                    let before = position.replace(answers[0].position);
                    assert!(
                        before.is_none_or(|before| before == answers[0].position),
                        "an event has one position"
                    );
                    break;
                }
                Err(LogError::Unavailable(_)) => {
                    unanswered += 1;
                    tokio::task::yield_now().await;
                }
                Err(error) => panic!("an answer, or that the log is not available: {error:?}"),
            }
        }
    }
    unanswered
}
