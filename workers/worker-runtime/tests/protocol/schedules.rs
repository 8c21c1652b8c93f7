//! Random schedules: appends, batches, projectors dropped in the middle of whatever they await, and new ones.

use std::{collections::HashSet, future::poll_fn, pin::pin, sync::Arc, task::Poll};

use event_log::EventLog;

use crate::{
    chain::Chain,
    log::Broker,
    support::{Database, Draw, event, projector, reference},
};

const SEEDS: u64 = 30;
const STEPS: usize = 40;
/// A projector is polled at most this often before it is dropped, as a power of two: folding what there is takes some dozens.
const POLLS_LOG2: u64 = 9;
const KEYS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

#[tokio::test]
async fn whatever_the_schedule_every_chain_is_that_of_a_clean_fold() {
    let database = Database::start().await;
    let mut total = Played::default();
    for seed in 0..SEEDS {
        let played = play(&database, seed).await;
        total.dropped += played.dropped;
        total.finished += played.finished;
        total.unheard += played.unheard;
    }
    println!("{SEEDS} schedules: {total:?}");
    assert!(total.dropped > 100 && total.finished > 50 && total.unheard > 0, "{total:?}");
    database.server.stop().await;
}

/// What happened in a schedule.
#[derive(Debug, Default)]
struct Played {
    /// Projectors that were dropped at work.
    dropped: u32,
    /// Projectors that folded all there was.
    finished: u32,
    /// Events whose commit went through after their projector was dropped, so that nobody heard of it.
    unheard: usize,
}

async fn play(database: &Database, seed: u64) -> Played {
    database.empty().await;
    let mut draw = Draw(seed);
    // Half of the schedules have poison; in the others ids come back after they have left the window, which a parked
    // event's never do: it stands for its id until it is folded.
    let poison = seed.is_multiple_of(2);
    let log: Arc<dyn EventLog> = Broker::new(3, if poison { 1_000_000 } else { 20 });
    let fold = Arc::new(Chain::default());
    let (mut number, mut owner) = (0_u128, 1);
    let mut played = Played::default();
    let mut running = projector(database.store(), &log, &fold, owner, batch(&mut draw));
    for _ in 0..STEPS {
        if draw.below(2) == 0 {
            append(&*log, &fold, poison, &mut draw, &mut number).await;
            continue;
        }
        // Some are cut at once, some after a whole batch or two. Counted is what the projector does and not how long it takes,
        // so that a busy machine cuts them where a quiet one does.
        if let Some(folded) = polled(1 << draw.below(POLLS_LOG2), running.catch_up()).await {
            folded.unwrap();
            played.finished += 1;
            continue;
        }
        played.dropped += 1;
        owner += u128::from(draw.below(2));
        running = projector(database.store(), &log, &fold, owner, batch(&mut draw));
    }
    heal(database, &log, &fold, owner + 1).await;
    let chains = database.chains().await;
    assert_eq!(chains, reference(&*log).await, "seed {seed}");
    assert_eq!(database.letters().await, [], "seed {seed}");
    let folded: usize = chains.values().map(|numbers| numbers.split(' ').count()).sum();
    // Redriven events are told of as well, so every folded event that was not heard of is one of these.
    played.unheard = folded - fold.committed.lock().unwrap().len();
    played
}

fn batch(draw: &mut Draw) -> usize {
    [1, 2, 5, 500][usize::try_from(draw.below(4)).unwrap()]
}

/// A few events: most are new, one in eight repeats an earlier one, and with poison one in twenty cannot be folded.
async fn append(log: &dyn EventLog, fold: &Chain, poison: bool, draw: &mut Draw, number: &mut u128) {
    let mut events = Vec::new();
    for _ in 0..=draw.below(8) {
        let back = u128::from(draw.below(30));
        let repeats = draw.below(8) == 0 && back < *number;
        let chosen = if repeats { *number - back } else { *number + 1 };
        *number = chosen.max(*number);
        if poison && !repeats && draw.below(20) == 0 {
            let faults = if draw.below(2) == 0 { &fold.unreadable } else { &fold.unwritable };
            faults.lock().unwrap().insert(chosen);
        }
        // The key follows from the number, so that a repeat is in the same partition.
        let key = KEYS[usize::try_from(chosen * 2_654_435_761 % 6).unwrap()];
        events.push(event(chosen, key));
    }
    log.append(events).await.unwrap();
}

/// The output of `work`, if it ends before it was polled so often; otherwise it is dropped where it stands.
async fn polled<T>(times: u64, work: impl Future<Output = T>) -> Option<T> {
    let (mut work, mut left) = (pin!(work), times);
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

/// What cannot be folded is folded after all: faults are gone, and every parked key is asked for.
async fn heal(database: &Database, log: &Arc<dyn EventLog>, fold: &Arc<Chain>, owner: u128) {
    projector(database.store(), log, fold, owner, 50).catch_up().await.unwrap();
    fold.unreadable.lock().unwrap().clear();
    fold.unwritable.lock().unwrap().clear();
    let keys: HashSet<String> = database.letters().await.into_iter().map(|letter| letter.key).collect();
    for key in keys {
        database.redrive(&key).await;
    }
    projector(database.store(), log, fold, owner + 1, 50).catch_up().await.unwrap();
}
