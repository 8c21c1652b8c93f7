//! A real cluster of three nodes, reached by all of its addresses and by one.

use std::time::{Duration, Instant};

use realtime::{Heard, Realtime};
use servers::{Fsync, RedisCluster};

use crate::{
    contract,
    support::{LONG, connected, message, next},
};

#[tokio::test]
async fn a_cluster_keeps_the_contract_and_is_heard_again_after_each_node_was_away() {
    let mut cluster = RedisCluster::start(Fsync::EverySecond);
    let (here, there) = (connected(&cluster.url()).await, connected(&cluster.urls()[1]).await);
    contract::holds(&here, &there).await;
    for number in 0..50 {
        let key = format!("key {number}");
        here.cache_put(&key, key.clone().into(), Duration::from_mins(1)).await;
        assert_eq!(there.cache_get(&key).await.unwrap(), key, "whichever node has it");
    }
    let mut listening = here.subscribe("news");
    assert_eq!(next(&mut listening).await, Heard::Missed);
    for node in 0..3 {
        cluster.node(node).kill();
        cluster.node(node).restart();
        cluster.wait_until_whole();
        let (begun, wanted) = (Instant::now(), message(&format!("after {node}")));
        // Others do not wait for it, so until it is connected again messages are missed.
        loop {
            assert!(begun.elapsed() < LONG, "nothing comes through");
            there.publish("news", format!("after {node}").into()).await;
            let said = tokio::time::timeout(Duration::from_millis(50), listening.next()).await;
            if said.is_ok_and(|said| said.as_ref() == Some(&wanted)) {
                break;
            }
        }
        println!("node {node} was away: through again {:?} after the cluster was whole", begun.elapsed());
    }
}
