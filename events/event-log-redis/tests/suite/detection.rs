//! Every way in which a server can lose something under a reader: none of them passes in silence. The reader does what the
//! projector does: each read begins at the event that it read last, and every later one is the next.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use event_log::{EventLog, Position};
use event_log_redis::RedisLog;
use event_model::PartitionId;
use servers::{Fsync, RedisOptions, RedisServer};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::support::{FOUR_PARTITIONS, append, event, open};

/// Events before anything is lost.
const EVENTS: u128 = 160;
/// Steps of a reader in which it must have come by what was lost.
const STEPS_MAX: usize = 1_000;

/// What takes something away behind everybody's back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Thief {
    Xtrim,
    Xdel,
    Eviction,
    Flushall,
}

/// Numbers that are the same for the same seed (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// A reader and its checkpoints.
struct Reader {
    log: RedisLog,
    at: [(Position, Option<Uuid>); 4],
}

impl Reader {
    async fn step(&mut self, dice: &mut Dice) -> Result<(), String> {
        let place = usize::try_from(dice.below(4)).unwrap();
        let (at, last) = self.at[place];
        let partition = PartitionId(place.try_into().unwrap());
        let limit = usize::try_from(2 + dice.below(20)).unwrap();
        let read =
            self.log.read(partition, at.max(Position(1)), limit).await.map_err(|error| error.to_string())?;
        let mut ids = read.iter().map(|event| (event.position, Some(event.envelope().unwrap().id)));
        if at > Position::START && ids.next() != Some((at, last)) {
            return Err(format!("partition {partition} has another event at {at}"));
        }
        for (position, id) in ids {
            if position != self.at[place].0.next() {
                return Err(format!("partition {partition} has a gap before {position}"));
            }
            self.at[place] = (position, id);
        }
        Ok(())
    }
}

/// Appends to all partitions until it is stopped, or refused.
fn appending(log: RedisLog, stop: Arc<AtomicBool>) -> JoinHandle<()> {
    tokio::spawn(async move {
        for id in (EVENTS..).step_by(8) {
            let batch = (id..id + 8).map(|id| event(id, &format!("key {}", id % 23))).collect();
            if stop.load(Ordering::Relaxed) || log.append(batch).await.is_err() {
                return;
            }
        }
    })
}

/// Takes something that the reader has yet to read: at its checkpoint, or anywhere between that and the end.
fn steal(thief: Thief, server: &RedisServer, reader: &Reader, dice: &mut Dice) {
    let place = dice.below(4);
    let [stream, hash] = ["events", "log"].map(|key| format!("elite:{{{place}}}:{key}"));
    let checkpoint = reader.at[usize::try_from(place).unwrap()].0.0.max(1);
    let tail: u64 = server.ask(&["HGET", &hash, "tail"]).trim().parse().unwrap();
    let position = checkpoint + dice.below(tail - checkpoint + 1);
    match thief {
        Thief::Xtrim => drop(server.ask(&["XTRIM", &stream, "MINID", &format!("{}-0", position + 1)])),
        Thief::Xdel => assert_eq!(server.ask(&["XDEL", &stream, &format!("{position}-0")]).trim(), "1"),
        Thief::Flushall => drop(server.ask(&["FLUSHALL"])),
        Thief::Eviction => {
            server.ask(&["CONFIG", "SET", "maxmemory-policy", "allkeys-random"]);
            while server.ask(&["EXISTS", &stream, &hash]).trim() == "2" {
                server.ask(&["CONFIG", "SET", "maxmemory", "1"]);
                server.ask(&["CONFIG", "SET", "maxmemory", "0"]);
            }
            server.ask(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
        }
    }
}

/// One loss; what the reader says to it, `None` if nothing.
async fn round(thief: Thief, server: &RedisServer, dice: &mut Dice) -> Option<String> {
    server.ask(&["FLUSHALL"]);
    let log = open(&server.url(), FOUR_PARTITIONS).await.unwrap();
    append(&log, (0..EVENTS).map(|id| event(id, &format!("key {}", id % 23))).collect()).await;
    let mut reader =
        Reader { log: open(&server.url(), FOUR_PARTITIONS).await.unwrap(), at: [(Position::START, None); 4] };
    let stop = Arc::new(AtomicBool::new(false));
    let appends = appending(log, Arc::clone(&stop));
    for _ in 0..dice.below(30) {
        reader.step(dice).await.unwrap();
    }
    steal(thief, server, &reader, dice);
    let mut said = None;
    for _ in 0..STEPS_MAX {
        said = reader.step(dice).await.err();
        if said.is_some() {
            break;
        }
    }
    stop.store(true, Ordering::Relaxed);
    appends.await.unwrap();
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_lost_under_a_reader_is_noticed() {
    let rounds = if servers::full() { 200 } else { 25 };
    let server = RedisServer::start(RedisOptions { fsync: Fsync::Never, ..RedisOptions::default() });
    let mut dice = Dice(0x0e11_7e51);
    let mut noticed: BTreeMap<Thief, usize> = BTreeMap::new();
    for _ in 0..rounds {
        for thief in [Thief::Xtrim, Thief::Xdel, Thief::Eviction, Thief::Flushall] {
            let said = round(thief, &server, &mut dice).await;
            let said = said.unwrap_or_else(|| panic!("{thief:?} passed in silence"));
            assert!(said.contains("partition "), "{thief:?}: {said}");
            *noticed.entry(thief).or_default() += 1;
        }
    }
    println!("losses under a reader, noticed of {rounds} each: {noticed:?}; 0 in silence");
}

#[tokio::test]
async fn ids_that_were_evicted_are_noticed_before_a_repeat_is_taken_for_new() {
    let server = RedisServer::start(RedisOptions { fsync: Fsync::Never, ..RedisOptions::default() });
    let log = open(&server.url(), FOUR_PARTITIONS).await.unwrap();
    append(&log, vec![event(1, "key")]).await;
    let partition = event(1, "key").partition(4);
    server.ask(&["DEL", &format!("elite:{{{partition}}}:ids:0")]);
    let other = open(&server.url(), FOUR_PARTITIONS).await.unwrap();
    let refused = other.append(vec![event(1, "key")]).await.unwrap_err().to_string();
    assert!(refused.contains("was lost (the ids are gone)"), "{refused}");
}
