//! Waiting, bounded, for what has to come.

use std::time::{Duration, Instant};

use bytes::Bytes;
use realtime::{Heard, OnRedis, Subscription};

/// Longest that anything may take on a busy machine.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// What a subscription says next.
pub(crate) async fn next(subscription: &mut Subscription) -> Heard {
    tokio::time::timeout(LONG, subscription.next()).await.expect("nothing is said").expect("it has ended")
}

pub(crate) fn message(text: &str) -> Heard {
    Heard::Message(Bytes::copy_from_slice(text.as_bytes()))
}

/// Asks until the answer is yes; what is asked for follows without further doing. Returns how long that took.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, ask: impl Fn() -> F) -> Duration {
    let begun = Instant::now();
    while !ask().await {
        assert!(begun.elapsed() < LONG, "it never came to be that {what}");
        tokio::task::yield_now().await;
    }
    begun.elapsed()
}

/// A connection that stands.
pub(crate) async fn connected(url: &str) -> OnRedis {
    let connection = OnRedis::connect(url).unwrap();
    until("there is a connection", || async { connection.is_connected() }).await;
    connection
}
