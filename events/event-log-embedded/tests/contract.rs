//! The embedded log against the contract.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::{
    collections::HashMap,
    fs::{self, OpenOptions},
    io::Read,
    path::Path,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use event_log::{
    CreationOptions, EventLog, LogError, ManualClock,
    contract::{self, Factory},
};
use event_log_embedded::EmbeddedLog;
use tempfile::TempDir;
use uuid::Uuid;

/// Remembers the directory of each log it made.
#[derive(Default)]
struct Embedded {
    clock: ManualClock,
    directories: Mutex<HashMap<Uuid, TempDir>>,
}

impl Embedded {
    /// Closes the log, lets `change` touch its directory and opens it again.
    fn restart(
        &self,
        log: Arc<dyn EventLog>,
        change: impl FnOnce(&Path),
    ) -> Result<Arc<dyn EventLog>, LogError> {
        let creation = log.creation().clone();
        assert_eq!(Arc::strong_count(&log), 1, "only the last handle can be closed");
        drop(log);
        let directories = self.directories.lock().unwrap();
        let dir = directories[&creation.incarnation].path();
        change(dir);
        let wanted = CreationOptions { partitions: creation.partitions, repeats: creation.repeats };
        Ok(Arc::new(EmbeddedLog::open(dir, wanted, &self.clock)?))
    }
}

#[async_trait]
impl Factory for Embedded {
    async fn fresh(&self, creation: CreationOptions) -> Arc<dyn EventLog> {
        let dir = tempfile::tempdir().unwrap();
        let log = EmbeddedLog::open(dir.path(), creation, &self.clock).unwrap();
        self.directories.lock().unwrap().insert(log.creation().incarnation, dir);
        Arc::new(log)
    }

    async fn reopen(&self, log: Arc<dyn EventLog>) -> Arc<dyn EventLog> {
        self.restart(log, |_| {}).unwrap()
    }

    async fn torn(
        &self,
        log: Arc<dyn EventLog>,
        lost_bytes: u64,
    ) -> Option<Result<Arc<dyn EventLog>, LogError>> {
        Some(self.restart(log, |dir| tear(dir, lost_bytes)))
    }
}

/// Takes the last bytes that were written from the journal. It is allocated in advance, so its end is zeros.
fn tear(dir: &Path, lost_bytes: u64) {
    let journals = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let journal = journals.filter(|path| path.extension().is_some_and(|ext| ext == "jnl")).max().unwrap();
    let mut bytes = Vec::new();
    fs::File::open(&journal).unwrap().take(1 << 20).read_to_end(&mut bytes).unwrap();
    let written = bytes.iter().rposition(|byte| *byte != 0).unwrap() as u64 + 1;
    OpenOptions::new().write(true).open(&journal).unwrap().set_len(written - lost_bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_embedded_log_keeps_the_contract() {
    contract::run(&Embedded::default()).await;
}
