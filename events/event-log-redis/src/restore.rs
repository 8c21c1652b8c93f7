//! Making a log anew that was lost, from what an archive knows of it. It holds no events then, because those are in the archive,
//! but goes on at the positions where it ended and knows the repeats of its last ids.
//!
//! The creation record says how far it is: `restoring`, while partitions have no tail and take nothing; `filled`, when all of
//! them know their ids; `complete`. Whoever finds it `restoring` begins again, whoever finds it `filled` completes it.

use std::collections::{BTreeMap, HashMap};

use event_log::{Clock, Creation, LogError, Position};
use event_model::PartitionId;
use futures::future::try_join_all;
use redis::{Pipeline, Value};
use uuid::Uuid;

use crate::{
    RedisLogOptions,
    cluster::Servers,
    creation::{self, State},
    keys::{Keys, LOG},
    script::{RESTORE, RESTORED},
    trouble,
};

/// Ids that one command remembers.
const IDS_MAX: usize = 2_000;

/// A log that is being restored. Dropped before it is finished, it leaves one that nobody can open and that can be restored again.
pub struct Restoration {
    servers: Servers,
    creation: Creation,
    begun: BTreeMap<PartitionId, Begun>,
}

/// A partition under way.
struct Begun {
    /// The tail it is to have.
    tail: Position,
    /// The latest position whose id is known.
    known: Position,
}

impl Restoration {
    /// Begins to restore the log that `creation` is the record of, on a server that has none.
    ///
    /// # Errors
    /// [`LogError::Refused`] when there is a log or a part of one, or when another number of partitions is asked for;
    /// otherwise as for opening one.
    pub async fn begin(
        options: RedisLogOptions,
        creation: Creation,
        clock: &dyn Clock,
    ) -> Result<Self, LogError> {
        creation.check(options.creation)?;
        let chance = clock.fresh_id().as_u64_pair();
        let servers = Servers::connect(options.seeds()?, chance.0 ^ chance.1).await?;
        match creation::recorded(&servers).await? {
            None => record(&servers, &creation).await?,
            Some((found, State::Restoring)) if found == creation => {}
            Some((found, State::Restoring)) => {
                return Err(LogError::Refused(format!(
                    "this Redis holds a half restored log of another incarnation ({}); finish that, or remove all keys \
                     that begin with `elite:`",
                    found.incarnation
                )));
            }
            Some(_) => return Err(there()),
        }
        Ok(Self { servers, creation, begun: BTreeMap::new() })
    }

    /// The record of the log.
    pub fn creation(&self) -> &Creation {
        &self.creation
    }

    /// Begins a partition that is to go on after `tail`. Every partition has to be begun, an empty one with position 0.
    ///
    /// # Errors
    /// [`LogError::NoPartition`], or [`LogError::Refused`] when it was begun before.
    pub async fn partition(&mut self, partition: PartitionId, tail: Position) -> Result<(), LogError> {
        let creation = &self.creation;
        if partition.0 >= creation.partitions {
            return Err(LogError::NoPartition(partition));
        }
        if self.begun.contains_key(&partition) {
            return Err(LogError::Refused(format!(
                "partition {partition} is being restored already; begin it once"
            )));
        }
        let keys = Keys::of(partition);
        let mut call = RESTORE.call_with_text(2);
        call.arg(&keys.log).arg(&keys.events);
        call.arg(creation.incarnation.to_string()).arg(creation.partitions).arg(creation.repeats.0);
        call.arg(creation.created.to_string()).arg(tail.0).arg(&keys.ids);
        let mut ask = Pipeline::new();
        ask.add_command(call);
        self.servers.ask_about(partition, keys.slot, &ask).await?;
        self.begun.insert(partition, Begun { tail, known: Position::START });
        Ok(())
    }

