//! The in-memory log against the contract.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::Arc;

use async_trait::async_trait;
use event_log::{
    CreationOptions, EventLog, ManualClock, MemoryLog,
    contract::{self, Factory},
};

struct InMemory;

#[async_trait]
impl Factory for InMemory {
    async fn fresh(&self, creation: CreationOptions) -> Arc<dyn EventLog> {
        Arc::new(MemoryLog::new(creation.create(&ManualClock::default()).unwrap()))
    }

    async fn reopen(&self, log: Arc<dyn EventLog>) -> Arc<dyn EventLog> {
        log
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_in_memory_keeps_the_contract() {
    contract::run(&InMemory).await;
}
