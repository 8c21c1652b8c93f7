//! Segments that were read lately, so that reading on within one does not fetch it anew. Bounded by bytes, not by count.

use std::sync::{Arc, Mutex, PoisonError};

use crate::segment::OpenSegment;

/// The segments used last, the latest at the end.
#[derive(Debug)]
pub(crate) struct Cache {
    size_bytes_max: usize,
    entries: Mutex<Vec<(String, Arc<OpenSegment>)>>,
}

impl Cache {
    pub(crate) fn new(size_bytes_max: usize) -> Self {
        Self { size_bytes_max, entries: Mutex::new(Vec::new()) }
    }

    pub(crate) fn get(&self, key: &str) -> Option<Arc<OpenSegment>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let at = entries.iter().position(|(known, _)| known == key)?;
        let entry = entries.remove(at);
        let found = Arc::clone(&entry.1);
        entries.push(entry);
        Some(found)
    }

    pub(crate) fn put(&self, key: &str, segment: Arc<OpenSegment>) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|(known, _)| known != key);
        entries.push((key.to_owned(), segment));
        let size = |entries: &[(String, Arc<OpenSegment>)]| {
            entries.iter().map(|(_, segment)| segment.size_bytes()).sum::<usize>()
        };
        while entries.len() > 1 && size(&entries) > self.size_bytes_max {
            entries.remove(0);
        }
    }
}