    /// Remembers where the event of an id is, so that a repeat of it is refused. Of an id that is given twice, the later counts;
    /// one that lies outside the window before the tail is passed by. In portions of any size.
    ///
    /// # Errors
    /// [`LogError::Refused`] for a partition that was not begun, or a position after its tail.
    pub async fn remember(
        &mut self,
        partition: PartitionId,
        ids: &[(Uuid, Position)],
    ) -> Result<(), LogError> {
        let refused = |words: String| Err(LogError::Refused(words));
        let Some(begun) = self.begun.get_mut(&partition) else {
            return refused(format!("partition {partition} was not begun; say first where it ends"));
        };
        let tail = begun.tail;
        if let Some((id, position)) = ids.iter().find(|(_, position)| *position > tail) {
            return refused(format!("event {id} is at {position}, but partition {partition} ends at {tail}"));
        }
        let window = self.creation.repeats.0.max(1);
        let mut generations: BTreeMap<u64, HashMap<Uuid, Position>> = BTreeMap::new();
        for (id, position) in
            ids.iter().filter(|(_, position)| position.0 > 0 && tail.0 - position.0 < window)
        {
            let generation = generations.entry(position.0 / window).or_default();
            let latest = generation.entry(*id).or_default();
            *latest = (*latest).max(*position);
        }
        let keys = Keys::of(partition);
        for (generation, ids) in generations {
            let ids: Vec<_> = ids.into_iter().collect();
            for ids in ids.chunks(IDS_MAX) {
                let mut ask = Pipeline::new();
                ask.cmd("HSET").arg(format!("{}:{generation}", keys.ids));
                for (id, position) in ids {
                    ask.arg(id.as_bytes()).arg(format!("{position}-0"));
                }
                self.servers.ask_about(partition, keys.slot, &ask).await?;
            }
        }
        begun.known = ids.iter().map(|(_, position)| *position).fold(begun.known, Position::max);
        Ok(())
    }

    /// Completes the log: from now on it is opened and appended to like any other.
    ///
    /// # Errors
    /// [`LogError::Refused`] when a partition was not begun, or its last id is not known.
    pub async fn finish(self) -> Result<(), LogError> {
        for partition in (0..self.creation.partitions).map(PartitionId) {
            let words = match self.begun.get(&partition) {
                None => "was not restored; say where it ends, position 0 if it is empty".to_owned(),
                Some(begun) if begun.known < begun.tail => {
                    format!("ends at {}, but the ids after {} were not given", begun.tail, begun.known)
                }
                Some(_) => continue,
            };
            return Err(LogError::Refused(format!("partition {partition} {words}")));
        }
        creation::mark(&self.servers, State::Filled).await?;
        complete(&self.servers, &self.creation).await
    }
}

/// Gives every partition its tail. Whoever opens a log that is filled does what was left to do.
pub(crate) async fn complete(servers: &Servers, creation: &Creation) -> Result<(), LogError> {
    let open = |partition: PartitionId| async move {
        let keys = Keys::of(partition);
        let mut call = RESTORED.call_with_text(1);
        call.arg(&keys.log).arg(creation.incarnation.to_string());
        let mut ask = Pipeline::new();
        ask.add_command(call);
        servers.ask_about(partition, keys.slot, &ask).await
    };
    try_join_all((0..creation.partitions).map(PartitionId).map(open)).await?;
    creation::mark(servers, State::Complete).await
}

/// Writes the record of a log whose partitions are not there yet, unless there is one.
async fn record(servers: &Servers, creation: &Creation) -> Result<(), LogError> {
    if creation::any_partition(servers, creation.partitions).await? {
        return Err(there());
    }
    let text = creation::text(creation)?;
    let mut write = Pipeline::new();
    // Record and state at once: a record without a state is a log that is being made, and empty.
    write.cmd("EVAL").arg(
        "if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end return redis.call('HSET', KEYS[1], unpack(ARGV))",
    );
    write.arg(1).arg(LOG).arg(creation::RECORD).arg(text).arg(creation::STATE).arg(State::Restoring.name());
    match servers.ask_of_key(LOG, &write).await?.first() {
        Some(Value::Int(0)) => Err(there()),
        Some(Value::Int(_)) => Ok(()),
        _ => Err(trouble::nonsense(LOG, "the creation record")),
    }
}

fn there() -> LogError {
    LogError::Refused(
        "there is a log in this Redis, and nothing is restored over it; check the URL, or remove all keys that begin with \
         `elite:`"
            .into(),
    )
}
