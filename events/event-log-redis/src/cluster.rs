//! Which server holds which partition: one server has all of them, a cluster shares them by slot.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use event_log::LogError;
use event_model::PartitionId;
use redis::{ConnectionAddr, ConnectionInfo, Pipeline, ServerError, Value};
use tokio::{sync::Mutex, time::Instant};

use crate::{facts::ServerFacts, keys::slot_of, node::Node, trouble};

/// How often a command is sent elsewhere before the cluster counts as unavailable.
pub(crate) const HOPS_MAX: usize = 5;
/// A picture of the cluster that is younger is not drawn again.
const PICTURE_TIME_MIN: Duration = Duration::from_millis(100);

/// The servers of a log.
pub(crate) struct Servers {
    seeds: Vec<ConnectionInfo>,
    is_cluster: bool,
    chance: u64,
    picture: RwLock<Arc<Picture>>,
    drawn: Mutex<Option<Instant>>,
}

#[derive(Default)]
struct Picture {
    nodes: Vec<Arc<Node>>,
    /// First slot, last slot, place in `nodes`.
    slots: Vec<(u16, u16, usize)>,
}

impl Servers {
    /// Finds out what the first server that answers is.
    pub(crate) async fn connect(seeds: Vec<ConnectionInfo>, chance: u64) -> Result<Self, LogError> {
        let mut failure = LogError::Refused("the Redis URL names no server".into());
        for seed in &seeds {
            let node = Arc::new(Node::new(seed.clone(), chance)?);
            match node.ask().await {
                Ok(facts) => return Self::of(node, &facts, seeds, chance).await,
                Err(LogError::Unavailable(words)) => failure = LogError::Unavailable(words),
                Err(error) => return Err(error),
            }
        }
        Err(failure)
    }

    async fn of(
        node: Arc<Node>,
        facts: &ServerFacts,
        seeds: Vec<ConnectionInfo>,
        chance: u64,
    ) -> Result<Self, LogError> {
        if !facts.cluster && seeds.len() > 1 {
            return Err(LogError::Refused(format!(
                "the Redis URL names {} servers, but {} is not a node of a cluster; name the one that is to be used",
                seeds.len(),
                node.address()
            )));
        }
        let picture = Picture { nodes: vec![node], slots: vec![(0, u16::MAX, 0)] };
        let servers = Self {
            seeds,
            is_cluster: facts.cluster,
            chance,
            picture: RwLock::new(Arc::new(picture)),
            drawn: Mutex::new(None),
        };
        if servers.is_cluster {
            servers.draw().await?;
            for node in servers.nodes() {
                node.ask().await?;
            }
        }
        Ok(servers)
    }

    /// Whether partitions are on several servers.
    pub(crate) fn is_cluster(&self) -> bool {
        self.is_cluster
    }

    /// The servers that hold slots now.
    pub(crate) fn nodes(&self) -> Vec<Arc<Node>> {
        self.picture().nodes.clone()
    }

    /// The weakest server: a log is as durable as the partition that is least so.
    pub(crate) fn facts(&self) -> Option<ServerFacts> {
        let facts = self.nodes().into_iter().filter_map(|node| node.latest());
        let rank = |facts: &Arc<ServerFacts>| facts.durability as u8;
        facts.min_by_key(rank).map(|facts| (*facts).clone())
    }

    /// The server that holds `slot`.
    pub(crate) fn node_of(&self, slot: u16) -> Result<Arc<Node>, LogError> {
        let picture = self.picture();
        let held = picture.slots.iter().find(|(first, last, _)| (*first..=*last).contains(&slot));
        let node = held.and_then(|(_, _, place)| picture.nodes.get(*place));
        node.cloned()
            .ok_or_else(|| LogError::Unavailable(format!("no node of the cluster serves slot {slot}")))
    }

    /// The server at an address that another one named.
    pub(crate) fn node_at(&self, address: &str) -> Result<Arc<Node>, LogError> {
        let picture = self.picture();
        if let Some(node) = picture.nodes.iter().find(|node| node.address() == address) {
            return Ok(Arc::clone(node));
        }
        let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
        let port = port.parse().map_err(|_| trouble::nonsense(address, "where a slot is"))?;
        self.node(host.to_owned(), port).map(Arc::new)
    }

    /// Sends commands about `slot` to the server that holds it. Only for what may be carried out twice.
    pub(crate) async fn ask(
        &self,
        slot: u16,
        commands: &Pipeline,
    ) -> Result<(Vec<Value>, Arc<Node>), LogError> {
        for _ in 0..HOPS_MAX {
            let node = self.node_of(slot)?;
            let answers = match node.reads().send(commands).await {
                Ok(answers) => answers,
                Err(error) => {
                    self.look_again().await;
                    return Err(error);
                }
            };
            match answers.iter().find_map(redirection) {
                None => return Ok((answers, node)),
                Some(Redirection::Moved) => self.draw().await?,
                Some(Redirection::Ask(address)) => {
                    let node = self.node_at(&address)?;
                    let answers = node.reads().send(&asking(commands)).await?;
                    return Ok((answers.into_iter().skip(1).step_by(2).collect(), node));
                }
            }
        }
        Err(LogError::Unavailable(format!("slot {slot} moves from node to node")))
    }

