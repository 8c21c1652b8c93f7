//! Waiting, bounded, for what a role makes of an event.

use std::time::{Duration, Instant};

use crate::{problem::Answer, state::App};

const LOOK_FIRST: Duration = Duration::from_millis(20);
const LOOK_LAST: Duration = Duration::from_millis(250);

/// Looks, less and less often, until there is something to see; `None` when that takes longer than `limit`.
///
/// It looks only when something more was folded: however many wait, a pipeline that stands still is asked how far it is by
/// one of them.
pub(crate) async fn until<T, L, F>(app: &App, limit: Duration, look: L) -> Answer<Option<T>>
where
    L: Fn() -> F,
    F: Future<Output = Answer<Option<T>>>,
{
    let (begun, mut pause) = (Instant::now(), LOOK_FIRST);
    let left = || limit.saturating_sub(begun.elapsed());
    loop {
        let folded = app.progress.folded();
        if let Some(seen) = look().await? {
            return Ok(Some(seen));
        }
        tokio::time::sleep(pause.min(left())).await;
        pause = (pause * 3 / 2).min(LOOK_LAST);
        if !app.progress.wait_beyond(&app.store, &folded, left()).await? {
            return Ok(None);
        }
    }
}
