//! Forgets event ids when the repeat window has moved past them.
//!
//! An id that is too old is harmless (the writer looks at its position), so this only has to keep the index small, and
//! the cheapest moment is when the database rewrites a table anyway.

use std::sync::{Arc, OnceLock, atomic::Ordering};

use event_log::RepeatWindow;
use fjall::compaction::filter::{
    CompactionFilter, CompactionFilterResult, Context, Factory, ItemAccessor, Verdict,
};

use crate::store::{Tails, position};

/// The last positions of every partition.
pub(crate) struct Window {
    pub(crate) tails: Arc<Tails>,
    pub(crate) repeats: RepeatWindow,
}

impl Window {
    /// Whether the next append may already use the id again that is stored under `key`.
    fn has_left(&self, key: &[u8], value: &[u8]) -> bool {
        let partition = key.get(..2).and_then(|head| head.try_into().ok()).map(u16::from_be_bytes);
        let tail = partition.and_then(|partition| self.tails.get(usize::from(partition)));
        let (Some(tail), Some(seen)) = (tail, position(value)) else { return false };
        seen.0.saturating_add(self.repeats.0) <= tail.load(Ordering::Acquire)
    }
}

/// Makes the filters of the `ids` keyspace. Until [`Forgetting::begin`] they keep everything: tables may be rewritten
/// while the log is still being opened.
#[derive(Clone, Default)]
pub(crate) struct Forgetting(Arc<OnceLock<Window>>);

impl Forgetting {
    pub(crate) fn begin(&self, window: Window) {
        self.0.get_or_init(|| window);
    }
}

impl Factory for Forgetting {
    fn name(&self) -> &'static str {
        "ids outside the repeat window"
    }

    fn make_filter(&self, _: &Context) -> Box<dyn CompactionFilter> {
        Box::new(self.clone())
    }
}

impl CompactionFilter for Forgetting {
    fn filter_item(&mut self, item: ItemAccessor<'_>, _: &Context) -> CompactionFilterResult {
        let Some(window) = self.0.get() else { return Ok(Verdict::Keep) };
        // Without a tombstone: an older entry of the same id that comes back is outside the window as well.
        Ok(if window.has_left(item.key(), &item.value()?) { Verdict::Destroy } else { Verdict::Keep })
    }
}

#[cfg(test)]
mod tests {
    use event_log::EventLog;

    use super::*;
    use crate::testing::{event, open};

    #[tokio::test]
    async fn ids_outside_the_window_leave_the_index_when_its_tables_are_rewritten() {
        let dir = tempfile::tempdir().unwrap();
        let log = open(dir.path());
        for first in (0..100).step_by(20) {
            log.append((first..first + 20).map(event).collect()).await.unwrap();
            log.tables().ids.rotate_memtable_and_wait().unwrap();
        }
        let ids = log.tables().ids;
        assert_eq!(ids.len().unwrap(), 100);
        ids.major_compact().unwrap();
        let mut left: Vec<u64> =
            ids.iter().map(|entry| position(&entry.value().unwrap()).unwrap().0).collect();
        left.sort_unstable();
        assert_eq!(left, (91..=100).collect::<Vec<_>>());
    }
}
