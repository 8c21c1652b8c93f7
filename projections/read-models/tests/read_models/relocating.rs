//! Rows that were folded from events that the log lost give way to rows of what it has now.

use std::sync::Arc;

use event_log::{EventLog, MemoryLog, Position};
use event_model::PartitionId;
use read_models::SUBSCRIPTION;
use read_store::{
    checkpoint::{self, Checkpoint},
    place::Place,
    todo::Cause,
};
use uuid::Uuid;

use crate::{
    history::History,
    projector::Projector,
    rebuilding::{no_scratch_is_left, quiet},
    world::{PARTITIONS, World},
};

/// The same log without what is after `kept` in each partition.
async fn cut(log: &MemoryLog, kept: &[u64]) -> Arc<MemoryLog> {
    let shorter = World::log();
    for (partition, kept) in (0..).zip(kept) {
        let kept = usize::try_from(*kept).unwrap();
        let events = log.read(PartitionId(partition), Position(1), kept).await.unwrap();
        let events = events.iter().map(|event| event.envelope().unwrap().into_owned());
        shorter.append(events.collect()).await.unwrap();
    }
    shorter
}

async fn at(log: &MemoryLog, partition: u16, position: u64) -> Checkpoint {
    let events =
        log.read(PartitionId(partition), Position(1), usize::try_from(position).unwrap()).await.unwrap();
    events.iter().fold(Checkpoint::default(), |at, event| {
        at.passing(partition, event.position.0, event.envelope().unwrap().id)
    })
}

fn cause(number: u128, partition: u16, position: u64) -> Cause {
    Cause {
        role: "parse",
        cause_id: Uuid::from_u128(number),
        tenant: "default".into(),
        key: format!("default/{number}"),
        partition,
        position,
        enqueued_at: jiff::Timestamp::UNIX_EPOCH,
    }
}

pub(crate) async fn what_the_log_lost_leaves_the_rows_and_is_folded_anew(world: &World) {
    world.execute("truncate elite.todo").await;
    let mut history = History::new(world);
    history.draw(77, 150).await;
    Projector::claim(world, &history.log).await.fold_all(20).await;
    let tails: Vec<u64> = history.log.tails().await.unwrap().iter().map(|tail| tail.0).collect();
    // The first lost half of it and got other events since; the second lost everything; the others lost nothing.
    let kept = [tails[0] / 2, 0, tails[2], tails[3]];
    let lossy = cut(&history.log, &kept).await;
    let before = kept[0] + 1;
    world
        .execute(&format!(
            "insert into elite.todo (role, cause_id, key, partition, position, enqueued_at)
             values ('parse', gen_random_uuid(), 'lost', 0, {before}, now()), ('parse', gen_random_uuid(), 'kept', 2, 1, now());
             insert into elite.dead_letter (subscription, event_id, key, partition, position, event_type, reason)
             values ('parse', '{}', 'given up', 0, 1, 'document.received', 'it failed'),
                    ('parse', gen_random_uuid(), 'lost', 0, {before}, 'document.received', 'it failed')",
            Uuid::from_u128(2)
        ))
        .await;
    let open = vec![cause(1, 0, 1), cause(2, 0, 1)];
    let places = [
        Place { partition: 0, to: at(&lossy, 0, kept[0]).await, open },
        Place { partition: 1, to: Checkpoint::default(), open: Vec::new() },
    ];
    let indexes = "select count(*) from pg_indexes where schemaname = 'elite'";
    let indexes_before = world.text(indexes).await;
    let relocated = world.rebuilder(&lossy).relocate(&places, &quiet).await.unwrap();
    assert!(relocated.events_replayed > 0);
    no_scratch_is_left(world).await;
    assert_eq!(world.text(indexes).await, indexes_before);
    assert_eq!(world.text("select count(*) from elite.kept_schema").await, "0");
    let todo = "select string_agg(key, ' ' order by key) from elite.todo";
    assert_eq!(world.text(todo).await, "default/1 kept", "one comes back, one was given up, one is lost");
    assert_eq!(world.text("select string_agg(key, ' ') from elite.dead_letter").await, "given up");
    world.execute("truncate elite.dead_letter, elite.todo").await;
    let checkpoints = checkpoint::read(&world.store.client().await.unwrap(), SUBSCRIPTION).await.unwrap();
    assert_eq!(checkpoints.iter().map(|(_, _, at)| at.position).collect::<Vec<_>>(), kept);

    // Some of the lost come again at other positions, among new ones.
    let mut later = History { log: Arc::clone(&lossy), ..History::new(world) };
    later.draw(78, 60).await;
    for (partition, lost) in [(0, before), (1, 1)] {
        let events = history.log.read(PartitionId(partition), Position(lost), 5).await.unwrap();
        let events = events.iter().map(|event| event.envelope().unwrap().into_owned());
        lossy.append(events.collect()).await.unwrap();
    }
    Projector::claim(world, &lossy).await.fold_all(20).await;
    let found = world.digests().await;
    let checkpoints = checkpoint::read(&world.store.client().await.unwrap(), SUBSCRIPTION).await.unwrap();
    for (partition, _, found) in checkpoints {
        assert_eq!(found, at(&lossy, partition, found.position).await, "the digest goes on from there");
    }
    world.reset().await;
    Projector::claim(world, &lossy).await.fold_all(500).await;
    assert_eq!(found, world.digests().await);
    assert_eq!(usize::from(PARTITIONS), kept.len());
}
