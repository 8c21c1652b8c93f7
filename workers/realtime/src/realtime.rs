//! The contract of pub/sub and cache. Both implementations pass the same tests.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::Subscription;

/// What a subscription says next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A message, in the order in which one publisher sent them.
    Message(Bytes),
    /// Messages may have been missed up to here: look at the truth. From here on every message is heard, until the
    /// subscription says this again.
    Missed,
}

/// Why pub/sub cannot be set up. Whatever goes wrong later is a miss.
#[derive(Debug, thiserror::Error)]
pub enum RealtimeError {
    /// The address cannot be one.
    #[error(
        "`{url}` is not an address of Redis: {reason}; write `redis://[user:password@]host[:port][,host:port…][/database]`"
    )]
    Url {
        /// The address, without its password.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Messages to everybody who listens at this moment, and values that anybody may forget.
///
/// Nothing fails and nothing waits for long: what cannot be done within a moment is missed. A message is heard at most
/// once by each subscription, by those of the publishing process too; a value that was put may be gone at once.
#[async_trait]
pub trait Realtime: Send + Sync + 'static {
    /// Hands a message to whoever listens to `topic`. Never waits for listeners: one that lags is told that it missed
    /// something.
    async fn publish(&self, topic: &str, message: Bytes);

    /// Listens to `topic`. The first thing said is [`Heard::Missed`], as soon as later messages are sure to be heard.
    fn subscribe(&self, topic: &str) -> Subscription;

    /// The value under `key`, if it is still there.
    async fn cache_get(&self, key: &str) -> Option<Bytes>;

    /// Keeps a value for at most `time_to_live`, in milliseconds; less than one keeps nothing.
    async fn cache_put(&self, key: &str, value: Bytes, time_to_live: Duration);
}
