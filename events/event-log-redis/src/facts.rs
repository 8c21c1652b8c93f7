//! What a server really runs, and what an answer of it is therefore worth.

use std::collections::HashMap;

use event_log::{Durability, LogError};
use redis::{ConnectionAddr, ConnectionInfo, Pipeline, Value};

use crate::lane::{ANSWER_TIME_MAX, Lane};

/// What a server said about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerFacts {
    /// Such as `7.0.15`.
    pub version: String,
    /// Whether it is a node of a cluster.
    pub cluster: bool,
    /// What it does when its memory is full.
    pub maxmemory_policy: String,
    /// Whether it keeps an append-only file.
    pub appendonly: bool,
    /// When it flushes that file: `always`, `everysec`, `no`; `unknown` where nobody may ask.
    pub appendfsync: String,
    /// Replicas that are connected and up to date.
    pub replicas: usize,
    /// Of these, how many flush before they acknowledge.
    pub replicas_fsync: usize,
    /// How many it must see to take a write.
    pub min_replicas_to_write: usize,
    /// What an append is promised while all of this holds; its answer names what was confirmed.
    pub durability: Durability,
}

impl ServerFacts {
    /// Asks the server behind `lane`.
    pub(crate) async fn ask(lane: &Lane, info: &ConnectionInfo) -> Result<Self, LogError> {
        let mut ask = Pipeline::new();
        ask.cmd("INFO");
        ask.cmd("CONFIG").arg("GET").arg("appendfsync");
        ask.cmd("CONFIG").arg("GET").arg("min-replicas-to-write");
        let answers = lane.send(&ask).await?;
        if let Some(Value::ServerError(error)) = answers.first() {
            return Err(crate::trouble::answered(lane.address(), error));
        }
        let text = answers.first().and_then(text).unwrap_or_default();
        let said: HashMap<&str, &str> =
            text.lines().filter_map(|line| line.trim_end().split_once(':')).collect();
        let config = |at: usize| answers.get(at).and_then(setting);
        let replicas: Vec<ConnectionAddr> =
            said.iter().filter_map(|(name, value)| replica(name, value)).collect();
        let mut facts = Self {
            version: said.get("redis_version").copied().unwrap_or_default().to_owned(),
            cluster: said.get("cluster_enabled") == Some(&"1"),
            maxmemory_policy: said.get("maxmemory_policy").copied().unwrap_or("unknown").to_owned(),
            appendonly: said.get("aof_enabled") == Some(&"1"),
            appendfsync: config(1).unwrap_or_else(|| "unknown".into()),
            replicas: replicas.len(),
            replicas_fsync: 0,
            min_replicas_to_write: config(2).and_then(|number| number.parse().ok()).unwrap_or_default(),
            durability: Durability::Memory,
        };
        if facts.fsyncs() {
            for replica in replicas {
                facts.replicas_fsync += usize::from(flushes(&info.clone().set_addr(replica)).await);
            }
            facts.durability =
                if facts.replicas_fsync > 0 { Durability::Replicated } else { Durability::Fsync };
        }
        Ok(facts)
    }

    /// Whether an answer means that the disk has it.
    pub(crate) fn fsyncs(&self) -> bool {
        self.appendonly && self.appendfsync == "always"
    }

    /// How many replicas have to acknowledge so that at least one of them has it on its disk; `None` when that cannot be
    /// known.
    pub(crate) fn acknowledgements(&self) -> Option<usize> {
        (self.fsyncs() && self.replicas_fsync > 0).then(|| self.replicas - self.replicas_fsync + 1)
    }

    /// Whether it can wait for the disks of its replicas.
    pub(crate) fn has_waitaof(&self) -> bool {
        let mut numbers = self.version.split('.').map_while(|number| number.parse::<u32>().ok());
        (numbers.next(), numbers.next()) >= (Some(7), Some(2))
    }

    /// Refuses a server that would throw events away.
    pub(crate) fn check(&self, address: &str) -> Result<(), LogError> {
        if self.maxmemory_policy == "noeviction" {
            return Ok(());
        }
        Err(LogError::Refused(format!(
            "Redis at {address} runs with `maxmemory-policy {}` and would delete events when its memory is full; set \
             `maxmemory-policy noeviction`",
            self.maxmemory_policy
        )))
    }
}

/// The address in `slave0:ip=10.0.0.2,port=6379,state=online,…` of a replica that follows.
fn replica(name: &str, value: &str) -> Option<ConnectionAddr> {
    name.strip_prefix("slave")?.parse::<u32>().ok()?;
    let parts: HashMap<&str, &str> = value.split(',').filter_map(|part| part.split_once('=')).collect();
    let online = parts.get("state") == Some(&"online");
    let address = ConnectionAddr::Tcp((*parts.get("ip")?).to_owned(), parts.get("port")?.parse().ok()?);
    online.then_some(address)
}

/// Whether a replica flushes before it acknowledges. One that cannot be asked does not count.
async fn flushes(info: &ConnectionInfo) -> bool {
    let Ok(lane) = Lane::new(info, Some(ANSWER_TIME_MAX), 1) else { return false };
    let mut ask = Pipeline::new();
    ask.cmd("CONFIG").arg("GET").arg("appendonly");
    ask.cmd("CONFIG").arg("GET").arg("appendfsync");
    let Ok(answers) = lane.send(&ask).await else { return false };
    let settings: Vec<Option<String>> = answers.iter().map(setting).collect();
    settings == [Some("yes".to_owned()), Some("always".to_owned())]
}

/// The value in the answer of `CONFIG GET` for one name.
fn setting(answer: &Value) -> Option<String> {
    match answer {
        Value::Array(parts) => parts.get(1).and_then(text),
        Value::Map(parts) => parts.first().and_then(|(_, value)| text(value)),
        _ => None,
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::BulkString(bytes) => String::from_utf8(bytes.clone()).ok(),
        Value::VerbatimString { text, .. } | Value::SimpleString(text) => Some(text.clone()),
        _ => None,
    }
}
