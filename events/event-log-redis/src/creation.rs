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
    script::OPEN,
    trouble,
};

const RECORD: &str = "creation";
const STATE: &str = "state";
const COMPLETE: &str = "complete";

/// The record of the log and the ends of its partitions.
pub(crate) async fn open(
    servers: &Servers,
    wanted: CreationOptions,
    create: bool,
    clock: &dyn Clock,
) -> Result<(Creation, Vec<End>), LogError> {
    let (creation, complete) = match recorded(servers).await? {
        Some(found) => found,
        None if create => begin(servers, wanted, clock).await?,
        None => {
            return Err(LogError::Refused(
                "there is no log in this Redis; check the URL, or make one with `elite migrate`".into(),
            ));
        }
    };
    creation.check(wanted)?;
    let partitions = (0..creation.partitions).map(PartitionId);
    let ends = try_join_all(partitions.map(|id| partition(servers, id, &creation, !complete))).await?;
    if !complete {
        let mut mark = Pipeline::new();
        mark.cmd("HSET").arg(LOG).arg(STATE).arg(COMPLETE);
        servers.ask_of_key(LOG, &mark).await?;
    }
    Ok((creation, ends))
}

/// The record, and whether every partition was made.
async fn recorded(servers: &Servers) -> Result<Option<(Creation, bool)>, LogError> {
    let mut ask = Pipeline::new();
    ask.cmd("HMGET").arg(LOG).arg(RECORD).arg(STATE);
    let answers = servers.ask_of_key(LOG, &ask).await?;
    let damaged = |error: &dyn std::fmt::Display| {
        LogError::Damaged(format!("the creation record `{LOG}` cannot be read: {error}"))
    };
    let Some(Value::Array(found)) = answers.first() else { return Err(damaged(&"it is not a hash")) };
    let Some(Value::BulkString(json)) = found.first() else { return Ok(None) };
    let creation = serde_json::from_slice(json).map_err(|error| damaged(&error))?;
    let complete = matches!(found.get(1), Some(Value::BulkString(state)) if state == COMPLETE.as_bytes());
    Ok(Some((creation, complete)))
}

/// Writes the record, unless somebody else just has.
async fn begin(
    servers: &Servers,
    wanted: CreationOptions,
    clock: &dyn Clock,
) -> Result<(Creation, bool), LogError> {
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
    let record = serde_json::to_string(&wanted.create(clock)?)
        .map_err(|error| LogError::Damaged(format!("the creation record has no JSON form: {error}")))?;
    let mut write = Pipeline::new();
    write.cmd("HSETNX").arg(LOG).arg(RECORD).arg(record);
    servers.ask_of_key(LOG, &write).await?;
    recorded(servers).await?.ok_or_else(lost)
}

async fn any_partition(servers: &Servers, partitions: u16) -> Result<bool, LogError> {
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
