//! Pub/sub and cache for a process that is alone. It has no connection, so nothing is missed but what a listener sleeps over.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::time::Instant;

use crate::{Realtime, Subscription, topics::Topics};

/// Keys and values the cache holds at most; what does not fit is not kept.
const CACHE_BYTES_MAX: usize = 16 * 1024 * 1024;

#[derive(Debug, Default)]
struct Cache {
    values: HashMap<String, (Instant, Bytes)>,
    bytes: usize,
}

impl Cache {
    fn get(&self, key: &str, now: Instant) -> Option<Bytes> {
        let (until, value) = self.values.get(key)?;
        (now < *until).then(|| value.clone())
    }

    fn put(&mut self, key: &str, value: Bytes, now: Instant, until: Instant) {
        self.remove(key);
        let bytes = key.len() + value.len();
        if self.bytes + bytes > CACHE_BYTES_MAX {
            self.values.retain(|_, (until, _)| now < *until);
            self.bytes = self.values.iter().map(|(key, (_, value))| key.len() + value.len()).sum();
        }
        if self.bytes + bytes <= CACHE_BYTES_MAX {
            self.bytes += bytes;
            self.values.insert(key.to_owned(), (until, value));
        }
    }

    fn remove(&mut self, key: &str) {
        if let Some((_, value)) = self.values.remove(key) {
            self.bytes -= key.len() + value.len();
        }
    }
}

/// The twin of [`crate::OnRedis`] within one process.
#[derive(Debug, Default)]
pub struct InProcess {
    topics: Topics,
    cache: Mutex<Cache>,
}

impl InProcess {
    /// Nobody listens yet, and nothing is kept.
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl Realtime for InProcess {
    async fn publish(&self, topic: &str, message: Bytes) {
        self.topics.deliver(topic, message);
    }

    fn subscribe(&self, topic: &str) -> Subscription {
        self.topics.subscribe(topic, true)
    }

    async fn cache_get(&self, key: &str) -> Option<Bytes> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).get(key, Instant::now())
    }

    async fn cache_put(&self, key: &str, value: Bytes, time_to_live: Duration) {
        let now = Instant::now();
        if let Some(until) = now.checked_add(time_to_live) {
            self.cache.lock().unwrap_or_else(PoisonError::into_inner).put(key, value, now, until);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_full_cache_forgets_what_has_expired_and_takes_no_more_than_it_can_hold() {
        let twin = InProcess::new();
        let megabyte = Bytes::from(vec![0; 1024 * 1024]);
        for number in 0..15 {
            twin.cache_put(&number.to_string(), megabyte.clone(), Duration::from_secs(1)).await;
        }
        twin.cache_put("more", Bytes::from(vec![0; 2 * 1024 * 1024]), Duration::from_secs(9)).await;
        assert_eq!(twin.cache_get("more").await, None, "there is no room");
        assert!(twin.cache_get("14").await.is_some());
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(twin.cache_get("14").await, None, "its time is over");
        twin.cache_put("more", megabyte, Duration::from_secs(9)).await;
        assert!(twin.cache_get("more").await.is_some());
        assert_eq!(twin.cache.lock().unwrap().values.len(), 1, "what has expired makes room");
    }
}
