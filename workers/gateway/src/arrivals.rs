//! Waiting until uploaded documents are parsed or rejected: one question to the database for all who wait.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use read_models::query::{Document, decided_documents};
use read_store::StoreError;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::state::Shared;

/// How often progress is looked at while somebody waits.
const LOOK: Duration = Duration::from_millis(20);
/// After so many looks without progress in this process the database is asked all the same: others may project.
const LOOKS_WITHOUT_PROGRESS_MAX: u32 = 10;

struct Waiter {
    /// Only a row at this position or later counts: an earlier life of the document may be in the table.
    from_position: i64,
    tell: oneshot::Sender<Document>,
}

#[derive(Default)]
struct Waiting {
    documents: HashMap<Uuid, Vec<Waiter>>,
    watched: bool,
}

/// Who waits for which document.
#[derive(Default)]
pub(crate) struct Arrivals(Mutex<Waiting>);

impl Arrivals {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // The map is whole between any two statements, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers interest in a document; the watch begins if nobody watches.
    fn register(&self, app: &Shared, id: Uuid, from_position: i64) -> oneshot::Receiver<Document> {
        let (tell, told) = oneshot::channel();
        let mut waiting = self.lock();
        waiting.documents.entry(id).or_default().push(Waiter { from_position, tell });
        if !std::mem::replace(&mut waiting.watched, true) {
            tokio::spawn(watch(Arc::clone(app)));
        }
        told
    }

    /// The documents that are waited for; none ends the watch.
    fn awaited(&self) -> Vec<Uuid> {
        let mut waiting = self.lock();
        waiting.documents.retain(|_, waiters| {
            waiters.retain(|waiter| !waiter.tell.is_closed());
            !waiters.is_empty()
        });
        waiting.watched = !waiting.documents.is_empty();
        waiting.documents.keys().copied().collect()
    }

    fn deliver(&self, document: &Document) {
        let mut waiting = self.lock();
        let Some(waiters) = waiting.documents.remove(&document.id) else { return };
        let (ready, early): (Vec<_>, Vec<_>) =
            waiters.into_iter().partition(|waiter| waiter.from_position <= document.position);
        for waiter in ready {
            // Whoever gave up does not listen any more.
            waiter.tell.send(document.clone()).ok();
        }
        if !early.is_empty() {
            waiting.documents.insert(document.id, early);
        }
    }
}

/// The document once it is decided and folded at least up to `from_position`; `None` when that takes longer than `limit`.
pub(crate) async fn arrival(app: &Shared, id: Uuid, from_position: i64, limit: Duration) -> Option<Document> {
    let told = app.arrivals.register(app, id, from_position);
    tokio::time::timeout(limit, told).await.ok()?.ok()
}

async fn watch(app: Shared) {
    let (mut seen, mut looks) = (Vec::new(), LOOKS_WITHOUT_PROGRESS_MAX);
    loop {
        let awaited = app.arrivals.awaited();
        if awaited.is_empty() {
            return;
        }
        let folded = app.progress.folded();
        looks += 1;
        if folded != seen || looks > LOOKS_WITHOUT_PROGRESS_MAX {
            (seen, looks) = (folded, 0);
            if let Err(error) = look(&app, &awaited).await {
                tracing::warn!(%error, "documents that are waited for could not be looked up");
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn look(app: &Shared, awaited: &[Uuid]) -> Result<(), StoreError> {
    let client = app.store.client().await?;
    let decided = decided_documents(&client, &app.tenant.0, awaited).await?;
    drop(client);
    for document in &decided {
        app.arrivals.deliver(document);
    }
    Ok(())
}
