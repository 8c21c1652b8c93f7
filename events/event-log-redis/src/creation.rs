//! Making and opening a log.
//!
//! Making takes several steps, because partitions may be on different servers: the creation record, then every partition,
//! then the mark that all of them are there. Whoever finds the record without the mark makes what is missing. With the
//! mark, a partition that is missing was lost, and is never made again: its positions would be given out twice.

use event_log::{Clock, Creation, CreationOptions, LogError};
use event_model::PartitionId;
use futures::future::try_join_all;
use redis::{Pipeline, Value};

use crate::{
    cluster::Servers,
    head::End,
    keys::{Keys, LOG},
    restore,
    script::OPEN,
    trouble,
};

/// The field with the record.
pub(crate) const RECORD: &str = "creation";
/// The field with the [`State`].
pub(crate) const STATE: &str = "state";

/// How far a log is. While it is being made there is no word for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Partitions may be missing.
    Making,
    /// It is being restored; partitions may be missing, or not know their ids.
    Restoring,
    /// It was restored, but not every partition has a tail.
    Filled,
    /// Everything is there.
    Complete,
}

impl State {
    /// As it is written.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Making => "",
            Self::Restoring => "restoring",
            Self::Filled => "filled",
            Self::Complete => "complete",
        }
    }

    fn of(written: Option<&Value>) -> Option<Self> {
        let Some(Value::BulkString(written)) = written else { return Some(Self::Making) };
        let all = [Self::Restoring, Self::Filled, Self::Complete];
        all.into_iter().find(|state| state.name().as_bytes() == written)
    }
}

/// The record of the log and the ends of its partitions.
pub(crate) async fn open(
    servers: &Servers,
    wanted: CreationOptions,
    create: bool,
    clock: &dyn Clock,
) -> Result<(Creation, Vec<End>), LogError> {
    let (creation, state) = match recorded(servers).await? {
        Some(found) => found,
        None if create => begin(servers, wanted, clock).await?,
        None => {
            return Err(LogError::Refused(
                "there is no log in this Redis; check the URL, or make one with `elite migrate`".into(),
            ));
        }
    };
    creation.check(wanted)?;
    match state {
        State::Restoring => {
            return Err(LogError::Refused(
                "the log is being restored, or a restore of it broke off; finish it with `elite restore`"
                    .into(),
            ));
        }
        State::Filled => restore::complete(servers, &creation).await?,
        State::Making | State::Complete => {}
    }
    let making = state == State::Making;
    let partitions = (0..creation.partitions).map(PartitionId);
    let ends = try_join_all(partitions.map(|id| partition(servers, id, &creation, making))).await?;
    if making {
        mark(servers, State::Complete).await?;
    }
    Ok((creation, ends))
}

/// Writes how far the log is.
pub(crate) async fn mark(servers: &Servers, state: State) -> Result<(), LogError> {
    let mut mark = Pipeline::new();
    mark.cmd("HSET").arg(LOG).arg(STATE).arg(state.name());
    servers.ask_of_key(LOG, &mark).await.map(|_| ())
}

/// The record, and how far the log is.
pub(crate) async fn recorded(servers: &Servers) -> Result<Option<(Creation, State)>, LogError> {
    let mut ask = Pipeline::new();
    ask.cmd("HMGET").arg(LOG).arg(RECORD).arg(STATE);
    let answers = servers.ask_of_key(LOG, &ask).await?;
    let damaged = |error: &dyn std::fmt::Display| {
        LogError::Damaged(format!("the creation record `{LOG}` cannot be read: {error}"))
    };
    let Some(Value::Array(found)) = answers.first() else { return Err(damaged(&"it is not a hash")) };
    let Some(Value::BulkString(json)) = found.first() else { return Ok(None) };
    let creation = serde_json::from_slice(json).map_err(|error| damaged(&error))?;
    let state = State::of(found.get(1)).ok_or_else(|| damaged(&"its state is an unknown word"))?;
    Ok(Some((creation, state)))
}

/// Writes the record, unless somebody else just has.
async fn begin(
    servers: &Servers,
    wanted: CreationOptions,
    clock: &dyn Clock,
) -> Result<(Creation, State), LogError> {
    let lost = || {
        LogError::Refused(format!(
            "the creation record `{LOG}` is not in Redis, but partitions of a log are; restore the record, or remove all \
             keys that begin with `elite:` to make a new log"
        ))
    };
    if any_partition(servers, wanted.partitions).await? {
        // Partitions are made after the record, so it is there now if it is another process that makes them.
        return recorded(servers).await?.ok_or_else(lost);
    }
    let record = text(&wanted.create(clock)?)?;
    let mut write = Pipeline::new();
    write.cmd("HSETNX").arg(LOG).arg(RECORD).arg(record);
    servers.ask_of_key(LOG, &write).await?;
    recorded(servers).await?.ok_or_else(lost)
}

/// The record as it is written.
pub(crate) fn text(creation: &Creation) -> Result<String, LogError> {
    serde_json::to_string(creation)
        .map_err(|error| LogError::Damaged(format!("the creation record has no JSON form: {error}")))
}

/// Whether anything of a partition is there.
pub(crate) async fn any_partition(servers: &Servers, partitions: u16) -> Result<bool, LogError> {
    let there = |id: u16| async move {
        let keys = Keys::of(PartitionId(id));
        let mut ask = Pipeline::new();
        ask.cmd("EXISTS").arg(&keys.log).arg(&keys.events);
        let (answers, node) = servers.ask(keys.slot, &ask).await?;
        match answers.first() {
            Some(Value::Int(there)) => Ok(*there > 0),
            Some(Value::ServerError(error)) => Err(trouble::answered(node.address(), error)),
            _ => Err(trouble::nonsense(node.address(), "the keys of a partition")),
        }
    };
    Ok(try_join_all((0..partitions).map(there)).await?.contains(&true))
}

/// Checks a partition, or makes it; gives its end.
async fn partition(
    servers: &Servers,
    partition: PartitionId,
    creation: &Creation,
    make: bool,
) -> Result<End, LogError> {
    let keys = Keys::of(partition);
    let mut call = OPEN.call_with_text(2);
    call.arg(&keys.log).arg(&keys.events);
    call.arg(creation.incarnation.to_string()).arg(creation.partitions).arg(creation.repeats.0);
    call.arg(creation.created.to_string()).arg(u8::from(make));
    let mut ask = Pipeline::new();
    ask.add_command(call);
    let (answer, node) = servers.ask_about(partition, keys.slot, &ask).await?;
    End::answered(&answer).ok_or_else(|| trouble::nonsense(node.address(), "a partition"))
}
