//! What only a cluster does: slots that move, and nodes that go and come back.

use event_log::{EventLog, LogError, Position};
use event_log_redis::RedisLog;
use event_model::{Event, PartitionId};
use servers::{Fsync, RedisCluster};

use crate::support::{FOUR_PARTITIONS, added, event, ids, insist, open};

/// Events of one partition, from id `first` on.
fn of_partition(partition: PartitionId, first: u128, count: usize) -> Vec<Event> {
    let key =
        (0..1_000).map(|number| format!("key {number}")).find(|key| event(0, key).partition(4) == partition);
    let key = key.unwrap();
    (first..).take(count).map(|id| event(id, &key)).collect()
}

/// The node that has the keys of partition 0, another one, and the slot.
fn places(cluster: &mut RedisCluster) -> (usize, usize, String) {
    let holds = |index: &usize| !cluster.node(*index).ask(&["GET", "elite:{0}:nothing"]).contains("MOVED");
    let from = (0..3).find(holds).unwrap();
    let slot = cluster.node(from).ask(&["CLUSTER", "KEYSLOT", "elite:{0}:log"]).trim().to_owned();
    (from, (from + 1) % 3, slot)
}

fn name_of(cluster: &mut RedisCluster, index: usize) -> String {
    cluster.node(index).ask(&["CLUSTER", "MYID"]).trim().to_owned()
}

fn migrate(cluster: &mut RedisCluster, from: usize, to: usize, key: &str) {
    let port = cluster.node(to).port().to_string();
    let moved = cluster.node(from).ask(&["MIGRATE", "127.0.0.1", &port, key, "0", "5000"]);
    assert!(moved.contains("OK"), "{moved}");
}

async fn positions(log: &RedisLog, first: u128) -> Vec<u64> {
    let answers = insist(log, of_partition(PartitionId(0), first, 3)).await;
    assert_eq!(added(&answers), 3);
    answers.iter().map(|answer| answer.position.0).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_partition_that_moves_to_another_node_goes_on_without_a_gap() {
    let mut cluster = RedisCluster::start(Fsync::Never);
    let log = open(&cluster.url(), FOUR_PARTITIONS).await.unwrap();
    assert_eq!(positions(&log, 0).await, [1, 2, 3]);
    let (from, to, slot) = places(&mut cluster);
    let (source, target) = (name_of(&mut cluster, from), name_of(&mut cluster, to));
    cluster.node(to).ask(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &source]);
    cluster.node(from).ask(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &target]);
    assert_eq!(positions(&log, 10).await, [4, 5, 6], "before its keys have gone");

    migrate(&mut cluster, from, to, "elite:{0}:events");
    let half_way = log.append(of_partition(PartitionId(0), 20, 3)).await;
    assert!(matches!(half_way, Err(LogError::Unavailable(_))), "{half_way:?}");
    for key in ["elite:{0}:log", "elite:{0}:ids:0"] {
        migrate(&mut cluster, from, to, key);
    }
    assert_eq!(positions(&log, 20).await, [7, 8, 9], "all keys are there, the slot is not yet");
    assert_eq!(log.read(PartitionId(0), Position(9), 5).await.unwrap().len(), 1);

    for node in 0..3 {
        cluster.node(node).ask(&["CLUSTER", "SETSLOT", &slot, "NODE", &target]);
    }
    assert_eq!(positions(&log, 30).await, [10, 11, 12], "the slot is there");
    assert_eq!(log.tails().await.unwrap()[0], Position(12));
    assert_eq!(ids(&log, PartitionId(0)).await.len(), 12);
    let repeats = insist(&log, of_partition(PartitionId(0), 0, 3)).await;
    assert_eq!(added(&repeats), 0, "repeats are known wherever the partition is");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_gone_takes_its_partitions_only_and_comes_back_with_them() {
    let mut cluster = RedisCluster::start(Fsync::Always);
    // Otherwise the others refuse everything as soon as they notice.
    for node in 0..3 {
        cluster.node(node).ask(&["CONFIG", "SET", "cluster-require-full-coverage", "no"]);
    }
    let log = open(&cluster.url(), FOUR_PARTITIONS).await.unwrap();
    for partition in (0..4).map(PartitionId) {
        insist(&log, of_partition(partition, 0, 5)).await;
    }
    let (gone, _, _) = places(&mut cluster);
    cluster.node(gone).kill();
    assert!(matches!(log.append(of_partition(PartitionId(0), 5, 1)).await, Err(LogError::Unavailable(_))));
    assert!(matches!(log.tails().await, Err(LogError::Unavailable(_))));
    let mut reached = 0;
    for partition in (1..4).map(PartitionId) {
        reached += log.append(of_partition(partition, 5, 1)).await.map_or(0, |answers| answers.len());
    }
    assert!(reached >= 1, "partitions of the other nodes go on");
    cluster.node(gone).restart();
    cluster.wait_until_whole();
    let answers = insist(&log, of_partition(PartitionId(0), 3, 3)).await;
    let positions: Vec<u64> = answers.iter().map(|answer| answer.position.0).collect();
    assert_eq!((positions, added(&answers)), (vec![4, 5, 6], 1));
}
