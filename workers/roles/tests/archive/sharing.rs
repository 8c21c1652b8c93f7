//! Several archivers on one log: they share the partitions, and what one leaves the others take.

use std::{collections::BTreeSet, time::Duration};

use event_log::EventLog;
use read_store::lease::Term;
use tokio::time::{interval, timeout};
use tokio_util::sync::CancellationToken;

use crate::given::{Ground, events, keeping};

async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let mut looks = interval(Duration::from_millis(20));
    let waiting = async {
        while !condition().await {
            looks.tick().await;
        }
    };
    timeout(Duration::from_mins(1), waiting).await.unwrap_or_else(|_| panic!("never: {what}"));
}

async fn owners(ground: &Ground) -> BTreeSet<u128> {
    ground.states().await.iter().filter_map(|state| state.owner).map(|owner| owner.as_u128()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn archivers_share_the_partitions_and_take_over_from_one_that_died() {
    let ground = Ground::new().await;
    let term = Term::Expires(Duration::from_secs(1));
    let stop = CancellationToken::new();
    let start = |owner| {
        let archiving = ground.archiving(ground.log.clone(), keeping(10), owner, term);
        tokio::spawn(archiving.run(stop.clone()))
    };
    let (first, second) = (start(1), start(2));
    until("two share four partitions", async || owners(&ground).await == BTreeSet::from([1, 2])).await;
    let mut expected = Vec::new();
    for batch in 0..10 {
        ground.log.append(events(batch * 50..batch * 50 + 50, 50)).await.unwrap();
        expected = ground.all().await;
        if batch == 4 {
            // As killed: it gives nothing back.
            first.abort();
        }
    }
    until("all is archived", async || ground.ends().await == ground.log.tails().await.unwrap()).await;
    until("the other has everything", async || {
        let states = ground.states().await;
        states.iter().all(|state| state.owner.is_some_and(|owner| owner.as_u128() == 2))
    })
    .await;
    stop.cancel();
    second.await.unwrap();
    assert_eq!(owners(&ground).await, BTreeSet::new(), "partitions are given back at once");
    assert_eq!(ground.all().await, expected);
    ground.assert_sound().await;
}
