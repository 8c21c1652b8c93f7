//! Zombies: a projector that was somewhere else while its lease ran out and another folded on comes back and commits.

use std::{sync::Arc, time::Duration};

use event_log::EventLog;
use read_store::lease;
use uuid::Uuid;

use crate::{
    fold::Chain,
    ground::{Ground, SUBSCRIPTION, dealt, memory},
    simulation::faulty::Faulty,
};

const LEASE: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_stale_write_is_fenced() {
    let ground = Ground::new().await;
    let log = memory(2);
    let rounds: u128 = if servers::full() { 500 } else { 50 };
    let mut fenced = 0;
    for round in 0..rounds {
        let events = round * 6 + 1..=round * 6 + 6;
        log.append(dealt(events.clone(), 5)).await.unwrap();
        ground.expire().await;
        let (asleep, awake) = (Chain::new(), Chain::new());
        let mut zombie = ground.projector(&log, &asleep, 2 * round + 1, LEASE);
        let mut owner = ground.projector(&log, &awake, 2 * round + 2, LEASE);
        asleep.preparing.close();
        let zombie = tokio::spawn(async move { (zombie.step().await, zombie.step().await) });
        asleep.preparing.entered().await;

        // Its lease runs out. Every other time the new owner folds the events; else it has only just claimed them.
        ground.expire().await;
        let takes_over = round % 2 == 0;
        if takes_over {
            assert_eq!(owner.catch_up().await.unwrap(), 6);
        } else {
            awake.preparing.close();
            let claimed = tokio::spawn(async move { owner.catch_up().await });
            awake.preparing.entered().await;
            asleep.preparing.open();
            fenced += u32::from(was_fenced(zombie.await.unwrap().0));
            awake.preparing.open();
            assert_eq!(claimed.await.unwrap().unwrap(), 6);
            continue;
        }
        asleep.preparing.open();
        let (stale, next) = zombie.await.unwrap();
        fenced += u32::from(was_fenced(stale));
        assert_eq!(next.unwrap(), 0, "it has dropped its leases and finds nothing to do");
        assert!(asleep.committed.lock().unwrap().is_empty());
    }
    ground.assert_clean(&*log, "after all zombies").await;
    println!("zombies: {rounds} stale writes, {fenced} fenced");
    assert_eq!(u128::from(fenced), rounds);
}

#[tokio::test]
async fn every_commit_renews_the_leases_of_its_partitions() {
    let ground = Ground::new().await;
    let (log, fold) = (memory(2), Chain::new());
    let mut projector = ground.projector(&log, &fold, 1, LEASE);
    projector.catch_up().await.unwrap();
    ground.run("update elite.subscription_partition set lease_until = clock_timestamp()").await;
    let events: Vec<_> = dealt(1..=40, 8).into_iter().filter(|event| partition(event) == 0).collect();
    log.append(events).await.unwrap();
    assert!(projector.step().await.unwrap() > 0);
    let sql = "select lease_until > clock_timestamp() + interval '50 seconds'
               from elite.subscription_partition order by partition";
    let rows = ground.client().await.query(sql, &[]).await.unwrap();
    let renewed: Vec<bool> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(renewed, [true, false], "the idle one waits for the upkeep");
}

fn partition(event: &event_model::Event) -> u16 {
    event_model::partition_of(&event.tenant, &event.partitionkey, 2).0
}

#[tokio::test]
async fn what_was_given_back_cannot_be_written_any_more() {
    let ground = Ground::new().await;
    let (log, fold) = (memory(1), Chain::new());
    log.append(dealt(1..=5, 2)).await.unwrap();
    let mut projector = ground.projector(&log, &fold, 1, LEASE);
    fold.preparing.close();
    let stepping = tokio::spawn(async move { projector.step().await });
    fold.preparing.entered().await;
    // Its own process gives everything back, as another task of it might.
    let client = ground.client().await;
    lease::release(&client, SUBSCRIPTION, Uuid::from_u128(1)).await.unwrap();
    fold.preparing.open();
    assert!(was_fenced(stepping.await.unwrap()), "nobody has claimed it, and yet it is not its own");
}

#[tokio::test]
async fn a_stale_owner_halts_nothing_that_another_owns() {
    let ground = Ground::new().await;
    let (log, trimmed, fold) = (memory(1), Faulty::new(1, 0), Chain::new());
    trimmed.heal();
    let trimming = Arc::clone(&trimmed) as Arc<dyn EventLog>;
    for log in [&log, &trimming] {
        log.append(dealt(1..=5, 2)).await.unwrap();
    }
    let mut stale = ground.projector(&trimming, &fold, 1, LEASE);
    assert_eq!(stale.step().await.unwrap(), 5);
    for log in [&log, &trimming] {
        log.append(dealt(6..=9, 2)).await.unwrap();
    }
    ground.expire().await;
    let mut owner = ground.projector(&log, &fold, 2, LEASE);
    assert_eq!(owner.catch_up().await.unwrap(), 4);

    // What the owner has folded is archived and trimmed, so the stale one finds a hole where it left off.
    trimmed.trim();
    assert_eq!(stale.step().await.unwrap(), 0);
    assert_eq!(ground.partitions().await[0].halted, None, "it is no longer its affair");
    ground.expire().await;
    let mut next = ground.projector(&trimming, &fold, 3, LEASE);
    trimming.append(dealt(10..=11, 2)).await.unwrap();
    assert_eq!(next.step().await.unwrap(), 0);
    let halted = ground.partitions().await[0].halted.clone();
    assert!(halted.is_some_and(|reason| reason.contains("has no position 9")), "an owner does halt");
}

fn was_fenced(step: Result<usize, worker_runtime::WorkError>) -> bool {
    step.is_err_and(|error| error.reason.contains("another process owns"))
}
