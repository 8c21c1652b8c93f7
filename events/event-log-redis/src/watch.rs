//! Noticing what others append.
//!
//! One server is asked with a blocking read of all streams, on a connection of its own without a limit on the answer. A
//! blocking read must not span the slots of a cluster, so its tails are looked at instead, every few milliseconds: that costs
//! a node less than a blocked connection for each partition and process.

use std::{sync::Weak, time::Duration};

use event_log::{LogError, Position};
use redis::{Pipeline, Value};

use crate::{lane::Lane, log::Shared, read};

/// A blocking read ends after this long, so that a stream that was deleted or a log that was dropped is noticed.
const BLOCK_TIME_MAX_MS: u64 = 1_000;
/// Between two looks at a cluster: a tenth of the latency that is promised at half load.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// Between two blocking reads: under load there is always something, and to hear of it a thousand times a second is enough.
const REST: Duration = Duration::from_millis(1);
/// After a failure.
const FAILURE_REST: Duration = Duration::from_millis(200);

/// Runs until the log is dropped. `seen` are tails that everybody knows of.
pub(crate) async fn watch(log: Weak<Shared>, blocking: Option<Lane>, mut seen: Vec<Position>) {
    while let Some(log) = log.upgrade() {
        let looked = match &blocking {
            Some(lane) => block(&log, lane, &mut seen).await,
            None => look(&log, &mut seen).await,
        };
        drop(log);
        let rest = match looked {
            Ok(rest) => rest,
            Err(error) => {
                tracing::debug!(%error, "cannot watch the log");
                FAILURE_REST
            }
        };
        tokio::time::sleep(rest).await;
    }
}

/// Compares the tails with those seen before.
async fn look(log: &Shared, seen: &mut Vec<Position>) -> Result<Duration, LogError> {
    let heads = read::heads(log).await?;
    let tails: Vec<Position> = heads.iter().map(|head| head.end.tail).collect();
    if *seen != tails {
        *seen = tails;
        log.versions.send_modify(|version| *version += 1);
    }
    Ok(LOOK_EVERY)
}

/// Waits until a stream goes beyond the tails seen before.
async fn block(log: &Shared, lane: &Lane, seen: &mut Vec<Position>) -> Result<Duration, LogError> {
    look(log, seen).await?;
    let mut ask = Pipeline::new();
    ask.cmd("XREAD").arg("COUNT").arg(1).arg("BLOCK").arg(BLOCK_TIME_MAX_MS).arg("STREAMS");
    for keys in &log.keys {
        ask.arg(&keys.events);
    }
    for tail in seen.iter() {
        ask.arg(format!("{tail}-0"));
    }
    match lane.send(&ask).await?.first() {
        Some(Value::ServerError(error)) => Err(crate::trouble::answered(lane.address(), error)),
        _ => Ok(REST),
    }
}
