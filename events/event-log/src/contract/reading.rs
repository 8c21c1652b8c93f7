//! What a read gives.

use event_model::PartitionId;

use super::{
    Factory,
    support::{FOUR_PARTITIONS, ONE_PARTITION, P0, append, event, events, id_of, read_all},
};
use crate::{LogError, Position};

/// The structured JSON form is stored as it was written.
pub async fn what_was_appended_is_read_back_byte_for_byte(factory: &dyn Factory) {
    let log = factory.fresh(ONE_PARTITION).await;
    let batch: Vec<_> =
        [0, 1, 1_000, 60_000].iter().zip(1..).map(|(size, id)| event(id, "k", *size)).collect();
    append(&*log, batch.clone()).await;
    let read = read_all(&*log, P0).await;
    let expected: Vec<_> = batch.iter().map(event_model::Envelope::encode).collect();
    assert_eq!(read.iter().map(|event| event.json.to_vec()).collect::<Vec<_>>(), expected);
}

/// Reading MUST give every event from the asked position on, in order.
pub async fn a_read_starts_at_any_position(factory: &dyn Factory) {
    let log = factory.fresh(ONE_PARTITION).await;
    append(&*log, events(1..=30, "key")).await;
    for from in 1..=30_u64 {
        let read = log.read(P0, Position(from), 100).await.expect("the position is there");
        assert_eq!(read.iter().map(id_of).collect::<Vec<_>>(), (u128::from(from)..=30).collect::<Vec<_>>());
        assert!(read.iter().zip(from..).all(|(event, at)| event.partition == P0 && event.position.0 == at));
    }
}

/// A read gives no more than it is asked for.
pub async fn a_read_returns_at_most_its_limit(factory: &dyn Factory) {
    let log = factory.fresh(ONE_PARTITION).await;
    append(&*log, events(1..=10, "key")).await;
    for limit in [0, 1, 3, 10, 11] {
        let read = log.read(P0, Position(1), limit).await.expect("the position is there");
        assert_eq!(read.len(), limit.min(10));
    }
}

/// The next position is where a reader waits: it is not missing.
pub async fn the_position_after_the_tail_reads_nothing_yet(factory: &dyn Factory) {
    let log = factory.fresh(ONE_PARTITION).await;
    assert!(log.read(P0, Position(1), 10).await.expect("a new log can be read").is_empty());
    append(&*log, events(1..=3, "key")).await;
    assert!(log.read(P0, Position(4), 10).await.expect("the tail can be waited at").is_empty());
}

/// A position that is not there MUST be `Missing`; a log never skips on.
pub async fn positions_that_are_not_there_are_missing(factory: &dyn Factory) {
    let log = factory.fresh(ONE_PARTITION).await;
    append(&*log, events(1..=3, "key")).await;
    for from in [0, 5, 6, 1_000, u64::MAX - 1] {
        match log.read(P0, Position(from), 10).await {
            Err(LogError::Missing { partition: P0, position, tail }) => {
                assert_eq!((position, tail), (Position(from), Position(3)));
            }
            other => panic!("position {from} of 3 must be missing, got {other:?}"),
        }
    }
}

/// Partitions are numbered from 0; others do not exist.
pub async fn an_unknown_partition_is_named(factory: &dyn Factory) {
    let log = factory.fresh(FOUR_PARTITIONS).await;
    let beyond = PartitionId(4);
    let read = log.read(beyond, Position(1), 10).await;
    assert!(matches!(read, Err(LogError::NoPartition(named)) if named == beyond), "{read:?}");
}
