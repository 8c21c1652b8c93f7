//! The directory of a log: what it holds, under which keys, and opening it, again as well.
//!
//! ```text
//!   events   partition (2 bytes) position (8 bytes)   -> the events from there on that were written together (`run`)
//!   ids      partition (2 bytes) event id (16 bytes)  -> position (8 bytes)
//!   meta     "creation"                               -> the creation record as JSON
//!   keys     where subjects' keys were before they had a file (`key_file`)
//! ```
//! Numbers are big-endian, so the order of keys is the order of positions.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use event_log::{Clock, Creation, CreationOptions, LogError, Position};
use event_model::PartitionId;
use uuid::Uuid;

use crate::{
    key_file::{Entry, KeyFile},
    repeats::{Forgetting, Window},
    run::last_position,
    tables::{Tables, unavailable},
};

/// How long reads that are under way may hold up opening the log again.
const READERS_TIME_MAX: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(10);
const CREATION: &str = "creation";
/// The file with the keys of data subjects.
const KEY_FILE: &str = "subject-keys";

/// The last position of each partition.
pub(crate) type Tails = Vec<AtomicU64>;

/// An open log directory. Clones share it.
#[derive(Clone)]
pub(crate) struct Store {
    dir: PathBuf,
    /// `None` when the log could not be opened again after its disk was full.
    open: Arc<RwLock<Option<Tables>>>,
    pub(crate) creation: Creation,
    pub(crate) tails: Arc<Tails>,
}

impl Store {
    /// Opens the log in `dir`, or makes it.
    pub(crate) fn open(dir: &Path, wanted: CreationOptions, clock: &dyn Clock) -> Result<Self, LogError> {
        let forgetting = Forgetting::default();
        let tables = Tables::open(dir, &forgetting)?;
        let creation = recorded_creation(&tables, wanted, clock)?;
        creation.check(wanted)?;
        let tails = tails_of(&tables, &creation)?;
        let tails: Arc<Tails> = Arc::new(tails.into_iter().map(|tail| AtomicU64::new(tail.0)).collect());
        forgetting.begin(Window { tails: Arc::clone(&tails), repeats: creation.repeats });
        Ok(Self { dir: dir.to_owned(), open: Arc::new(RwLock::new(Some(tables))), creation, tails })
    }

    /// The directory.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The database; whoever holds it keeps it open.
    pub(crate) fn tables(&self) -> Result<Tables, LogError> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.clone().ok_or_else(|| LogError::Unavailable("the log is closed until its disk has room".into()))
    }

    /// Closes the database and opens it again, as after a crash: what a failed write left behind is taken back. For the writer,
    /// which must hold nothing of it.
    pub(crate) fn reopen(&self) -> Result<(), LogError> {
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        drop(open.take());
        let forgetting = Forgetting::default();
        let tables = self.open_when_unused(&forgetting)?;
        let found = tails_of(&tables, &self.creation)?;
        let known = || self.tails.iter().map(|tail| Position(tail.load(Ordering::Acquire)));
        if known().zip(&found).any(|(known, found)| known > *found) {
            return Err(LogError::Damaged(
                "events are gone that were acknowledged before the disk was full".into(),
            ));
        }
        for (tail, found) in self.tails.iter().zip(found) {
            tail.store(found.0, Ordering::Release);
        }
        forgetting.begin(Window { tails: Arc::clone(&self.tails), repeats: self.creation.repeats });
        *open = Some(tables);
        Ok(())
    }

    /// Readers that were under way keep the database open until they are done.
    fn open_when_unused(&self, forgetting: &Forgetting) -> Result<Tables, LogError> {
        let begun = Instant::now();
        loop {
            match Tables::open(&self.dir, forgetting) {
                Err(LogError::Refused(_)) if begun.elapsed() < READERS_TIME_MAX => {
                    thread::park_timeout(LOOK_EVERY);
                }
                opened => return opened,
            }
        }
    }

    /// The file with the keys; those that were in the database before it was there are moved.
    pub(crate) fn key_file(&self) -> Result<KeyFile, LogError> {
        let dir = self.dir.display();
        let file = |error| LogError::Unavailable(format!("cannot open the keys in {dir}: {error}"));
        let mut keys = KeyFile::open(&self.dir.join(KEY_FILE)).map_err(file)?;
        let old = self.tables()?.keys;
        let moved: Vec<_> = old.iter().map(fjall::Guard::into_inner).collect();
        for entry in moved {
            let (name, key) = entry.map_err(|error| unavailable(&error))?;
            let Ok(name) = name[..].try_into() else { continue };
            if keys.get(&name).is_none() {
                keys.put(name, key[..].try_into().map_or(Entry::Destroyed, Entry::Key)).map_err(file)?;
            }
            old.remove(name).map_err(|error| unavailable(&error))?;
        }
        Ok(keys)
    }

    /// The last position of `partition`.
    pub(crate) fn tail(&self, partition: PartitionId) -> Result<Position, LogError> {
        let tail = self.tails.get(usize::from(partition.0)).ok_or(LogError::NoPartition(partition))?;
        Ok(Position(tail.load(Ordering::Acquire)))
    }
}

fn tails_of(tables: &Tables, creation: &Creation) -> Result<Vec<Position>, LogError> {
    (0..creation.partitions).map(|partition| last_position(&tables.events, PartitionId(partition))).collect()
}

fn recorded_creation(
    tables: &Tables,
    wanted: CreationOptions,
    clock: &dyn Clock,
) -> Result<Creation, LogError> {
    let damaged = |error| LogError::Damaged(format!("the creation record cannot be read: {error}"));
    if let Some(json) = tables.meta.get(CREATION).map_err(|error| unavailable(&error))? {
        return serde_json::from_slice(&json).map_err(damaged);
    }
    let creation = wanted.create(clock)?;
    let mut batch = tables.batch();
    batch.insert(&tables.meta, CREATION, serde_json::to_vec(&creation).map_err(damaged)?);
    batch.commit().and_then(|()| tables.sync()).map_err(|error| unavailable(&error))?;
    Ok(creation)
}

/// The key of a run of events that begins at `position`.
pub(crate) fn event_key(partition: PartitionId, position: Position) -> [u8; 10] {
    let mut key = [0; 10];
    key[..2].copy_from_slice(&partition.0.to_be_bytes());
    key[2..].copy_from_slice(&position.0.to_be_bytes());
    key
}

/// The position in a run's key.
pub(crate) fn position_of(key: &[u8]) -> Result<Position, LogError> {
    key.get(2..).and_then(position).ok_or_else(|| LogError::Damaged("an event has no position".into()))
}

/// The position that is stored for an event id.
pub(crate) fn position(bytes: &[u8]) -> Option<Position> {
    bytes.try_into().ok().map(|bytes| Position(u64::from_be_bytes(bytes)))
}

/// The key of an event id.
pub(crate) fn id_key(partition: PartitionId, id: Uuid) -> [u8; 18] {
    let mut key = [0; 18];
    key[..2].copy_from_slice(&partition.0.to_be_bytes());
    key[2..].copy_from_slice(id.as_bytes());
    key
}