    /// Sends one command about a partition, which may be carried out twice; the answer, and who gave it.
    pub(crate) async fn ask_about(
        &self,
        partition: PartitionId,
        slot: u16,
        command: &Pipeline,
    ) -> Result<(Value, Arc<Node>), LogError> {
        let (answers, node) = self.ask(slot, command).await?;
        let answer = answers.into_iter().next().unwrap_or_default();
        match error_of(&answer) {
            Some(error) => Err(trouble::of_partition(node.address(), partition, error)),
            None => Ok((answer, node)),
        }
    }

    /// Sends commands about a key that has no hash tag.
    pub(crate) async fn ask_of_key(&self, key: &str, commands: &Pipeline) -> Result<Vec<Value>, LogError> {
        let (answers, node) = self.ask(slot_of(key), commands).await?;
        match answers.iter().find_map(error_of) {
            Some(error) => Err(trouble::answered(node.address(), error)),
            None => Ok(answers),
        }
    }

    /// After a failure: in a cluster, another node may serve the slots now.
    pub(crate) async fn look_again(&self) {
        if self.is_cluster
            && let Err(error) = self.draw().await
        {
            tracing::warn!(%error, "no node of the Redis cluster says who serves what");
        }
    }

    /// Asks the nodes one after the other who serves what.
    pub(crate) async fn draw(&self) -> Result<(), LogError> {
        let mut drawn = self.drawn.lock().await;
        if drawn.is_some_and(|drawn| drawn.elapsed() < PICTURE_TIME_MIN) {
            return Ok(());
        }
        let mut ask = Pipeline::new();
        ask.cmd("CLUSTER").arg("SLOTS");
        let mut nodes = self.nodes();
        for seed in &self.seeds {
            if !nodes.iter().any(|node| node.info().addr() == seed.addr()) {
                nodes.push(Arc::new(Node::new(seed.clone(), self.chance)?));
            }
        }
        let mut failure = None;
        for node in nodes {
            let answer = node.reads().send(&ask).await.map(|answers| self.picture_from(&answers, &node));
            match answer {
                Ok(Some(picture)) => {
                    *self.picture.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(picture);
                    *drawn = Some(Instant::now());
                    return Ok(());
                }
                Ok(None) => failure = Some(trouble::nonsense(node.address(), "who serves which slot")),
                Err(error) => failure = Some(error),
            }
        }
        Err(failure.unwrap_or_else(|| LogError::Unavailable("the cluster has no node".into())))
    }

    fn picture(&self) -> Arc<Picture> {
        Arc::clone(&self.picture.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the answer of `CLUSTER SLOTS`: for each range its first and last slot, then its primary as host and port.
    fn picture_from(&self, answers: &[Value], asked: &Node) -> Option<Picture> {
        let Some(Value::Array(ranges)) = answers.first() else { return None };
        let mut picture = Picture::default();
        for range in ranges {
            let Value::Array(range) = range else { return None };
            let [Value::Int(first), Value::Int(last), Value::Array(primary), ..] = &range[..] else {
                return None;
            };
            let [host, Value::Int(port), ..] = &primary[..] else { return None };
            let host = match host {
                Value::BulkString(host) if !host.is_empty() => String::from_utf8(host.clone()).ok()?,
                // It does not know its own name; we do.
                _ => asked.address().rsplit_once(':')?.0.to_owned(),
            };
            let node = self.node_at(&format!("{host}:{port}")).ok()?;
            let known = picture.nodes.iter().position(|known| known.address() == node.address());
            let place = known.unwrap_or_else(|| {
                picture.nodes.push(node);
                picture.nodes.len() - 1
            });
            picture.slots.push((u16::try_from(*first).ok()?, u16::try_from(*last).ok()?, place));
        }
        (!picture.slots.is_empty()).then_some(picture)
    }

    fn node(&self, host: String, port: u16) -> Result<Node, LogError> {
        let seed =
            self.seeds.first().ok_or_else(|| LogError::Refused("the Redis URL names no server".into()))?;
        Node::new(seed.clone().set_addr(ConnectionAddr::Tcp(host, port)), self.chance)
    }
}

/// Where the answer to a command is to be asked for.
pub(crate) enum Redirection {
    /// Another node serves the slot from now on.
    Moved,
    /// The slot is on its way to this node.
    Ask(String),
}

/// Whether an answer says to ask elsewhere.
pub(crate) fn redirection(answer: &Value) -> Option<Redirection> {
    let error = error_of(answer)?;
    match error.code() {
        "MOVED" => Some(Redirection::Moved),
        "ASK" => Some(Redirection::Ask(error.details()?.split_ascii_whitespace().nth(1)?.to_owned())),
        _ => None,
    }
}

/// The error in an answer.
pub(crate) fn error_of(answer: &Value) -> Option<&ServerError> {
    match answer {
        Value::ServerError(error) => Some(error),
        _ => None,
    }
}

/// The same commands for a node that does not serve their slot yet.
fn asking(commands: &Pipeline) -> Pipeline {
    let mut asking = Pipeline::new();
    for command in commands.cmd_iter() {
        asking.cmd("ASKING");
        asking.add_command(command.clone());
    }
    asking
}
