//! Events that make a fold panic or take for ever: tried a few times, alone, and parked. Everything else is folded.

use std::{sync::Arc, time::Duration};

use event_log::EventLog;
use read_store::{SessionLimits, Store};

use crate::{
    fold::{Chain, Fault},
    ground::{Ground, Member, dealt, folded, memory, projector, until},
    simulation::faulty::Faulty,
};

const LEASE: Duration = Duration::from_secs(30);

async fn folded_with(ground: &Ground, limits: SessionLimits, faults: &[(u128, Fault)]) -> Arc<Chain> {
    let (log, fold) = (memory(3), Chain::new());
    fold.faults.lock().unwrap().extend(faults.iter().copied());
    log.append(dealt(1..=120, 30)).await.unwrap();
    let store = Store::connect_with(&ground.url, 2, limits).unwrap();
    let member = Member::start(projector(store, &log, &fold, 1, LEASE), 1);
    folded(ground, &*log).await;
    log.append(dealt(121..=150, 30)).await.unwrap();
    folded(ground, &*log).await;
    member.leave().await;
    let parked = ground.letters().await;
    let blocked =
        |number: u128| parked.iter().any(|letter| letter.key.ends_with(&format!("key-{}", number % 30)));
    let expected = (1..=150).filter(|number| !blocked(*number)).count();
    let done =
        (1..=150).filter(|number| !blocked(*number) && fold.committed.lock().unwrap().contains(number));
    assert_eq!(done.count(), expected, "every other key is complete");
    fold
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_in_the_fold_parks_its_event_and_the_projector_lives() {
    let ground = Ground::new().await;
    let faults = [(7, Fault::PanicWhenPrepared), (40, Fault::PanicWhenApplied), (75, Fault::PanicOnce)];
    let fold = folded_with(&ground, SessionLimits::below(LEASE), &faults).await;
    let letters = ground.letters().await;
    let first: Vec<(u128, u32, &str)> = letters
        .iter()
        .filter(|letter| letter.reason.contains("panicked"))
        .map(|letter| (letter.event_id.as_u128(), letter.attempts, letter.reason.as_str()))
        .collect();
    assert_eq!(
        first,
        [
            (40, 3, "the fold panicked: 40 cannot be applied"),
            (7, 3, "the fold panicked: 7 cannot be prepared")
        ]
    );
    // Behind them, in order: 67, 97, 127, and 37's key has 7 alone as its first.
    let behind: Vec<u128> = letters.iter().map(|letter| letter.event_id.as_u128()).collect();
    assert_eq!(behind, [40, 70, 100, 130, 7, 37, 67, 97, 127]);
    assert!(fold.committed.lock().unwrap().contains(&75), "a panic that passes costs one try");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_always_takes_too_long_is_parked_after_a_few_tries() {
    let ground = Ground::new().await;
    let limits = SessionLimits { statement: Duration::from_millis(100), ..SessionLimits::below(LEASE) };
    let fold = folded_with(&ground, limits, &[(22, Fault::TakeForEver)]).await;
    let letters = ground.letters().await;
    assert_eq!(letters[0].event_id.as_u128(), 22);
    assert_eq!(letters[0].attempts, 3);
    assert!(letters[0].reason.contains("57014"), "{}", letters[0].reason);
    let tries = fold.tries.lock().unwrap()[&22];
    println!("a statement that is too slow: its event was written {tries} times, then parked");
    assert!(tries <= 10, "halved down and tried 3 times alone: {tries}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shard_that_is_down_does_not_keep_the_others() {
    let ground = Ground::new().await;
    let (shards, fold) = (Faulty::new(4, 0), Chain::new());
    shards.heal();
    shards.down.lock().unwrap().insert(2);
    let log = Arc::clone(&shards) as Arc<dyn EventLog>;
    let member = Member::start(ground.projector(&log, &fold, 1, LEASE), 1);
    for round in 0..3 {
        log.append(dealt(round * 40 + 1..=round * 40 + 40, 30)).await.unwrap();
        shards.down.lock().unwrap().clear();
        let mut tails: Vec<i64> =
            log.tails().await.unwrap().iter().map(|tail| i64::try_from(tail.0).unwrap()).collect();
        shards.down.lock().unwrap().insert(2);
        tails[2] = ground.partitions().await.get(2).map_or(0, |state| state.position);
        until("the partitions of the other shards are folded", || async {
            let partitions = ground.partitions().await;
            let folded = partitions.iter().zip(&tails).filter(|(state, tail)| state.position >= **tail);
            partitions.len() == 4 && folded.count() == 4
        })
        .await;
    }
    shards.down.lock().unwrap().clear();
    folded(&ground, &*log).await;
    ground.assert_clean(&*log, "the shard is back").await;
    member.leave().await;
}
