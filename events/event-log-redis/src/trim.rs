//! Letting go of what is in an archive, and accepting what was lost.

use event_log::{LogError, Position};
use event_model::PartitionId;
use redis::{Pipeline, Value};

use crate::{
    head::{self, End},
    log::Shared,
    script::{ACCEPT, TRIM},
    trouble,
};

/// Positions that one script call lets go of: a few milliseconds, in which the server does nothing else.
const PORTION: u64 = 5_000;

/// Lets go of everything before `wanted`; the first position that is still there.
pub(crate) async fn trim(
    log: &Shared,
    partition: PartitionId,
    wanted: Position,
) -> Result<Position, LogError> {
    // This also hears of a loss that was accepted meanwhile.
    let mut first = head::head_of(log, partition).await?.first;
    let keys = log.keys_of(partition)?;
    while first < wanted {
        let known = log.known_end(partition);
        let mut call = TRIM.call_with_text(2);
        call.arg(&keys.log).arg(&keys.events).arg(&log.incarnation);
        call.arg(known.tail.0).arg(known.timeline).arg(wanted.0).arg(PORTION);
        let mut ask = Pipeline::new();
        ask.add_command(call);
        let (answer, node) = log.servers.ask_about(partition, keys.slot, &ask).await?;
        let Value::Int(now) = answer else { return Err(trouble::nonsense(node.address(), "a trim")) };
        if now.unsigned_abs() <= first.0 {
            break;
        }
        first = Position(now.unsigned_abs());
    }
    Ok(first)
}

/// Makes the tail the truth for everybody who knows of a later one. `last` is the last position that was not lost.
pub(crate) async fn accept_loss(
    log: &Shared,
    partition: PartitionId,
    last: Position,
) -> Result<(), LogError> {
    let keys = log.keys_of(partition)?;
    let mut call = ACCEPT.call_with_text(1);
    call.arg(&keys.log).arg(&log.incarnation).arg(last.0);
    let mut ask = Pipeline::new();
    ask.add_command(call);
    let (answer, node) = log.servers.ask_about(partition, keys.slot, &ask).await?;
    let end = End::answered(&answer).ok_or_else(|| trouble::nonsense(node.address(), "a loss"))?;
    log.saw(partition, end);
    Ok(())
}
