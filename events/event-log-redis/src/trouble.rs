//! What the errors of a server mean to whoever uses the log.

use event_log::{LogError, Position};
use event_model::PartitionId;
use redis::{RedisError, ServerError};

/// The connection failed; whether the command was carried out is not known.
pub(crate) fn unreachable(address: &str, error: &RedisError) -> LogError {
    match error.kind() {
        redis::ErrorKind::AuthenticationFailed => LogError::Refused(format!(
            "Redis at {address} does not accept the user or the password of the URL: {error}"
        )),
        _ => LogError::Unavailable(format!("Redis at {address} does not answer: {error}")),
    }
}

/// The server answered with an error.
pub(crate) fn answered(address: &str, error: &ServerError) -> LogError {
    let detail = error.details().unwrap_or_default();
    let unavailable = |words: &str| {
        LogError::Unavailable(format!("Redis at {address} {words} ({} {detail})", error.code()))
    };
    match error.code() {
        "OOM" => unavailable("has no memory left; raise `maxmemory` or archive and trim the log"),
        "MISCONF" => unavailable("cannot write to its disk; free some space"),
        "READONLY" => unavailable("is a replica now; it or its address has to become the primary again"),
        "NOREPLICAS" => unavailable("sees fewer replicas than `min-replicas-to-write` asks for"),
        "LOADING" => unavailable("is loading its data"),
        "BUSY" => unavailable("is busy with a script of somebody else"),
        "CLUSTERDOWN" | "MASTERDOWN" => unavailable("does not see the whole cluster"),
        "MOVED" | "ASK" | "TRYAGAIN" => unavailable("is moving the partition to another node"),
        "NOAUTH" | "WRONGPASS" | "NOPERM" => LogError::Refused(format!(
            "Redis at {address} does not let this user do what the log needs: {} {detail}",
            error.code()
        )),
        "WRONGTYPE" => {
            LogError::Damaged(format!("a key of the log at {address} holds something else: {detail}"))
        }
        _ => unavailable("refused a command"),
    }
}

/// The server, or one of our scripts there, answered with an error about a partition.
pub(crate) fn of_partition(address: &str, partition: PartitionId, error: &ServerError) -> LogError {
    let detail = error.details().unwrap_or_default();
    match error.code() {
        "ELITELOST" => lost(partition, detail),
        "ELITEOTHER" => other(partition, detail),
        "ELITEBEHIND" => behind(partition, detail),
        // Whoever asked knows of a later timeline, or of an earlier one and asks again.
        "ELITETIMELINE" => behind(partition, detail.split_once(' ').map_or(detail, |(tail, _)| tail)),
        "ELITETHERE" => LogError::Refused(format!(
            "partition {partition} is there, and nothing is restored over it; remove all keys that begin with `elite:`"
        )),
        "ELITEBEYOND" => {
            let (tail, last) = detail.split_once(' ').unwrap_or((detail, ""));
            LogError::Refused(format!(
                "partition {partition} ends at {tail}, so it cannot be that nothing up to {last} was lost; append what \
                 can be had back first"
            ))
        }
        "ELITETORN" => {
            let (ends, tail) = detail.split_once(' ').unwrap_or((detail, ""));
            LogError::Damaged(format!(
                "the stream of partition {partition} ends at {ends}, its hash says {tail}-0; something else wrote to it"
            ))
        }
        _ if detail.contains("equal or smaller than the target stream top item") => {
            LogError::Damaged(format!(
                "the stream of partition {partition} is longer than its hash says; something else wrote to it"
            ))
        }
        _ => answered(address, error),
    }
}

/// The keys of a partition are gone.
pub(crate) fn lost(partition: PartitionId, detail: &str) -> LogError {
    LogError::Refused(format!(
        "partition {partition} was lost ({detail}): its keys are not in Redis, while the log was made with it; restore \
         them from a backup of Redis, or remove all keys that begin with `elite:` and run `elite restore`"
    ))
}

/// The partition is one of another log.
pub(crate) fn other(partition: PartitionId, incarnation: &str) -> LogError {
    LogError::Refused(format!(
        "partition {partition} belongs to another log (incarnation {incarnation}): it was made anew or restored; check \
         the URL and start again"
    ))
}

/// The partition ends before a position that was given out.
pub(crate) fn behind(partition: PartitionId, tail: &str) -> LogError {
    LogError::Damaged(format!(
        "partition {partition} now ends at {tail}, before positions that it had: Redis failed over or restarted without \
         its tail; heal the log from the archive before anything is appended"
    ))
}

/// A server answered with something that is no answer to the question.
pub(crate) fn nonsense(address: &str, what: &str) -> LogError {
    LogError::Damaged(format!("Redis at {address} answered something unexpected about {what}"))
}

/// The tail as the scripts and the hash write it.
pub(crate) fn position(digits: &[u8]) -> Option<Position> {
    std::str::from_utf8(digits).ok()?.parse().ok().map(Position)
}
