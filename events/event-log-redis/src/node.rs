//! One server that holds partitions: its connections and what is known about it.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use event_log::LogError;
use redis::ConnectionInfo;
use tokio::{sync::Mutex, time::Instant};

use crate::{
    facts::ServerFacts,
    lane::{ANSWER_TIME_MAX, Lane, Open},
};

/// Connections for appends: several, so that one that waits for replicas or is written to does not hold up the rest.
const APPEND_LANES: usize = 4;
/// How long what a server said about itself is believed.
const FACTS_TIME_MAX: Duration = Duration::from_secs(5);

/// Which connection appends to a partition take.
pub(crate) fn append_lane(partition: u16) -> usize {
    usize::from(partition) % APPEND_LANES
}

/// A server.
pub(crate) struct Node {
    info: ConnectionInfo,
    appends: Vec<Lane>,
    reads: Lane,
    facts: Mutex<Option<Known>>,
    latest: RwLock<Option<Arc<ServerFacts>>>,
}

struct Known {
    facts: Arc<ServerFacts>,
    asked: Instant,
    /// Of each append lane, the connection on which this still holds: a new one may lead to a server that was started
    /// with other settings.
    made: [u64; APPEND_LANES],
}

impl Node {
    pub(crate) fn new(info: ConnectionInfo, seed: u64) -> Result<Self, LogError> {
        let lane = || Lane::new(&info, Some(ANSWER_TIME_MAX), seed);
        let appends = (0..APPEND_LANES).map(|_| lane()).collect::<Result<_, _>>()?;
        Ok(Self { appends, reads: lane()?, facts: Mutex::new(None), latest: RwLock::new(None), info })
    }

    /// Where it is.
    pub(crate) fn address(&self) -> &str {
        self.reads.address()
    }

    /// How to connect to it.
    pub(crate) fn info(&self) -> &ConnectionInfo {
        &self.info
    }

    /// The connection for everything but appends.
    pub(crate) fn reads(&self) -> &Lane {
        &self.reads
    }

    /// An open connection for appends, and what the server runs while it is open.
    pub(crate) async fn for_append(&self, lane: usize) -> Result<(&Lane, Open, Arc<ServerFacts>), LogError> {
        let chosen = &self.appends[lane];
        let open = chosen.open().await?;
        let mut known = self.facts.lock().await;
        let holds = |known: &&Known| known.made[lane] == open.made && known.asked.elapsed() < FACTS_TIME_MAX;
        if let Some(known) = known.as_ref().filter(holds) {
            return Ok((chosen, open, Arc::clone(&known.facts)));
        }
        let mut made = known.as_ref().map_or([0; APPEND_LANES], |known| known.made);
        made[lane] = open.made;
        let facts = self.ask().await?;
        *known = Some(Known { facts: Arc::clone(&facts), asked: Instant::now(), made });
        Ok((chosen, open, facts))
    }

    /// Asks the server what it runs; one that would throw events away is refused.
    pub(crate) async fn ask(&self) -> Result<Arc<ServerFacts>, LogError> {
        let facts = Arc::new(ServerFacts::ask(&self.reads, &self.info).await?);
        *self.latest.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&facts));
        facts.check(self.address())?;
        Ok(facts)
    }

    /// What the server ran when it was last asked.
    pub(crate) fn latest(&self) -> Option<Arc<ServerFacts>> {
        self.latest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
