//! A real cluster of three nodes, reached by all of its addresses and by one.

use std::time::Duration;

use realtime::{Heard, Realtime};
use servers::{Fsync, RedisCluster};

use crate::{
    contract,
    support::{connected, next, say_until_heard},
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
        let text = format!("after {node}");
        let (_, took) = say_until_heard(&there, "news", &text, &mut listening).await;
        println!("node {node} was away: through again {took:?} after the cluster was whole");
    }
}
