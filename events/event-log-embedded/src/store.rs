//! The directory of a log: opening it, its keyspaces and keys, and what its errors mean.
//!
//! ```text
//!   events   partition (2 bytes) position (8 bytes)   -> the events from there on that were written together (`run`)
//!   ids      partition (2 bytes) event id (16 bytes)  -> position (8 bytes)
//!   meta     "creation"                               -> the creation record as JSON
//!   keys     where subjects' keys were before they had a file (`key_file`)
//! ```
//! Numbers are big-endian, so the order of keys is the order of positions.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use event_log::{Clock, Creation, CreationOptions, LogError, Position};
use event_model::PartitionId;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, KvSeparationOptions, PersistMode};
use uuid::Uuid;

use crate::{
    key_file::{Entry, KeyFile},
    repeats::{Forgetting, Window},
    run::last_position,
};

/// Blocks of tables kept in memory.
const CACHE_BYTES: u64 = 8 << 20;
/// Events are written to a table when this much of them is in memory; at most five such portions exist at a time.
const EVENTS_MEMORY_BYTES: u64 = 8 << 20;
/// The same for ids, which are a fortieth of an event.
const IDS_MEMORY_BYTES: u64 = 4 << 20;
/// The same for what is rarely written.
const SMALL_MEMORY_BYTES: u64 = 256 << 10;
/// Events are written to files of their own, so that sorting their keys does not copy them again and again.
const SEPARATED_BYTES_MIN: u32 = 128;
/// Journals on disk, before tables are written only to be able to delete the oldest.
const JOURNAL_BYTES_MAX: u64 = 128 << 20;

const CREATION: &str = "creation";
/// The file with the keys of data subjects.
const KEY_FILE: &str = "subject-keys";

/// The last position of each partition.
pub(crate) type Tails = Vec<AtomicU64>;

/// An open log directory. Clones share it.
#[derive(Clone)]
pub(crate) struct Store {
    database: Database,
    pub(crate) events: Keyspace,
    pub(crate) ids: Keyspace,
    keys: Keyspace,
    pub(crate) creation: Creation,
    pub(crate) tails: Arc<Tails>,
}

impl Store {
    /// Opens the log in `dir`, or makes it.
    pub(crate) fn open(dir: &Path, wanted: CreationOptions, clock: &dyn Clock) -> Result<Self, LogError> {
        // fjall asserts what it reads from a journal; a damaged file must not take the process down.
        catch_unwind(AssertUnwindSafe(|| Self::open_or_panic(dir, wanted, clock))).unwrap_or_else(|_| {
            Err(LogError::Damaged(format!("the files in {} contradict themselves", dir.display())))
        })
    }

    fn open_or_panic(dir: &Path, wanted: CreationOptions, clock: &dyn Clock) -> Result<Self, LogError> {
        let explain = |error| opening_failed(dir, &error);
        let forgetting = Forgetting::default();
        let database = open_database(dir, &forgetting).map_err(explain)?;
        let keyspace = |name: &str, memory_bytes: u64| {
            let options = || KeyspaceCreateOptions::default().max_memtable_size(memory_bytes);
            database.keyspace(name, options).map_err(explain)
        };
        let events = database
            .keyspace("events", || {
                let apart = KvSeparationOptions::default().separation_threshold(SEPARATED_BYTES_MIN);
                KeyspaceCreateOptions::default()
                    .max_memtable_size(EVENTS_MEMORY_BYTES)
                    .with_kv_separation(Some(apart))
            })
            .map_err(explain)?;
        let ids = keyspace("ids", IDS_MEMORY_BYTES)?;
        let keys = keyspace("keys", SMALL_MEMORY_BYTES)?;
        let creation = recorded_creation(&database, &keyspace("meta", SMALL_MEMORY_BYTES)?, wanted, clock)?;
        creation.check(wanted)?;
        let tails = (0..creation.partitions)
            .map(|partition| last_position(&events, PartitionId(partition)))
            .map(|tail| tail.map(|tail| AtomicU64::new(tail.0)));
        let tails: Arc<Tails> = Arc::new(tails.collect::<Result<_, _>>()?);
        forgetting.begin(Window { tails: Arc::clone(&tails), repeats: creation.repeats });
        Ok(Self { database, events, ids, keys, creation, tails })
    }

    /// The file with the keys; those that were in the database before it was there are moved.
    pub(crate) fn key_file(&self, dir: &Path) -> Result<KeyFile, LogError> {
        let file =
            |error| LogError::Unavailable(format!("cannot open the keys in {}: {error}", dir.display()));
        let mut keys = KeyFile::open(&dir.join(KEY_FILE)).map_err(file)?;
        let moved: Vec<_> = self.keys.iter().map(fjall::Guard::into_inner).collect();
        for entry in moved {
            let (name, key) = entry.map_err(|error| unavailable(&error))?;
            let Ok(name) = name[..].try_into() else { continue };
            if keys.get(&name).is_none() {
                keys.put(name, key[..].try_into().map_or(Entry::Destroyed, Entry::Key)).map_err(file)?;
            }
            self.keys.remove(name).map_err(|error| unavailable(&error))?;
        }
        Ok(keys)
    }

    /// A batch that is on the disk when its `commit` returns.
    pub(crate) fn batch(&self) -> fjall::OwnedWriteBatch {
        self.database.batch().durability(Some(PersistMode::SyncData))
    }

    /// The last position of `partition`.
    pub(crate) fn tail(&self, partition: PartitionId) -> Result<Position, LogError> {
        let tail = self.tails.get(usize::from(partition.0)).ok_or(LogError::NoPartition(partition))?;
        Ok(Position(tail.load(Ordering::Acquire)))
    }
}

fn open_database(dir: &Path, forgetting: &Forgetting) -> fjall::Result<Database> {
    let forgetting = forgetting.clone();
    Database::builder(dir)
        .cache_size(CACHE_BYTES)
        .max_journaling_size(JOURNAL_BYTES_MAX)
        .worker_threads(1)
        .with_compaction_filter_factories(Arc::new(move |keyspace| match keyspace {
            "ids" => Some(Arc::new(forgetting.clone())),
            _ => None,
        }))
        .open()
}

fn recorded_creation(
    database: &Database,
    meta: &Keyspace,
    wanted: CreationOptions,
    clock: &dyn Clock,
) -> Result<Creation, LogError> {
    let damaged = |error| LogError::Damaged(format!("the creation record cannot be read: {error}"));
    if let Some(json) = meta.get(CREATION).map_err(|error| unavailable(&error))? {
        return serde_json::from_slice(&json).map_err(damaged);
    }
    let creation = wanted.create(clock)?;
    let mut batch = database.batch().durability(Some(PersistMode::SyncAll));
    batch.insert(meta, CREATION, serde_json::to_vec(&creation).map_err(damaged)?);
    batch.commit().map_err(|error| unavailable(&error))?;
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

/// What an error of the open database means to a caller.
pub(crate) fn unavailable(error: &fjall::Error) -> LogError {
    LogError::Unavailable(error.to_string())
}

fn opening_failed(dir: &Path, error: &fjall::Error) -> LogError {
    let dir = dir.display();
    match error {
        fjall::Error::Locked => LogError::Refused(format!(
            "the log in {dir} is open in another process; stop that one, or name another directory"
        )),
        fjall::Error::Io(error) => LogError::Unavailable(format!("cannot open {dir}: {error}")),
        error => LogError::Damaged(format!("cannot read {dir}: {error}")),
    }
}
