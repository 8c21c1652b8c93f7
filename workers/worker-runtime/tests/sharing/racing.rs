//! Many loops and claimers at once: every task once, and never two of one key.

use std::time::Duration;

use read_store::{Store, todo};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    fleet::{Fleet, ROLE, brisk, event},
    work::{OPEN, Work},
};

const LOOPS: u128 = 6;
const KEYS: u128 = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn six_loops_do_every_task_once_and_one_of_a_key_at_a_time() {
    let tasks: u128 = if servers::full() { 20_000 } else { 400 };
    let (fleet, work) = (Fleet::new(8).await, Work::shared(OPEN));
    let pace = brisk(Duration::from_secs(30));
    let loops: Vec<_> = (1..=LOOPS).map(|owner| fleet.start(owner, pace, work.clone())).collect();
    let folding: Vec<CancellationToken> = (101..=102).map(|owner| fleet.fold(owner)).collect();
    for numbers in (1..=tasks).collect::<Vec<_>>().chunks(50) {
        let events = numbers.iter().map(|number| event(*number, &format!("k{}", number % KEYS)));
        fleet.append(events.collect()).await;
    }
    fleet.assert_done(u64::try_from(tasks).unwrap()).await;
    let mut begun = work.begun();
    begun.sort_unstable();
    assert!(begun.iter().copied().eq(1..=tasks), "each was begun once: {} of {tasks}", begun.len());
    assert_eq!(work.most_of_one_key(), 1);
    for running in loops {
        running.stop.cancel();
        running.task.await.unwrap();
    }
    folding.iter().for_each(CancellationToken::cancel);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_claimers_never_get_two_rows_of_one_key() {
    let rounds = if servers::full() { 2_000 } else { 100 };
    let fleet = Fleet::new(1).await;
    let stores: Vec<Store> = (0..2).map(|_| Store::connect(&fleet.url, 2).unwrap()).collect();
    let minute = Duration::from_mins(1);
    for round in 0..rounds {
        let fill = format!(
            "truncate elite.todo;
             insert into elite.todo (role, cause_id, tenant, key, partition, position, enqueued_at)
             select 'act', md5('{round} ' || n)::uuid, 'default', 'default/k', 0, n, now() from generate_series(1, 2) n"
        );
        fleet.execute(&fill).await;
        // The first row goes at the moment when both look; its successor is one row still.
        let racing = stores.iter().zip(1_u128..).map(|(store, owner)| {
            let store = store.clone();
            tokio::spawn(async move {
                let client = store.client().await.unwrap();
                let (mut first, mut all) = (None, Vec::new());
                for _ in 0..4 {
                    let tasks = todo::claim(&client, ROLE, Uuid::from_u128(owner), 8, minute).await.unwrap();
                    for task in &tasks {
                        if task.position == 1 {
                            first = Some(task.clone());
                        }
                        all.push(task.position);
                    }
                    if let Some(task) = first.take() {
                        todo::finish(&client, ROLE, &task).await.unwrap();
                    }
                }
                all
            })
        });
        let mut claimed = Vec::new();
        for racer in racing.collect::<Vec<_>>() {
            claimed.extend(racer.await.unwrap());
        }
        claimed.sort_unstable();
        assert_eq!(claimed, [1, 2], "round {round}");
    }
}
