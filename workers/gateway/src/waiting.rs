//! Waiting, bounded, for what a role makes of an event.

use std::time::{Duration, Instant};

use crate::problem::Answer;

const LOOK_FIRST: Duration = Duration::from_millis(20);
const LOOK_LAST: Duration = Duration::from_millis(250);

/// Looks, less and less often, until there is something to see; `None` when that takes longer than `limit`.
pub(crate) async fn until<T, L, F>(limit: Duration, look: L) -> Answer<Option<T>>
where
    L: Fn() -> F,
    F: Future<Output = Answer<Option<T>>>,
{
    let (begun, mut pause) = (Instant::now(), LOOK_FIRST);
    loop {
        if let Some(seen) = look().await? {
            return Ok(Some(seen));
        }
        let left = limit.saturating_sub(begun.elapsed());
        if left.is_zero() {
            return Ok(None);
        }
        tokio::time::sleep(pause.min(left)).await;
        pause = (pause * 3 / 2).min(LOOK_LAST);
    }
}
