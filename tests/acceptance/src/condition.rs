//! Waiting for a condition.

use std::{future::pending, time::Duration};

use tokio::time::{interval, timeout};

/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Asks until there is an answer; fails with `what` when there is none in time.
pub async fn until<T, F: Future<Output = Option<T>>>(
    what: &str,
    time_max: Duration,
    mut ask: impl FnMut() -> F,
) -> T {
    let asking = async {
        let mut looks = interval(LOOK_EVERY);
        loop {
            looks.tick().await;
            if let Some(answer) = ask().await {
                return answer;
            }
        }
    };
    let answered = timeout(time_max, asking).await;
    answered.unwrap_or_else(|_| panic!("not within {} s: {what}", time_max.as_secs()))
}

/// Lets time pass, where time itself is what is tested: a lease that runs out, a moment that dice chose.
pub async fn pass(time: Duration) {
    timeout(time, pending::<()>()).await.ok();
}
