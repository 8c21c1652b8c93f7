//! A Redis Cluster of three primaries.

use std::{process::Command, time::Duration};

use crate::{
    Fsync, RedisOptions, RedisServer, free_port,
    program::{program, run, until},
};

/// How long the nodes may take to agree.
const AGREE_TIME_MAX: Duration = Duration::from_mins(1);

/// Three nodes that share the slots; stopped and removed when dropped.
#[derive(Debug)]
pub struct RedisCluster {
    nodes: Vec<RedisServer>,
}

impl RedisCluster {
    /// Starts three nodes, lets them share the slots, and waits until they agree.
    pub fn start(fsync: Fsync) -> Self {
        let node = |_| {
            let directives = vec![
                ("cluster-enabled", "yes".to_owned()),
                ("cluster-config-file", "nodes.conf".to_owned()),
                ("cluster-node-timeout", "2000".to_owned()),
                ("cluster-port", free_port().to_string()),
            ];
            RedisServer::start(RedisOptions { fsync, directives, ..RedisOptions::default() })
        };
        let cluster = Self { nodes: (0..3).map(node).collect() };
        let addresses: Vec<String> = cluster.nodes.iter().map(|node| node.address().to_string()).collect();
        let mut create = Command::new(program("redis-cli"));
        run(create.args(["--cluster", "create"]).args(addresses).arg("--cluster-yes"));
        cluster.wait_until_whole();
        cluster
    }

    /// Waits until every node sees every slot served.
    pub fn wait_until_whole(&self) {
        let whole = |node: &RedisServer| {
            let info = node.ask(&["CLUSTER", "INFO"]);
            info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3")
        };
        let agreed = || self.nodes.iter().all(whole).then_some(());
        until("the cluster agrees", AGREE_TIME_MAX, agreed, || self.nodes[0].ask(&["CLUSTER", "NODES"]));
    }

    /// All nodes as one URL: `redis://a,b,c`.
    pub fn url(&self) -> String {
        let addresses: Vec<String> = self.nodes.iter().map(|node| node.address().to_string()).collect();
        format!("redis://{}", addresses.join(","))
    }

    /// `redis://…` of each node.
    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(RedisServer::url).collect()
    }

    /// One node.
    pub fn node(&mut self, index: usize) -> &mut RedisServer {
        &mut self.nodes[index]
    }
}
