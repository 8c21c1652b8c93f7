//! Waiting, bounded, for what has to come.

use std::time::{Duration, Instant};

use bytes::Bytes;
use realtime::{Heard, OnRedis, Realtime, Subscription};

/// Longest that anything may take on a busy machine.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// What a subscription says next.
pub(crate) async fn next(subscription: &mut Subscription) -> Heard {
    tokio::time::timeout(LONG, subscription.next()).await.expect("nothing is said").expect("it has ended")
}

pub(crate) fn message(text: &str) -> Heard {
    Heard::Message(Bytes::copy_from_slice(text.as_bytes()))
}

/// Between two looks at a condition: seldom enough to leave the processor to those who are waited for.
const LOOK_EVERY: Duration = Duration::from_millis(1);
/// Between two times that the same is said.
const SAY_EVERY: Duration = Duration::from_millis(50);

/// Asks until the answer is yes; what is asked for follows without further doing. Returns how long that took.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, ask: impl Fn() -> F) -> Duration {
    let begun = Instant::now();
    let mut looks = tokio::time::interval(LOOK_EVERY);
    while !ask().await {
        assert!(begun.elapsed() < LONG, "it never came to be that {what}");
        looks.tick().await;
    }
    begun.elapsed()
}

/// Says `text` until it is heard, as a message may be missed on a busy machine: nobody waits for it. Returns what else was
/// heard before, and how long it took.
pub(crate) async fn say_until_heard(
    speaker: &dyn Realtime,
    topic: &str,
    text: &str,
    listening: &mut Subscription,
) -> (Vec<Heard>, Duration) {
    let (begun, wanted, mut before) = (Instant::now(), message(text), Vec::new());
    loop {
        assert!(begun.elapsed() < LONG, "`{text}` is not heard; before it: {before:?}");
        speaker.publish(topic, text.to_owned().into()).await;
        match tokio::time::timeout(SAY_EVERY, listening.next()).await {
            Ok(Some(heard)) if heard == wanted => return (before, begun.elapsed()),
            Ok(heard) => before.push(heard.expect("it has ended")),
            Err(_) => {}
        }
    }
}

/// A connection that stands.
pub(crate) async fn connected(url: &str) -> OnRedis {
    let connection = OnRedis::connect(url).unwrap();
    until("there is a connection", || async { connection.is_connected() }).await;
    connection
}
