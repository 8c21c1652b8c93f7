//! The database in the directory: its keyspaces, opening them, and what its errors mean.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::ErrorKind,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
};

use event_log::LogError;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, KvSeparationOptions, PersistMode};

use crate::{journal, manifest, repeats::Forgetting};

/// What the database locks.
const LOCK_FILE: &str = "lock";
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

/// The open database. Clones share it; it is closed when the last is gone.
#[derive(Clone)]
pub(crate) struct Tables {
    database: Database,
    pub(crate) events: Keyspace,
    pub(crate) ids: Keyspace,
    pub(crate) keys: Keyspace,
    pub(crate) meta: Keyspace,
}

impl Tables {
    /// Opens the database in `dir`, or makes it.
    pub(crate) fn open(dir: &Path, forgetting: &Forgetting) -> Result<Self, LogError> {
        check(dir)?;
        // fjall asserts what it reads; a damaged file must not take the process down.
        let opened = catch_unwind(AssertUnwindSafe(|| Self::open_or_panic(dir, forgetting)));
        opened.unwrap_or_else(|_| {
            Err(LogError::Damaged(format!("the files in {} contradict themselves", dir.display())))
        })
    }

    fn open_or_panic(dir: &Path, forgetting: &Forgetting) -> Result<Self, LogError> {
        let explain = |error| opening_failed(dir, &error);
        let database = open_database(dir, forgetting).map_err(explain)?;
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
        let meta = keyspace("meta", SMALL_MEMORY_BYTES)?;
        Ok(Self { database, events, ids, keys, meta })
    }

    /// A batch that is handed to the operating system when its `commit` returns, and on the disk after [`Tables::sync`].
    /// Two steps, because a disk that is full can be emptied, and one that does not keep what it took can not be trusted.
    pub(crate) fn batch(&self) -> fjall::OwnedWriteBatch {
        self.database.batch().durability(Some(PersistMode::Buffer))
    }

    /// Everything that was committed is on the disk when this returns.
    pub(crate) fn sync(&self) -> fjall::Result<()> {
        self.database.persist(PersistMode::SyncData)
    }
}

/// Refuses files that the database would take for something else than they are.
fn check(dir: &Path) -> Result<(), LogError> {
    let Some(_locked) = lock(dir)? else { return Ok(()) };
    journal::check(dir)?;
    manifest::check(dir)
}

/// The database's lock, so that nothing is looked at while it is being written. `None` when there is no database yet.
fn lock(dir: &Path) -> Result<Option<File>, LogError> {
    let failed = |error| LogError::Unavailable(format!("cannot open {}: {error}", dir.display()));
    let file = match OpenOptions::new().read(true).write(true).open(dir.join(LOCK_FILE)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(failed)?,
    };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(open_elsewhere(&dir.display())),
        Err(TryLockError::Error(error)) => Err(failed(error)),
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

/// What an error of the open database means to a caller: the disk did not do it, or gave back something else than was written.
pub(crate) fn unavailable(error: &fjall::Error) -> LogError {
    match error {
        fjall::Error::Storage(storage) if !matches!(storage, fjall::LsmError::Io(_)) => {
            LogError::Damaged(error.to_string())
        }
        error => LogError::Unavailable(error.to_string()),
    }
}

fn opening_failed(dir: &Path, error: &fjall::Error) -> LogError {
    let dir = dir.display();
    match error {
        fjall::Error::Locked => open_elsewhere(&dir),
        fjall::Error::Io(error) => LogError::Unavailable(format!("cannot open {dir}: {error}")),
        error => LogError::Damaged(format!("cannot read {dir}: {error}")),
    }
}

/// Another process has the log in `dir`.
fn open_elsewhere(dir: &dyn std::fmt::Display) -> LogError {
    LogError::Refused(format!(
        "the log in {dir} is open in another process; stop that one, or name another directory"
    ))
}
