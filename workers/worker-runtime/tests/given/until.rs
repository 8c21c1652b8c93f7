//! Waiting for a condition.

use std::time::{Duration, Instant};

/// How often a condition is looked at: seldom enough to leave the processor to those who are waited for.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Asks until `condition` holds; returns how long that took.
pub(crate) async fn until<R: Future<Output = bool>>(
    what: &str,
    mut condition: impl FnMut() -> R,
) -> Duration {
    let begun = Instant::now();
    let mut looks = tokio::time::interval(LOOK_EVERY);
    let waiting = async {
        loop {
            looks.tick().await;
            if condition().await {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(1), waiting).await.unwrap_or_else(|_| panic!("never: {what}"));
    begun.elapsed()
}
